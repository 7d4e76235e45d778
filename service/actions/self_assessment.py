"""自评: the unit fills in, submits, withdraws; the department or bureau reviews or returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, case_action, next_number
from service.actions.transaction import Actor
from service.errors import Problem, StaleError
from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement, SupplementState
from service.models.selfassessment import Claim, SelfAssessment, SelfState
from service.queries.selfparts import (
    FINISHED,
    PART_LABELS,
    TOTAL,
    parts_touched,
    seen_parts,
)
from service.scoring.quantities import exact
from service.workflow.actions import Action
from service.workflow.stages import Stage

CHANGED = "这一处已被他人修改，没有覆盖"
_WRITTEN = ("points", "target", "actual", "deviation")


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One line of the 自评表; `points` in 分 as text, or None when nothing is claimed."""

    node: str
    points: str | None = None
    target: str = ""
    actual: str = ""
    deviation: str = ""
    version: int | None = None
    """The version of the line the person has seen, 0 for a line nobody wrote yet; None takes it as it is."""


@dataclass(frozen=True, slots=True)
class EditSelfAssessment:
    """What the unit writes: lines, a claimed total and grade as printed, free facts.

    With `merge`, total and grade left out stay as they are and `body` is added to what stands.
    `seen` names by part (`service.queries.selfparts`) the content the person has seen.
    """

    claims: tuple[ClaimLine, ...] = ()
    claimed_total: str | None = None
    claimed_grade: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    merge: bool = False
    seen: Mapping[str, str] = field(default_factory=dict)


def edit_self_assessment(actor: Actor, evaluation: str, command: EditSelfAssessment) -> None:
    """The draft of this round holds the given lines; lines not mentioned stay.

    Raises:
        InvalidError: if points are not exact numbers.
        StaleError: somebody else changed a line or part the person had seen otherwise; all are named.
    """
    for line in command.claims:
        if line.points is not None:
            exact(line.points)

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        return {"self_fields_closed": _closed(session, case, command)}

    with case_action(actor, Action.SELF_EDIT, evaluation=evaluation, given=target) as work:
        last = latest_round(work.session, work.case.id)
        changed = _changed_lines(work, command.claims)
        _demand_seen(last, changed, command)
        draft = open_round(work, keep=command.merge)
        draft.edited_by = work.person
        _write_head(draft, command)
        for line, claim in changed:
            _write_claim(work, line, claim)


def _closed(session: Session, case: Evaluation, command: EditSelfAssessment) -> tuple[str, ...]:
    """Return what the command touches that no request for correction now with the unit opens."""
    opened = opened_nodes(session, case.id)
    last = latest_round(session, case.id)
    touched = parts_touched(last.body if last else {}, command.body)
    closed = [line.node for line in command.claims if line.node not in opened]
    closed += [PART_LABELS[part] for part in sorted(touched - opened)]
    if not opened and FINISHED in command.body:
        closed.append("完成标记")
    total = command.claimed_total
    if total and not opened and (last is None or last.claimed_total != total):
        closed.append(PART_LABELS[TOTAL])
    return tuple(closed)


def _changed_lines(work: CaseWork, lines: tuple[ClaimLine, ...]) -> list[tuple[ClaimLine, Claim | None]]:
    """Return the lines that differ from what stands, each with its row.

    So sending the same form twice is harmless.
    """
    rows = work.session.scalars(select(Claim).where(Claim.evaluation_id == work.case.id))
    standing = {row.node: row for row in rows}
    return [(line, standing.get(line.node)) for line in lines if _differs(line, standing.get(line.node))]


def _differs(line: ClaimLine, claim: Claim | None) -> bool:
    return claim is None or any(getattr(claim, name) != getattr(line, name) for name in _WRITTEN)


