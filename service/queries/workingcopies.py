"""What one person is still working on, as the pages that edit it need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.operational import Draft


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """One copy: what is in it, from which stored version it was begun, when it was last saved."""

    target: str
    data: dict[str, Any]
    base: int | None
    saved_at: datetime

    @property
    def stamp(self) -> str:
        """Return what names this state of the copy."""
        return self.saved_at.isoformat()


def copy_of(session: Session, account: str, form: str, target: str) -> WorkingCopy | None:
    """Return the account's copy under `form` and `target`, None if there is none."""
    query = select(Draft).where(Draft.account_id == account, Draft.form == form, Draft.target == target)
    row = session.scalar(query)
    return None if row is None else WorkingCopy(row.target, row.data, row.base_version, row.saved_at)


def copies_of(session: Session, account: str, form: str) -> list[WorkingCopy]:
    """Return every copy of the account under `form`, newest first."""
    query = select(Draft).where(Draft.account_id == account, Draft.form == form)
    rows = session.scalars(query.order_by(Draft.saved_at.desc()))
    return [WorkingCopy(row.target, row.data, row.base_version, row.saved_at) for row in rows]
