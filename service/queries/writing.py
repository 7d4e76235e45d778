"""The words of a report as they are written: pieces with their versions, drafts not yet saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.operational import Draft
from service.models.report import Narrative
from service.queries.once import rows_of

FORM = "report.write"
NOT_STARTED, IN_WORK, DONE = "未开始", "进行中", "已完成"


@dataclass(frozen=True, slots=True)
class Written:
    """One stored piece: version 0 and empty text if there is none."""

    kind: str
    section: str
    body: str = ""
    data: Mapping[str, Any] | None = None
    version: int = 0
    position: int = 0

    @property
    def state(self) -> str:
        """Return how far it is; that it is done is said by a person."""
        if (self.data or {}).get("done"):
            return DONE
        return IN_WORK if self.body.strip() else NOT_STARTED


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What the person typed and did not save: text, when, and upon which version."""

    body: str
    saved_at: datetime
    version: int | None


def written(session: Session, case: Evaluation) -> dict[tuple[str, str], Written]:
    """Return every stored piece by kind and section, in order of position."""
    found = rows_of(session, Narrative, case.id)
    rows = sorted(found, key=lambda row: (row.kind, row.position, row.id))
    return {
        (row.kind, row.section): Written(row.kind, row.section, row.body, row.data, row.version, row.position)
        for row in rows
    }


def unsaved(session: Session, case: Evaluation, account: str) -> dict[str, Unsaved]:
    """Return the drafts of this account for this case, by target."""
    query = select(Draft).where(
        Draft.account_id == account, Draft.form == FORM, Draft.evaluation_id == case.id
    )
    return {
        row.target.partition(":")[2]: Unsaved(row.data.get("body", ""), row.saved_at, row.base_version)
        for row in session.scalars(query)
    }