def _demand_seen(
    last: SelfAssessment | None, changed: list[tuple[ClaimLine, Claim | None]], command: EditSelfAssessment
) -> None:
    """Accept only if nobody changed meanwhile what is written now."""
    lines = [
        Problem(CHANGED, path=line.node)
        for line, claim in changed
        if line.version is not None and line.version != (claim.version if claim else 0)
    ]
    standing = seen_parts(last.body if last else {}, last.claimed_total if last else None)
    touched = parts_touched(last.body if last else {}, command.body)
    if command.claimed_total and (last is None or last.claimed_total != command.claimed_total):
        touched.add(TOTAL)
    parts = [
        Problem(CHANGED, path=part, value=PART_LABELS[part])
        for part, seen in command.seen.items()
        if part in touched and seen != standing[part]
    ]
    if lines or parts:
        raise StaleError([*lines, *parts])


def _write_head(draft: SelfAssessment, command: EditSelfAssessment) -> None:
    """A partial save never clears what it does not mention."""
    keep = command.merge
    draft.claimed_total = command.claimed_total or (draft.claimed_total if keep else None)
    draft.claimed_grade = command.claimed_grade or (draft.claimed_grade if keep else "")
    draft.body = {**(draft.body if keep else {}), **command.body}


def _write_claim(work: CaseWork, line: ClaimLine, claim: Claim | None) -> None:
    if claim is None:
        claim = Claim(evaluation_id=work.case.id, node=line.node)
        work.tx.add(claim)
    for name in _WRITTEN:
        setattr(claim, name, getattr(line, name))


def latest_round(session: Session, evaluation: str) -> SelfAssessment | None:
    """Return the newest round of self-assessment, None before the first."""
    return session.scalars(
        select(SelfAssessment)
        .where(SelfAssessment.evaluation_id == evaluation)
        .order_by(SelfAssessment.round.desc())
    ).first()


def open_round(work: CaseWork, *, keep: bool = True) -> SelfAssessment:
    """Return the round now written to: a correction asked for changes the submitted one, it opens none.

    A new round starts, with `keep`, from what the last one said.
    """
    last = latest_round(work.session, work.case.id)
    if last is not None and last.state in {SelfState.DRAFT, SelfState.WITHDRAWN}:
        last.state = SelfState.DRAFT
        return last
    if last is not None and work.case.stage is not Stage.SELF_ASSESSMENT:
        return last
    opened = SelfAssessment(
        evaluation_id=work.case.id, round=next_number(work.session, SelfAssessment, work.case.id), body={}
    )
    if last is not None and keep:
        opened.claimed_total, opened.claimed_grade = last.claimed_total, last.claimed_grade
        opened.body = dict(last.body)
    work.tx.add(opened)
    return opened


def submit_self_assessment(actor: Actor, evaluation: str) -> None:
    """The round is submitted on the business date; `late` says whether that was after the due date."""
    with case_action(actor, Action.SELF_SUBMIT, evaluation=evaluation) as work:
        apply_submission(work)


def apply_submission(work: CaseWork) -> None:
    """The open round is submitted by the acting person, today."""
    draft = open_round(work)
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


def return_self_assessment(
    actor: Actor,
    evaluation: str,
    *,
    items: tuple[str, ...],
    expected: int | None = None,
    gate: bool = True,
) -> None:
    """The round is back with the unit, with a reason per item; the next edit opens a new round.

    Args:
        expected: version of the case the person has seen; not compared if None.
        gate: whether the stage reached asks for a checkpoint of its own.

    Raises:
        StaleError: the case has changed since.
    """
    given = {
        "return_to": Stage.SELF_ASSESSMENT,
        "return_items": len(items),
        "return_items_without_reason": tuple(str(n) for n, i in enumerate(items, 1) if not i.strip()),
    }
    with case_action(
        actor, Action.SELF_RETURN, evaluation=evaluation, reason="；".join(items), given=given, gate=gate
    ) as work:
        if expected is not None:
            work.tx.expect(work.case, expected)
        last = latest_round(work.session, work.case.id)
        if last is not None:
            last.state, last.opened = SelfState.RETURNED, True
