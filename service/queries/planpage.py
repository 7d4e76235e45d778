"""The plan of a case and its amendments as their page shows them, and what a new plan may start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFoundError, NotPermittedError
from service.frameworks.difference import Difference, difference
from service.models.evaluation import Evaluation
from service.models.plan import DraftState, FrameworkVersion, Plan
from service.queries.library import LibraryNode, library_nodes
from service.queries.names import duties
from service.queries.reader import OpenCase, open_case
from service.queries.sheet import parsed_text
from service.scoring.framework import Framework
from service.workflow.roles import Role

STATES: Mapping[DraftState, str] = {
    DraftState.DRAFT: "起草中",
    DraftState.SUBMITTED: "待批准",
    DraftState.APPROVED: "已批准",
    DraftState.RETURNED: "已退回",
}
_UNIT = frozenset({Role.DF, Role.DH, Role.SD})
_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One numbered plan; 0 is the first, later ones are amendments. People are named by duty."""

    number: int
    state: str
    approved: bool
    waiting: bool
    body: Mapping[str, Any]
    reason: str
    effect: str
    opinion: str
    proposed_by: str
    approved_by: str
    name: str
    code: str
    label: str
    sha256: str
    text: str
    version: int

    @property
    def framework(self) -> Framework:
        """Return the framework the plan holds."""
        return parsed_text(self.sha256, self.text)

    @property
    def nodes(self) -> tuple[LibraryNode, ...]:
        """Return its indicators with their rules in words."""
        return library_nodes(self.framework)


def plan_lines(session: Session, case: OpenCase) -> tuple[PlanLine, ...]:
    """Return plan and amendments, newest first; the unit's side sees what was approved only."""
    query = (
        select(Plan, FrameworkVersion)
        .join(FrameworkVersion, FrameworkVersion.id == Plan.framework_id)
        .where(Plan.evaluation_id == case.row.id)
        .order_by(Plan.number.desc())
    )
    rows = session.execute(query).all()
    authors = duties(session)
    lines = tuple(_line(plan, version, authors) for plan, version in rows)
    if case.roles <= _UNIT:
        return tuple(line for line in lines if line.approved)
    return lines


def _line(plan: Plan, version: FrameworkVersion, duties: Mapping[str, str]) -> PlanLine:
    return PlanLine(
        number=plan.number,
        state=STATES[plan.state],
        approved=plan.state is DraftState.APPROVED,
        waiting=plan.state is DraftState.SUBMITTED,
        body=plan.body,
        reason=plan.reason,
        effect=plan.effect,
        opinion=plan.panel_opinion,
        proposed_by=duties.get(plan.proposed_by, ""),
        approved_by=duties.get(plan.approved_by or "", ""),
        name=version.name,
        code=version.code,
        label=version.label,
        sha256=version.sha256,
        text=version.body,
        version=plan.version,
    )


def change_of(lines: tuple[PlanLine, ...], number: int) -> Difference | None:
    """Return how the framework of plan `number` differs from the one before it; None for the first."""
    by_number = {line.number: line for line in lines}
    earlier = [line for line in lines if line.number < number and line.approved]
    if number not in by_number or not earlier:
        return None
    return difference(earlier[0].framework, by_number[number].framework)


@dataclass(frozen=True, slots=True)
class Precedent:
    """An earlier case of the same subject whose framework may be taken over."""

    code: str
    title: str
    year: str
    text: str


def precedents(session: Session, case: OpenCase, *, today: date) -> tuple[Precedent, ...]:
    """Return earlier cases of the same subject this account may read, newest first."""
    row = case.row
    query = (
        select(Evaluation, FrameworkVersion.body)
        .join(FrameworkVersion, FrameworkVersion.id == Evaluation.framework_id)
        .where(Evaluation.subject_name == row.subject_name, Evaluation.id != row.id)
        .order_by(Evaluation.year.desc(), Evaluation.code)
        .limit(_CANDIDATES)
    )
    return tuple(
        Precedent(other.code, other.title, other.year, text)
        for other, text in session.execute(query).all()
        if _readable(session, case.account, other.id, today)
    )


def _readable(session: Session, account: str, name: str, today: date) -> bool:
    try:
        open_case(session, account, name, today=today)
    except (NotFoundError, NotPermittedError):
        return False
    return True
