"""A 项目清单 carried out: one evaluation per good row, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from service import clock
from service.actions.commissioning import CreateEvaluation, create_evaluation
from service.actions.intakes import Outcome, note_items, refused
from service.actions.selfintake import IntakeOrder, Tell
from service.errors import Problem, RepeatedError, ServiceError, UnavailableError
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.operational import ItemState
from service.queries.intakes import Item, intake_of, items_in_order
from service.queries.issuing import issue_missing
from service.queries.library import library_version
from service.workflow.kinds import Kind


def create_listed(order: IntakeOrder, tell: Tell) -> dict[str, int]:
    """Return how many evaluations were created and how many rows not; `tell` hears how far it is.

    Raises:
        UnavailableError: the database does not answer; what was done so far stays.
    """
    intake = intake_of(db.session(), order.account, order.intake)
    waiting = [i for i in items_in_order(db.session(), intake.id) if i.state == ItemState.WAITING.value]
    for done, item in enumerate(waiting):
        tell(f"已建立 {done} 项，共 {len(waiting)} 项")
        note_items(intake.id, [_created(order, item)])
    counts = intake_of(db.session(), order.account, order.intake).counts
    return {"done": counts.get("done", 0), "refused": counts.get("refused", 0)}


def _created(order: IntakeOrder, item: Item) -> Outcome:
    try:
        case = _create(order, item)
    except UnavailableError:
        raise
    except ServiceError as no:
        db.session.rollback()
        return refused(item.number, no.problems or [Problem(no.title)])
    missing = issue_missing(db.session(), db.session().get_one(Evaluation, case))
    lacking = "、".join(missing)
    columns = {"state": ItemState.DONE.value, "evaluation_id": case, "doubts": len(missing)}
    return Outcome(item.number, columns, {"facts": {"lacking": lacking}})


def _create(order: IntakeOrder, item: Item) -> str:
    command = _command(order, item.values)
    try:
        return create_evaluation(order.actor(f"{item.number}/create"), command)
    except RepeatedError:
        # The worker died after the commit and before it was noted.
        db.session.rollback()
        return db.session().scalars(select(Evaluation.id).where(Evaluation.code == command.code)).one()


def _command(order: IntakeOrder, values: Mapping[str, Any]) -> CreateEvaluation:
    told = dict(values)
    ref, due = told.pop("library"), told.pop("self_due_on")
    today = clock.local_date(clock.now())
    text = library_version(db.session(), order.account, ref, today=today).text if ref else ""
    parties = {part: tuple(ids) for part, ids in told.pop("parties").items()}
    return CreateEvaluation(
        **{**told, "kind": Kind(told["kind"])},
        parties=parties,
        self_due_on=date.fromisoformat(due) if due else None,
        framework=text,
    )
