"""One case as programs read it: what its pages show, under the same access."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from service import clock
from service.errors import NotFoundError
from service.extensions import db
from service.queries import planpage, teampage
from service.queries.doable import Doable, doable
from service.queries.evidencelist import EvidenceFilter, EvidenceList, evidence_list
from service.queries.grid import Grid, grid_of
from service.queries.history import HistoryPage, history_page
from service.queries.historyfilter import HistoryFilter
from service.queries.opinionroom import OpinionRoom, opinion_room
from service.queries.particulars import Particulars, particulars_of
from service.queries.reader import OpenCase
from service.queries.reportroom import ReportShown, report_room
from service.queries.reviewpage import ReviewPage, review_page
from service.queries.unfolding import ScoreTable, score_table
from service.queries.unitpage import UnitPage, unit_page
from service.queries.visitpage import VisitPage, visit_page
from service.queries.waivers import Waived
from service.report.snapshot import CaseSnapshot
from service.web.access import Doing, Inside, Need
from service.web.api.root import of_case, operation, query
from service.web.cases import page_number, visible_snapshot
from service.web.grid import WORKPLACE
from service.web.reportfindings import Line, found_on
from service.workflow.actions import Action
from service.workflow.roles import Role

SHEET = query("sheet", "评分表的名称；只有一张时不填", maxLength=80)
PAGE = {
    "name": "page",
    "in": "query",
    "description": "第几页，从 1 起",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999},
}


@dataclass(frozen=True, slots=True)
class CaseHead:
    """A case at a glance, and what the token's owner is in it."""

    code: str
    title: str
    kind: str
    kind_label: str
    year: str
    subject: str
    stage: str
    stage_label: str
    status: str
    status_label: str
    secrecy: str
    imported: bool
    roles: frozenset[Role]
    scores_visible: bool
    history_visible: bool


@dataclass(frozen=True, slots=True)
class Tasks:
    """What may be done by the token's owner, and what is still missing for the rest."""

    acts: tuple[Doable, ...]


