"""工作方案: the plan with its framework is drafted, sent for approval, and amended by number.

- What is being worked on is a copy of the author's own until it is put into the plan; so a tree may be
  unsound for a while, and nothing unfinished enters the log.
- 起草 and 修订 are one page: a tree of indicators, the items of 财监〔2021〕4号第15条, and the last step.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from service import clock
from service.actions import planning as do
from service.actions.workingcopies import drop_copy, keep_copy
from service.errors import InvalidError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.frameworks.difference import Difference, difference
from service.frameworks.uploaded import checked_text
from service.queries import planpage
from service.queries.doable import doable
from service.queries.library import library_lines, library_version
from service.queries.planpage import PlanLine
from service.queries.reader import OpenCase
from service.queries.workingcopies import copy_of
from service.web import doing, planforms, tabs, treeedit, treepage
from service.web.access import Doing, access
from service.web.cases import case_page
from service.web.doing import actor_now
from service.web.errors import status_of
from service.web.forms.act import ACTS
from service.web.forms.fields import words_typed
from service.web.outside import sent_file
from service.workflow.actions import Action

pages = Blueprint("planning", __name__)
HERE = tuple(
    a.value
    for a in (Action.PLAN_SUBMIT, Action.PLAN_APPROVE, Action.PLAN_RETURN, Action.PLAN_APPROVE_AMENDMENT)
)

PLANNING = frozenset({Action.PLAN_DRAFT, Action.PLAN_AMEND, *map(Action, HERE)})
"""Every act this page offers."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the author works on: framework text and items; `stamp` and `base` say from which state."""

    text: str
    body: Mapping[str, Any]
    reason: str = ""
    effect: str = ""
    stamp: str = ""
    base: int = 0
    stored: bool = False

    def with_text(self, text: str) -> dict[str, Any]:
        """Return the data of a copy with another text."""
        return {**self.data, "text": text}

    @property
    def data(self) -> dict[str, Any]:
        """Return the data of a copy."""
        return {"text": self.text, "body": dict(self.body), "reason": self.reason, "effect": self.effect}


@pages.get("/cases/<case>/plan")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """Show the plan, its amendments with what each changed, and the acts that are due."""
    lines = planpage.plan_lines(db.session(), case)
    asked = request.args.get("number", "")
    shown = next((one for one in lines if str(one.number) == asked), lines[0] if lines else None)
    offers = _offers(case)
    return case_page(
        "plan",
        case,
        lines=lines,
        shown=shown,
        items=planforms.items_of(shown.body) if shown else (),
        change=planpage.change_of(lines, shown.number) if shown else None,
        forms=[doing.form_of(case, ACTS[path], apart=f"{path}-") for path in HERE if path in offers],
        may_draft=Action.PLAN_DRAFT in _open_actions(case),
        may_amend=Action.PLAN_AMEND in _open_actions(case),
    )


def _offers(case: OpenCase) -> set[str]:
    offers = tabs.offered(case, _doable(case))
    return {act.path for act in offers.first} | {a.path for acts in offers.parts.values() for a in acts}


def _open_actions(case: OpenCase) -> set[Action]:
    return {each.action for each in _doable(case) if each.open}


def _doable(case: OpenCase) -> Any:
    today = clock.local_date(clock.now())
    return doable(db.session(), case.row, case.account, case.roles, today=today, among=PLANNING)


@pages.get("/cases/<case>/plan/draft")
@access(Doing(Action.PLAN_DRAFT))
def draft(case: OpenCase) -> str:
    """Show the plan being drafted, or what it may start from."""
    return page(case, "draft")


@pages.post("/cases/<case>/plan/draft")
@access(Doing(Action.PLAN_DRAFT))
def change_draft(case: OpenCase) -> Any:
    """Change the plan being drafted, or put it into the case."""
    return press(case, "draft")


@pages.get("/cases/<case>/plan/amend")
@access(Doing(Action.PLAN_AMEND))
def amend(case: OpenCase) -> str:
    """Show the amendment being drafted."""
    return page(case, "amend")


