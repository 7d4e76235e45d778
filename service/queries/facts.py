"""The facts a guard may look at, gathered in one place after the evaluation row is locked.

- Every field of `Facts` a guard of the act looks at is either computed here or given by the act
  (`given`); what nobody supplies keeps its refusing default.
- Nothing here decides; the rule table does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation, ReturnOrder, StageTrack
from service.models.report import PaperAct
from service.queries import facts_consultation, facts_field, facts_plan, facts_report, facts_score
from service.queries.issuing import issue_missing
from service.queries.once import once, rows_of
from service.queries.people import declaration_of, open_conflict
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy

_FIELDS = frozenset(f.name for f in fields(Facts))
_FRONT = 400
"""Bytes that hold action and actor of any leaf: names and ids are at most 80 and 36 characters."""


def gather(
    session: Session,
    case: Evaluation,
    *,
    person: str,
    action: Action,
    today: date,
    given: Mapping[str, Any],
) -> Facts:
    """Return the facts for one act by `person` on `case`; `given` fields win.

    For a 线下登记 what the act behind the paper needs is gathered too.

    Raises:
        ValueError: if `given` names a field `Facts` does not have.
    """
    unknown = set(given) - _FIELDS
    if unknown:
        raise ValueError(f"Facts 没有这些字段：{sorted(unknown)}")
    found: dict[str, Any] = {
        **_person(session, case, person=person),
        **_case(session, case),
    }
    acts = (action, given.get("paper_act") or action)
    found |= asked_by(session, case, acts, person=person, today=today)
    return Facts(**{**found, **given})


def asked_by(
    session: Session, case: Evaluation, acts: Sequence[Action], *, person: str, today: date
) -> dict[str, Any]:
    """Return what the rules of these acts ask of the case, by field name of `Facts`."""
    found: dict[str, Any] = {}
    if any(map(facts_plan.needed, acts)):
        found |= facts_plan.gather(session, case, person=person, today=today)
    if any(map(facts_field.needed, acts)):
        found |= facts_field.gather(session, case, person=person)
    if any(map(facts_consultation.needed, acts)):
        found |= facts_consultation.gather(session, case, today=today)
    if any(map(facts_score.needed, acts)):
        found |= facts_score.gather(session, case)
    if any(map(facts_report.needed, acts)):
        content = any(map(facts_report.content_needed, acts))
        found |= facts_report.gather(session, case, person=person, today=today, content=content)
    return found


@once
def earlier_acts(session: Session, evaluation: str, person: str) -> frozenset[Action]:
    """Return every act `person` did in the case: himself, played in a replay, or on paper; none refused.

    The actor stands at the front of every leaf, members being sorted; the rest is not read.
    """
    front = func.substr(AuditEntry.leaf, 1, _FRONT)
    query = select(AuditEntry.actor_id, AuditEntry.action, front).where(
        AuditEntry.evaluation_id == evaluation, AuditEntry.outcome == "done"
    )
    himself, played = b'"on_behalf":null', b'"on_behalf":' + orjson.dumps(person)
    acts = {row.act for row in rows_of(session, PaperAct, evaluation) if row.for_account == person}
    for actor_id, action, head in session.execute(query):
        if played in head or (actor_id == person and himself in head):
            acts.add(action)
    return frozenset(Action(act) for act in acts)


def _person(session: Session, case: Evaluation, *, person: str) -> dict[str, Any]:
    hit = open_conflict(session, case.id, person)
    return {
        "policy": Policy(case.policy),
        "actor_earlier_acts": earlier_acts(session, case.id, person),
        "conflict_declared": declaration_of(session, case.id, person) is not None,
        "conflicts_open": ("本人申报了利害关系",) if hit else (),
    }


def _case(session: Session, case: Evaluation) -> dict[str, Any]:
    orders = [row for row in rows_of(session, ReturnOrder, case.id) if row.resolved_on is None]
    order = max(orders, key=lambda row: row.number, default=None)
    straight = order.from_stage if order is not None and order.straight_back else None
    passed = [track.stage for track in rows_of(session, StageTrack, case.id)]
    return {
        "firm_engaged": bool(case.facts.get("firm", False)),
        "issue_missing": issue_missing(session, case),
        "suspension_proposed": case.suspend_asked_by is not None,
        "termination_proposed": case.terminate_asked_by is not None,
        "scores_submitted": case.scores_submitted,
        "scores_ever_submitted": bool(case.facts.get("scores_ever_submitted", False)),
        "straight_back_to": straight,
        "furthest_stage": max(passed, key=lambda stage: stage.position, default=None),
        "silence_is_consent": bool(case.facts.get("silence_is_consent", False)),
        "round_limit": int(case.facts.get("round_limit", 2)),
    }
