"""现场核查: visits, findings with two-side confirmation, or the stage held otherwise with a ground."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, Given, case_action, next_number, one
from service.actions.transaction import Actor
from service.models.evaluation import Evaluation
from service.models.fieldwork import Finding, FindingState, Visit
from service.workflow.actions import Action


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit: `on` None with `printed` when the source gives only a vague date."""

    on: date | None
    place: str
    method: str
    people: str = ""
    content: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class RecordFinding:
    """What was found, at which nodes, on which visit (code) if on one."""

    text: str
    nodes: tuple[str, ...] = ()
    visit: str = ""


def open_visit(actor: Actor, evaluation: str, command: OpenVisit) -> str:
    """Return the code of the visit now on the case's list."""
    with case_action(actor, Action.VISIT_OPEN, evaluation=evaluation) as work:
        visit = Visit(
            evaluation_id=work.case.id,
            code=f"V{next_number(work.session, Visit, work.case.id)}",
            on=command.on,
            on_printed=command.printed,
            place=command.place,
            method=command.method,
            people=command.people,
            content=command.content,
            author=work.person,
        )
        work.tx.add(visit)
        return visit.code


def record_finding(actor: Actor, evaluation: str, command: RecordFinding) -> str:
    """Return the code of the finding, not yet confirmed by the unit."""
    with case_action(actor, Action.FINDING_RECORD, evaluation=evaluation) as work:
        visit: Visit | None = None
        if command.visit:
            visit = one(work.session, Visit, evaluation=work.case.id, code=command.visit, what="核查")
        finding = Finding(
            evaluation_id=work.case.id,
            visit_id=visit.id if visit else None,
            code=f"F{next_number(work.session, Finding, work.case.id)}",
            nodes=list(command.nodes),
            text=command.text,
            author=work.person,
        )
        work.tx.add(finding)
        return finding.code


def finding_facts(person: str, code: str, state: FindingState) -> Given:
    """Return the facts of a finding: whether it is in `state` and who recorded it."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        finding: Finding = one(session, Finding, evaluation=case.id, code=code, what="发现")
        return {"target_open": finding.state is state, "target_mine": finding.author == person}

    return target


def confirm_finding(actor: Actor, evaluation: str, *, code: str, response: str = "") -> None:
    """The unit's head agrees to the finding."""
    given = finding_facts(actor.person, code, FindingState.RECORDED)
    with case_action(actor, Action.FINDING_CONFIRM, evaluation=evaluation, given=given) as work:
        apply_response(work, code, FindingState.CONFIRMED, response)


def object_to_finding(actor: Actor, evaluation: str, *, code: str, response: str) -> None:
    """The unit's head objects to the finding, with a reason."""
    given = finding_facts(actor.person, code, FindingState.RECORDED)
    with case_action(
        actor, Action.FINDING_OBJECT, evaluation=evaluation, reason=response, given=given
    ) as work:
        apply_response(work, code, FindingState.OBJECTED, response)


def apply_response(work: CaseWork, code: str, state: FindingState, response: str) -> None:
    """The unit's head has agreed or objected to the finding."""
    finding: Finding = one(work.session, Finding, evaluation=work.case.id, code=code, what="发现")
    finding.state, finding.response = state, response
    finding.responded_by = work.person


def answer_objection(actor: Actor, evaluation: str, *, code: str, answer: str) -> None:
    """The team has answered the unit's objection; another than the finding's author does it."""
    given = finding_facts(actor.person, code, FindingState.OBJECTED)
    with case_action(actor, Action.FINDING_ANSWER, evaluation=evaluation, reason=answer, given=given) as work:
        finding: Finding = one(work.session, Finding, evaluation=work.case.id, code=code, what="发现")
        finding.state, finding.answer = FindingState.ANSWERED, answer
        finding.answered_by = work.person


def lapse_finding(actor: Actor, evaluation: str, *, code: str, reason: str) -> None:
    """The unit would not confirm; that is recorded as an event, not as a consent."""
    given = finding_facts(actor.person, code, FindingState.RECORDED)
    with case_action(actor, Action.FINDING_LAPSE, evaluation=evaluation, reason=reason, given=given) as work:
        finding: Finding = one(work.session, Finding, evaluation=work.case.id, code=code, what="发现")
        finding.state, finding.answer = FindingState.LAPSED, reason
        finding.answered_by = work.person


def close_visit(actor: Actor, evaluation: str, *, code: str) -> None:
    """The visit is closed; nothing more is recorded on it."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        visit: Visit = one(session, Visit, evaluation=case.id, code=code, what="核查")
        return {"target_open": not visit.closed}

    with case_action(actor, Action.VISIT_CLOSE, evaluation=evaluation, given=target) as work:
        visit: Visit = one(work.session, Visit, evaluation=work.case.id, code=code, what="核查")
        visit.closed = True