@pages.post("/cases/<case>/plan/amend")
@access(Doing(Action.PLAN_AMEND))
def change_amend(case: OpenCase) -> Any:
    """Change the amendment being drafted, or propose it."""
    return press(case, "amend")


def work_of(case: OpenCase, form: str, lines: tuple[PlanLine, ...]) -> Work | None:
    """Return what this person works on: the own copy, else the newest plan, None if there is neither."""
    newest = lines[0] if lines else None
    copy = copy_of(db.session(), case.account, f"plan.{form}", case.row.id)
    if copy is not None:
        held = {key: copy.data.get(key, "") for key in ("text", "reason", "effect")}
        return Work(
            **held, body=copy.data.get("body", {}), stamp=copy.stamp, base=copy.base or 0, stored=True
        )
    if newest is None:
        return None
    return Work(newest.text, newest.body, base=newest.version)


def page(case: OpenCase, form: str, *, refused: treepage.Refused | None = None) -> str:
    """Return the page of what is being drafted."""
    lines = planpage.plan_lines(db.session(), case)
    work = work_of(case, form, lines)
    action = url_for(f"planning.{form}", case=case.code)
    if work is None:
        problems = refused.error.problems if refused is not None else ()
        return case_page("plan_start", case, sources=_sources(case), action=action, problems=problems)
    ed = treepage.drawn(work.text, refused=refused)
    view = _view(ed)
    sent = request.form if refused is not None else {}
    return case_page(
        "plan_edit",
        case,
        form=form,
        view=view,
        chips=[
            (label, url_for(f"planning.{form}", case=case.code, view=key), key == view)
            for key, label in planforms.VIEWS.items()
        ],
        ctx={"ed": ed, "stamp": work.stamp, "base": work.base, "action": action},
        address=partial(url_for, f"planning.{form}", case=case.code),
        work=work,
        body=planforms.boxes(work.body, sent if sent.get("op") == "body" else None),
        change=_change(lines, work) if view == "save" else None,
        key=secrets.token_urlsafe(18),
        sent=sent,
        locked=form == "draft" and bool(lines) and lines[0].approved,
        plan_stale=bool(lines) and work.stored and work.base != lines[0].version,
    )


def _view(ed: Mapping[str, Any]) -> str:
    if ed["op"] in ("body", "save"):
        return str(ed["op"])
    if ed["op"] == "upload":
        return "text"
    asked = request.args.get("view", "tree")
    return asked if asked in ("body", "save") else str(ed["view"])


def _change(lines: tuple[PlanLine, ...], work: Work) -> Difference | None:
    before = next((line for line in lines if line.approved), None)
    if before is None or treeedit.problems_of(work.text):
        return None
    return difference(before.framework, planforms.parsed(work.text))


def press(case: OpenCase, form: str) -> Any:
    """Do what the button pressed asks for; refused, the page comes back with what was typed."""
    op = request.form.get("op", "")
    if op == "redraw":
        return page(case, form)
    lines = planpage.plan_lines(db.session(), case)
    try:
        if op == "discard":
            drop_copy(case.account, f"plan.{form}", case.row.id)
            flash("已放弃未存入的改动", "note")
            return redirect(url_for("planning.show", case=case.code), 303)
        if op == "start":
            return _start(case, form)
        if op == "upload":
            return _upload(case, form, lines)
        work = work_of(case, form, lines)
        if work is None:
            raise InvalidError(Problem("还没有选从哪里开始", path="source", cure="先选一个体系"))
        if op == "save":
            return _save(case, form, work)
        return _edit(case, form, work)
    except ServiceError as error:
        db.session.rollback()
        return page(case, form, refused=treepage.Refused(error, request.form)), status_of(error)


def _start(case: OpenCase, form: str) -> Any:
    text = _source_text(case, request.form.get("source", ""))
    treeedit.plain_of(text)
    _keep(case, form, {"text": text, "body": {}}, stamp="", base=0)
    return redirect(url_for(f"planning.{form}", case=case.code), 303)


