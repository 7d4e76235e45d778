"""人员与授权: accounts and duties, for the system and the security administrator; two for every grant."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from service.errors import NotFoundError, NotPermittedError, RepeatedError, ServiceError
from service.extensions import db
from service.queries.accountdesk import AccountFilter, account_desk, desk_choices
from service.web import stepup
from service.web.access import Entry, access
from service.web.cases import page_number
from service.web.doing import OFTEN
from service.web.errors import status_of
from service.web.forms.act import from_page, read
from service.web.outside import account_now, actor_outside, demand_role, fields_of, roles_now, wrong_of
from service.web.peopleacts import DESK_ACTS, DeskAct
from service.workflow.roles import Role

pages = Blueprint("people", __name__)
FAILED = 500


@pages.get("/people")
@access(Entry.LOGGED_IN)
def index() -> str:
    """List accounts with their duties, what waits for a second person, and organisations."""
    demand_role(Role.SA, Role.SE, act="人员与授权")
    names = ("text", "organisation", "state")
    wanted = AccountFilter(**{n: request.args.get(n, "").strip()[:80] for n in names}, page=page_number())
    desk = account_desk(db.session(), wanted, me=account_now())
    held = roles_now()
    acts = [act for act in DESK_ACTS.values() if act.role in held and act.listed and not act.fresh]
    return render_template("web/people.html", desk=desk, wanted=wanted, acts=acts, confirms=Role.SE in held)


@pages.get("/people/do/<name>")
@access(Entry.LOGGED_IN)
def show(name: str) -> str:
    """Show the form of one act, filled in as the address says."""
    return _form(_act(name), request.args)


@pages.post("/people/do/<name>")
@access(Entry.LOGGED_IN)
def do(name: str) -> Any:
    """Do the act once; a refusal gives the form back as it was typed."""
    act = _act(name)
    try:
        fresh = stepup.proven(act.fresh)
        data = read(act.form, from_page(act.form, request.form, request.files))
        told = act.run(actor_outside(request.form.get("key", "")), data, fresh)
    except RepeatedError:
        flash(OFTEN, "note")
        return redirect(url_for("people.index"), 303)
    except ServiceError as refused:
        db.session.rollback()
        status = status_of(refused)
        if status >= FAILED:
            raise
        return _form(act, request.form, refused), status
    if told.secret:
        return render_template("web/people_secret.html", told=told)
    flash(told.text, "done")
    return redirect(url_for("people.index"), 303)


def _act(name: str) -> DeskAct:
    act = DESK_ACTS.get(name)
    if act is None:
        raise NotFoundError("没有这项操作")
    if act.role not in roles_now():
        raise NotPermittedError(f"{act.button}由{act.role.label}办理，本人没有这项职责")
    return act


def _form(act: DeskAct, sent: Mapping[str, Any], refused: ServiceError | None = None) -> str:
    problems = refused.problems if refused is not None else ()
    return render_template(
        "web/people_act.html",
        act=act,
        fields=list(fields_of(act.form, sent, desk_choices(db.session())).values()),
        problems=problems,
        wrong=wrong_of(problems),
        key=secrets.token_urlsafe(18),
        stepup=stepup.asked(act.fresh),
        code_asked=stepup.code_asked(),
    )
