"""Evidence: what it is, its versions, and what it is linked to."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import EnumText
from service.workflow.stages import Stage


class Evidence(Audited, Base):
    """One piece of evidence; a newer version supersedes, nothing is overwritten."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(300))
    klass: Mapped[str] = mapped_column(String(40), default="")
    source: Mapped[str] = mapped_column(String(300), default="")
    proves: Mapped[str] = mapped_column(String(500), default="")
    period: Mapped[str] = mapped_column(String(80), default="")
    stage: Mapped[Stage] = mapped_column(EnumText(Stage))
    stand_in: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))
    void: Mapped[bool] = mapped_column(default=False)
    void_reason: Mapped[str] = mapped_column(String(300), default="")


class EvidenceVersion(Audited, Base):
    """The bytes of one version, named by their sha256 in the store."""

    __tablename__ = "evidence_version"
    __table_args__ = (UniqueConstraint("evidence_id", "number"),)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    sm3: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(BigInteger)
    media: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(300), info={"audit": "commit"})
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))


class EvidenceLink(Audited, Base):
    """That a piece of evidence speaks for a node, deduction, finding, stage or paper."""

    __tablename__ = "evidence_link"
    __table_args__ = (UniqueConstraint("evidence_id", "target_kind", "target"),)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    target_kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(80))
    void: Mapped[bool] = mapped_column(default=False)
