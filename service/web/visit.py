"""现场核查: plan, checklist, record with photos, confirmation by the unit, findings by indicator.

Made for a phone in one hand: large targets, one form a page, photos several at once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from service import clock
from service.actions.site_photos import Photo, add_photos, record_with_photos
from service.actions.site_verification import RecordFinding
from service.actions.workshop import workshop_of
from service.errors import InvalidError, NotFoundError, Problem, ServiceError
from service.extensions import db
from service.queries.offers import FOUND, offered_deductions
from service.queries.reader import OpenCase
from service.queries.visitpage import FindingRow, VisitPage, visit_page
from service.report.visitlist import Head, Point, checklist
from service.web.access import Doing, access
from service.web.cases import case_page, settings
from service.web.doing import actor_now, form_of
from service.web.errors import status_of
from service.web.forms.act import ACTS, read
from service.web.forms.visit import FindingForm
from service.web.inline import inline
from service.workflow.actions import Action
from service.workflow.roles import Role

pages = Blueprint("visit", __name__)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NUMBERED = re.compile(r"[Ff]?(\d{1,4})(?!\d)")
TEAM = frozenset(Role) - {Role.DF, Role.DH, Role.SD}
SECTIONS = (
    ("show", "核查安排", True),
    ("points", "核查点清单", False),
    ("record", "现场记录", False),
    ("confirm", "单位确认", True),
    ("findings", "发现汇总", True),
)
"""Pages, their labels, and whether the unit sees them."""


def page_of(case: OpenCase) -> VisitPage:
    """Return the site work as it stands now."""
    today = clock.local_date(clock.now())
    return visit_page(db.session(), case.row, account=case.account, today=today)


def shown(case: OpenCase, name: str, page: VisitPage, **more: Any) -> str:
    """Return one page of the site work with the way to the others."""
    inside = bool(case.roles & TEAM)
    more.setdefault("problems", ())
    sections = [(key, label) for key, label, outside in SECTIONS if inside or outside]
    return case_page(
        f"visit_{name}", case, page=page, section=name, sections=sections, inside=inside,
        records=case.permits(Action.FINDING_RECORD), **more,
    )  # fmt: skip


def _inside(case: OpenCase) -> None:
    """Accept only who works on the case for the evaluating side: what will be asked is not told before."""
    if not case.roles & TEAM:
        raise NotFoundError("没有这个页面")


@pages.get("/cases/<case>/visit")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """Show the visits and how far each is."""
    return shown(
        case,
        "show",
        page_of(case),
        opens=case.permits(Action.VISIT_OPEN),
        closes=case.permits(Action.VISIT_CLOSE),
    )


@pages.get("/cases/<case>/visit/points")
@access(Action.EVALUATION_READ)
def points(case: OpenCase) -> str:
    """Show the numbered points to check, ready to print."""
    _inside(case)
    page = page_of(case)
    return shown(case, "points", page, visit=_visit(page, request.args.get("visit", "")))


@pages.get("/cases/<case>/visit/points.docx")
@access(Action.EVALUATION_READ)
def points_file(case: OpenCase) -> Response:
    """Hand out the numbered points to check as a Word file."""
    _inside(case)
    page = page_of(case)
    visit = _visit(page, request.args.get("visit", ""))
    facts = (
        ("日期", visit.on.isoformat() if visit and visit.on else ""),
        ("地点", visit.place if visit else ""),
        ("方式", visit.method if visit else ""),
        ("参加人员", visit.people if visit else ""),
    )
    head = Head(case.row.title, case.code, visit.code if visit else "—", facts)
    made = checklist(head, [Point(p.number, p.text, _named(page, p.nodes)) for p in page.points])
    name = f"{'演示-' if settings().demo else ''}现场核查记录表-{case.code}.docx"
    return send_file(BytesIO(made), mimetype=DOCX, as_attachment=True, download_name=name, etag=False)


def _named(page: VisitPage, nodes: tuple[str, ...]) -> str:
    return "、".join(f"{node} {page.names.get(node, '')}".strip() for node in nodes)


def _visit(page: VisitPage, code: str) -> Any:
    found = page.visit(code)
    if code and found is None:
        raise NotFoundError("没有这次核查")
    return found


@pages.get("/cases/<case>/visit/record")
@access(Action.EVALUATION_READ)
def record(case: OpenCase) -> str:
    """Show the form for one finding with its photos, started from a point to check if one is named."""
    _inside(case)
    page = page_of(case)
    visit = _visit(page, request.args.get("visit", ""))
    number = request.args.get("point", "")
    point = next((p for p in page.points if str(p.number) == number), None)
    typed = {"visit": visit.code if visit else "", "text": ""}
    return _record(case, page, typed, list(point.nodes) if point else [], point=point)


def _record(case: OpenCase, page: VisitPage, typed: Mapping[str, str], nodes: list[str], **more: Any) -> str:
    more.setdefault("point", None)
    more.setdefault("key", secrets.token_urlsafe(18))
    return shown(case, "record", page, typed=typed, nodes=nodes, **more)


@pages.post("/cases/<case>/visit/record")
@access(Doing(Action.FINDING_RECORD))
def save_record(case: OpenCase) -> Any:
    """Record the finding and take in its photos; sent again, nothing is recorded twice."""
    nodes = request.form.getlist("nodes")
    plain = {"visit": request.form.get("visit", ""), "text": request.form.get("text", ""), "nodes": nodes}
    key = request.form.get("key", "")
    try:
        command = RecordFinding(**read(FindingForm, {k: v for k, v in plain.items() if v}))
        _demand_nodes(case, command.nodes)
        store = workshop_of(settings()).store
        code = record_with_photos(actor_now(case, key=key), case.row.id, command, _photos(), store=store)
    except ServiceError as refused:
        db.session.rollback()
        typed = {"visit": str(plain["visit"]), "text": str(plain["text"])}
        page = page_of(case)
        return _record(case, page, typed, nodes, problems=refused.problems, key=key), status_of(refused)
    flash(f"发现 {code} 已记录{_with_photos()}，待单位确认。", "done")
    return redirect(url_for("visit.record", case=case.code, visit=plain["visit"] or None), 303)


def _demand_nodes(case: OpenCase, nodes: tuple[str, ...]) -> None:
    unknown = [node for node in nodes if node not in page_of(case).names]
    if unknown:
        raise InvalidError([Problem("没有这个指标", path="nodes", value=node) for node in unknown])


def _photos() -> tuple[Photo, ...]:
    sent = [file for file in request.files.getlist("photos") if file.filename]
    return tuple(Photo(file.filename or "", file.read()) for file in sent)


def _with_photos() -> str:
    count = sum(bool(file.filename) for file in request.files.getlist("photos"))
    return f"，附照片 {count} 张" if count else ""


@pages.post("/cases/<case>/visit/photos")
@access(Doing(Action.EVIDENCE_ADD))
def save_photos(case: OpenCase) -> Any:
    """File photos taken on paper rounds under the findings their names begin with, or the one chosen."""
    page = page_of(case)
    known = {finding.code: finding for finding in page.findings}
    assigned, problems = _assigned(_photos(), known, request.form.get("code", ""))
    actor = actor_now(case, key=request.form.get("key", ""))
    try:
        if problems:
            raise InvalidError(problems)
        for code, photos in assigned.items():
            one = replace(actor, request_key=f"{actor.request_key}.{code}" if actor.request_key else None)
            add_photos(
                one, case.row.id, code=code, nodes=known[code].nodes, photos=tuple(photos),
                store=workshop_of(settings()).store,
            )  # fmt: skip
    except ServiceError as refused:
        db.session.rollback()
        return _findings(case, problems=refused.problems), status_of(refused)
    flash("；".join(f"{code} 归入 {len(photos)} 张" for code, photos in assigned.items()), "done")
    return redirect(url_for("visit.findings", case=case.code), 303)


def _assigned(
    photos: tuple[Photo, ...], known: Mapping[str, FindingRow], chosen: str
) -> tuple[dict[str, list[Photo]], list[Problem]]:
    """Return the photos by finding: the number a name begins with decides, else the finding chosen."""
    found: dict[str, list[Photo]] = {}
    problems = [] if photos else [Problem("没有选择照片", path="photos")]
    for photo in photos:
        number = NUMBERED.match(photo.filename)
        code = f"F{int(number[1])}" if number else chosen
        if code in known:
            found.setdefault(code, []).append(photo)
        else:
            cure = "文件名以发现的编号开头（如 3-1.jpg），或选定一条发现"
            problems.append(Problem("不知道归到哪条发现", path="photos", value=photo.filename, cure=cure))
    return found, problems


@pages.get("/cases/<case>/visit/confirm")
@access(Action.EVALUATION_READ)
def confirm(case: OpenCase) -> str:
    """Show what was found in large print; the head of the unit agrees or objects to each."""
    page = page_of(case)
    chosen = request.args.get("code", "") or (page.waiting[0].code if page.waiting else "")
    wanted = next((f for f in page.waiting if f.code == chosen), None)
    forms = [_answer(case, name, chosen) for name in _ANSWERS] if wanted else []
    return shown(case, "confirm", page, chosen=chosen, forms=[form for form in forms if form])


_ANSWERS = ("finding.confirm", "finding.object")


def _answer(case: OpenCase, name: str, code: str) -> dict[str, Any] | None:
    act = ACTS[name]
    if not case.permits(act.action):
        return None
    back = url_for("visit.confirm", case=case.code)
    return inline(form_of(case, act, apart=f"{name.partition('.')[2]}-"), back=back, code=code)


@pages.get("/cases/<case>/visit/findings")
@access(Action.EVALUATION_READ)
def findings(case: OpenCase) -> str:
    """Show the findings by indicator, and the way from each to a deduction."""
    return _findings(case)


def _findings(case: OpenCase, **more: Any) -> str:
    deducts = case.permits(Action.DEDUCTION_DRAFT)
    offers = offered_deductions(db.session(), case.row) if case.roles & TEAM and case.scores else ()
    return shown(
        case,
        "findings",
        page_of(case),
        key=secrets.token_urlsafe(18),
        deducts=deducts,
        offers={(one.node, one.mark): one for one in offers},
        counted=[one for one in offers if not one.mark.startswith(FOUND)],
        **more,
    )
