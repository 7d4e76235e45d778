"""修改基本信息: what of a case may be changed now, each part a form with the version it was read at."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from service import clock
from service.actions.actor import Actor
from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import Money
from service.actions.details import EditEvaluation, edit_evaluation
from service.errors import RepeatedError, ServiceError
from service.extensions import db
from service.queries.particulars import Particulars, particulars_of
from service.queries.reader import OpenCase
from service.web import words
from service.web.access import Doing, access
from service.web.cases import case_page
from service.web.commission import SEARCHED, offer_of, profiles
from service.web.doing import actor_now
from service.web.errors import status_of
from service.web.forms import creation
from service.web.forms.act import from_page, read
from service.web.forms.casefacts import MoneyForm, PapersForm
from service.web.forms.fields import Form
from service.web.outside import fields_of, wrong_of
from service.workflow.actions import Action
from service.workflow.certifier import Papers
from service.workflow.machine import permits

pages = Blueprint("particulars", __name__)
Run = Callable[[OpenCase, Actor, dict[str, Any], int | None], None]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: its heading, form and what it does."""

    title: str
    form: type[Form]
    run: Run
    help: str = ""


@pages.app_template_global()
def may_edit(case: OpenCase) -> bool:
    """Return whether this person may change particulars of the case in its present state."""
    row = case.row
    return not row.imported and permits(row.kind, row.stage, row.status, Action.EVALUATION_EDIT, case.roles)


@pages.get("/cases/<case>/edit")
@access(Doing(Action.EVALUATION_EDIT))
def show(case: OpenCase) -> str:
    """Show what may be changed, filled in as it is."""
    return page(case)


@pages.post("/cases/<case>/edit")
@access(Doing(Action.EVALUATION_EDIT))
def run(case: OpenCase) -> Any:
    """Change one part; refused, the page comes back with what was typed and what is stored now."""
    found = particulars_of(db.session(), case.row, today=clock.local_date(clock.now()))
    open_now = sections(found)
    name = request.form.get("part", "")
    if name not in open_now or request.form.get("do") == "find":
        return page(case, name=name, sent=request.form)
    section = open_now[name]
    try:
        data = read(section.form, from_page(section.form, request.form, request.files))
        section.run(case, actor_now(case, key=request.form.get("key", "")), data, _version())
        flash(f"已修改{section.title}", "done")
    except RepeatedError:
        flash("这份表单已经提交过，没有再做一次。", "note")
    except ServiceError as refused:
        db.session.rollback()
        return page(case, name=name, sent=request.form, refused=refused), status_of(refused)
    return redirect(url_for("particulars.show", case=case.code), 303)


def sections(found: Particulars) -> dict[str, Section]:
    """Return the parts that may be changed now, by name."""
    parts = {"details": Section("基本信息", creation.DraftParticulars, _details)}
    if found.drafted:
        parts["settings"] = Section("本评价的设置", creation.Settings, _settings, "下达后不能再改。")
    else:
        fixed = "下达后年度、评价对象、岗位设置、报告样式和参与单位不再改；自评截止日用“延长期限”。"
        parts["details"] = Section("基本信息", creation.Particulars, _details, fixed)
        parts["report"] = Section("报告落款日期", creation.ReportDate, _report)
    if found.money_open:
        parts["money"] = Section("资金", MoneyForm, _money, "评价组提交评分之前可以补充和改正。")
    if found.leaders:
        parts["papers"] = Section("主评人资格", PapersForm, _papers, "委托机构的评价，主评人签字前须有。")
    return parts


def page(
    case: OpenCase,
    *,
    name: str = "",
    sent: Mapping[str, Any] | None = None,
    refused: ServiceError | None = None,
) -> str:
    """Return the page; the part called `name` shows what was typed and what is wrong with it."""
    found = particulars_of(db.session(), case.row, today=clock.local_date(clock.now()))
    problems = refused.problems if refused is not None else ()
    typed = sent if sent is not None else MultiDict()
    return case_page(
        "edit",
        case,
        found=found,
        sections=[
            _drawn(key, part, found, typed if key == name else None) for key, part in sections(found).items()
        ],
        failed=name,
        problems=problems,
        wrong=wrong_of(problems),
        stale=refused is not None and refused.code == "stale",
        offers={part: offer_of(part, typed) for part in SEARCHED},
    )


def _drawn(key: str, part: Section, found: Particulars, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    options = {"profiles": profiles(), "leaders": found.leaders}
    fields = fields_of(part.form, found.values if sent is None else sent, options)
    now = {n: found.values[n] for n in fields if n in found.values}
    if key == "money" and sent is None:
        fields = fields_of(part.form, _money_values(found, request.args.get("money", "")), options)
    fields = {name: fields[name] for name in sorted(fields, key=lambda one: one == "reason")}
    drawn = [{**field, "id": f"{key}-{name}", "now": now.get(name)} for name, field in fields.items()]
    return {"name": key, "part": part, "fields": drawn, "key": secrets.token_urlsafe(18)}


def _money_values(found: Particulars, code: str) -> dict[str, str]:
    for each in found.money:
        if each.code == code:
            wan = "" if each.fen is None else words.wan(each.fen)
            kept = {"code": each.code, "name": each.name, "kind": each.kind, "fen": wan}
            return {**kept, "printed": each.printed, "source": each.source}
    return {}


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() else -1


def _details(case: OpenCase, actor: Actor, data: dict[str, Any], version: int | None) -> None:
    reason = data.pop("reason")
    joining = {part: data.pop(part) for part in SEARCHED if part in data}
    parties = {part: ids for part, ids in joining.items() if ids}
    command = EditEvaluation(**data, parties=parties, version=version)
    edit_evaluation(actor, case.row.id, command, reason=reason)


def _settings(case: OpenCase, actor: Actor, data: dict[str, Any], version: int | None) -> None:
    reason = data.pop("reason")
    changes = {**data, "round_limit": int(data["round_limit"]), "documents": list(data["documents"])}
    edit_facts(actor, case.row.id, EditFacts(changes=changes, version=version), reason=reason)


def _report(case: OpenCase, actor: Actor, data: dict[str, Any], version: int | None) -> None:
    command = EditFacts(changes={"report_on": data["report_on"]}, version=version)
    edit_facts(actor, case.row.id, command, reason=data["reason"])


def _money(case: OpenCase, actor: Actor, data: dict[str, Any], version: int | None) -> None:
    reason = data.pop("reason")
    edit_facts(actor, case.row.id, EditFacts(money=(Money(**data),), version=version), reason=reason)


def _papers(case: OpenCase, actor: Actor, data: dict[str, Any], version: int | None) -> None:
    papers = Papers(
        data["qualification"],
        int(data["years"]),
        int(data["evaluating_years"]),
        data["clean_record"],
        data["valid_until"],
    )
    command = EditFacts(papers={data["account"]: papers}, version=version)
    edit_facts(actor, case.row.id, command, reason=data["reason"])
