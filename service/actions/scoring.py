"""Scoring: measured results, deductions and adjustments; the sheet itself is always derived.

- Until the leader submits, reasons are the team's draft. Afterwards every change names its origin.
- A revision is a new row that cites the one it replaces; the old one is withdrawn, never edited away.
- Only `SUBMITTED` reasons count; those of stages behind a return are `PENDING` until confirmed again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service.actions.database_errors import STALE
from service.actions.reasons import Origin, Reason, check_reason, link_evidence, origin_facts, own_facts
from service.actions.steps import CaseWork, case_action, next_number, one
from service.actions.transaction import Actor
from service.errors import ActionRefusedError, InvalidError, Problem, StaleError
from service.models.score import Adjustment, Deduction, LeafResult, ReasonState
from service.models.types import exact_text
from service.queries.sheet import current_sheet, framework_of
from service.scoring.check import points_problem
from service.scoring.inputs import LeafInput
from service.scoring.lines import deduction_for
from service.scoring.quantities import exact
from service.workflow.actions import Action

__all__ = [
    "Origin",
    "Reason",
    "draft_adjustment",
    "draft_deduction",
    "reconfirm_adjustment",
    "reconfirm_deduction",
    "record_results",
    "revise_adjustment",
    "revise_deduction",
    "submit_adjustment",
    "submit_deduction",
    "submit_scores",
    "type_awarded",
    "withdraw_adjustment",
    "withdraw_deduction",
]


def record_results(
    actor: Actor,
    evaluation: str,
    *,
    results: Mapping[str, Mapping[str, Any]],
    sheet: str = "",
    origin: Origin | None = None,
    expected: Mapping[str, int] | None = None,
) -> None:
    """Each node of `results` holds what was measured, in the plain form of FORMAT.md.

    Args:
        expected: the version of each node's result the actor has seen, 0 where there was none.

    Raises:
        InvalidError: naming every node the framework lacks and every value that cannot be read.
        StaleError: a result is no longer the one expected.
    """
    given = {
        "origin_missing": origin.missing if origin else ("来由", "提出人", "文件"),
        "target_missing": () if results else ("评分依据",),
    }
    reason = f"{origin.kind}：{origin.asked_by}，{origin.paper}" if origin else ""
    with case_action(actor, Action.SCORE_INPUT, evaluation=evaluation, reason=reason, given=given) as work:
        _check_results(work, results)
        for node, data in results.items():
            seen = None if expected is None else expected.get(node, 0)
            _write_result(work, node, dict(data), sheet, seen)


def _check_results(work: CaseWork, results: Mapping[str, Mapping[str, Any]]) -> None:
    framework = framework_of(work.session, work.case)
    known = set(framework.codes)
    problems = [
        Problem("指标体系中没有这个编码", path=node, value=node) for node in results if node not in known
    ]
    for node, data in results.items():
        try:
            given = LeafInput.from_plain(data)
        except InvalidError as error:
            problems.extend(dataclasses.replace(p, path=f"{node}.{p.path}") for p in error.problems)
            continue
        typed = (("points", given.points), ("awarded", given.awarded))
        found = (points_problem(framework, text, path=f"{node}.{name}") for name, text in typed)
        problems.extend(problem for problem in found if problem is not None)
    if problems:
        raise InvalidError(problems)


def _write_result(work: CaseWork, node: str, data: dict[str, Any], sheet: str, seen: int | None) -> None:
    query = select(LeafResult).where(
        LeafResult.evaluation_id == work.case.id, LeafResult.sheet == sheet, LeafResult.node == node
    )
    row = work.session.scalar(query)
    if seen is not None and seen != (row.version if row is not None else 0):
        raise StaleError(Problem(STALE, path=node, value=str(seen)))
    if row is None:
        row = LeafResult(evaluation_id=work.case.id, sheet=sheet, node=node)
        work.tx.add(row)
    row.data, row.stage, row.author = data, work.case.stage, work.person


def _stated(work: CaseWork, command: Reason, state: ReasonState, revises: str | None) -> dict[str, Any]:
    """Return the columns a deduction and an adjustment have in common."""
    return {
        "evaluation_id": work.case.id,
        "sheet": command.sheet,
        "node": command.node,
        "stage": work.case.stage,
        "reason": command.reason,
        "clause": command.clause,
        "no_evidence": command.no_evidence,
        "state": state,
        "origin": command.origin,
        "asked_by": command.asked_by,
        "paper": command.paper,
        "author": work.person,
        "revises": revises,
    }


def new_deduction(
    work: CaseWork, command: Reason, state: ReasonState, revises: str | None = None
) -> Deduction:
    """Return the new row of a deduction, linked to its evidence."""
    row = Deduction(
        **_stated(work, command, state, revises),
        code=f"D{next_number(work.session, Deduction, work.case.id):03d}",
        amount=command.amount,
        bonus=command.bonus,
    )
    work.tx.add(row)
    link_evidence(work, command.evidence, "deduction", row.code)
    return row


def draft_deduction(actor: Actor, evaluation: str, command: Reason) -> str:
    """Return the code of the drafted deduction; it does not count until submitted."""
    with case_action(
        actor,
        Action.DEDUCTION_DRAFT,
        evaluation=evaluation,
        reason=command.reason,
        given=origin_facts(command),
    ) as work:
        check_reason(work, command)
        return new_deduction(work, command, ReasonState.DRAFT).code


def submit_deduction(actor: Actor, evaluation: str, *, code: str) -> None:
    """The deduction counts."""
    _set_state(actor, evaluation, code=code, action=Action.DEDUCTION_SUBMIT, state=ReasonState.SUBMITTED)


def withdraw_deduction(
    actor: Actor, evaluation: str, *, code: str, reason: str, origin: Origin | None = None
) -> None:
    """The deduction no longer counts; it stays on file with the reason."""
    _set_state(
        actor,
        evaluation,
        code=code,
        action=Action.DEDUCTION_WITHDRAW,
        state=ReasonState.WITHDRAWN,
        reason=reason,
        origin=origin,
    )


def reconfirm_deduction(actor: Actor, evaluation: str, *, code: str) -> None:
    """A deduction from before a return counts again."""
    _set_state(actor, evaluation, code=code, action=Action.DEDUCTION_RECONFIRM, state=ReasonState.SUBMITTED)


def reconfirm_adjustment(actor: Actor, evaluation: str, *, code: str) -> None:
    """An adjustment from before a return counts again; the act is the same as for deductions."""
    _set_state(
        actor,
        evaluation,
        code=code,
        action=Action.DEDUCTION_RECONFIRM,
        state=ReasonState.SUBMITTED,
        model=Adjustment,
    )


def _set_state(
    actor: Actor,
    evaluation: str,
    *,
    code: str,
    action: Action,
    state: ReasonState,
    reason: str = "",
    origin: Origin | None = None,
    model: Any = None,
) -> None:
    if model is None:
        model = Adjustment if action.subject == "adjustment" else Deduction
    facts = {"origin_missing": origin.missing} if origin else {}
    given = own_facts(actor, model, code, **facts)
    with case_action(actor, action, evaluation=evaluation, reason=reason, given=given) as work:
        row = one(work.session, model, evaluation=work.case.id, code=code, what="扣分或调整")
        if row.state is ReasonState.WITHDRAWN:
            raise ActionRefusedError(Problem("已撤销，不能再改", value=code, cure="另起一条"))
        if action is Action.DEDUCTION_RECONFIRM and row.state is not ReasonState.PENDING:
            raise ActionRefusedError(Problem("这一条不在待确认状态", value=code))
        row.state = state
        if origin:
            row.origin, row.asked_by, row.paper = origin.kind, origin.asked_by, origin.paper


def revise_deduction(actor: Actor, evaluation: str, *, code: str, command: Reason) -> str:
    """Return the code of the deduction that replaces `code`, which is withdrawn."""
    given = own_facts(actor, Deduction, code, **origin_facts(command))
    with case_action(
        actor, Action.DEDUCTION_REVISE, evaluation=evaluation, reason=command.reason, given=given
    ) as work:
        check_reason(work, command)
        old: Deduction = one(work.session, Deduction, evaluation=work.case.id, code=code, what="扣分")
        new = new_deduction(work, command, old.state, revises=old.id)
        old.state = ReasonState.WITHDRAWN
        return new.code


def _adjustment(
    work: CaseWork, command: Reason, state: ReasonState, revises: str | None = None
) -> Adjustment:
    if command.amount is None:
        raise InvalidError(Problem("裁量调整须写明核定得分", path="amount"))
    row = Adjustment(
        **_stated(work, command, state, revises),
        code=f"T{next_number(work.session, Adjustment, work.case.id):03d}",
        target=command.target,
        awarded=command.amount,
    )
    work.tx.add(row)
    link_evidence(work, command.evidence, "adjustment", row.code)
    return row


def draft_adjustment(actor: Actor, evaluation: str, command: Reason) -> str:
    """Return the code of the drafted 裁量调整; `amount` is what the team awards instead."""
    with case_action(
        actor,
        Action.ADJUSTMENT_DRAFT,
        evaluation=evaluation,
        reason=command.reason,
        given=origin_facts(command),
    ) as work:
        check_reason(work, command, adjusting=True)
        return _adjustment(work, command, ReasonState.DRAFT).code


def submit_adjustment(actor: Actor, evaluation: str, *, code: str) -> None:
    """The adjustment counts, beside the rule's figure."""
    _set_state(actor, evaluation, code=code, action=Action.ADJUSTMENT_SUBMIT, state=ReasonState.SUBMITTED)


