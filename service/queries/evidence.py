"""Reads of evidence and its links."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink


def linked_evidence(session: Session, case: Evaluation) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the codes of live evidence by (kind of target, target), in order of code."""
    query = (
        select(EvidenceLink.target_kind, EvidenceLink.target, Evidence.code)
        .join(Evidence, Evidence.id == EvidenceLink.evidence_id)
        .where(Evidence.evaluation_id == case.id, Evidence.void.is_(False), EvidenceLink.void.is_(False))
        .order_by(Evidence.code)
    )
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, target, code in session.execute(query):
        found[kind, target] = (*found.get((kind, target), ()), code)
    return found
