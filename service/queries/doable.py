"""What a person may do on a case here and now, and what still stands in the way of the rest.

- The rule table is asked as it will be when the act is done, with every fact of the case that is known now.
- What only the act itself brings (a reason, a target, a fresh proof of identity) is taken as given here; the
  act asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.errors import ActionRefusedError, NotPermittedError
from service.models.evaluation import Evaluation
from service.queries.facts import asked_by, gather
from service.queries.once import once
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.kinds import KINDS
from service.workflow.machine import allowed_actions, permits, plan
from service.workflow.roles import Role
from service.workflow.stages import Stage

READS = frozenset(
    {
        Action.EVALUATION_READ,
        Action.SCORES_READ,
        Action.HISTORY_READ,
        Action.HISTORY_EXTRACT,
        Action.EXPORT_BULK,
        Action.EXPORT_APPROVE,
    }
)

FREEZES = frozenset({Action.REPORT_FREEZE, Action.CORRECTION_FREEZE})


@dataclass(frozen=True, slots=True)
class Doable:
    """One act the table has a row for: `missing` is empty if nothing stands in its way."""

    action: Action
    missing: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Return whether it can be done now."""
        return not self.missing


@once
def doable(
    session: Session,
    case: Evaluation,
    person: str,
    roles: frozenset[Role],
    *,
    today: date,
    among: frozenset[Action] | None = None,
    found: tuple[str, ...] | None = None,
) -> tuple[Doable, ...]:
    """Return every act these roles have a row for in the case's stage and state, in the order of `Action`.

    None in an imported case, which is read-only.

    Args:
        among: the acts asked for, if not all; what only others need is not read then.
        found: what is open on the report as it would be frozen now, if that was looked at.
    """
    if case.imported:
        return ()
    rows = allowed_actions(case.kind, case.stage, case.status, roles)
    actions = [a for a in rows if a not in READS and (among is None or a in among)]
    if not actions:
        return ()
    facts = present_facts(session, case, person, actions, today=today)
    frozen = facts if found is None else replace(facts, selfcheck_findings=found)
    return tuple(
        Doable(action, missing_for(case, action, roles, frozen if action in FREEZES else facts))
        for action in actions
    )


def open_among(
    session: Session,
    case: Evaluation,
    person: str,
    roles: frozenset[Role],
    actions: Sequence[Action],
    *,
    today: date,
) -> frozenset[Action]:
    """Return which of these acts, whose guards ask for the same facts, can be done now; none if imported."""
    rows = [a for a in actions if permits(case.kind, case.stage, case.status, a, roles)]
    if case.imported or not rows:
        return frozenset()
    facts = gather(session, case, person=person, action=rows[0], today=today, given=_BROUGHT)
    return frozenset(action for action in rows if not missing_for(case, action, roles, facts))


def present_facts(
    session: Session, case: Evaluation, person: str, actions: Sequence[Action], *, today: date
) -> Facts:
    """Return what these acts ask of the case, with the favourable answer to what only an act can bring."""
    known = asked_by(session, case, actions, person=person, today=today)
    facts = gather(
        session, case, person=person, action=Action.EVALUATION_READ, today=today, given=known | _BROUGHT
    )
    return replace(facts, seen_hash=facts.frozen_hash, return_to=_nearest(case))


_BROUGHT: dict[str, Any] = {
    "reason_given": True,
    "reauth_fresh": True,
    "panel_opinion": True,
    "target_missing": (),
    "target_open": True,
    "target_is_actor": False,
    "target_conflicts": (),
    "target_roles": frozenset({Role.EV}),
    "fixed_fields_touched": (),
    "origin_missing": (),
    "self_fields_closed": (),
    "consent_recorded": True,
    "return_items": 1,
    "return_items_without_reason": (),
    "paper_missing": (),
    "paper_unlike": (),
}


def _nearest(case: Evaluation) -> Stage | None:
    earlier = KINDS[case.kind].earlier(case.stage)
    return earlier[-1] if earlier else None


def missing_for(case: Evaluation, action: Action, roles: frozenset[Role], facts: Facts) -> tuple[str, ...]:
    """Return why these roles cannot do `action` now, whoever wrote its target; empty if they can."""
    if action is Action.PAPER_REGISTER:
        return ()
    both = [_refusal(case, action, roles, replace(facts, target_mine=mine)) for mine in (True, False)]
    return min(both, key=len)


def _refusal(case: Evaluation, action: Action, roles: frozenset[Role], facts: Facts) -> tuple[str, ...]:
    try:
        plan(case.kind, case.stage, case.status, action, roles, facts)
    except (ActionRefusedError, NotPermittedError) as refusal:
        return tuple(str(problem) for problem in refusal.problems)
    return ()
