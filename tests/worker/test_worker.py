"""A real worker over the embedded broker: killed, it comes back, and every job ends exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from service import clock
from service.extensions import db
from service.instance import Instance
from service.jobs.ledger import JobStatus
from service.jobs.worker import WorkerChild, worker_running
from service.models.base import Base
from service.models.operational import JobState
from service.tasks import ledger, ring

HERE = Path(__file__).parent
PATIENCE = 240.0


@pytest.fixture
def tables(app: Flask) -> None:
    """The tables of the application, made from the models."""
    Base.metadata.create_all(db.engine)


@pytest.fixture
def environment(environ: Callable[..., dict[str, str]], root: Path) -> dict[str, str]:
    return environ(PYTHONPATH=f"{root}:{HERE}")


@pytest.fixture
def worker(tables: None, environment: dict[str, str], instance: Instance) -> Iterator[WorkerChild]:
    """A worker child at work in the test's instance."""
    with worker_running(environment, log_file=instance.path / "worker.log", module="slowly") as child:
        yield child


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def enqueue(kind: str, trace: Path, **args: str) -> str:
    job_id = ledger().enqueue(f"test.{kind}", {"trace": str(trace), **args}, at=clock.now())
    ring([job_id])
    return job_id


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def over(job_id: str) -> JobStatus:
    until(lambda: ledger().status(job_id).over, f"job {job_id}: {ledger().status(job_id)}")
    return ledger().status(job_id)


def lines(trace: Path, word: str) -> list[str]:
    return [x for x in trace.read_text().splitlines() if x.startswith(word)] if trace.exists() else []


def test_a_job_runs_once_in_the_worker_and_keeps_its_result(worker: WorkerChild, trace: Path) -> None:
    done = over(enqueue("slow", trace))
    assert (done.state, done.attempts, done.result) == (JobState.DONE, 1, {"attempt": 1})
    assert done.progress == "一半"
    assert lines(trace, "start") == [f"start 1 {worker.pid}"]


def test_a_job_whose_bell_never_rang_is_found_by_the_sweep(worker: WorkerChild, trace: Path) -> None:
    job_id = ledger().enqueue("test.slow", {"trace": str(trace)}, at=clock.now())
    assert over(job_id).state is JobState.DONE


def test_a_job_killed_in_the_middle_runs_again_and_completes_once(worker: WorkerChild, trace: Path) -> None:
    job_id = enqueue("slow", trace, seconds="2")
    until(lambda: bool(lines(trace, "start")), "the first attempt")
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    done = over(job_id)
    assert (done.state, done.attempts, done.result) == (JobState.DONE, 2, {"attempt": 2})
    assert lines(trace, "end") == [f"end 2 {worker.pid}"]
    assert worker.spawned == 2


def test_a_job_longer_than_its_lease_is_not_started_twice(worker: WorkerChild, trace: Path) -> None:
    done = over(enqueue("slow", trace, seconds="12"))
    assert (done.state, done.attempts) == (JobState.DONE, 1)
    assert len(lines(trace, "start")) == 1


def test_a_job_that_kills_every_worker_is_parked_after_three_attempts(
    worker: WorkerChild, trace: Path
) -> None:
    parked = over(enqueue("suicidal", trace))
    assert (parked.state, parked.attempts) == (JobState.PARKED, 3)
    assert "进程中断" in parked.error
    assert len(lines(trace, "start")) == 3


def test_what_was_not_available_is_tried_again_and_what_was_refused_is_not(
    worker: WorkerChild, trace: Path
) -> None:
    again, never, unknown = (enqueue(kind, trace) for kind in ("unavailable", "refused", "nothing"))
    assert (over(again).state, over(again).attempts) == (JobState.DONE, 2)
    assert (over(never).state, over(never).attempts) == (JobState.PARKED, 1)
    assert over(never).error == "缺少理由；缺少依据"
    assert (over(unknown).state, over(unknown).attempts) == (JobState.PARKED, 1)


def test_stopping_ends_the_worker_and_every_program_it_started(
    tables: None,
    environment: dict[str, str],
    instance: Instance,
    trace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.jobs.worker.STOP_SECONDS", 1.0)
    with worker_running(environment, log_file=instance.path / "worker.log", module="slowly") as child:
        enqueue("spawning", trace)
        until(lambda: bool(lines(trace, "child")), "the program")
        pids = [child.pid, int(lines(trace, "child")[0].split()[1])]
    assert [pid for pid in pids if pid and Path(f"/proc/{pid}").exists() and not zombie(pid)] == []


def test_a_worker_leaves_when_its_parent_is_killed(
    tables: None, environment: dict[str, str], instance: Instance
) -> None:
    script = (
        "import os, time; from pathlib import Path; from service.jobs.worker import WorkerChild\n"
        f"child = WorkerChild(os.environ, log_file=Path({str(instance.path / 'worker.log')!r}))\n"
        "child.start(); print(child.pid, flush=True); time.sleep(300)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    until(lambda: "embedded" in Path(f"/proc/{pid}/cmdline").read_text(), "the worker")
    time.sleep(1.5)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not Path(f"/proc/{pid}").exists() or zombie(pid), "the worker to leave")


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
