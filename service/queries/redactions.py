"""Which texts of the log were erased by law, and by which entry."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.facts import REDACT_ACTION
from service.models.audit import AuditEntry
from service.queries.once import once


@once
def redactions(session: Session) -> dict[tuple[str, str], int]:
    """Return entry and path of every text erased, with the index of the entry that says why."""
    query = select(AuditEntry.leaf_index, AuditEntry.leaf).where(
        AuditEntry.action == REDACT_ACTION, AuditEntry.outcome == "done"
    )
    return {
        (each["entry"], each["path"]): row.leaf_index
        for row in session.execute(query)
        for each in decode_strict(bytes(row.leaf)).get("redact", ())
    }
