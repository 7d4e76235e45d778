"""How the service itself stands, as far as the database knows: jobs, log, checkpoints, clock, version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.audit import AuditCheckpoint, AuditHead
from service.models.operational import Job, JobState
from service.queries.jobs import LABELS

SHOWN = 50


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job without its case: what, how far, how often tried, since when, why it stopped."""

    id: str
    label: str
    state: str
    attempts: int
    created_at: datetime
    progress: str
    error: str


@dataclass(frozen=True, slots=True)
class JobsState:
    """How many jobs stand where; `oldest` is when the job longest due became due, None if none waits."""

    queued: int
    running: int
    parked: int
    done: int
    oldest: datetime | None
    lines: tuple[JobLine, ...]


@dataclass(frozen=True, slots=True)
class LogState:
    """Entries in the log, how many the newest checkpoint covers, and when it was made."""

    size: int
    sealed: int
    sealed_at: datetime | None

    @property
    def waiting(self) -> int:
        """Return how many entries no checkpoint covers yet."""
        return self.size - self.sealed


def jobs_state(session: Session, *, at: datetime) -> JobsState:
    """Return the state of the job table, with the jobs that are not done, parked ones first."""
    counts = dict(session.execute(select(Job.state, func.count()).group_by(Job.state)).all())
    due = (Job.state == JobState.QUEUED.value) & (Job.due_at <= at)
    oldest = session.scalar(select(func.min(Job.due_at)).where(due))
    open_ends = select(Job).where(Job.state != JobState.DONE.value)
    rows = session.scalars(open_ends.order_by(Job.state, Job.created_at).limit(SHOWN)).all()
    return JobsState(
        queued=counts.get(JobState.QUEUED.value, 0),
        running=counts.get(JobState.RUNNING.value, 0),
        parked=counts.get(JobState.PARKED.value, 0),
        done=counts.get(JobState.DONE.value, 0),
        oldest=oldest,
        lines=tuple(_lines(rows)),
    )


def _lines(rows: Sequence[Job]) -> list[JobLine]:
    ordered = sorted(rows, key=lambda row: row.state != JobState.PARKED.value)
    return [
        JobLine(r.id, LABELS.get(r.kind, r.kind), r.state, r.attempts, r.created_at, r.progress, r.error)
        for r in ordered
    ]


def log_state(session: Session) -> LogState:
    """Return how far the log is and how far it is sealed."""
    head = session.get(AuditHead, 1)
    newest = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)).first()
    size = head.size if head is not None else 0
    return LogState(size, newest.size if newest else 0, newest.at if newest else None)


def database_clock(session: Session) -> datetime | None:
    """Return the moment by the database's own clock; None where it runs on this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    found: datetime | None = session.scalar(select(func.clock_timestamp()))
    return found


def database_version(session: Session) -> str:
    """Return name and version of the database."""
    if session.get_bind().dialect.name == "sqlite":
        return f"SQLite {session.scalar(select(func.sqlite_version()))}"
    return f"PostgreSQL {session.scalar(select(func.current_setting('server_version')))}"
