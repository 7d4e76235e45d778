"""退回: a case goes back to an earlier stage, with a reason per item and a round number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from service.actions.steps import CaseWork, case_action, next_number, note_total
from service.actions.transaction import Actor
from service.models.evaluation import ReturnOrder
from service.models.score import Adjustment, Deduction, ReasonState
from service.workflow.actions import Action
from service.workflow.stages import Stage


@dataclass(frozen=True, slots=True)
class ReturnStage:
    """Where the case goes back to and what has to be put right, item by item."""

    to_stage: Stage
    items: tuple[str, ...]
    straight_back: bool = False


def return_stage(actor: Actor, evaluation: str, command: ReturnStage, *, expected: int | None = None) -> int:
    """Return the number of the return; reasons of the stages behind wait for confirmation.

    Args:
        expected: version of the case the person has seen; not compared if None.

    Raises:
        StaleError: the case has changed since.
        ActionRefusedError: if the edge is not declared or no item is given.
    """
    given = {
        "return_to": command.to_stage,
        "return_items": len(command.items),
        "return_items_without_reason": tuple(
            str(number) for number, item in enumerate(command.items, 1) if not item.strip()
        ),
    }
    reason = "；".join(command.items)
    with case_action(actor, Action.STAGE_RETURN, evaluation=evaluation, reason=reason, given=given) as work:
        if expected is not None:
            work.tx.expect(work.case, expected)
        number = next_number(work.session, ReturnOrder, work.case.id)
        work.tx.add(
            ReturnOrder(
                evaluation_id=work.case.id,
                number=number,
                from_stage=work.case.stage,
                to_stage=command.to_stage,
                straight_back=command.straight_back,
                items=list(command.items),
                by=work.person,
                on=work.tx.on,
            )
        )
        note_total(work)
        _mark_pending(work, command.to_stage)
        work.case.scores_submitted = False
        work.case.review_passed_by = None
        return number


def _mark_pending(work: CaseWork, to_stage: Stage) -> None:
    models: tuple[Any, ...] = (Deduction, Adjustment)
    for model in models:
        query = select(model).where(model.evaluation_id == work.case.id, model.state == ReasonState.SUBMITTED)
        for row in work.session.scalars(query):
            if to_stage.before(row.stage):
                row.state = ReasonState.PENDING
