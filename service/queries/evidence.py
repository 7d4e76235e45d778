"""Reads of evidence, its versions and its links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink, EvidenceVersion
from service.queries.once import once


@once
def pieces_with_links(session: Session, case: Evaluation) -> Mapping[Evidence, Sequence[EvidenceLink]]:
    """Return every piece of evidence, void ones too, with its links in force; both as they were made."""
    query = (
        select(Evidence, EvidenceLink)
        .outerjoin(EvidenceLink, (EvidenceLink.evidence_id == Evidence.id) & EvidenceLink.void.is_(False))
        .where(Evidence.evaluation_id == case.id)
        .order_by(Evidence.id, EvidenceLink.id)
    )
    found: dict[Evidence, list[EvidenceLink]] = {}
    for piece, link in session.execute(query):
        found.setdefault(piece, []).extend([link] if link is not None else [])
    return found


@once
def versions_of(session: Session, case: Evaluation) -> Sequence[EvidenceVersion]:
    """Return every version of every piece of evidence in the case, by number."""
    query = (
        select(EvidenceVersion)
        .join(Evidence, Evidence.id == EvidenceVersion.evidence_id)
        .where(Evidence.evaluation_id == case.id)
        .order_by(EvidenceVersion.number, EvidenceVersion.id)
    )
    return session.scalars(query).all()


def newest_versions(session: Session, case: Evaluation) -> Mapping[str, EvidenceVersion]:
    """Return the newest version of every piece of evidence, by the id of the piece."""
    return {version.evidence_id: version for version in versions_of(session, case)}


@once
def linked_evidence(session: Session, case: Evaluation) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the codes of live evidence by (kind of target, target), in order of code."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for piece, links in sorted(pieces_with_links(session, case).items(), key=lambda pair: pair[0].code):
        for link in links if not piece.void else ():
            place = link.target_kind, link.target
            found[place] = (*found.get(place, ()), piece.code)
    return found
