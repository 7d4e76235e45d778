"""Reads of report versions and approvals."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.report import Approval, ReportVersion


def latest_report(session: Session, evaluation: str) -> ReportVersion | None:
    """Return the newest report version of the case, None before the first freeze."""
    return session.scalars(
        select(ReportVersion)
        .where(ReportVersion.evaluation_id == evaluation)
        .order_by(ReportVersion.number.desc())
    ).first()


def approvals_of(session: Session, evaluation: str) -> Sequence[Approval]:
    """Return the approvals of the case that were not voided, oldest first."""
    return session.scalars(
        select(Approval)
        .where(Approval.evaluation_id == evaluation, Approval.void.is_(False))
        .order_by(Approval.id)
    ).all()
