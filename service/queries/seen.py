"""What an approval given now would be bound to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.report import ReportState
from service.queries.content import content_digest, present_snapshot
from service.queries.reports import latest_report


def content_now(session: Session, case: Evaluation) -> str:
    """Return the digest of what the report says now; reviews are bound to it."""
    return content_digest(present_snapshot(session, case))


def file_now(session: Session, case: Evaluation) -> str:
    """Return the SHA-256 of the frozen file; signatures are bound to it. Empty if none is frozen."""
    report = latest_report(session, case.id)
    return report.frozen_sha256 if report is not None and report.state is ReportState.FROZEN else ""
