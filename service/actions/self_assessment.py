"""自评: the unit fills in, submits, withdraws; the department or bureau reviews or returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, case_action, next_number
from service.actions.transaction import Actor
from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement, SupplementState
from service.models.selfassessment import Claim, SelfAssessment, SelfState
from service.scoring.quantities import exact
from service.workflow.actions import Action
from service.workflow.stages import Stage


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One line of the 自评表; `points` in 分 as text, or None when nothing is claimed."""

    node: str
    points: str | None = None
    target: str = ""
    actual: str = ""
    deviation: str = ""


@dataclass(frozen=True, slots=True)
class EditSelfAssessment:
    """What the unit writes: lines, a claimed total and grade as printed, free facts.

    With `merge`, total and grade left out stay as they are and `body` is added to what stands.
    """

    claims: tuple[ClaimLine, ...] = ()
    claimed_total: str | None = None
    claimed_grade: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    merge: bool = False


def edit_self_assessment(actor: Actor, evaluation: str, command: EditSelfAssessment) -> None:
    """The draft of this round holds the given lines; lines not mentioned stay.

    Raises:
        InvalidError: if points are not exact numbers.
    """
    for line in command.claims:
        if line.points is not None:
            exact(line.points)

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        opened = opened_nodes(session, case.id)
        return {"self_fields_closed": tuple(line.node for line in command.claims if line.node not in opened)}

    with case_action(actor, Action.SELF_EDIT, evaluation=evaluation, given=target) as work:
        draft = _open_round(work)
        draft.edited_by = work.person
        _write_head(draft, command)
        for line in command.claims:
            _write_claim(work, line)


def _write_head(draft: SelfAssessment, command: EditSelfAssessment) -> None:
    """A partial save never clears what it does not mention."""
    keep = command.merge
    draft.claimed_total = command.claimed_total or (draft.claimed_total if keep else None)
    draft.claimed_grade = command.claimed_grade or (draft.claimed_grade if keep else "")
    draft.body = {**(draft.body if keep else {}), **command.body}


def _write_claim(work: CaseWork, line: ClaimLine) -> None:
    query = select(Claim).where(Claim.evaluation_id == work.case.id, Claim.node == line.node)
    claim = work.session.scalar(query)
    if claim is None:
        claim = Claim(evaluation_id=work.case.id, node=line.node)
        work.tx.add(claim)
    claim.points, claim.target = line.points, line.target
    claim.actual, claim.deviation = line.actual, line.deviation


def latest_round(session: Session, evaluation: str) -> SelfAssessment | None:
    """Return the newest round of self-assessment, None before the first."""
    return session.scalars(
        select(SelfAssessment)
        .where(SelfAssessment.evaluation_id == evaluation)
        .order_by(SelfAssessment.round.desc())
    ).first()


def _open_round(work: CaseWork) -> SelfAssessment:
    last = latest_round(work.session, work.case.id)
    if last is not None and last.state in {SelfState.DRAFT, SelfState.WITHDRAWN}:
        last.state = SelfState.DRAFT
        return last
    opened = SelfAssessment(
        evaluation_id=work.case.id, round=next_number(work.session, SelfAssessment, work.case.id)
    )
    work.tx.add(opened)
    return opened


def submit_self_assessment(actor: Actor, evaluation: str) -> None:
    """The round is submitted on the business date; `late` says whether that was after the due date."""
    with case_action(actor, Action.SELF_SUBMIT, evaluation=evaluation) as work:
        apply_submission(work)


def apply_submission(work: CaseWork) -> None:
    """The open round is submitted by the acting person, today."""
    draft = _open_round(work)
    draft.state = SelfState.SUBMITTED
    draft.submitted_by, draft.submitted_on = work.person, work.tx.on
    due = work.case.self_due_on
    draft.late = due is not None and work.tx.on > due


def withdraw_self_assessment(actor: Actor, evaluation: str, *, reason: str) -> None:
    """The submitted round is a draft again; possible until somebody opened it."""
    with case_action(actor, Action.SELF_WITHDRAW, evaluation=evaluation, reason=reason) as work:
        last = latest_round(work.session, work.case.id)
        if last is not None:
            last.state = SelfState.WITHDRAWN


def mark_opened(work: CaseWork) -> None:
    """The receiving side has opened the newest round; it can no longer be withdrawn."""
    last = latest_round(work.session, work.case.id)
    if last is not None and not last.opened:
        last.opened = True


def opened_nodes(session: Session, evaluation: str) -> frozenset[str]:
    """Return the lines that requests for correction now with the unit allow it to edit."""
    query = select(Supplement.nodes).where(
        Supplement.evaluation_id == evaluation, Supplement.state == SupplementState.SENT
    )
    return frozenset(node for nodes in session.scalars(query) for node in nodes)


def review_self_assessment(actor: Actor, evaluation: str, *, opinion: str = "") -> None:
    """The supervising department has reviewed the submitted round."""
    with case_action(actor, Action.SELF_REVIEW, evaluation=evaluation, reason=opinion) as work:
        last = latest_round(work.session, work.case.id)
        if last is not None:
            last.state, last.opened = SelfState.REVIEWED, True


def return_self_assessment(actor: Actor, evaluation: str, *, items: tuple[str, ...]) -> None:
    """The round is back with the unit, with a reason per item; the next edit opens a new round."""
    given = {
        "return_to": Stage.SELF_ASSESSMENT,
        "return_items": len(items),
        "return_items_without_reason": tuple(str(n) for n, i in enumerate(items, 1) if not i.strip()),
    }
    with case_action(
        actor, Action.SELF_RETURN, evaluation=evaluation, reason="；".join(items), given=given
    ) as work:
        last = latest_round(work.session, work.case.id)
        if last is not None:
            last.state, last.opened = SelfState.RETURNED, True
