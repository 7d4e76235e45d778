"""Whether it has to stand in the log that somebody opened a piece of evidence.

- Material is sensitive where the case is not marked 公开. Whoever brought the piece or one of its versions
  opens his own; an imported case takes no entries any more.
- One entry per person, piece and day: more would drown the log and say nothing new.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceVersion
from service.models.operational import IdempotencyRecord

OPEN = ("", "公开")
"""What a case is marked whose material anybody who may see it opens without a trace."""


def opening_key(piece: str, day: date) -> str:
    """Return the key under which one person's opening of a piece counts once on a day."""
    return f"open:{piece}:{day.isoformat()}"


def opening_due(
    session: Session, case: Evaluation, code: str, account: str, *, day: date
) -> tuple[str, str] | None:
    """Return id and name of the piece if its opening by this account is to be noted, None if not."""
    if case.secrecy.strip() in OPEN or case.imported:
        return None
    query = (
        select(Evidence.id, Evidence.name, Evidence.author, EvidenceVersion.author)
        .join(EvidenceVersion, EvidenceVersion.evidence_id == Evidence.id)
        .where(Evidence.evaluation_id == case.id, Evidence.code == code)
    )
    rows = session.execute(query).all()
    if not rows or any(account in row[2:] for row in rows):
        return None
    piece, name = rows[0][:2]
    if session.get(IdempotencyRecord, (account, opening_key(piece, day))) is not None:
        return None
    return piece, f"{code} {name}"
