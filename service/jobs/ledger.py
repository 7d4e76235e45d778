"""The job table's own state machine: queued → running → done, or back, or parked.

- Every change is one conditional UPDATE in its own transaction, beside `db.session` and its unit of work.
- A claim is named by worker and attempt; what an outdated claim reports changes nothing.
- Times come from the caller; leases are compared with the caller's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, insert, or_, select, update

from service.errors import NotFoundError, Problem
from service.models.base import new_id
from service.models.operational import Job, JobState

LEASE = timedelta(seconds=9)
RETRY_AFTER = timedelta(seconds=5)
MAX_ATTEMPTS = 3
LOST = "执行进程中断，已达次数上限"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one job once: which job, for whom, and the how-manieth attempt."""

    id: str
    kind: str
    args: Mapping[str, Any]
    account_id: str | None
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What a page or a waiting command shows of a job."""

    id: str
    kind: str
    state: JobState
    attempts: int
    progress: str
    result: Any
    error: str

    @property
    def over(self) -> bool:
        """Return whether nothing more will happen by itself."""
        return self.state in (JobState.DONE, JobState.PARKED)


class JobLedger:
    """Reads and changes the job table of one database."""

    def __init__(self, engine: Engine) -> None:
        self._writing = engine.execution_options(writing=True)
        self._reading = engine

    def enqueue(
        self,
        kind: str,
        args: Mapping[str, Any],
        *,
        at: datetime,
        once_key: str | None = None,
        account: str | None = None,
    ) -> str:
        """Store one job that no business change causes, and return its id; the first one's if it is there."""
        job_id = new_id()
        row = {"id": job_id, "kind": kind, "args": dict(args), "once_key": once_key, "due_at": at}
        row["account_id"] = account
        with self._writing.begin() as connection:
            if once_key is not None:
                earlier = connection.scalar(select(Job.id).where(Job.once_key == once_key))
                if earlier is not None:
                    return str(earlier)
            connection.execute(insert(Job).values(**row, created_at=at))
        return job_id

    def claim(self, job_id: str, *, worker: str, at: datetime) -> Claim | None:
        """Return the right to run the job now, or None if it is not due, taken or used up."""
        free = and_(Job.id == job_id, Job.attempts < MAX_ATTEMPTS, _claimable(at))
        taken = {
            "state": JobState.RUNNING.value, "attempts": Job.attempts + 1,
            "lease_by": worker, "lease_until": at + LEASE, "error": "",
        }  # fmt: skip
        columns = (Job.kind, Job.args, Job.account_id, Job.attempts)
        with self._writing.begin() as connection:
            row = connection.execute(update(Job).where(free).values(taken).returning(*columns)).first()
        return Claim(job_id, row.kind, row.args, row.account_id, row.attempts, worker) if row else None

    def renew(self, claim: Claim, *, at: datetime) -> bool:
        """Hold the lease longer; False if it is no longer ours."""
        return self._change(claim, lease_until=at + LEASE)

    def tell(self, claim: Claim, progress: str) -> bool:
        """Store how far the body is, in words; False if the lease is no longer ours."""
        return self._change(claim, progress=progress[:300])

    def finish(self, claim: Claim, result: Any, *, at: datetime) -> bool:
        """Record that the job is done; False if another attempt has taken over."""
        return self._change(
            claim, state=JobState.DONE.value, result=result, finished_at=at, lease_by=None, lease_until=None
        )

    def fail(self, claim: Claim, error: str, *, at: datetime, final: bool) -> bool:
        """Queue the job again later, or park it if `final` or this was the last attempt."""
        over = final or claim.attempt >= MAX_ATTEMPTS
        return self._change(
            claim, state=(JobState.PARKED if over else JobState.QUEUED).value, error=error,
            due_at=at + RETRY_AFTER * claim.attempt, finished_at=at if over else None,
            lease_by=None, lease_until=None,
        )  # fmt: skip

    def due(self, *, at: datetime, limit: int = 100) -> tuple[str, ...]:
        """Return the ids of jobs that could be claimed now, oldest first."""
        wanted = select(Job.id).where(Job.attempts < MAX_ATTEMPTS, _claimable(at))
        with self._reading.connect() as connection:
            return tuple(connection.scalars(wanted.order_by(Job.due_at, Job.id).limit(limit)))

    def park_lost(self, *, at: datetime) -> int:
        """Park the jobs whose last allowed attempt died with its worker; return how many."""
        lost = and_(Job.state == JobState.RUNNING.value, Job.lease_until < at, Job.attempts >= MAX_ATTEMPTS)
        with self._reading.connect() as connection:
            if connection.scalar(select(Job.id).where(lost).limit(1)) is None:
                return 0
        parked = {"state": JobState.PARKED.value, "error": LOST, "finished_at": at, "lease_by": None}
        with self._writing.begin() as connection:
            return connection.execute(update(Job).where(lost).values(parked)).rowcount

    def retry(self, job_id: str, *, at: datetime) -> bool:
        """Queue a parked job anew with all its attempts; False if it is not parked."""
        parked = and_(Job.id == job_id, Job.state == JobState.PARKED.value)
        fresh = {
            "state": JobState.QUEUED.value, "attempts": 0, "due_at": at, "error": "",
            "finished_at": None, "lease_by": None, "lease_until": None,
        }  # fmt: skip
        with self._writing.begin() as connection:
            return connection.execute(update(Job).where(parked).values(fresh)).rowcount == 1

    def newest(self, kind: str, **args: Any) -> str | None:
        """Return the id of the newest job of this kind whose arguments include `args`, None if none."""
        wanted = (
            select(Job.id, Job.args).where(Job.kind == kind).order_by(Job.created_at.desc(), Job.id.desc())
        )
        with self._reading.connect() as connection:
            for row in connection.execute(wanted):
                if args.items() <= row.args.items():
                    return str(row.id)
        return None

    def status(self, job_id: str) -> JobStatus:
        """Return the state of one job.

        Raises:
            NotFoundError: there is none with this id.
        """
        columns = (Job.id, Job.kind, Job.state, Job.attempts, Job.progress, Job.result, Job.error)
        with self._reading.connect() as connection:
            row = connection.execute(select(*columns).where(Job.id == job_id)).first()
        if row is None:
            raise NotFoundError(Problem("没有这个后台任务", value=job_id))
        return JobStatus(
            row.id, row.kind, JobState(row.state), row.attempts, row.progress, row.result, row.error
        )

    def _change(self, claim: Claim, **values: Any) -> bool:
        ours = and_(
            Job.id == claim.id, Job.state == JobState.RUNNING.value,
            Job.lease_by == claim.worker, Job.attempts == claim.attempt,
        )  # fmt: skip
        with self._writing.begin() as connection:
            return connection.execute(update(Job).where(ours).values(values)).rowcount == 1


def _claimable(at: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Job.state == JobState.QUEUED.value, Job.due_at <= at),
        and_(Job.state == JobState.RUNNING.value, Job.lease_until < at),
    )
