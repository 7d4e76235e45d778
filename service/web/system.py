"""运行状态: jobs, disk, clock, backup, sealing, versions, worker, with what to do; nothing of any case."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for

from service import clock
from service.actions.transaction import jobs_committed
from service.errors import NotFoundError
from service.extensions import db
from service.jobs.ledger import JobLedger
from service.queries.systemstate import jobs_state, log_state
from service.queries.witnessed import witness_lines
from service.web.access import Entry, access
from service.web.cases import settings
from service.web.health import BAD, WARN, health
from service.web.outside import demand_role, roles_now
from service.web.work import WORDS
from service.workflow.roles import Role

pages = Blueprint("system", __name__)
ADMINISTRATORS = (Role.SA, Role.SE, Role.AA)


@pages.get("/system")
@access(Entry.LOGGED_IN)
def show() -> str:
    """Show how every part stands, the worst first in words at the top."""
    demand_role(*ADMINISTRATORS, act="运行状态")
    now = clock.now()
    jobs = jobs_state(db.session(), at=now)
    lines = witness_lines(db.session(), settings().witnesses.names())
    log = log_state(db.session())
    parts = health(db.session(), settings().instance, jobs, log, witnesses=lines, at=now)
    found = {state: sum(part.state == state for part in parts) for state in (BAD, WARN)}
    may_retry = Role.SA in roles_now()
    return render_template(
        "web/system.html", parts=parts, jobs=jobs, found=found, at=now, words=WORDS, may_retry=may_retry
    )


@pages.post("/system/jobs/<job>/retry")
@access(Entry.LOGGED_IN)
def retry(job: str) -> Any:
    """Queue a parked job anew."""
    demand_role(Role.SA, act="重新排队")
    if not JobLedger(db.engine).retry(job, at=clock.now()):
        raise NotFoundError("没有这项停放的任务")
    jobs_committed.send(current_app, ids=(job,))
    flash("任务已重新排队", "done")
    return redirect(url_for("system.show"), 303)