def _upload(case: OpenCase, form: str, lines: tuple[PlanLine, ...]) -> Any:
    """Take the file in as what is worked on; the items already written stay."""
    text = checked_text(sent_file())
    work = work_of(case, form, lines)
    data = work.with_text(text) if work is not None else {"text": text, "body": {}}
    stamp = request.form.get("stamp", "") if work is not None else ""
    _keep(case, form, data, stamp=stamp, base=work.base if work is not None else 0)
    flash("文件已读入，没有错误；核对后存入", "done")
    return redirect(url_for(f"planning.{form}", case=case.code), 303)


def _edit(case: OpenCase, form: str, work: Work) -> Any:
    if request.form.get("op") == "body":
        data = {**work.data, "body": planforms.body_of(request.form, work.body)}
        goto = {"view": "body"}
    else:
        text = treeedit.changed(work.text, request.form)
        data = work.with_text(text)
        chosen = (
            treeedit.node_after(work.text, text, request.form) if request.form.get("op") != "text" else ""
        )
        goto = {"view": "text"} if request.form.get("op") == "text" else {"node": chosen} if chosen else {}
    _keep(case, form, data, stamp=request.form.get("stamp", ""), base=work.base)
    anchor = "node" if goto.get("node") else None
    return redirect(url_for(f"planning.{form}", case=case.code, _anchor=anchor, **goto), 303)  # type: ignore[arg-type]


def _save(case: OpenCase, form: str, work: Work) -> Any:
    """Put what was drafted into the case: the draft plan, or a proposed amendment."""
    reason, effect = (
        words_typed(request.form.get(name, ""), path=name, label=label, limit=planforms.LIMIT)
        for name, label in (("reason", "修订理由"), ("effect", "对得分的影响"))
    )
    command = do.DraftPlan(work.text, work.body, reason=reason, effect=effect, seen=work.base)
    actor = actor_now(case, key=request.form.get("key", ""))
    try:
        if form == "draft":
            do.draft_plan(actor, case.row.id, command)
            flash("方案草稿已存入，可以报审", "done")
        else:
            do.amend_plan(actor, case.row.id, command)
            flash("方案修订已提出，待组织方批准", "done")
    except RepeatedError:
        flash(doing.OFTEN, "note")
    drop_copy(case.account, f"plan.{form}", case.row.id)
    return redirect(url_for("planning.show", case=case.code), 303)


def _keep(case: OpenCase, form: str, data: Mapping[str, Any], *, stamp: str, base: int) -> None:
    keep_copy(case.account, f"plan.{form}", case.row.id, data, stamp=stamp, base=base, evaluation=case.row.id)


def _sources(case: OpenCase) -> dict[str, list[tuple[str, str, str]]]:
    """Return what a plan may start from, by heading: reference, name, particulars."""
    today = clock.local_date(clock.now())
    before = [
        (f"case:{p.code}", p.title, f"{p.year} 年度 {p.code}")
        for p in planpage.precedents(db.session(), case, today=today)
    ]
    lines = [line for line in library_lines(db.session(), case.account, today=today) if line.offered]
    told = [(one.ref, one.name, _told(one)) for one in lines if not one.bundled]
    own = [(one.ref, one.name, _told(one)) for one in lines if one.bundled]
    return {"同一对象以前的评价": before, "本单位指标体系库": told, "自带的指标体系": own}


def _told(line: Any) -> str:
    full = f"满分 {line.max}" if line.max else "未设分"
    return f"{line.code} 版本 {line.label}，{line.leaves} 个末级指标，{full}"


def _source_text(case: OpenCase, ref: str) -> str:
    today = clock.local_date(clock.now())
    if not ref:
        raise InvalidError(Problem("没有选从哪里开始", path="source", cure="选一个体系"))
    if ref.startswith("case:"):
        found = planpage.precedents(db.session(), case, today=today)
        texts = {f"case:{one.code}": one.text for one in found}
        if ref in texts:
            return texts[ref]
    return library_version(db.session(), case.account, ref, today=today).text
