"""Reads of the consultation: issues, opinions, dispositions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.consultation import Disposition, DraftIssue, Opinion
from service.queries.once import once, rows_of


def latest_issue(session: Session, evaluation: str) -> DraftIssue | None:
    """Return the newest 征求意见稿 of the case, None before the first."""
    return max(rows_of(session, DraftIssue, evaluation), key=lambda issue: issue.number, default=None)


@once
def opinions_with_dispositions(
    session: Session, evaluation: str
) -> Sequence[tuple[Opinion, Disposition | None]]:
    """Return every opinion in order of code with its disposition, None while unanswered."""
    query = (
        select(Opinion, Disposition)
        .outerjoin(Disposition, Disposition.opinion_id == Opinion.id)
        .where(Opinion.evaluation_id == evaluation)
        .order_by(Opinion.received_on, Opinion.code)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
