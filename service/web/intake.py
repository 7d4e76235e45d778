"""批量登记: an archive of 自评表 or a list of projects comes in, is looked at, confirmed, and followed.

- What was uploaded is shown before anything is created; the worker does the rest, each item by itself.
- Every page is complete without a script; while the worker is busy the page refreshes itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from service import clock
from service.errors import ServiceError
from service.extensions import db
from service.queries.commission import desks_of
from service.queries.intakes import (
    PAGE,
    PROJECTS,
    SELF,
    IntakeShown,
    Item,
    intake_of,
    intakes_of,
    ranked,
)
from service.scoring.claimchecks import Check
from service.web import intakework as work
from service.web.access import Entry, access
from service.web.downloads import handed_out
from service.web.errors import status_of
from service.web.exchange import XLSX
from service.web.forms.act import from_page
from service.web.outside import account_now, demand_role, fields_of, wrong_of
from service.workbooks.projects import blank_form, blank_projects
from service.workflow.roles import Role

pages = Blueprint("intake", __name__)
ACT = "批量登记"
FIELDS = {
    SELF: ("file", "listed", "year", "organiser", "secrecy", "publicity", "policy", "caps"),
    PROJECTS: ("file", "year", "organiser", "secrecy", "publicity", "policy"),
}
BLANKS = {
    SELF: ("自评表模板.xlsx", blank_form),
    PROJECTS: ("项目清单模板.xlsx", blank_projects),
}


def mine(key: str) -> IntakeShown:
    """Return the intake of this name if it is this person's.

    Raises:
        NotPermittedError: he is no clerk.
        NotFoundError: he has no such intake.
    """
    demand_role(Role.FO, act=ACT)
    return intake_of(db.session(), account_now(), key)


@pages.get("/intake")
@access(Entry.LOGGED_IN)
def index() -> str:
    """Show both ways in, and what came in before."""
    demand_role(Role.FO, act=ACT)
    return render_template("web/intake.html", intakes=intakes_of(db.session(), account_now()))


@pages.get("/intake/new/<kind>")
@access(Entry.LOGGED_IN)
def form(kind: str) -> str:
    """Show the form for an archive or a list."""
    demand_role(Role.FO, act=ACT)
    desks = _desks()
    preset = {"year": str(clock.local_date(clock.now()).year - (kind == SELF))}
    if len(desks) == 1:
        preset["organiser"] = next(iter(desks))
    return _form_page(work.kind_of(kind), MultiDict(preset))


@pages.post("/intake/new/<kind>")
@access(Entry.LOGGED_IN)
def receive(kind: str) -> Any:
    """Take in the file and go to its preview; a form or file that is not right is given back."""
    demand_role(Role.FO, act=ACT)
    wanted = work.kind_of(kind)
    try:
        key = work.received(wanted, from_page(work.FORMS[wanted], request.form, request.files))
    except ServiceError as refused:
        db.session.rollback()
        return _form_page(wanted, request.form, refused=refused), status_of(refused)
    return redirect(url_for("intake.show", key=key), 303)


@pages.get("/intake/blank/<kind>.xlsx")
@access(Entry.LOGGED_IN)
def blank(kind: str) -> Response:
    """Hand out the empty sheet units or clerks fill in."""
    demand_role(Role.FO, act=ACT)
    name, made = BLANKS[work.kind_of(kind)]
    return handed_out(BytesIO(made()), name, XLSX)


@pages.get("/intake/<key>")
@access(Entry.LOGGED_IN)
def show(key: str) -> str:
    """Show one intake: its preview, how far it is, or its items, the most concerning first."""
    return batch_page(mine(key))


@pages.post("/intake/<key>")
@access(Entry.LOGGED_IN)
def confirm(key: str) -> Any:
    """Have it carried out once, if the number typed is the number that can be."""
    intake = mine(key)
    able = str(intake.counts.get("waiting", 0))
    typed = request.form.get("count", "").strip()
    if not intake.confirmed and (typed != able or able == "0"):
        words = f"读到“{typed}”，可登记的是 {able} 项；请输入这个数字以确认"
        return batch_page(intake, wrong={"count": words}), 422
    if not work.confirmed(intake):
        flash("这一批已经确认过，没有再做一次。", "note")
    return redirect(url_for("intake.show", key=key), 303)


def batch_page(intake: IntakeShown, *, wrong: Mapping[str, str] | None = None) -> str:
    """Return the page of one intake."""
    asked = work.filter_of(request.args)
    page = work.page_of(request.args, intake.size, PAGE)
    concern = intake.kind == SELF and intake.confirmed
    items, found = ranked(db.session(), intake.id, asked, page=page, concern=concern)
    job = work.job_of_intake(intake) if intake.confirmed else None
    return render_template(
        "web/intake_batch.html",
        intake=intake,
        able=intake.counts.get("waiting", 0),
        items=items,
        found=found,
        page=page,
        pages=max(1, -(-found // PAGE)),
        asked=asked,
        job=job,
        running=intake.confirmed and not intake.over and (job is None or not job.over),
        wrong=wrong or {},
        typed=request.form,
        states=work.STATES,
        checks=[check for check in Check if check.value in intake.checks],
        returnable=any(_returnable(item) for item in items),
    )


def _returnable(item: Item) -> bool:
    return item.returnable and bool(item.findings)


def _form_page(kind: str, sent: Mapping[str, Any], *, refused: ServiceError | None = None) -> str:
    problems = refused.problems if refused is not None else ()
    return render_template(
        "web/intake_form.html",
        kind=kind,
        title=work.TITLES[kind],
        fields=fields_of(work.FORMS[kind], sent, {"desks": _desks()}),
        names=FIELDS[kind],
        problems=problems,
        wrong=wrong_of(problems),
    )


def _desks() -> dict[str, str]:
    return desks_of(db.session(), account_now(), today=clock.local_date(clock.now()))
