"""Reads of report versions and approvals."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from service.models.report import Approval, ReportVersion
from service.queries.once import rows_of


def latest_report(session: Session, evaluation: str) -> ReportVersion | None:
    """Return the newest report version of the case, None before the first freeze."""
    return max(rows_of(session, ReportVersion, evaluation), key=lambda row: row.number, default=None)


def approvals_of(session: Session, evaluation: str) -> Sequence[Approval]:
    """Return the approvals of the case that were not voided, oldest first."""
    return [approval for approval in rows_of(session, Approval, evaluation) if not approval.void]
