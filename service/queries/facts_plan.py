"""Facts of team, plan and self-assessment."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.plan import DraftState, Plan
from service.models.selfassessment import Claim, SelfAssessment, SelfState
from service.queries.facts_asked import asks
from service.queries.once import rows_of
from service.queries.parties import parties_of
from service.queries.people import holders
from service.queries.sheet import current_sheet
from service.scoring.quantities import exact, show_short
from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.deadlines import days_late, load_calendar
from service.workflow.kinds import KINDS, Result
from service.workflow.roles import Role

_CALENDAR = load_calendar()
_GUARDS = (
    g.TEAM_COMPLETE, g.PLAN_COMPLETE, g.PLAN_OPEN, g.PLAN_SUBMITTED, g.PLAN_LOCKED, g.PANEL_HEARD,
    g.AMENDMENT_OPEN, g.AMENDMENT_NEW, g.SELF_COMPLETE, g.NOT_ONLY_EDITOR, g.NOT_OPENED, g.SUPERVISOR_DONE,
    g.SUPERVISOR_PENDING,
)  # fmt: skip


def needed(action: Action) -> bool:
    """Return whether a rule of this act asks for team, plan or self-assessment."""
    return asks(action, *_GUARDS)


def gather(session: Session, case: Evaluation, *, person: str, today: date) -> dict[str, Any]:
    """Return the facts of plan, team and self-assessment by field name of `Facts`."""
    return {**_plan(session, case, today=today), **_self(session, case, person=person, today=today)}


def _plan(session: Session, case: Evaluation, *, today: date) -> dict[str, Any]:
    plans = sorted(rows_of(session, Plan, case.id), key=lambda plan: plan.number)
    first = plans[0] if plans else None
    newest = plans[-1] if plans else None
    lead = Role.EL in KINDS[case.kind].roles
    team_missing = ("组长",) if lead and not holders(session, case, Role.EL, today=today) else ()
    return {
        "team_missing": team_missing,
        "plan_missing": () if first else ("工作方案",),
        "plan_submitted": first is not None and first.state is DraftState.SUBMITTED,
        "plan_approved": case.framework_id is not None,
        "panel_opinion": newest is not None and bool(newest.panel_opinion),
        "amendment_open": newest is not None and newest.number > 0 and newest.state is DraftState.SUBMITTED,
    }


def _self(session: Session, case: Evaluation, *, person: str, today: date) -> dict[str, Any]:
    rounds = sorted(rows_of(session, SelfAssessment, case.id), key=lambda own: own.round)
    newest = rounds[-1] if rounds else None
    claims = rows_of(session, Claim, case.id)
    supervisor = bool(parties_of(session, case.id, "supervisor"))
    filled = newest is not None and (claims or newest.body or newest.claimed_total)
    late = case.self_due_on is not None and today > case.self_due_on
    reviewed = newest is not None and newest.state is SelfState.REVIEWED
    return {
        "self_missing": _unequal(session, case, newest) if filled else ("自评内容",),
        "self_opened": newest is not None and newest.opened,
        "supervisor_review_pending": supervisor
        and newest is not None
        and newest.state is SelfState.SUBMITTED
        and not reviewed,
        "self_days_late": days_late(case.self_due_on, today, _CALENDAR) if late and case.self_due_on else 0,
        "self_edited_by_other": newest is not None and newest.edited_by not in (None, person),
    }


def _unequal(session: Session, case: Evaluation, newest: SelfAssessment | None) -> tuple[str, ...]:
    """Return a lack if a 单位自评, whose claim is the result, states another total than its form gives.

    A single line that claims something else than its rule gives is noted on that line.
    """
    current = current_sheet(session, case) if KINDS[case.kind].result is Result.CLAIMED else None
    stated = newest.claimed_total if newest is not None else None
    if current is None or current.total is None or not stated or exact(stated) == current.total:
        return ()
    return (f"自评总分 {stated} 与自评表合计 {show_short(current.total)} 不一致",)
