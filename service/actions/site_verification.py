"""现场核查: visits, findings with two-side confirmation, or the stage held otherwise with a ground."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import clock
from service.actions.steps import CaseWork, Read, case_action, next_number, one
from service.actions.transaction import Actor
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink
from service.models.fieldwork import Finding, FindingState, Visit
from service.queries.people import holders
from service.workflow.actions import Action
from service.workflow.roles import TEAM_ROLES


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit: `on` None with `printed` when the source gives only a vague date.

    `team` are the accounts that go; left empty, everybody who is on the team (EL, EV, EX) that day.
    `people` says in words who took part, of either side.
    """

    on: date | None
    place: str
    method: str
    people: str = ""
    content: str = ""
    printed: str = ""
    team: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFinding:
    """What was found, at which nodes, on which visit (code) if on one."""

    text: str
    nodes: tuple[str, ...] = ()
    visit: str = ""


def open_visit(actor: Actor, evaluation: str, command: OpenVisit) -> str:
    """Return the code of the visit now on the case's list, with who may record findings on it.

    Raises:
        ActionRefusedError: if place, method or day is missing, or somebody named is not on the team.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        strangers = set(command.team) - set(_team(session, case, today=_today(actor)))
        return {"target_missing": _lacks(command) + (("名单中的人须是评价组成员",) if strangers else ())}

    with case_action(actor, Action.VISIT_OPEN, evaluation=evaluation, given=target) as work:
        visit = Visit(
            evaluation_id=work.case.id,
            code=f"V{next_number(work.session, Visit, work.case.id)}",
            on=command.on,
            on_printed=command.printed,
            place=command.place,
            method=command.method,
            people=command.people,
            team=list(command.team or _team(work.session, work.case, today=work.tx.on)),
            content=command.content,
            author=work.person,
        )
        work.tx.add(visit)
        return visit.code


def _today(actor: Actor) -> date:
    return actor.on or clock.local_date(clock.now())


def _team(session: Session, case: Evaluation, *, today: date) -> tuple[str, ...]:
    """Return the accounts of the evaluation team on that day, each once."""
    held = (holders(session, case, role, today=today) for role in sorted(TEAM_ROLES, key=str))
    return tuple(dict.fromkeys(account.id for accounts in held for account in accounts))


def _lacks(command: OpenVisit) -> tuple[str, ...]:
    parts = (("地点", command.place), ("方式", command.method), ("日期", command.on or command.printed))
    return tuple(name for name, value in parts if not value)


def record_finding(actor: Actor, evaluation: str, command: RecordFinding) -> str:
    """Return the code of the finding, not yet confirmed by the unit.

    Raises:
        ActionRefusedError: if the person is not on the list of the visit named (without one: of any visit),
            the visit is over, or nothing is said.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        missing = () if command.text.strip() else ("发现内容",)
        if not command.visit:
            return {"target_missing": missing}
        visit: Visit = one(session, Visit, evaluation=case.id, code=command.visit, what="核查")
        over = (f"{visit.code} 已经结束，不能再记录；另开一次核查",) if visit.closed else ()
        return {"target_missing": missing + over, "on_visit_list": actor.person in visit.team}

    with case_action(actor, Action.FINDING_RECORD, evaluation=evaluation, given=target) as work:
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
        work.tx.result = finding.code
        return finding.code


def finding_facts(person: str, code: str, state: FindingState) -> Read:
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
    """The unit would not confirm; that is recorded as an event, not as a consent.

    Raises:
        ActionRefusedError: if no evidence of the refusal is linked to the finding.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        known = finding_facts(actor.person, code, FindingState.RECORDED)
        missing = () if _proven(session, case, code) else ("佐证（先把说明情况的材料关联到这条发现）",)
        return {**known(session, case), "target_missing": missing}

    with case_action(actor, Action.FINDING_LAPSE, evaluation=evaluation, reason=reason, given=target) as work:
        finding: Finding = one(work.session, Finding, evaluation=work.case.id, code=code, what="发现")
        finding.state, finding.answer = FindingState.LAPSED, reason
        finding.answered_by = work.person


def _proven(session: Session, case: Evaluation, code: str) -> bool:
    """Return whether a piece of evidence that counts is linked to the finding."""
    query = (
        select(EvidenceLink.id)
        .join(Evidence, Evidence.id == EvidenceLink.evidence_id)
        .where(Evidence.evaluation_id == case.id, ~Evidence.void, ~EvidenceLink.void)
        .where(EvidenceLink.target_kind == "finding", EvidenceLink.target == code)
    )
    return session.scalars(query).first() is not None


def close_visit(actor: Actor, evaluation: str, *, code: str) -> None:
    """The visit is closed; nothing more is recorded on it."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        visit: Visit = one(session, Visit, evaluation=case.id, code=code, what="核查")
        return {"target_open": not visit.closed}

    with case_action(actor, Action.VISIT_CLOSE, evaluation=evaluation, given=target) as work:
        visit: Visit = one(work.session, Visit, evaluation=work.case.id, code=code, what="核查")
        visit.closed = True
