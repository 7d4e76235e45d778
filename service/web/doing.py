"""The pages on which acts are done: one address per act, the same form with and without JavaScript.

- GET shows the form, what follows from the act and what still stands in its way; it never writes.
- POST does it once: the hidden key makes a second sending of the same form find the first answer.
- A refusal gives the form back as it was typed, with every problem beside its field.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, flash, redirect, request, url_for

from service import clock
from service.actions.transaction import Actor
from service.actions.workshop import workshop_of
from service.errors import NotPermittedError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.queries.choices import options
from service.queries.doable import missing_for, present_facts
from service.queries.reader import OpenCase
from service.queries.seen import content_now, file_now
from service.web import stepup
from service.web.access import Doing, access, login_now
from service.web.cases import case_page, settings
from service.web.entrance import own_path
from service.web.errors import status_of
from service.web.forms import load_acts
from service.web.forms.act import ACTS, Act, Asking, Done, from_page, read
from service.web.work import start_job

pages = Blueprint("doing", __name__)
KEPT = frozenset({"csrf_token", "key", "back", "password", "code_now"})
FAILED = 500
SEEN = {"content": content_now, "frozen": file_now}
OFTEN = "这份表单已经提交过，没有再做一次。"


def actor_now(case: OpenCase, *, key: str = "") -> Actor:
    """Return the person of this request as the acts know him; `key` makes his request count once."""
    login = login_now()
    if login is None:
        raise NotPermittedError("登录已失效")
    return Actor(
        account=login.account,
        name=login.name,
        roles=case.roles,
        ip=request.remote_addr,
        request_key=key[:120] or None,
        request_digest=request_digest() if key else "",
    )


def request_digest() -> str:
    """Return the SHA-256 of what this request asks for, without token, key and secrets."""
    sent = sorted((k, v) for k, v in request.form.items(multi=True) if k not in KEPT)
    names = sorted((k, f.filename or "") for k, f in request.files.items(multi=True))
    return hashlib.sha256(orjson.dumps([request.path, sent, names])).hexdigest()


def asking(case: OpenCase, act: Act) -> Asking:
    """Return who asks for the act, proven afresh where it needs that.

    Raises:
        NotPermittedError: the proof was asked for and is wrong.
    """
    fresh = stepup.proven(act.fresh)
    actor = actor_now(case, key=request.form.get("key", ""))
    return Asking(actor, case, workshop_of(settings()), fresh=fresh)


def perform(case: OpenCase, act: Act) -> Done:
    """Do the act with what the page sent; what is said is for the person.

    Raises:
        ServiceError: refused; nothing was changed.
    """
    data = read(act.form, {**undeclared(act), **from_page(act.form, request.form, request.files)})
    done = act.run(asking(case, act), data)
    return done if isinstance(done, Done) else Done(done or f"已办理：{act.label}")


def undeclared(act: Act) -> dict[str, str]:
    """Return what was sent that the act does not take, so that its form refuses it."""
    known = KEPT | set(act.form().fields)
    return {name: "" for name in (*request.form, *request.files) if name not in known}


def do(case: OpenCase, act: Act) -> Any:
    """Answer the sending of a form: go on if it was done, else give it back with what is wrong."""
    try:
        done = perform(case, act)
    except RepeatedError:
        flash(OFTEN, "note")
        return redirect(way_back(case, act), 303)
    except ServiceError as refused:
        db.session.rollback()
        if status_of(refused) >= FAILED:
            raise
        return form_page(case, act, sent=request.form, refused=refused), status_of(refused)
    if done.job is not None:
        job = start_job(*done.job, key=request.form.get("key", "")[:120])
        return redirect(url_for("work.job", job=job), 303)
    flash(done.text, "done")
    return redirect(way_back(case, act), 303)


def way_back(case: OpenCase, act: Act) -> str:
    """Return where the person goes on: the page he came from, else the case."""
    asked = request.form.get("back", "")
    return own_path(asked) if asked else url_for("cases.overview", case=case.code)


def form_page(
    case: OpenCase,
    act: Act,
    *,
    sent: Mapping[str, Any] | None = None,
    refused: ServiceError | None = None,
) -> str:
    """Return the page of one act; `sent` is what was typed, `refused` what is wrong with it."""
    return case_page("act", case, act=act, form=form_of(case, act, sent=sent, refused=refused))


def form_of(
    case: OpenCase,
    act: Act,
    *,
    sent: Mapping[str, Any] | None = None,
    refused: ServiceError | None = None,
    apart: str = "",
) -> dict[str, Any]:
    """Return what the macro `act_form` needs: fields with options and values, problems, missing.

    `apart` keeps the ids of several forms on one page apart.
    """
    problems = refused.problems if refused is not None else ()
    return {
        "act": act,
        "fields": [{**field, "id": f"{apart}{field['name']}"} for field in _fields(case, act, sent)],
        "problems": problems,
        "wrong": {p.path: p for p in problems if p.path},
        "missing": () if sent is not None else what_is_missing(case, act),
        "key": secrets.token_urlsafe(18),
        "back": _origin(),
        "stepup": stepup.asked(act.fresh),
        "code_asked": stepup.code_asked(),
    }


def what_is_missing(case: OpenCase, act: Act) -> tuple[str, ...]:
    """Return what stands in the way of the act now."""
    today = clock.local_date(clock.now())
    facts = present_facts(db.session(), case.row, case.account, (act.action,), today=today)
    return missing_for(case.row, act.action, case.roles, facts)


def _fields(case: OpenCase, act: Act, sent: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the fields; what only a change after submission has to state comes last, and only then."""
    late = bool(case.row.facts.get("scores_ever_submitted", False))
    made = [_field(case, name, field, sent) for name, field in act.form().fields.items()]
    return [f for f in made if not f.get("late")] + [f for f in made if f.get("late") and late]


def _field(case: OpenCase, name: str, field: Any, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    shown = dict(field.metadata)
    if "choices" in shown:
        shown["options"] = dict(options(db.session(), case.row, shown["choices"], scores=case.scores))
    if shown["widget"] in SEEN:
        shown["value"] = SEEN[shown["widget"]](db.session(), case.row)
    elif sent is not None:
        shown["value"] = sent.get(name, "")
        shown["values"] = _all(sent, name)
    else:
        shown["value"] = request.args.get(name, shown.get("default", ""))
        shown["values"] = request.args.getlist(name)
    return {**shown, "name": name, "required": field.required}


def _all(sent: Mapping[str, Any], name: str) -> list[str]:
    found: list[str] = sent.getlist(name) if hasattr(sent, "getlist") else [sent.get(name, "")]
    return found


def _origin() -> str:
    given = request.form if request.method == "POST" else request.args
    asked = given.get("back", "")
    return own_path(asked) if asked else ""


def problem_words(problem: Problem) -> str:
    """Return one problem without the technical name of its field, which stands beside it."""
    return str(dataclasses.replace(problem, path=""))


def _register(act: Act) -> None:
    """Give the act its address, with its access declared."""
    endpoint = act.path.replace(".", "_")

    def show(case: OpenCase) -> Any:
        return form_page(case, act)

    def run(case: OpenCase) -> Any:
        return do(case, act)

    need = access(Doing(act.action))
    rule = f"/cases/<case>/do/{act.path}"
    pages.add_url_rule(rule, f"show_{endpoint}", need(show), methods=["GET"])
    pages.add_url_rule(rule, f"do_{endpoint}", need(run), methods=["POST"])


load_acts()
for _act in ACTS.values():
    _register(_act)
