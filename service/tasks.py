"""Celery: carries the bell of the job table and runs its bodies.

- Nothing is lost with a message: the sweep rings again for every row that waits.
- The embedded broker is a folder of the instance; RabbitMQ and Redis are used by address.
- Nothing runs eagerly: a body always runs in a worker, from the table.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.signals import worker_process_init
from flask import Flask, current_app
from kombu.exceptions import OperationalError

from service import clock, create_app
from service.actions.transaction import jobs_committed
from service.extensions import db
from service.instance import make_private_folder
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.settings import Settings

log = logging.getLogger(__name__)
TASK = "pingji.job"
SWEEP_SECONDS = 0.5
RING_AGAIN_SECONDS = 10.0
LONGEST_JOB_SECONDS = 3600


def init_app(app: Flask) -> None:
    """Attach the bell of `app`'s instance; `ring` and the worker use it."""
    app.extensions["celery"] = make_celery(app)


def make_celery(app: Flask) -> Celery:
    """Return the Celery application of one instance, with its only task and the sweep."""
    celery = Celery("pingji", set_as_current=False)
    celery.conf.update(_configuration(app.config["PINGJI"]))

    @celery.task(name=TASK)
    def job(job_id: str) -> None:
        with app.app_context():
            run_job(ledger(), job_id)

    celery.steps["worker"].add(type("SweepOfApp", (Sweep,), {"flask_app": app}))
    return celery


def ledger() -> JobLedger:
    """Return the job table of the current app."""
    return JobLedger(db.engine)


def ring(job_ids: Iterable[str]) -> None:
    """Tell the worker that these jobs wait; a broker that is down is no error, the sweep rings again."""
    celery: Celery = current_app.extensions["celery"]
    for job_id in job_ids:
        try:
            celery.send_task(TASK, (job_id,), ignore_result=True)
        except (OperationalError, OSError):
            log.warning("the broker is down; job %s waits for the sweep", job_id)


@jobs_committed.connect
def _after_commit(_: object, ids: tuple[str, ...]) -> None:
    """Ring at once for the jobs a transaction has committed."""
    ring(ids)


class Sweep(bootsteps.StartStopStep):
    """Part of every worker: rings for waiting jobs, parks those whose last attempt died."""

    requires = ("celery.worker.components:Pool",)
    flask_app: Flask

    def __init__(self, parent: Any, **options: Any) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._rung: dict[str, float] = {}
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        """Begin sweeping in a thread of the worker."""
        self._thread = threading.Thread(target=self._loop, name="sweep", daemon=True)
        self._thread.start()

    def stop(self, parent: Any) -> None:
        """End sweeping."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _loop(self) -> None:
        while not self._stop.wait(SWEEP_SECONDS):
            try:
                with self.flask_app.app_context():
                    self._sweep(clock.now().timestamp())
                    _prune(self.flask_app.config["PINGJI"])
                    self.flask_app.config["PINGJI"].instance.heartbeat.touch(mode=0o600)
            except Exception:
                # The database may be restarting; the sweep is what brings everything back afterwards.
                log.exception("the sweep failed and goes on")

    def _sweep(self, seconds: float) -> None:
        table = ledger()
        table.park_lost(at=clock.now())
        waiting = table.due(at=clock.now())
        self._rung = {job_id: at for job_id, at in self._rung.items() if job_id in waiting}
        silent = [i for i in waiting if seconds - self._rung.get(i, 0.0) >= RING_AGAIN_SECONDS]
        ring(silent)
        self._rung.update(dict.fromkeys(silent, seconds))


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "broker_url": _address(settings.broker_url),
        "broker_transport_options": _transport(settings),
        "broker_connection_retry_on_startup": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_default_queue": "pingji",
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "enable_utc": True,
    }


def _address(url: str) -> str:
    """Return the broker's address; a folder is given a host, or its absence is logged at every start."""
    return "filesystem://localhost" if url == "filesystem://" else url


def _transport(settings: Settings) -> dict[str, Any]:
    scheme = settings.broker_url.partition(":")[0]
    if scheme == "filesystem":
        folders = {name: settings.instance.broker / name for name in ("queue", "control", "processed")}
        for folder in folders.values():
            make_private_folder(folder)
        return {
            "data_folder_in": str(folders["queue"]),
            "data_folder_out": str(folders["queue"]),
            "control_folder": folders["control"],
            # Kept inside the instance, not in the public temporary folder; the sweep prunes it.
            "processed_folder": str(folders["processed"]),
            "store_processed": True,
            "polling_interval": 0.2,
        }
    if scheme in ("redis", "rediss"):
        # Above the longest job, or a live one is started twice; abandoned messages are looked for often.
        return {
            "visibility_timeout": LONGEST_JOB_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
        }
    return {}


def _prune(settings: Settings) -> None:
    for message in (settings.instance.broker / "processed").glob("*.msg"):
        with suppress(OSError):
            Path(message).unlink()


@worker_process_init.connect
def _own_connections(**_: Any) -> None:
    """A forked pool process must not use its parent's database connections."""
    if current_app:
        db.engine.dispose(close=False)


def __getattr__(name: str) -> Celery:
    """Make ``celery -A service.tasks worker`` work from the environment alone."""
    if name in ("celery", "app"):
        made: Celery = create_app(Settings.from_env(os.environ)).extensions["celery"]
        return made
    raise AttributeError(name)
