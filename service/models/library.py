"""The library of indicator frameworks (指标体系库): numbered versions of an organisation."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import EnumText, Exact, JsonText


class LibraryState(StrEnum):
    """How far a version of the library has come; only an approved one is offered to new plans."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _LABELS[self]


_LABELS = {
    LibraryState.PROPOSED: "草拟",
    LibraryState.APPROVED: "已批准",
    LibraryState.RETURNED: "已退回",
    LibraryState.RETIRED: "停用",
}


class LibraryFramework(Audited, Base):
    """One numbered version in an organisation's library; `framework_id` leads to its text and SHA-256.

    `leaves` and `max` (分) are the framework's, kept so that a list need not read every text.

    The text is the row plans adopt, so that a case and the library cite the same bytes. `number` counts
    the versions of one code within one organisation from 1, `note` is the proposer's, `decision` the
    reason of a return or retirement.
    """

    __tablename__ = "library_framework"
    __table_args__ = (UniqueConstraint("organisation_id", "code", "number"),)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    framework_id: Mapped[str] = mapped_column(ForeignKey("framework_version.id"))
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    number: Mapped[int]
    year: Mapped[str] = mapped_column(String(20), default="")
    area: Mapped[str] = mapped_column(String(80), default="")
    kind: Mapped[str] = mapped_column(String(80), default="")
    leaves: Mapped[int]
    max: Mapped[str | None] = mapped_column(Exact)
    note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[LibraryState] = mapped_column(EnumText(LibraryState), default=LibraryState.PROPOSED)
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    decision: Mapped[str] = mapped_column(Text, default="")


class RuleVerdict(StrEnum):
    """What a person did with a proposed rule."""

    CONFIRMED = "confirmed"
    REPLACED = "replaced"
    REOPENED = "reopened"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"confirmed": "确认采用", "replaced": "改定", "reopened": "去掉规则"}[self.value]


class RuleDecision(Audited, Base):
    """What a person decided on the rule proposed for one leaf of an indicator table; never changed.

    `book` and `book_sha256` name the table's file, `place` the cell of the wording; `proposed` and `adopted`
    are plain rules, None where there was or is none.
    """

    __tablename__ = "rule_decision"
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    book: Mapped[str] = mapped_column(String(300))
    book_sha256: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(120))
    node: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(300))
    wording: Mapped[str] = mapped_column(Text)
    proposed: Mapped[dict[str, Any] | None] = mapped_column(JsonText)
    adopted: Mapped[dict[str, Any] | None] = mapped_column(JsonText)
    verdict: Mapped[RuleVerdict] = mapped_column(EnumText(RuleVerdict))
    decided_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
