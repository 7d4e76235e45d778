"""The words of the report, its frozen versions, and the acts that approve them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import Day, EnumText, JsonText


class ReportState(StrEnum):
    """How far a report version has come."""

    FROZEN = "frozen"
    SIGNED = "signed"
    SUPERSEDED = "superseded"


class SignatureState(StrEnum):
    """How an approval was given."""

    ELECTRONIC = "electronic"
    PAPER = "paper"
    NONE = "none"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"electronic": "电子签章", "paper": "纸质用印", "none": "未用印"}[self.value]


class Narrative(Audited, Base):
    """One piece of the report's text: a section, a list item or a free table."""

    __tablename__ = "narrative"
    __table_args__ = (UniqueConstraint("evaluation_id", "kind", "section"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    section: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))


class ReportVersion(Audited, Base):
    """A frozen report: what the signer saw, and after signing what was signed."""

    __tablename__ = "report_version"
    __table_args__ = (UniqueConstraint("evaluation_id", "number"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    number: Mapped[int]
    state: Mapped[ReportState] = mapped_column(EnumText(ReportState), default=ReportState.FROZEN)
    profile: Mapped[str] = mapped_column(String(80))
    template_sha256: Mapped[str] = mapped_column(String(64), default="")
    total: Mapped[str | None] = mapped_column(String(80))
    total_scaled: Mapped[int | None] = mapped_column(BigInteger)
    grade: Mapped[str] = mapped_column(String(20), default="")
    snapshot_sha256: Mapped[str] = mapped_column(String(64))
    docx_sha256: Mapped[str] = mapped_column(String(64))
    frozen_sha256: Mapped[str] = mapped_column(String(64))
    final_sha256: Mapped[str | None] = mapped_column(String(64))
    media: Mapped[str] = mapped_column(String(10), default="pdf")
    pages: Mapped[int] = mapped_column(default=0)
    frozen_on: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = mapped_column(Text, default="")
    findings: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    waivers: Mapped[list[Any]] = mapped_column(JsonText, default=list, info={"of": "report_waiver"})
    requested_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class ReportWaiver(Audited, Base):
    """签认: one finding of the checkers on the report is left as it is, with a reason.

    `finding` is the SHA-256 of what the finding says; a changed word or figure makes another finding, which
    this row no longer covers.
    """

    __tablename__ = "report_waiver"
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    finding: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(10))
    place: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    expected: Mapped[str] = mapped_column(Text, default="")
    actual: Mapped[str] = mapped_column(Text, default="")
    formula: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text)
    waived_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    on: Mapped[date] = mapped_column(Day)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_on: Mapped[date | None] = mapped_column(Day)


class PublicCopy(Audited, Base):
    """公开版 of one report version, as handed out: its digest and everything that was hidden in it.

    What was hidden stands here as chosen: sections and indicators by id, parties by their part, amounts by
    code or kind (``*`` all), single words.
    """

    __tablename__ = "public_copy"
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("report_version.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    template_sha256: Mapped[str] = mapped_column(String(64), default="")
    hidden_sections: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    hidden_nodes: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    hidden_parties: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    hidden_amounts: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    hidden_words: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    taken_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    on: Mapped[date] = mapped_column(Day)


class ArchivePackage(Audited, Base):
    """An archive package as handed out: its digest, how long it is kept, which checkpoint covers it."""

    __tablename__ = "archive_package"
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    retention: Mapped[str] = mapped_column(String(40))
    files: Mapped[int]
    log_size: Mapped[int] = mapped_column(BigInteger)
    taken_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    on: Mapped[date] = mapped_column(Day)


class Approval(Audited, Base):
    """That a person approved something, on which day, having seen which bytes."""

    __tablename__ = "approval"
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    part: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    report_id: Mapped[str | None] = mapped_column(ForeignKey("report_version.id"))
    seen_sha256: Mapped[str] = mapped_column(String(64), default="")
    on: Mapped[date] = mapped_column(Day)
    signature: Mapped[SignatureState] = mapped_column(EnumText(SignatureState), default=SignatureState.NONE)
    note: Mapped[str] = mapped_column(Text, default="")
    void: Mapped[bool] = mapped_column(default=False)


class PaperAct(Audited, Base):
    """线下登记: an act done on paper, registered by one person for another."""

    __tablename__ = "paper_act"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60))
    document_no: Mapped[str] = mapped_column(String(120), default="")
    form_code: Mapped[str] = mapped_column(String(60), default="")
    document_on: Mapped[date] = mapped_column(Day)
    for_account: Mapped[str] = mapped_column(ForeignKey("account.id"))
    registered_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"))