@dataclass(frozen=True, slots=True)
class People:
    """Who plays which part, and the periods that run."""

    members: tuple[teampage.Member, ...]
    dues: tuple[teampage.Due, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The versions of the plan, the newest first."""

    lines: tuple[planpage.PlanLine, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """The report versions of a case."""

    versions: tuple[ReportShown, ...]


@dataclass(frozen=True, slots=True)
class ReportChecks:
    """What both checkers find on the report as it would be frozen today; empty before 定稿.

    Args:
        looked: whether the report was looked at.
        past: 签认 that cover nothing now.
    """

    looked: bool
    lines: tuple[Line, ...]
    past: tuple[Waived, ...]


Reading = Callable[[Session, OpenCase, date], Any]


def _head(case: OpenCase) -> CaseHead:
    row = case.row
    return CaseHead(
        code=row.code,
        title=row.title,
        kind=row.kind.value,
        kind_label=row.kind.label,
        year=row.year,
        subject=row.subject_name,
        stage=row.stage.value,
        stage_label=row.stage.label,
        status=row.status.value,
        status_label=row.status.label,
        secrecy=row.secrecy,
        imported=row.imported,
        roles=case.roles,
        scores_visible=case.scores,
        history_visible=case.history,
    )


def _evidence(session: Session, case: OpenCase, today: date) -> EvidenceList:
    names = ("by", "klass", "node", "state", "text")
    return evidence_list(session, case, EvidenceFilter(**{n: request.args.get(n, "")[:80] for n in names}))


def _scores(session: Session, case: OpenCase, today: date) -> ScoreTable:
    found: ScoreTable = _found(score_table(session, case.row, sheet=_sheet(case)))
    return found


def _grid(session: Session, case: OpenCase, today: date) -> Grid:
    found: Grid = _found(grid_of(session, case.row, sheet=_sheet(case)))
    return found


def _sheet(case: OpenCase) -> str:
    name = request.args.get("sheet", "")
    if name not in ("", *case.row.facts.get("sheets", ())):
        raise NotFoundError("没有这张评分表")
    return name


def _found(table: Any) -> Any:
    if table is None:
        raise NotFoundError("指标体系尚未下达，还没有评分表")
    return table


def _history(session: Session, case: OpenCase, today: date) -> HistoryPage:
    names = ("person", "role", "action", "field", "node", "stage", "outcome")
    wanted = HistoryFilter(**{n: request.args.get(n, "")[:120] for n in names}, page=page_number())
    return history_page(session, case.row, wanted, scores=case.scores)


def _people(session: Session, case: OpenCase, today: date) -> People:
    return People(
        teampage.members(session, case.row, today=today), teampage.dues(session, case.row, today=today)
    )


def _opinions(session: Session, case: OpenCase, today: date) -> OpinionRoom:
    return opinion_room(session, case.row, person=case.account, scores=case.scores, today=today)


READ, SCORED = Action.EVALUATION_READ, Action.SCORES_READ
READS: tuple[tuple[str, Need, Any, str, Reading, tuple[dict[str, Any], ...]], ...] = (
    (
        "tasks",
        READ,
        Tasks,
        "本人能办的事项和尚缺的条件",
        lambda s, c, t: Tasks(doable(s, c.row, c.account, c.roles, today=t)),
        (),
    ),
    ("people", READ, People, "人员和期限", _people, ()),
    ("plan", READ, Plan, "方案和调整", lambda s, c, t: Plan(planpage.plan_lines(s, c)), ()),
    (
        "particulars",
        Doing(Action.EVALUATION_EDIT),
        Particulars,
        "基本信息",
        lambda s, c, t: particulars_of(s, c.row, today=t),
        (),
    ),
    ("self-assessment", READ, UnitPage, "自评", lambda s, c, t: unit_page(s, c.row, today=t), ()),
    (
        "evidence",
        READ,
        EvidenceList,
        "佐证材料",
        _evidence,
        tuple(
            query(n, w, maxLength=80)
            for n, w in (
                ("by", "分组：class 或 node"),
                ("klass", "类别"),
                ("node", "指标"),
                ("state", "状态"),
                ("text", "名称中的字"),
            )
        ),
    ),
    (
        "review",
        Inside(READ, Action.REVIEW_VERDICT),
        ReviewPage,
        "材料审核",
        lambda s, c, t: review_page(s, c.row, today=t),
        (),
    ),
    (
        "visit",
        Inside(READ, Action.FINDING_RECORD),
        VisitPage,
        "现场核查",
        lambda s, c, t: visit_page(s, c.row, account=c.account, today=t),
        (),
    ),
    ("grid", WORKPLACE, Grid, "评分与扣分的办理表", _grid, (SHEET,)),
    ("scores", SCORED, ScoreTable, "评分表，每一分展开到理由", _scores, (SHEET,)),
    ("opinions", READ, OpinionRoom, "征求意见", _opinions, ()),
    ("reports", SCORED, Reports, "报告各版", lambda s, c, t: Reports(report_room(s, c.row)), ()),
    ("checks", SCORED, ReportChecks, "报告的自检与勾稽核对发现及签认", lambda s, c, t: _checks(c, t), ()),
    ("snapshot", SCORED, CaseSnapshot, "报告所依据的全部数据", lambda s, c, t: visible_snapshot(c), ()),
    (
        "history",
        Action.HISTORY_READ,
        HistoryPage,
        "留痕（须有“查留痕”范围）",
        _history,
        (
            PAGE,
            *(
                query(n, w, maxLength=120)
                for n, w in (
                    ("person", "账户"),
                    ("role", "职责"),
                    ("action", "操作"),
                    ("field", "字段"),
                    ("node", "指标"),
                    ("stage", "环节"),
                    ("outcome", "结果"),
                )
            ),
        ),
    ),
)
"""Name in the address, access, type of the answer, summary, the page's query, parameters."""


def _checks(case: OpenCase, today: date) -> ReportChecks:
    found = found_on(case, today)
    return ReportChecks(found.looked, found.lines, found.past)


@operation("GET", "/cases/<case>", READ, "head", summary="案卷概况", tag="案卷", answer=CaseHead)
def head(case: OpenCase) -> Response:
    """Answer the head of one case."""
    return of_case(case, lambda: _head(case))


def _declare(
    name: str, need: Need, answer: Any, summary: str, reading: Reading, parameters: tuple[dict[str, Any], ...]
) -> None:
    def read(case: OpenCase) -> Response:
        fresh = need is Action.HISTORY_READ
        return of_case(case, lambda: reading(db.session(), case, clock.local_date(clock.now())), fresh=fresh)

    operation(
        "GET",
        f"/cases/<case>/{name}",
        need,
        name,
        summary=summary,
        tag="案卷",
        answer=answer,
        parameters=parameters,
    )(read)


for _read in READS:
    _declare(*_read)
