"""All evidence of a case with its versions and what it speaks for; and one version to hand out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.evidence.kinds import MediaKind
from service.evidence.preview import DRAWN
from service.models.evaluation import Evaluation
from service.queries.evidence import pieces_with_links, versions_of
from service.queries.names import duties
from service.queries.sheet import framework_of
from service.workflow.stages import Stage

TARGETS = {
    "node": "指标",
    "deduction": "扣分",
    "adjustment": "裁量调整",
    "finding": "核查发现",
    "stage": "阶段",
    "paper": "线下登记",
    "opinion": "意见",
    "supplement": "补正",
}


SCORED = frozenset({"deduction", "adjustment"})
"""Kinds of link that say something of the team's scores."""
_STAGES = {stage.value: stage.label for stage in Stage}


@dataclass(frozen=True, slots=True)
class VersionShown:
    """One stored version; size in bytes, author by duty."""

    number: int
    filename: str
    media: str
    size: int
    sha256: str
    author: str

    @property
    def drawn(self) -> bool:
        """Return whether there is a picture of it."""
        return MediaKind(self.media) in DRAWN


@dataclass(frozen=True, slots=True)
class LinkShown:
    """What a piece speaks for: kind as stored and in Chinese, the thing's code and name."""

    key: str
    kind: str
    target: str
    name: str


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """One piece of evidence, newest version first."""

    code: str
    name: str
    kind: str
    source: str
    proves: str
    period: str
    stage: str
    stand_in: bool
    void: bool
    void_reason: str
    versions: tuple[VersionShown, ...]
    links: tuple[LinkShown, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the codes of the indicators it is linked to."""
        return tuple(link.target for link in self.links if link.key == "node")


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """What a download needs: the bytes' name in the store and the name to save them under."""

    sha256: str
    filename: str
    size: int
    media: str


def evidence_room(session: Session, case: Evaluation, *, scores: bool = False) -> tuple[EvidenceShown, ...]:
    """Return all evidence of the case in the order it was added, void pieces too.

    Args:
        scores: whether links to deductions and adjustments may be shown.
    """
    versions, links = _versions(session, case), _links(session, case, scores=scores)
    return tuple(
        EvidenceShown(
            code=e.code,
            name=e.name,
            kind=e.klass,
            source=e.source,
            proves=e.proves,
            period=e.period,
            stage=e.stage.label,
            stand_in=e.stand_in,
            void=e.void,
            void_reason=e.void_reason,
            versions=tuple(versions.get(e.id, ())),
            links=tuple(links.get(e.id, ())),
        )
        for e in pieces_with_links(session, case)
    )


def _versions(session: Session, case: Evaluation) -> dict[str, list[VersionShown]]:
    authors = duties(session)
    found: dict[str, list[VersionShown]] = {}
    for v in reversed(versions_of(session, case)):
        shown = VersionShown(v.number, v.filename, v.media, v.size, v.sha256, authors.get(v.author, ""))
        found.setdefault(v.evidence_id, []).append(shown)
    return found


def _links(session: Session, case: Evaluation, *, scores: bool) -> dict[str, list[LinkShown]]:
    names = node_names(session, case)
    found: dict[str, list[LinkShown]] = {}
    for link in chain.from_iterable(pieces_with_links(session, case).values()):
        if link.target_kind in SCORED and not scores:
            continue
        kind, target, name = link.target_kind, link.target, ""
        if kind == "node":
            name = names.get(target, "")
        elif kind == "stage":
            target = _STAGES.get(target, target)
        shown = LinkShown(kind, TARGETS.get(kind, kind), target, name)
        found.setdefault(link.evidence_id, []).append(shown)
    return found


def node_names(session: Session, case: Evaluation) -> dict[str, str]:
    """Return the name of every indicator of the case by code, in order; empty before there is a plan."""
    if case.framework_id is None:
        return {}
    return {node.code: node.name for node in framework_of(session, case).walk()}


def evidence_version(session: Session, case: Evaluation, code: str, number: int) -> StoredVersion:
    """Return one version of a piece of evidence of this case.

    Raises:
        NotFoundError: this case has no such piece or version.
    """
    pieces = {piece.id for piece in pieces_with_links(session, case) if piece.code == code}
    versions = (v for v in versions_of(session, case) if v.evidence_id in pieces and v.number == number)
    found = next(versions, None)
    if found is None:
        raise NotFoundError("没有这份材料")
    return StoredVersion(found.sha256, found.filename, found.size, found.media)
