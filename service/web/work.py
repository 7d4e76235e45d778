"""Background work as a person sees it: started by his act, followed on a page of its own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template

from service import clock
from service.actions.transaction import jobs_committed
from service.errors import NotFoundError
from service.extensions import db
from service.jobs.ledger import JobLedger
from service.queries.jobs import job_of, jobs_of
from service.web.access import Entry, access, login_now

pages = Blueprint("work", __name__)
WORDS = {"queued": "等待", "running": "进行中", "done": "完成", "parked": "没有完成"}


def start_job(kind: str, args: dict[str, Any], *, key: str = "") -> str:
    """Return the id of the job now waiting for the worker, which was rung for; one job per `key`."""
    login = login_now()
    account = login.account if login else None
    once = once_key(account, key) if key else None
    job = JobLedger(db.engine).enqueue(kind, args, at=clock.now(), account=account, once_key=once)
    jobs_committed.send(current_app, ids=(job,))
    return job


def once_key(account: str | None, key: str) -> str:
    """Return the key under which a job of this account exists once."""
    return f"{account}:{key}"[:200]


def retry_job(job: str) -> None:
    """A job that was given up waits for the worker again, with all its attempts."""
    if JobLedger(db.engine).retry(job, at=clock.now()):
        jobs_committed.send(current_app, ids=(job,))


@pages.get("/jobs")
@access(Entry.LOGGED_IN)
def index() -> str:
    """List the newest jobs of the person; refreshes itself while one of them runs."""
    login = login_now()
    jobs = jobs_of(db.session(), account=login.account if login else "")
    running = any(not job.over for job in jobs)
    return render_template("web/jobs.html", jobs=jobs, running=running, words=WORDS)


@pages.get("/jobs/<job>")
@access(Entry.LOGGED_IN)
def job(job: str) -> str:
    """Show one job of the person: how far it is, what came of it; refreshes itself while it runs."""
    login = login_now()
    found = job_of(db.session(), job, account=login.account if login else "")
    if found is None:
        raise NotFoundError("没有这项后台任务")
    return render_template("web/job.html", job=found, words=WORDS)