def withdraw_adjustment(
    actor: Actor, evaluation: str, *, code: str, reason: str, origin: Origin | None = None
) -> None:
    """The adjustment no longer counts; it stays on file with the reason."""
    _set_state(
        actor,
        evaluation,
        code=code,
        action=Action.ADJUSTMENT_WITHDRAW,
        state=ReasonState.WITHDRAWN,
        reason=reason,
        origin=origin,
    )


def revise_adjustment(actor: Actor, evaluation: str, *, code: str, command: Reason) -> str:
    """Return the code of the adjustment that replaces `code`, which is withdrawn."""
    given = own_facts(actor, Adjustment, code, **origin_facts(command))
    with case_action(
        actor, Action.ADJUSTMENT_REVISE, evaluation=evaluation, reason=command.reason, given=given
    ) as work:
        check_reason(work, command, adjusting=True)
        old: Adjustment = one(work.session, Adjustment, evaluation=work.case.id, code=code, what="裁量调整")
        new = _adjustment(work, command, old.state, revises=old.id)
        old.state = ReasonState.WITHDRAWN
        return new.code


def type_awarded(actor: Actor, evaluation: str, command: Reason) -> str | None:
    """Return the code of the one deduction that makes the node's awarded points `command.amount`.

    None if the sheet already says so. Points above what the sheet gives need an adjustment.

    Raises:
        ActionRefusedError: if the typed score is higher than the sheet's; names the cure.
    """
    with case_action(
        actor,
        Action.DEDUCTION_DRAFT,
        evaluation=evaluation,
        reason=command.reason,
        given=origin_facts(command),
    ) as work:
        check_reason(work, command)
        sheet = current_sheet(work.session, work.case, sheet=command.sheet)
        lines = sheet.sheet.lines if sheet else ()
        line = next((line for line in lines if line.code == command.node), None)
        if line is None or line.awarded is None or command.amount is None:
            raise ActionRefusedError("这一行还没有得分，请先录入评分依据")
        wanted = exact(command.amount)
        difference = deduction_for(line, wanted)
        if wanted > line.awarded:
            raise ActionRefusedError(
                Problem("高于规则得分", value=command.amount, cure="用裁量调整，并写明理由")
            )
        if difference <= 0:
            return None
        reason = dataclasses.replace(command, amount=exact_text(difference))
        return new_deduction(work, reason, ReasonState.DRAFT).code


def submit_scores(actor: Actor, evaluation: str) -> None:
    """The leader has submitted the team's scores; every later change names its origin."""
    with case_action(actor, Action.SCORES_SUBMIT, evaluation=evaluation) as work:
        work.case.scores_submitted = True
        work.case.facts = {**work.case.facts, "scores_ever_submitted": True}
