"""One entry of the log of a case, by its id."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.queries.history import EntryShown, Reading


def entry_of_case(session: Session, case: Evaluation, entry: str, *, scores: bool) -> EntryShown:
    """Return the entry in words.

    Raises:
        NotFoundError: the log of this case has no such entry.
    """
    query = select(AuditEntry).where(AuditEntry.evaluation_id == case.id, AuditEntry.entry_id == entry)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFoundError("本案的留痕中没有这一条")
    return Reading(session, [row], scores=scores, sealed=0).entry(row)
