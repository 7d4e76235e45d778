"""The job table on both databases: one claim at a time, leases, three attempts, nothing reported twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.errors import NotFoundError, UnavailableError
from service.extensions import db
from service.jobs.ledger import LEASE, MAX_ATTEMPTS, RETRY_AFTER, Claim, JobLedger
from service.jobs.waiting import wait_for
from service.models.operational import JobState

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def ledger(database: Any) -> JobLedger:
    return JobLedger(db.engine)


@pytest.fixture
def job(ledger: JobLedger) -> str:
    return ledger.enqueue("test", {"case": "甲"}, at=NOW)


def claimed(ledger: JobLedger, job: str, *, worker: str = "one", at: datetime = NOW) -> Claim:
    claim = ledger.claim(job, worker=worker, at=at)
    assert claim is not None
    return claim


def test_a_job_is_claimed_by_one_worker_only(ledger: JobLedger, job: str) -> None:
    claim = claimed(ledger, job)
    assert (claim.kind, dict(claim.args), claim.attempt) == ("test", {"case": "甲"}, 1)
    assert ledger.claim(job, worker="two", at=NOW) is None
    assert ledger.due(at=NOW) == ()


def test_of_many_workers_at_once_exactly_one_gets_the_job(ledger: JobLedger, job: str) -> None:
    won: list[Claim] = []
    gate = threading.Barrier(6)

    def compete(number: int) -> None:
        gate.wait()
        claim = ledger.claim(job, worker=f"worker {number}", at=NOW)
        if claim:
            won.append(claim)

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_job_is_not_due_before_its_time(ledger: JobLedger) -> None:
    job = ledger.enqueue("test", {}, at=NOW + timedelta(minutes=1))
    assert ledger.due(at=NOW) == ()
    assert ledger.claim(job, worker="one", at=NOW) is None
    assert ledger.due(at=NOW + timedelta(minutes=1)) == (job,)


def test_a_renewed_lease_keeps_the_job_and_an_expired_one_gives_it_away(ledger: JobLedger, job: str) -> None:
    first = claimed(ledger, job)
    assert ledger.renew(first, at=NOW + LEASE)
    assert ledger.claim(job, worker="two", at=LATER) is None
    second = claimed(ledger, job, worker="two", at=LATER + LEASE)
    assert (second.attempt, second.worker) == (2, "two")


def test_what_an_outdated_claim_reports_changes_nothing(ledger: JobLedger, job: str) -> None:
    first = claimed(ledger, job)
    second = claimed(ledger, job, at=LATER)
    assert second.worker == first.worker
    for change in (
        lambda: ledger.renew(first, at=LATER),
        lambda: ledger.tell(first, "一半"),
        lambda: ledger.finish(first, "old", at=LATER),
        lambda: ledger.fail(first, "old", at=LATER, final=True),
    ):
        assert change() is False
    status = ledger.status(job)
    assert (status.state, status.progress, status.result, status.error) == (JobState.RUNNING, "", None, "")
    assert ledger.finish(second, {"pages": 3}, at=LATER)
    assert ledger.finish(second, "twice", at=LATER) is False
    assert ledger.status(job).result == {"pages": 3}


def test_a_failed_job_waits_longer_each_time_and_is_parked_after_the_last(
    ledger: JobLedger, job: str
) -> None:
    at = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert ledger.fail(claimed(ledger, job, at=at), f"第 {attempt} 次", at=at, final=False)
        assert ledger.claim(job, worker="one", at=at) is None
        at += RETRY_AFTER * attempt
    status = ledger.status(job)
    assert (status.state, status.attempts, status.error) == (JobState.PARKED, 3, "第 3 次")
    assert ledger.claim(job, worker="one", at=at + timedelta(days=1)) is None


def test_a_refused_job_is_parked_at_once(ledger: JobLedger, job: str) -> None:
    assert ledger.fail(claimed(ledger, job), "缺少理由", at=NOW, final=True)
    assert (ledger.status(job).state, ledger.status(job).over) == (JobState.PARKED, True)


def test_a_job_that_lost_its_worker_three_times_is_parked_by_the_sweep(ledger: JobLedger, job: str) -> None:
    at = NOW
    for _ in range(MAX_ATTEMPTS):
        claimed(ledger, job, at=at)
        assert ledger.park_lost(at=at) == 0
        at += LEASE + timedelta(seconds=1)
    assert ledger.due(at=at) == ()
    assert ledger.park_lost(at=at) == 1
    assert "进程中断" in ledger.status(job).error


def test_an_unknown_job_is_named(ledger: JobLedger) -> None:
    with pytest.raises(NotFoundError, match="nothing"):
        ledger.status("nothing")


def test_waiting_tells_each_change_and_returns_the_outcome(ledger: JobLedger, job: str) -> None:
    told: list[str] = []
    steps: list[Callable[[], object]] = [
        lambda: ledger.tell(claim, "一半"), lambda: ledger.finish(claim, "done", at=NOW)
    ]  # fmt: skip
    claim = claimed(ledger, job)
    worker = threading.Timer(0.3, lambda: [step() for step in steps])
    worker.start()
    found = wait_for(ledger, [job], seconds=120, tell=lambda status: told.append(status.progress))
    worker.join()
    assert (found[job].state, found[job].result, told[-1]) == (JobState.DONE, "done", "一半")


def test_waiting_in_vain_names_every_job(ledger: JobLedger, job: str) -> None:
    other = ledger.enqueue("other", {}, at=NOW)
    with pytest.raises(UnavailableError) as refused:
        wait_for(ledger, [job, other], seconds=0, tell=lambda _: None)
    assert len(refused.value.problems) == 2
