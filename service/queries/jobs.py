"""Background work, as far as the person who asked for it may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.operational import Job, JobState

LABELS = {
    "report.freeze": "冻结报告",
    "report.stamp": "生成签章文件",
    "report.draft": "排印报告初稿",
    "audit.checkpoint": "封存留痕",
}


@dataclass(frozen=True, slots=True)
class JobShown:
    """One job: what it does for which case, how far it is, what came of it."""

    id: str
    label: str
    state: str
    progress: str
    error: str
    result: Any
    case: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def over(self) -> bool:
        """Return whether nothing more will happen by itself."""
        return self.state in (JobState.DONE.value, JobState.PARKED.value)


def job_of(session: Session, job: str, *, account: str) -> JobShown | None:
    """Return the job if `account` caused it."""
    row = session.get(Job, job)
    if row is None or row.account_id != account:
        return None
    return _shown(row, _codes(session, [row]))


def jobs_of(session: Session, *, account: str, limit: int = 50) -> Sequence[JobShown]:
    """Return the newest jobs the account caused."""
    query = select(Job).where(Job.account_id == account).order_by(Job.created_at.desc()).limit(limit)
    rows = session.scalars(query).all()
    codes = _codes(session, rows)
    return [_shown(row, codes) for row in rows]


def _codes(session: Session, rows: Sequence[Job]) -> dict[str, str]:
    """Return the codes of the cases these jobs are about, by id."""
    query = select(Evaluation.id, Evaluation.code).where(Evaluation.id.in_({_about(row) for row in rows}))
    return {found.id: found.code for found in session.execute(query)}


def _about(row: Job) -> str:
    return row.evaluation_id or str(row.args.get("evaluation", ""))


def _shown(row: Job, codes: Mapping[str, str]) -> JobShown:
    return JobShown(
        id=row.id,
        label=LABELS.get(row.kind, row.kind),
        state=row.state,
        progress=row.progress,
        error=row.error,
        result=row.result,
        case=codes.get(_about(row), ""),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
