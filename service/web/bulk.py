"""Carries out a selection: every case by its own act, whose refusal is kept beside it."""

from __future__ import annotations

from flask import request

from service import clock
from service.actions.notices import Reminder, remind
from service.actions.returns import ReturnStage, return_stage
from service.actions.selections import note_results
from service.actions.transaction import Actor
from service.errors import ServiceError
from service.extensions import db
from service.queries.bulk import BulkAct, Candidate, Selection
from service.web.access import login_now
from service.web.todo import place_of


def carry_out(key: str, chosen: Selection, able: list[Candidate]) -> None:
    """Every case that can be done is done or has its refusal, and all results are kept."""
    login = login_now()
    if login is None:
        return
    if chosen.act is BulkAct.REMIND:
        results = _reminded(able)
    else:
        items = tuple(filter(None, map(str.strip, request.form.get("reason", "").splitlines())))
        results = {case.id: _returned(case, chosen.versions[case.id], items) for case in able}
    note_results(login.account, key, results)


def _reminded(able: list[Candidate]) -> dict[str, str]:
    now = clock.now()
    wanted = {case.id: _reminders(case) for case in able}
    sent = remind(tuple(r for each in wanted.values() for r in each), on=clock.local_date(now), at=now)
    return {case: "" if set(each) & sent else "今天已经催办过" for case, each in wanted.items()}


def _reminders(case: Candidate) -> list[Reminder]:
    """Return one message per person; it says what waits, no points and no names."""
    if case.task is None:
        return []
    due = f"，期限 {case.task.due_on.isoformat()}" if case.task.due_on else ""
    link = place_of(case.task.action, case.code, mine=True)
    body = f"“{case.title}”的这一事项等待办理{due}，请尽快办理。"
    title = f"催办：{case.task.label}"
    return [Reminder(account, case.id, title, body, link) for account in case.persons]


def _returned(case: Candidate, version: int, items: tuple[str, ...]) -> str:
    """Return why the case was not returned, empty if it was."""
    login = login_now()
    if login is None or case.to_stage is None:
        return "没有可以退回的阶段"
    actor = Actor(account=login.account, name=login.name, roles=case.roles, ip=request.remote_addr)
    try:
        return_stage(actor, case.id, ReturnStage(case.to_stage, items), expected=version)
    except ServiceError as refused:
        db.session.rollback()
        return "；".join(str(problem) for problem in refused.problems) or refused.title
    return ""
