"""期限: a unit asks for more time, with a reason; the day it has to report or answer by is put later, or not.

- Requests are kept among the facts of the case (`extensions`), each with its answer; none is taken away.
- A period is ``self``, ``consultation`` or the code of a request for correction that waits for its answer.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, case_action
from service.actions.steps import one as one_of
from service.actions.transaction import Actor
from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement
from service.queries.consultation import latest_issue
from service.queries.extensions import FACT, REPLY, SELF, Period, period_of
from service.workflow.actions import Action
from service.workflow.stages import Stage


def request_extension(actor: Actor, evaluation: str, *, what: str, until: date, reason: str) -> str:
    """Return the code of the unit's request to answer by `until` instead; it waits for the organising side.

    Raises:
        ActionRefusedError: no such period runs, the day is not later, or a request for it waits already.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        period = period_of(session, case, what)
        waiting = [one for one in case.facts.get(FACT, ()) if not one["state"] and one["what"] == what]
        missing = (f"没有答复的申请 {waiting[0]['code']}，不必再提",) if waiting else _later(period, until)
        return {"target_missing": missing}

    with case_action(
        actor, Action.DEADLINE_REQUEST, evaluation=evaluation, reason=reason, given=target
    ) as work:
        held = list(work.case.facts.get(FACT, ()))
        code = f"YQ{len(held) + 1}"
        asked = {"code": code, "what": what, "until": until.isoformat(), "reason": reason, "state": ""}
        asked |= {"by": work.person, "on": work.tx.on.isoformat(), "answer": ""}
        work.case.facts = {**work.case.facts, FACT: [*held, asked]}
        return code


def refuse_extension(actor: Actor, evaluation: str, *, code: str, reason: str) -> None:
    """The request is answered in the negative, with the reason; the day stays."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        return {"target_open": _waits(case, code)}

    with case_action(
        actor, Action.DEADLINE_REFUSE, evaluation=evaluation, reason=reason, given=target
    ) as work:
        _answer(work, code, "refused", reason)


def extend_deadline(
    actor: Actor, evaluation: str, *, due_on: date, reason: str, what: str = "", request: str = ""
) -> None:
    """The due date of the period is later; the reason is kept, and `request` counts as granted.

    Args:
        what: the period; empty is the open consultation, else the self-assessment.

    Raises:
        ActionRefusedError: the new day is not later than the old one, no such period runs, or the request
            does not wait for an answer.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        missing = _later(period_of(session, case, what), due_on)
        if request and not _waits(case, request):
            missing = (*missing, f"待答复的申请 {request}")
        return {"target_missing": missing}

    with case_action(
        actor, Action.DEADLINE_EXTEND, evaluation=evaluation, reason=reason, given=target
    ) as work:
        _end(work, what, due_on)
        if request:
            _answer(work, request, "granted", reason)


def _later(period: Period | None, day: date) -> tuple[str, ...]:
    if period is None:
        return ("正在计算的期限",)
    later = period.due_on is None or day > period.due_on
    return () if later else (f"晚于原期限 {period.due_on} 的日期",)


def _waits(case: Evaluation, code: str) -> bool:
    return any(one["code"] == code and not one["state"] for one in case.facts.get(FACT, ()))


def _answer(work: CaseWork, code: str, state: str, reason: str) -> None:
    given = {"state": state, "answer": reason, "answered_by": work.person}
    given["answered_on"] = work.tx.on.isoformat()
    held = [{**one, **given} if one["code"] == code else one for one in work.case.facts.get(FACT, ())]
    work.case.facts = {**work.case.facts, FACT: held}


def _end(work: CaseWork, what: str, due_on: date) -> None:
    """The period called `what` ends on `due_on`."""
    issue = latest_issue(work.session, work.case.id)
    if what not in ("", SELF, REPLY):
        request: Supplement = one_of(
            work.session, Supplement, evaluation=work.case.id, code=what, what="补正要求"
        )
        request.due_on = due_on
    elif issue is not None and work.case.stage is Stage.CONSULTATION:
        issue.due_on = due_on
    else:
        work.case.self_due_on = due_on
