"""Requests for correction (补正) as the unit and the team read them, with their clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement, SupplementState
from service.queries.evidence import linked_evidence
from service.queries.once import rows_of
from service.workflow.deadlines import days_late, load_calendar, working_days

SUPPLEMENT_WORDS = {
    SupplementState.DRAFT: "起草",
    SupplementState.SENT: "待答复",
    SupplementState.ANSWERED: "待单位负责人确认",
    SupplementState.CONFIRMED: "已送出",
    SupplementState.CLOSED: "已办结",
}
_CALENDAR = load_calendar()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for correction as the unit sees it; `left` working days, `late` working days over."""

    code: str
    round: int
    items: tuple[str, ...]
    nodes: tuple[str, ...]
    mandatory: bool
    asked_on: date
    due_on: date
    state: str
    label: str
    answer: str
    answered_on: date | None
    left: int
    late: int
    evidence: tuple[str, ...] = ()


def asked_of(session: Session, case: Evaluation, *, today: date) -> tuple[Asked, ...]:
    """Return every request for correction, those that wait for the unit first; drafts are the team's own."""
    rows = rows_of(session, Supplement, case.id)
    links = linked_evidence(session, case)
    found = [_asked(row, today, links.get(("supplement", row.code), ())) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.state != "sent", one.due_on, one.code)))


def _asked(row: Supplement, today: date, evidence: tuple[str, ...]) -> Asked:
    waiting = row.state is SupplementState.SENT
    until = today if waiting else row.answered_on or row.due_on
    return Asked(
        code=row.code,
        round=row.round,
        items=tuple(map(str, row.items)),
        nodes=tuple(map(str, row.nodes)),
        mandatory=row.mandatory,
        asked_on=row.requested_on,
        due_on=row.due_on,
        state=row.state.value,
        label=SUPPLEMENT_WORDS[row.state],
        answer=row.answer,
        answered_on=row.answered_on,
        left=working_days(today, row.due_on, _CALENDAR) if waiting else 0,
        late=days_late(row.due_on, until, _CALENDAR),
        evidence=evidence,
    )
