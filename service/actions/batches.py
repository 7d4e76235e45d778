"""Several acts of one table as one: every row is judged as alone, all are done in one transaction or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from service.actions.actor import Actor
from service.actions.consultation import RecordOpinion, apply_opinion, opinion_facts
from service.actions.reasons import Reason, check_reason, origin_facts, own_facts
from service.actions.scoring import new_deduction
from service.actions.site_verification import RecordFinding
from service.actions.steps import CaseWork, Given, case_action, next_number, one
from service.models.evaluation import Evaluation
from service.models.fieldwork import Finding
from service.models.score import Deduction, ReasonState
from service.queries.facts import gather
from service.workflow.actions import Action
from service.workflow.machine import plan


def also(work: CaseWork, action: Action, given: Given) -> None:
    """The rule table lets the person do `action` too, in the same transaction, with these facts.

    Raises:
        NotPermittedError, ActionRefusedError: it does not; everything of the transaction is undone.
    """
    case = work.case
    known: dict[str, Any] = {"reason_given": True}
    known |= given(work.session, case) if callable(given) else given
    facts = gather(work.session, case, person=work.person, action=action, today=work.tx.on, given=known)
    plan(case.kind, case.stage, case.status, action, work.roles, facts)


def take_deductions(
    actor: Actor, evaluation: str, *, new: Sequence[Reason], changed: Mapping[str, Reason], reason: str
) -> tuple[str, ...]:
    """Return the codes of the drafted deductions and of those that replace the ones named in `changed`."""
    wanted = [(Action.DEDUCTION_DRAFT, "", each) for each in new]
    wanted += [(Action.DEDUCTION_REVISE, code, each) for code, each in changed.items()]
    action, code, first = wanted[0]
    with case_action(
        actor, action, evaluation=evaluation, reason=reason, given=_facts(actor, code, first)
    ) as work:
        for action, code, each in wanted[1:]:
            also(work, action, _facts(actor, code, each))
        made = []
        for _, code, each in wanted:
            check_reason(work, each)
            made.append(_replaced(work, code, each) if code else new_deduction(work, each, ReasonState.DRAFT))
            work.session.flush()
        return tuple(row.code for row in made)


def _facts(actor: Actor, code: str, command: Reason) -> Given:
    facts = origin_facts(command)
    return own_facts(actor, Deduction, code, **facts) if code else facts


def _replaced(work: CaseWork, code: str, command: Reason) -> Deduction:
    old: Deduction = one(work.session, Deduction, evaluation=work.case.id, code=code, what="扣分")
    new = new_deduction(work, command, old.state, revises=old.id)
    old.state = ReasonState.WITHDRAWN
    return new


def record_findings(actor: Actor, evaluation: str, commands: Sequence[RecordFinding]) -> tuple[str, ...]:
    """Return the codes of the findings, which belong to no visit and are not yet confirmed by the unit."""
    missing = () if all(each.text.strip() for each in commands) else ("发现内容",)
    given = {"target_missing": missing}
    with case_action(actor, Action.FINDING_RECORD, evaluation=evaluation, given=given) as work:
        codes = []
        for each in commands:
            code = f"F{next_number(work.session, Finding, work.case.id)}"
            row = Finding(evaluation_id=work.case.id, code=code, nodes=list(each.nodes), text=each.text)
            row.author = work.person
            work.tx.add(row)
            work.session.flush()
            codes.append(code)
        return tuple(codes)


def record_opinions(actor: Actor, evaluation: str, commands: Sequence[RecordOpinion]) -> tuple[str, ...]:
    """Return the codes of the opinions, each of which needs a disposition unless it agrees."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        lacking = [opinion_facts(session, case, each)["target_missing"] for each in commands]
        return {"target_missing": tuple(dict.fromkeys(word for words in lacking for word in words))}

    with case_action(actor, Action.OPINION_RECORD, evaluation=evaluation, given=target) as work:
        codes = []
        for each in commands:
            codes.append(apply_opinion(work, each).code)
            work.session.flush()
        return tuple(codes)
