"""One entry of the log by its id: of a case, or of what was refused outside any."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.queries.auditquestions import AuditSearch
from service.queries.auditscope import Scope
from service.queries.history import EntryShown, Reading
from service.queries.historyfilter import REFUSED


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


def refusal_outside(session: Session, account: str, entry: str, *, today: date) -> int:
    """Return the place of a refusal that belongs to no case, which the account may read.

    Raises:
        NotFoundError: there is none with this id, or he may not.
    """
    seen = Scope(session, account, AuditSearch(), today=today).outside
    query = select(AuditEntry.leaf_index).where(
        AuditEntry.entry_id == entry, AuditEntry.outcome == REFUSED, seen
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundError("留痕中没有这一条")
    return found
