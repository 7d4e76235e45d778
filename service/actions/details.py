"""The particulars of a case are put right: anything while it is drafted, what 下达 leaves open afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.actions.secrecy import secrecy_problem
from service.actions.steps import case_action
from service.actions.transaction import Actor
from service.errors import InvalidError
from service.models.evaluation import Evaluation, Party
from service.queries.parties import PART_LABELS
from service.queries.words import field_label
from service.workflow.actions import Action

NEEDED = ("title", "year", "subject_name", "profile")
FIXED = ("year", "subject_name", "profile", "policy", "self_due_on")
"""Fixed once issued; the due date then has an act of its own, with a reason (延长期限)."""


@dataclass(frozen=True, slots=True)
class EditEvaluation:
    """What is to be changed; None leaves a field as it is. `parties` are organisations that join, by part.

    `version` is the version of the case the actor has seen, None to take it as it is.
    """

    title: str | None = None
    year: str | None = None
    subject_name: str | None = None
    secrecy: str | None = None
    publicity: str | None = None
    profile: str | None = None
    policy: str | None = None
    self_due_on: date | None = None
    parties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: int | None = None


def edit_evaluation(actor: Actor, evaluation: str, command: EditEvaluation, *, reason: str = "") -> None:
    """The case has the given particulars; once issued only with a reason and only those not fixed.

    Raises:
        InvalidError: the 密级 is one that may not be handled here.
        ActionRefusedError: naming the fields that are fixed, or may not be empty.
        StaleError: the case is not the version the actor has seen.
    """
    classified = secrecy_problem(command.secrecy or "")
    if classified is not None:
        raise InvalidError(classified)
    given = {
        f.name: getattr(command, f.name) for f in fields(command) if f.name not in ("parties", "version")
    }
    stated = {name: value for name, value in given.items() if value is not None}

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        touched = [name for name in FIXED if name in stated and stated[name] != getattr(case, name)]
        empty = [name for name in NEEDED if name in stated and not stated[name].strip()]
        joining = tuple(PART_LABELS.get(part, part) for part in command.parties)
        return {"fixed_fields_touched": _labels(touched) + joining, "target_missing": _labels(empty)}

    with case_action(
        actor, Action.EVALUATION_EDIT, evaluation=evaluation, reason=reason, given=target
    ) as work:
        if command.version is not None:
            work.tx.expect(work.case, command.version)
        for name, value in stated.items():
            setattr(work.case, name, value)
        for part, organisations in command.parties.items():
            for organisation in organisations:
                work.tx.add(Party(evaluation_id=work.case.id, organisation_id=organisation, part=part))


def _labels(names: list[str]) -> tuple[str, ...]:
    return tuple(field_label("evaluation", name) for name in names)
