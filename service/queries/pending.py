"""Which deductions and adjustments of a case do not count yet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.score import Adjustment, Deduction, ReasonState


@dataclass(frozen=True, slots=True)
class PendingReasons:
    """Codes of drafts, and of what a return left waiting for confirmation; in order of code."""

    drafts: tuple[str, ...]
    deductions: tuple[str, ...]
    adjustments: tuple[str, ...]


def pending_codes(session: Session, evaluation: str) -> PendingReasons:
    """Return the codes of the reasons of this case that are drafted or wait for confirmation."""
    return PendingReasons(
        drafts=tuple(_codes(session, Deduction, evaluation, ReasonState.DRAFT))
        + tuple(_codes(session, Adjustment, evaluation, ReasonState.DRAFT)),
        deductions=tuple(_codes(session, Deduction, evaluation, ReasonState.PENDING)),
        adjustments=tuple(_codes(session, Adjustment, evaluation, ReasonState.PENDING)),
    )


def _codes(
    session: Session, model: type[Deduction] | type[Adjustment], evaluation: str, state: ReasonState
) -> list[str]:
    query = select(model.code).where(model.evaluation_id == evaluation, model.state == state)
    return list(session.scalars(query.order_by(model.code)))
