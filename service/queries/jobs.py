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
    "report.preview": "试排报告模板",
    "audit.checkpoint": "封存留痕",
    "witness.file": "检查点写入见证文件",
    "witness.mail": "检查点邮件抄送",
    "witness.tsa": "检查点加盖时间戳",
    "witness.witness": "检查点请见证人会签",
    "archive.take": "生成归档包",
    "bulk.carry_out": "批量办理",
    "intake.self": "登记自评表汇总",
    "intake.projects": "按清单建立评价",
}


@dataclass(frozen=True, slots=True)
class JobShown:
    """One job: what it does for which case, selection or intake, how far it is, what came of it."""

    id: str
    kind: str
    state: str
    progress: str
    error: str
    result: Any
    case: str
    selection: str
    intake: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def label(self) -> str:
        """Return what the job does, in words."""
        return LABELS.get(self.kind, self.kind)

    @property
    def on_report(self) -> bool:
        """Return whether what comes of it stands on the page of the report."""
        return self.kind.startswith("report.")

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


def job_for(session: Session, once: str, *, account: str) -> JobShown | None:
    """Return the job of the account that exists once under this key."""
    row = session.scalar(select(Job).where(Job.once_key == once, Job.account_id == account))
    return _shown(row, _codes(session, [row])) if row is not None else None


def job_asked(session: Session, once: str, *, account: str) -> tuple[str, str, str] | None:
    """Return id, kind and digest of the request of the job that exists once under this key."""
    row = session.scalar(select(Job).where(Job.once_key == once, Job.account_id == account))
    return (row.id, row.kind, str(row.args.get("asked", ""))) if row is not None else None


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
        kind=row.kind,
        state=row.state,
        progress=row.progress,
        error=row.error,
        result=row.result,
        case=codes.get(_about(row), ""),
        selection=str(row.args.get("selection", "")),
        intake=str(row.args.get("intake", "")),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
