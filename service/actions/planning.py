"""方案: the framework and plan are drafted, submitted, approved; later changes are amendments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import frameworks
from service.actions.steps import CaseWork, case_action, next_number
from service.actions.transaction import Actor, Transaction
from service.errors import ActionRefusedError, Problem, StaleError
from service.models.evaluation import Evaluation
from service.models.plan import DraftState, FrameworkVersion, Plan
from service.scoring.framework import Framework
from service.workflow.actions import Action


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """A plan: the framework as YAML text and the items of 财监〔2021〕4号 art. 15 as a mapping."""

    framework: str
    body: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    effect: str = ""
    seen: int | None = None
    """Version of the plan the author started from, 0 if there was none; None to take it as it is."""


def draft_plan(actor: Actor, evaluation: str, command: DraftPlan) -> None:
    """The case has a plan in draft with a framework that parses; an earlier draft is replaced.

    Raises:
        InvalidError: if the framework text has faults; all are named.
        StaleError: the plan is not the one the author started from.
    """
    framework = frameworks.parse(command.framework, name="framework")
    with case_action(actor, Action.PLAN_DRAFT, evaluation=evaluation) as work:
        version = framework_row(work.tx, framework, command.framework)
        plan = latest_plan(work.session, work.case.id)
        _expect(plan, command.seen)
        if plan is None:
            work.tx.add(_plan_row(work, version, command, number=0))
        else:
            plan.framework_id = version.id
            plan.body = dict(command.body)
            plan.state = DraftState.DRAFT
            plan.proposed_by = work.person


def amend_plan(actor: Actor, evaluation: str, command: DraftPlan) -> None:
    """A numbered amendment with reason and effect on points waits for approval.

    Raises:
        ActionRefusedError: if a node code of the framework in force disappears.
    """
    framework = frameworks.parse(command.framework, name="framework")
    given = {"target_missing": () if command.effect.strip() else ("对分值的影响",)}
    with case_action(
        actor, Action.PLAN_AMEND, evaluation=evaluation, reason=command.reason, given=given
    ) as work:
        _expect(latest_plan(work.session, work.case.id), command.seen)
        _refuse_lost_codes(work, framework)
        version = framework_row(work.tx, framework, command.framework)
        plan = _plan_row(work, version, command, number=next_number(work.session, Plan, work.case.id))
        plan.state = DraftState.SUBMITTED
        work.tx.add(plan)


def _expect(plan: Plan | None, seen: int | None) -> None:
    """Accept the work of somebody who saw the newest plan as it is now."""
    if seen is not None and seen != (plan.version if plan is not None else 0):
        raise StaleError("方案在起草期间已被他人改动；请对照现在的方案后重新存入")


def _refuse_lost_codes(work: CaseWork, framework: Framework) -> None:
    current = work.session.get(FrameworkVersion, work.case.framework_id)
    if current is None:
        return
    before = set(frameworks.parse(current.body, name=current.code).codes)
    lost = sorted(before - set(framework.codes))
    if lost:
        raise ActionRefusedError(Problem("修订不得去掉原有指标编码", value="、".join(lost)))


def framework_row(tx: Transaction, framework: Framework, text: str) -> FrameworkVersion:
    """Return the stored version of this framework and its text, made if nobody stored it before."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    query = select(FrameworkVersion).where(
        FrameworkVersion.code == framework.code,
        FrameworkVersion.label == framework.version,
        FrameworkVersion.sha256 == digest,
    )
    found = tx.session.scalar(query)
    if found is None:
        found = FrameworkVersion(
            code=framework.code, name=framework.name, label=framework.version, body=text, sha256=digest
        )
        tx.add(found)
        tx.session.flush()
    return found


def _plan_row(work: CaseWork, version: FrameworkVersion, command: DraftPlan, *, number: int) -> Plan:
    return Plan(
        evaluation_id=work.case.id,
        number=number,
        framework_id=version.id,
        body=dict(command.body),
        reason=command.reason,
        effect=command.effect,
        proposed_by=work.person,
    )


def latest_plan(session: Session, evaluation: str) -> Plan | None:
    """Return the plan or amendment with the highest number, None if there is none."""
    return session.scalars(
        select(Plan).where(Plan.evaluation_id == evaluation).order_by(Plan.number.desc())
    ).first()


def _required_plan(work: CaseWork) -> Plan:
    plan = latest_plan(work.session, work.case.id)
    if plan is None:
        raise ActionRefusedError("还没有方案")
    return plan


def submit_plan(actor: Actor, evaluation: str) -> None:
    """The plan waits for the organising side."""
    with case_action(actor, Action.PLAN_SUBMIT, evaluation=evaluation) as work:
        _required_plan(work).state = DraftState.SUBMITTED


def return_plan(actor: Actor, evaluation: str, *, reason: str) -> None:
    """The plan is back with its author, with a reason."""
    with case_action(actor, Action.PLAN_RETURN, evaluation=evaluation, reason=reason) as work:
        plan = _required_plan(work)
        plan.state = DraftState.RETURNED
        plan.reason = reason


def approve_plan(actor: Actor, evaluation: str, *, panel_opinion: str = "") -> None:
    """The plan is approved, its framework locked and adopted by the case."""
    given = {"panel_opinion": bool(panel_opinion.strip())}
    with case_action(actor, Action.PLAN_APPROVE, evaluation=evaluation, given=given) as work:
        _adopt(work, panel_opinion)


def approve_amendment(actor: Actor, evaluation: str, *, panel_opinion: str = "") -> None:
    """The amendment is approved and its framework replaces the one in force."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        plan = latest_plan(session, case.id)
        return {"target_mine": plan is not None and plan.proposed_by == actor.person}

    action = Action.PLAN_APPROVE_AMENDMENT
    with case_action(actor, action, evaluation=evaluation, given=target) as work:
        _adopt(work, panel_opinion)


def _adopt(work: CaseWork, panel_opinion: str) -> None:
    plan = _required_plan(work)
    plan.state = DraftState.APPROVED
    plan.approved_by = work.person
    plan.panel_opinion = panel_opinion
    version = work.session.get_one(FrameworkVersion, plan.framework_id)
    version.locked = True
    work.case.framework_id = version.id
