"""The pages of the evaluated unit and its department: tasks, 自评表, funds, survey, texts, 报送, 补正.

- Every page is complete without a script; with one, a line is saved alone and comes back as a fragment.
- A refusal gives the page back as it was typed; where somebody else was faster both texts stand side by side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for

from service import clock
from service.actions.self_assessment import EditSelfAssessment
from service.errors import NotFoundError, Problem, ServiceError, StaleError
from service.extensions import db
from service.queries.doable import missing_for, present_facts
from service.queries.reader import OpenCase
from service.queries.required import required_material
from service.queries.selfparts import TOTAL
from service.queries.unitpage import UnitPage
from service.queries.unitreply import reply_page
from service.queries.unittasks import gaps_of, tasks_of
from service.web import unitparts
from service.web.access import Doing, access
from service.web.doing import form_of
from service.web.errors import status_of
from service.web.forms.act import ACTS
from service.web.inline import inline
from service.web.selfsheet import Typed, line_digest, read_lines, read_total
from service.web.unitframe import page_of, pages, shown, tried
from service.workflow.actions import Action
from service.workflow.roles import UNIT_ROLES, Role
from service.workflow.stages import Stage

MORE = (unitparts,)
"""Modules whose routes belong to the same pages."""


@pages.get("/cases/<case>/self")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """List the tasks of the 自评 with their states and the one thing to do next."""
    page = page_of(case)
    required = required_material(db.session(), case.row)
    tasks = tasks_of(page, required)
    done = sum(task.state == "已完成" for task in tasks)
    following = next((task for task in tasks if task.state != "已完成"), None)
    adds = case.permits(Action.EVIDENCE_ADD) and bool(case.roles & UNIT_ROLES)
    return shown(
        case, "show", page, tasks=tasks, done=done, following=following, required=required, adds=adds
    )


@pages.get("/cases/<case>/self/table")
@access(Action.EVALUATION_READ)
def table(case: OpenCase) -> str:
    """Show the 自评表, or one line of it alone."""
    page = page_of(case)
    return _table(case, page, Typed(), chosen=request.args.get("node", ""))


def _table(case: OpenCase, page: UnitPage, typed: Typed, *, chosen: str = "", **more: Any) -> str:
    codes = [row.code for row in page.rows]
    if chosen and chosen not in codes:
        raise NotFoundError("没有这个指标")
    at = codes.index(chosen) if chosen else 0
    around = (codes[at - 1] if at else "", codes[at + 1] if at + 1 < len(codes) else "")
    rows = [row for row in page.rows if chosen in ("", row.code)]
    more.setdefault("stale", frozenset())
    more.setdefault("total", None)
    return shown(
        case, "table", page, rows=rows, mine=typed.mine, chosen=chosen, around=around,
        place=at + 1, digest=line_digest, **more,
    )  # fmt: skip


@pages.post("/cases/<case>/self/table")
@access(Doing(Action.SELF_EDIT))
def save_table(case: OpenCase) -> Any:
    """Save what was changed in the table, or the one line whose button was pressed."""
    only = request.form.get("row", "")
    typed = read_lines(request.form, page_of(case).rows, only)
    total, wrong = (None, []) if only else read_total(request.form)
    typed.problems += wrong
    command = EditSelfAssessment(
        claims=tuple(typed.lines),
        claimed_total=total,
        merge=True,
        seen={TOTAL: request.form.get("seen_total", "")} if total else {},
    )
    refused = tried(case, command, typed.problems, idle=not typed.lines and total is None)
    if request.headers.get("HX-Request") and only:
        return _line(case, only, typed, refused)
    if refused is None:
        flash("已保存。", "done")
        return redirect(_table_url(case), 303)
    page = page_of(case)
    chosen = request.args.get("node", "")
    stale = _places(refused) if isinstance(refused, StaleError) else frozenset()
    shown_total = request.form.get("total")
    body = _table(
        case, page, typed, chosen=chosen, problems=_worded(page, refused), stale=stale, total=shown_total
    )
    return body, status_of(refused)


def _table_url(case: OpenCase) -> str:
    chosen = request.form.get("go", "") or request.args.get("node", "")
    return url_for("unit.table", case=case.code, node=chosen or None)


def _places(refused: ServiceError) -> frozenset[str]:
    return frozenset(problem.path for problem in refused.problems)


def _worded(page: UnitPage, refused: ServiceError) -> tuple[Problem, ...]:
    """Return the problems with the names of the lines they concern."""
    names = {row.code: f"{row.code} {row.name}" for row in page.rows}
    return tuple(
        Problem(f"{names[p.path]}：{p.message}", path=f"{p.path}-actual", cure="对照两份内容，改好后再次保存")
        if p.path in names
        else p
        for p in refused.problems
    )


def _line(case: OpenCase, code: str, typed: Typed, refused: ServiceError | None) -> Any:
    """Return one line as a fragment, with the foot of the table."""
    page = page_of(case)
    row = next((row for row in page.rows if row.code == code), None)
    if row is None:
        raise NotFoundError("没有这个指标")
    body = render_template(
        "web/self_line.html",
        row=row,
        page=page,
        case=case,
        mine=typed.mine if refused else {},
        stale=isinstance(refused, StaleError),
        problems=_worded(page, refused) if refused else (),
        saved=refused is None,
        digest=line_digest,
    )
    return body, 200 if refused is None else status_of(refused)


@pages.get("/cases/<case>/self/check")
@access(Action.EVALUATION_READ)
def check(case: OpenCase) -> str:
    """Show the whole once more with everything that is missing, and the way to send or judge it."""
    page = page_of(case)
    refused = _unready(case) if case.row.stage is Stage.SELF_ASSESSMENT else ()
    acts = {name: _offered(case, ACTS[name]) for name in ("self.submit", "self.review", "self.return")}
    return shown(case, "check", page, gaps=gaps_of(page, refused), acts=acts, prints=_prints(case))


def _unready(case: OpenCase) -> tuple[str, ...]:
    """Return what stops 报送; to who may not send it, what stops the head of the unit."""
    today = clock.local_date(clock.now())
    facts = present_facts(db.session(), case.row, case.account, (Action.SELF_SUBMIT,), today=today)
    if case.permits(Action.SELF_SUBMIT):
        return missing_for(case.row, Action.SELF_SUBMIT, case.roles, facts)
    facts = replace(facts, self_edited_by_other=True)
    return missing_for(case.row, Action.SELF_SUBMIT, frozenset({Role.DH}), facts)


def _prints(case: OpenCase) -> str:
    """Return the address of the forms to print, empty while there is no such page."""
    known = "prints.show" in current_app.view_functions
    return url_for("prints.show", case=case.code) if known else ""


def _offered(case: OpenCase, act: Any) -> dict[str, Any] | None:
    """Return the form of an act the person has a row for, None else."""
    if not case.permits(act.action):
        return None
    return inline(form_of(case, act))


@pages.get("/cases/<case>/self/supplements")
@access(Action.EVALUATION_READ)
def supplements(case: OpenCase) -> str:
    """Show the requests for correction one by one, with the answer to the one chosen."""
    page = page_of(case)
    chosen = request.args.get("code", "") or _first_open(case, page)
    return shown(case, "supplements", page, chosen=chosen, form=_answer(case, page, chosen))


def _first_open(case: OpenCase, page: UnitPage) -> str:
    wanted = "answered" if case.permits(Action.SUPPLEMENT_CONFIRM) else "sent"
    return next((one.code for one in page.asked if one.state == wanted), "")


_STEPS = {"sent": "supplement.answer", "answered": "supplement.confirm"}


def _answer(case: OpenCase, page: UnitPage, chosen: str) -> dict[str, Any] | None:
    one = next((one for one in page.asked if one.code == chosen), None)
    act = ACTS.get(_STEPS.get(one.state, "")) if one else None
    if act is None or not case.permits(act.action):
        return None
    return inline(form_of(case, act), code=chosen)


@pages.get("/cases/<case>/self/reply")
@access(Action.EVALUATION_READ)
def reply(case: OpenCase) -> str:
    """Show the draft's figures and the unit's remarks on them."""
    page = page_of(case)
    today = clock.local_date(clock.now())
    found = reply_page(db.session(), case.row, account=case.account, today=today) if case.scores else None
    node = request.args.get("node", "")
    form = None
    if found is not None and found.open and case.permits(Action.OPINION_RECORD):
        preset = {"organisation": found.organisation, "node": node}
        form = inline(form_of(case, ACTS[Action.OPINION_RECORD.value]), keep=("node",), **preset)
    return shown(case, "reply", page, draft=found, form=form, node=node)
