"""延长期限: the day a unit has to report or answer by is put later, with a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.actions.steps import case_action
from service.actions.transaction import Actor
from service.models.evaluation import Evaluation
from service.queries.consultation import latest_issue
from service.workflow.actions import Action
from service.workflow.stages import Stage


def extend_deadline(actor: Actor, evaluation: str, *, due_on: date, reason: str) -> None:
    """The due date of the open consultation, else of the self-assessment, is later; the reason is kept.

    Raises:
        ActionRefusedError: the new day is not later than the old one.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        issue = latest_issue(session, case.id) if case.stage is Stage.CONSULTATION else None
        before = issue.due_on if issue is not None else case.self_due_on
        later = before is None or due_on > before
        return {"target_missing": () if later else (f"晚于原期限 {before} 的日期",)}

    with case_action(
        actor, Action.DEADLINE_EXTEND, evaluation=evaluation, reason=reason, given=target
    ) as work:
        issue = latest_issue(work.session, work.case.id)
        if issue is not None and work.case.stage is Stage.CONSULTATION:
            issue.due_on = due_on
        else:
            work.case.self_due_on = due_on
