"""All evidence of a case with its versions and what it speaks for; and one version to hand out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink, EvidenceVersion
from service.models.organisation import Account

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


@dataclass(frozen=True, slots=True)
class VersionShown:
    """One stored version; size in bytes, author by duty."""

    number: int
    filename: str
    media: str
    size: int
    sha256: str
    author: str


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
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """What a download needs: the bytes' name in the store and the name to save them under."""

    sha256: str
    filename: str
    size: int


def evidence_room(session: Session, case: Evaluation) -> tuple[EvidenceShown, ...]:
    """Return all evidence of the case in the order it was added, void pieces too."""
    mine = Evidence.evaluation_id == case.id
    duties = {row.id: row.duty for row in session.execute(select(Account.id, Account.duty))}
    versions: dict[str, list[VersionShown]] = {}
    joined = select(EvidenceVersion).join(Evidence, Evidence.id == EvidenceVersion.evidence_id).where(mine)
    for v in session.scalars(joined.order_by(EvidenceVersion.number.desc())):
        shown = VersionShown(v.number, v.filename, v.media, v.size, v.sha256, duties.get(v.author, ""))
        versions.setdefault(v.evidence_id, []).append(shown)
    links: dict[str, list[tuple[str, str]]] = {}
    linked = select(EvidenceLink).join(Evidence, Evidence.id == EvidenceLink.evidence_id)
    for link in session.scalars(linked.where(mine, EvidenceLink.void.is_(False)).order_by(EvidenceLink.id)):
        kind = TARGETS.get(link.target_kind, link.target_kind)
        links.setdefault(link.evidence_id, []).append((kind, link.target))
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
        for e in session.scalars(select(Evidence).where(mine).order_by(Evidence.id))
    )


def evidence_version(session: Session, case: Evaluation, code: str, number: int) -> StoredVersion:
    """Return one version of a piece of evidence of this case.

    Raises:
        NotFoundError: this case has no such piece or version.
    """
    query = (
        select(EvidenceVersion)
        .join(Evidence, Evidence.id == EvidenceVersion.evidence_id)
        .where(Evidence.evaluation_id == case.id, Evidence.code == code, EvidenceVersion.number == number)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFoundError("没有这份材料")
    return StoredVersion(found.sha256, found.filename, found.size)
