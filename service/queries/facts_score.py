"""Facts of the score sheet and its reasons."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.score import Adjustment, Deduction, LeafResult, ReasonState
from service.queries.drafts import lowered_nodes
from service.queries.evidence import linked_evidence
from service.queries.sheet import framework_of, needs_input, scoring_facts
from service.scoring.leaf import outcome
from service.workflow.actions import Action
from service.workflow.rules import RULES

_SCORE_GUARDS = ("评分", "待确认", "征求意见后", "直接送回")
_COUNTING = (ReasonState.SUBMITTED, ReasonState.DRAFT)


def needed(action: Action) -> bool:
    """Return whether a rule of this act has a guard that looks at the scores."""
    return action in _NEEDING


_NEEDING = frozenset(
    rule.action
    for rule in RULES
    for guard in rule.guards
    if any(word in guard.name for word in _SCORE_GUARDS)
)


def gather(session: Session, case: Evaluation) -> dict[str, Any]:
    """Return the facts of results, deductions and adjustments by field name of `Facts`."""
    deductions = session.scalars(select(Deduction).where(Deduction.evaluation_id == case.id)).all()
    adjustments = session.scalars(select(Adjustment).where(Adjustment.evaluation_id == case.id)).all()
    counting = [d for d in deductions if d.state in _COUNTING]
    links = linked_evidence(session, case)
    reasons: list[Deduction | Adjustment] = [*deductions, *adjustments]
    pending = [r for r in reasons if r.state is ReasonState.PENDING]
    return {
        "leaves_without_input": _without_input(session, case),
        "deductions_without_reason": tuple(d.code for d in counting if not d.reason.strip()),
        "deductions_without_clause": tuple(d.code for d in counting if not d.clause.strip()),
        "deductions_without_evidence": tuple(
            d.code for d in counting if not d.no_evidence and ("deduction", d.code) not in links
        ),
        "adjustments_without_reason": tuple(
            a.code for a in adjustments if a.state in _COUNTING and not a.reason.strip()
        ),
        "drafts_open": tuple(r.code for r in reasons if r.state is ReasonState.DRAFT),
        "pending_reconfirm": tuple(r.code for r in pending),
        "lowered_after_consultation": lowered_nodes(session, case),
    }


def _scored_by_reason(session: Session, case: Evaluation) -> set[str]:
    """Return the leaves that have points without a result: a stated deduction or an adjustment."""
    stated = select(Deduction.node).where(
        Deduction.evaluation_id == case.id, Deduction.amount.is_not(None), Deduction.state.in_(_COUNTING)
    )
    adjusted = select(Adjustment.node).where(
        Adjustment.evaluation_id == case.id, Adjustment.state.in_(_COUNTING)
    )
    return {*session.scalars(stated), *session.scalars(adjusted)}


def _without_input(session: Session, case: Evaluation) -> tuple[str, ...]:
    if case.framework_id is None:
        return ("指标体系",)
    given = set(session.scalars(select(LeafResult.node).where(LeafResult.evaluation_id == case.id)))
    given |= _scored_by_reason(session, case)
    framework, facts = framework_of(session, case), scoring_facts(session, case)
    given |= set(facts.inputs)
    wanted = [code for code in needs_input(framework) if code not in given]
    # A rule that reads the accounts alone gives points without a result.
    return tuple(code for code in wanted if outcome(framework.by_code[code], framework, facts).points is None)
