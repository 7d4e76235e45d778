"""Reports made through the job table: by the worker that runs, or here if none does.

Whoever claims a job first does it; the other waits. So a replay beside a running worker never makes
two signed files of one report.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service import clock
from service.actions.actor import Actor
from service.actions.reporting import FrozenReport
from service.errors import ActionRefusedError, NotFoundError, Problem
from service.jobs.ledger import JobLedger, JobStatus
from service.jobs.runner import run_job
from service.jobs.waiting import wait_for
from service.models.operational import JobState

FREEZE, STAMP = "report.freeze", "report.stamp"
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class PressByJobs:
    """Makes frozen and signed files as jobs.

    Args:
        ledger: the job table.
        bell: rings for the worker; None claims and runs the jobs in this process.
        tell: hears how far a job is.
    """

    ledger: JobLedger
    bell: Callable[[tuple[str, ...]], None] | None = None
    tell: Callable[[str], None] = lambda _: None

    def freeze(self, actor: Actor, evaluation: str) -> FrozenReport:
        """Return the frozen report; what is found on it must have been signed off before.

        Raises:
            ActionRefusedError: the job was refused or given up; its reason is named.
            UnavailableError: it was not over in time.
        """
        args = {"actor": actor.to_plain(), "evaluation": evaluation}
        made = self._done(self.ledger.enqueue(FREEZE, args, at=clock.now()))
        return FrozenReport(made["report"], made["sha256"], made["pages"], tuple(made["findings"]))

    def stamp(self, account: str, report: str) -> str:
        """Return the path of the signed file of a 签发 report; the job was caused by the 签发 itself.

        Raises:
            NotFoundError: nobody signed this report.
            ActionRefusedError, UnavailableError: as for `freeze`.
        """
        caused = self.ledger.newest(STAMP, report=report)
        if caused is None:
            raise NotFoundError(Problem("没有这一版已签发的报告", value=report))
        return str(self._done(caused)["path"])

    def finish(self) -> None:
        """Run here what else is due, if no worker does it."""
        if self.bell is None:
            for job in self.ledger.due(at=clock.now()):
                run_job(self.ledger, job)

    def _done(self, job: str) -> dict[str, Any]:
        if self.bell is None:
            while not self.ledger.status(job).over and not run_job(self.ledger, job):
                # A worker has it, or it failed and waits for its next attempt.
                time.sleep(0.2)
        else:
            self.bell((job,))
        status = wait_for(self.ledger, [job], seconds=PATIENCE, tell=self._told)[job]
        if status.state is not JobState.DONE:
            raise ActionRefusedError(Problem(f"后台任务未完成：{status.error}", value=status.kind))
        return dict(status.result)

    def _told(self, status: JobStatus) -> None:
        if status.progress:
            self.tell(status.progress)
