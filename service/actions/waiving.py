"""签认: a finding of the checkers on the report is left as it is, with a reason, by who answers for it.

The draft is set and read before the lock; the act is refused if the content moved on meanwhile. Taking a
签认 back opens the finding again: what was frozen with it can no longer be signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service import clock
from service.actions.reportcheck import Checked, present_findings
from service.actions.steps import case_action
from service.actions.transaction import Actor
from service.actions.workshop import Workshop
from service.errors import ActionRefusedError, NotFoundError, Problem
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.report import ReportWaiver
from service.queries.content import content_digest, present_snapshot
from service.queries.waivers import in_force, still_open
from service.report.noted import Noted
from service.workflow.actions import Action

MENDED = "系统算出或排出的内容只能改正，不能签认"


def look(evaluation: str, workshop: Workshop, actor: Actor) -> Checked:
    """Return what is found on the report as it stands; no transaction is left open.

    Raises:
        NotFoundError: there is no such case.
        InvalidError, UnavailableError: the report cannot be set or read.
    """
    session = db.session()
    case = session.get(Evaluation, evaluation)
    if case is None:
        raise NotFoundError(Problem("没有这个评价", value=evaluation))
    today = actor.on or clock.local_date(clock.now())
    checked = present_findings(session, case, workshop, today=today)
    session.rollback()
    return checked


def open_among(evaluation: str, findings: Sequence[Noted]) -> tuple[Noted, ...]:
    """Return those of the findings that are still open; no transaction is left open."""
    session = db.session()
    left = still_open(session, session.get_one(Evaluation, evaluation), findings)
    session.rollback()
    return left


def waive_finding(actor: Actor, evaluation: str, workshop: Workshop, *, finding: str, reason: str) -> None:
    """The finding with this key is signed off for this reason as long as it says the same.

    Raises:
        ActionRefusedError: there is no such open finding, only mending helps, or the content changed since it
            was checked.
    """
    checked = look(evaluation, workshop, actor)
    found = next((each for each in checked.findings if each.key == finding), None)

    def given(session: Session, case: Evaluation) -> Mapping[str, Any]:
        if checked.content != content_digest(present_snapshot(session, case)):
            raise ActionRefusedError(Problem("核对之后报告内容有变动", cure="重新打开本页再办理"))
        return {"target_open": found is not None and found in still_open(session, case, [found])}

    with case_action(
        actor, Action.REPORT_WAIVE_FINDING, evaluation=evaluation, reason=reason, given=given
    ) as work:
        assert found is not None
        if found.fixed:
            raise ActionRefusedError(Problem(MENDED, value=str(found)))
        work.tx.add(_row(work.case.id, found, reason=reason, by=work.person, on=work.tx.on))


def _row(evaluation: str, found: Noted, *, reason: str, by: str, on: date) -> ReportWaiver:
    return ReportWaiver(
        evaluation_id=evaluation,
        finding=found.key,
        rule=found.rule,
        severity=found.severity,
        place=found.place,
        text=found.text,
        expected=found.expected,
        actual=found.actual,
        formula=found.formula,
        reason=reason,
        waived_by=by,
        on=on,
    )


def withdraw_waiver(actor: Actor, evaluation: str, *, finding: str, reason: str) -> None:
    """The 签认 of this finding no longer counts; the row stays, with who took it back and why.

    Raises:
        ActionRefusedError: the finding is not signed off.
    """

    def given(session: Session, case: Evaluation) -> Mapping[str, Any]:
        return {"target_open": finding in in_force(session, case)}

    with case_action(
        actor, Action.REPORT_WITHDRAW_WAIVER, evaluation=evaluation, reason=reason, given=given
    ) as work:
        row = in_force(work.session, work.case)[finding]
        row.withdrawn, row.withdrawn_reason = True, reason
        row.withdrawn_by, row.withdrawn_on = work.person, work.tx.on
