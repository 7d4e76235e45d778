"""Hands a confirmed selection to the worker, and finds its job again."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from service.actions.selections import Confirmed, confirm_selection
from service.extensions import db
from service.queries.bulk import BulkAct, Candidate, Selection
from service.queries.jobs import JobShown, job_for
from service.web.access import login_now
from service.web.todo import place_of
from service.web.work import once_key, retry_job, start_job

KIND = "bulk.carry_out"


def confirm(account: str, chosen: Selection, rows: Sequence[Candidate], items: tuple[str, ...]) -> bool:
    """Return whether this confirmation counts; a selection is confirmed once."""
    gone = dict.fromkeys(chosen.versions, "已签发、已终止，或不再可查阅")
    causes = {**gone, **{row.id: row.cause for row in rows}}
    confirmed = Confirmed(
        able=tuple(row.id for row in rows if not row.cause),
        causes={case: cause for case, cause in causes.items() if cause},
        items=items if chosen.act is BulkAct.RETURN else (),
        links={row.id: _link(row) for row in rows if not row.cause},
    )
    return confirm_selection(account, chosen.id, confirmed)


def begin(chosen: Selection) -> None:
    """The worker carries the selection out, once; one that was given up goes on where it stopped."""
    login = login_now()
    if login is None:
        return
    job = job_of_selection(login.account, chosen.id)
    if job is not None and job.state == "parked":
        retry_job(job.id)
    args = {"account": login.account, "name": login.name, "selection": chosen.id, "ip": request.remote_addr}
    start_job(KIND, args, key=_once(chosen.id))


def job_of_selection(account: str, selection: str) -> JobShown | None:
    """Return the job that carries the selection out, None before it was confirmed."""
    return job_for(db.session(), once_key(account, _once(selection)), account=account)


def _once(selection: str) -> str:
    return f"bulk/{selection}"


def _link(case: Candidate) -> str:
    return place_of(case.task.action, case.code, mine=True) if case.task is not None else ""
