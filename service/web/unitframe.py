"""What all pages of a 自评 share: their frame, the 自评 as it stands, and the one way to write to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from service import clock
from service.actions.self_assessment import EditSelfAssessment, edit_self_assessment
from service.errors import InvalidError, Problem, ServiceError
from service.extensions import db
from service.queries.extensions import extensions, periods
from service.queries.reader import OpenCase
from service.queries.selfparts import PART_LABELS
from service.queries.unitpage import UnitPage, unit_page
from service.web.cases import case_page
from service.web.doing import actor_now
from service.workflow.actions import Action
from service.workflow.stages import Stage

pages = Blueprint("unit", __name__)
SECTIONS = (
    ("show", "任务清单"),
    ("table", "指标完成与自评分"),
    ("funds", "资金与子项目"),
    ("survey", "满意度"),
    ("texts", "问题与报告"),
    ("check", "核对与报送"),
    ("supplements", "补正"),
    ("reply", "征求意见"),
)


def page_of(case: OpenCase) -> UnitPage:
    """Return the 自评 as it stands now."""
    return unit_page(db.session(), case.row, today=clock.local_date(clock.now()))


def shown(case: OpenCase, name: str, page: UnitPage, **more: Any) -> str:
    """Return one page of the 自评 with the way to the others."""
    edits = case.permits(Action.SELF_EDIT)
    more.setdefault("problems", ())
    asks = case.permits(Action.DEADLINE_REQUEST)
    return case_page(
        f"self_{name}",
        case,
        page=page,
        section=name,
        sections=SECTIONS,
        edits=edits,
        open_part=lambda part: edits and (case.row.stage is Stage.SELF_ASSESSMENT or part in page.opened),
        part_names=PART_LABELS,
        asked_time=extensions(db.session(), case.row),
        running=periods(db.session(), case.row) if asks else (),
        **more,
    )


def tried(
    case: OpenCase, command: EditSelfAssessment, problems: list[Problem], *, idle: bool = False
) -> ServiceError | None:
    """Write the edit unless something is wrong with it; return the refusal, None if it stands now."""
    if problems:
        return InvalidError(problems)
    if idle:
        return None
    try:
        edit_self_assessment(actor_now(case), case.row.id, command)
    except ServiceError as refused:
        db.session.rollback()
        return refused
    return None
