"""Facts of the score sheet and its reasons."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.score import Adjustment, Deduction, LeafResult, ReasonState
from service.queries.drafts import lowered_nodes
from service.queries.evidence import linked_evidence
from service.queries.once import rows_of
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
    deductions = rows_of(session, Deduction, case.id)
    adjustments = rows_of(session, Adjustment, case.id)
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
    deductions = rows_of(session, Deduction, case.id)
    stated = {d.node for d in deductions if d.amount is not None and d.state in _COUNTING}
    return stated | {a.node for a in rows_of(session, Adjustment, case.id) if a.state in _COUNTING}


def _without_input(session: Session, case: Evaluation) -> tuple[str, ...]:
    if case.framework_id is None:
        return ("指标体系",)
    given = {row.node for row in rows_of(session, LeafResult, case.id)}
    given |= _scored_by_reason(session, case)
    framework, facts = framework_of(session, case), scoring_facts(session, case)
    given |= set(facts.inputs)
    wanted = [code for code in needs_input(framework) if code not in given]
    # A rule that reads the accounts alone gives points without a result.
    return tuple(code for code in wanted if outcome(framework.by_code[code], framework, facts).points is None)
