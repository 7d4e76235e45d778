"""任务下达: a new evaluation is filled in, checked on a page of its own, and created.

- One address: the form, what it refuses beside the fields, the page to check, and the creation.
- Organisations are found by a search that works without JavaScript and keeps everything typed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from service import clock
from service.actions.commissioning import create_evaluation
from service.errors import InvalidError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.queries import commission as reads
from service.queries.library import library_lines, library_version
from service.report import profile
from service.web.access import Entry, access
from service.web.errors import status_of
from service.web.forms import creation
from service.web.forms.act import from_page, read
from service.web.outside import account_now, actor_outside, demand_role, fields_of, wrong_of
from service.workflow.kinds import KINDS, Firm, Kind
from service.workflow.roles import Role

pages = Blueprint("commission", __name__)
SEARCHED = ("evaluated", "supervisor", "agency")
GROUPS = (
    ("评价是什么", ("code", "title", "kind", "year", "subject_name", "subject_kind")),
    ("密级与公开", ("secrecy", "publicity")),
    ("参与单位", ("organiser", "evaluated", "supervisor", "agency", "firm")),
    ("期限与自评", ("self_due_on", "framework")),
    ("本评价的设置", ("policy", "profile", "round_limit", "silence_is_consent", "documents")),
)


@pages.get("/commission")
@access(Entry.LOGGED_IN)
def show() -> str:
    """Show the form for a new evaluation, a free number filled in."""
    demand_role(Role.FO, act="新建评价")
    year = str(_today().year)
    desks = reads.desks_of(db.session(), account_now(), today=_today())
    preset = {"year": year, "code": reads.proposed_code(db.session(), year)}
    if len(desks) == 1:
        preset["organiser"] = next(iter(desks))
    return form_page(MultiDict(preset))


@pages.get("/commission/parties")
@access(Entry.LOGGED_IN)
def parties() -> str:
    """Answer a search for organisations with boxes to tick, those already ticked first."""
    demand_role(Role.FO, act="新建评价")
    part = request.args.get("part", "")
    part = part if part in SEARCHED else SEARCHED[0]
    return render_template("web/commission_parties.html", part=part, offer=offer_of(part, request.args))


@pages.post("/commission")
@access(Entry.LOGGED_IN)
def run() -> Any:
    """Search, go back, check, or create, as the button pressed says."""
    demand_role(Role.FO, act="新建评价")
    wanted = request.form.get("do", "check")
    if wanted in ("find", "edit"):
        return form_page(request.form)
    try:
        data = read(creation.Creation, from_page(creation.Creation, request.form, request.files))
        if wanted == "create":
            return _create(data)
        demand_consistent(data)
        demand_free(data)
    except ServiceError as refused:
        db.session.rollback()
        return form_page(request.form, refused=refused), status_of(refused)
    return _check_page(data)


def _create(data: dict[str, Any]) -> Any:
    demand_consistent(data)
    command = creation.command_of(data, framework=framework_text(data["framework"]))
    try:
        create_evaluation(actor_outside(request.form.get("key", "")), command)
        flash(f"已新建评价 {command.code}，尚未下达：安排好人员、补齐资料后由复核人或签发人下达", "done")
    except RepeatedError:
        flash("这份表单已经提交过，没有再建一项。", "note")
    except InvalidError:
        db.session.rollback()
        demand_free(data)
        raise
    return redirect(url_for("cases.overview", case=command.code), 303)


def demand_consistent(data: dict[str, Any]) -> None:
    """Accept what fits together.

    Raises:
        InvalidError: naming every field that does not fit the others.
    """
    problems = [*_of_parties(data), *_of_kind(data)]
    if data["secrecy"] == "公开" and not data["publicity"]:
        problems.append(Problem("密级为公开的，须写明公开属性", path="publicity", cure="选一种公开方式"))
    due: date | None = data["self_due_on"]
    if due is not None and due <= _today():
        problems.append(Problem("自评截止日须在今天之后", path="self_due_on", value=due.isoformat()))
    if data["profile"] not in profiles():
        problems.append(Problem("没有这种报告样式", path="profile", value=data["profile"], cure="重新选择"))
    if problems:
        raise InvalidError(problems)


def demand_free(data: dict[str, Any]) -> None:
    """Accept a number nobody has used.

    Raises:
        InvalidError: it is taken; a free one is named.
    """
    if reads.code_taken(db.session(), data["code"]):
        free = reads.proposed_code(db.session(), data["year"])
        raise InvalidError(Problem("编号已经用过", path="code", value=data["code"], cure=f"可用 {free}"))


def _of_parties(data: dict[str, Any]) -> list[Problem]:
    known = reads.names_of(db.session(), [i for part in SEARCHED for i in data[part]])
    desks = reads.desks_of(db.session(), account_now(), today=_today())
    problems = [
        Problem("没有这个单位", path=part, cure="重新查找并勾选")
        for part in SEARCHED
        if any(each not in known for each in data[part])
    ]
    if data["organiser"] not in desks:
        problems.append(Problem("组织方须是本人担任经办的单位", path="organiser", cure="重新选择"))
    firm = KINDS[Kind(data["kind"])].firm
    engaged = firm is Firm.ALWAYS or data["firm"]
    if engaged and not data["agency"]:
        problems.append(Problem("委托机构参与的评价须选评价机构", path="agency", cure="查找并勾选"))
    if firm is Firm.NEVER and (data["firm"] or data["agency"]):
        label = Kind(data["kind"]).label
        problems.append(Problem(f"{label}没有机构参与", path="agency", cure="去掉评价机构，或换评价方式"))
    return problems


def _of_kind(data: dict[str, Any]) -> list[Problem]:
    unit_self = data["kind"] == Kind.UNIT_SELF.value
    if unit_self and not data["framework"]:
        return [Problem("单位自评须现在选定指标体系", path="framework", cure="从指标体系库选一个")]
    if not unit_self and data["framework"]:
        return [Problem("这种评价的指标体系在方案中起草", path="framework", cure="此处改为不选")]
    return []


def form_page(sent: Mapping[str, Any], *, refused: ServiceError | None = None) -> str:
    """Return the form with what was typed and everything that is wrong with it."""
    problems = refused.problems if refused is not None else ()
    return render_template(
        "web/commission.html",
        fields=fields_of(creation.Creation, sent, _options()),
        groups=GROUPS,
        offers={part: offer_of(part, sent) for part in SEARCHED},
        problems=problems,
        wrong=wrong_of(problems),
        usual=reads.usual_due(_today()),
        today=_today(),
    )


def _check_page(data: dict[str, Any]) -> str:
    names = reads.names_of(db.session(), [i for part in (*SEARCHED,) for i in data[part]])
    fields = fields_of(creation.Creation, request.form, _options())
    due: date | None = data["self_due_on"]
    return render_template(
        "web/commission_check.html",
        data=data,
        fields=fields,
        groups=GROUPS,
        names=names,
        sent=[(k, v) for k, v in request.form.items(multi=True) if k in fields],
        days=reads.days_until(_today(), due) if due else None,
        key=secrets.token_urlsafe(18),
    )


def offer_of(part: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the search for a part shows: chosen ones, found ones, the words searched for."""
    ids = sent.getlist(part) if hasattr(sent, "getlist") else []
    text = sent.get(f"q_{part}", "")
    chosen = reads.names_of(db.session(), ids)
    found, more = reads.find_organisations(db.session(), text) if text.strip() else ({}, False)
    return {
        "chosen": chosen,
        "found": {key: name for key, name in found.items() if key not in chosen},
        "more": more,
        "text": text,
    }


def profiles() -> dict[str, str]:
    """Return the names of the report profiles by code."""
    return {code: profile.load(code).name for code in profile.bundled()}


def _options() -> dict[str, dict[str, str]]:
    session, account = db.session(), account_now()
    lines = library_lines(session, account, today=_today())
    offered = {line.ref: f"{line.name}（{line.code}，版本 {line.label}）" for line in lines if line.offered}
    desks = reads.desks_of(session, account, today=_today())
    return {"profiles": profiles(), "desks": desks, "frameworks": offered}


def framework_text(ref: str) -> str:
    """Return the text of a version of the library, "" for none."""
    if not ref:
        return ""
    return library_version(db.session(), account_now(), ref, today=_today()).text


def _today() -> date:
    return clock.local_date(clock.now())
