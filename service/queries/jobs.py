"""Background work, as far as the person who asked for it may see it."""

from __future__ import annotations

from collections.abc import Sequence
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
    return _shown(session, row) if row is not None and row.account_id == account else None


def jobs_of(session: Session, *, account: str, limit: int = 50) -> Sequence[JobShown]:
    """Return the newest jobs the account caused."""
    query = select(Job).where(Job.account_id == account).order_by(Job.created_at.desc()).limit(limit)
    return [_shown(session, row) for row in session.scalars(query)]


def _shown(session: Session, row: Job) -> JobShown:
    evaluation = row.evaluation_id or str(row.args.get("evaluation", ""))
    case = session.get(Evaluation, evaluation) if evaluation else None
    return JobShown(
        id=row.id,
        label=LABELS.get(row.kind, row.kind),
        state=row.state,
        progress=row.progress,
        error=row.error,
        result=row.result,
        case=case.code if case is not None else "",
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
