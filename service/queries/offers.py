"""Deductions the system offers because of what happened in the process; a person decides.

- Where the framework has an indicator flagged ``自评工作``, lateness of the self-assessment and every
  round of correction are counted and offered there; an offer is never a deduction by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement, SupplementState
from service.models.selfassessment import SelfAssessment
from service.queries.sheet import framework_of

FLAG = "自评工作"


@dataclass(frozen=True, slots=True)
class Offer:
    """One deduction worth considering: at which node, for what, how often it happened."""

    node: str
    reason: str
    count: int


def offered_deductions(session: Session, case: Evaluation) -> tuple[Offer, ...]:
    """Return what lateness and correction rounds suggest at each indicator of self-assessment work.

    Empty before a plan was approved, and where the framework has no such indicator.
    """
    if case.framework_id is None:
        return ()
    nodes = [node.code for node in framework_of(session, case).walk() if FLAG in node.flags and node.leaf]
    facts = [(reason, count) for reason, count in _counted(session, case) if count]
    return tuple(Offer(node, reason, count) for node in nodes for reason, count in facts)


def _counted(session: Session, case: Evaluation) -> list[tuple[str, int]]:
    rounds = session.scalars(select(SelfAssessment).where(SelfAssessment.evaluation_id == case.id)).all()
    requests = session.scalars(select(Supplement).where(Supplement.evaluation_id == case.id)).all()
    sent = {r.round for r in requests if r.state is not SupplementState.DRAFT}
    answered_late = [r for r in requests if r.answered_on is not None and r.answered_on > r.due_on]
    return [
        ("自评报送逾期", sum(r.late for r in rounds)),
        ("要求补正的轮次", len(sent)),
        ("补正答复逾期", len(answered_late)),
    ]
