"""Waiting for jobs from a command: progress shown as it changes, the outcome returned."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from service.errors import Problem, UnavailableError
from service.jobs.ledger import JobLedger, JobStatus

POLL_SECONDS = 0.2


def wait_for(
    ledger: JobLedger, job_ids: Iterable[str], *, seconds: float, tell: Callable[[JobStatus], None]
) -> Mapping[str, JobStatus]:
    """Return id → status once every job is done or parked; `tell` hears of every change on the way.

    Raises:
        UnavailableError: some job is not over within `seconds`: all such are named.
    """
    deadline = time.monotonic() + seconds
    seen = {job_id: ledger.status(job_id) for job_id in job_ids}
    while open_ends := [job_id for job_id, status in seen.items() if not status.over]:
        if time.monotonic() > deadline:
            raise UnavailableError(
                Problem(
                    "后台任务没有按时完成",
                    value=f"{seen[each].kind} {each}",
                    cure="查看实例目录的 worker.log",
                )
                for each in open_ends
            )
        time.sleep(POLL_SECONDS)
        for job_id in open_ends:
            now = ledger.status(job_id)
            if now != seen[job_id]:
                seen[job_id] = now
                tell(now)
    return seen
