"""The draft sent for opinions, the opinions, and what became of each."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import Day, EnumText, JsonText


class DispositionVerdict(StrEnum):
    """Whether an opinion was accepted."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"accepted": "采纳", "partial": "部分采纳", "rejected": "不采纳"}[self.value]


class DraftIssue(Audited, Base):
    """One 征求意见稿: what points and total it showed, when it went out and until when it may be answered."""

    __tablename__ = "draft_issue"
    __table_args__ = (UniqueConstraint("evaluation_id", "number"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    number: Mapped[int]
    issued_on: Mapped[date] = mapped_column(Day)
    due_on: Mapped[date] = mapped_column(Day)
    issued_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    total: Mapped[str | None] = mapped_column(String(40))
    sheet_sha256: Mapped[str] = mapped_column(String(64))
    awarded: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)


class Opinion(Audited, Base):
    """One opinion, or the recorded event that none came in time (never a consent)."""

    __tablename__ = "opinion"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    lapsed: Mapped[bool] = mapped_column(default=False)
    agrees: Mapped[bool] = mapped_column(default=False)
    node: Mapped[str] = mapped_column(String(60), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    received_on: Mapped[date] = mapped_column(Day)
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))


class Disposition(Audited, Base):
    """What the team proposes to do with an opinion and who confirmed it."""

    __tablename__ = "disposition"
    opinion_id: Mapped[str] = mapped_column(ForeignKey("opinion.id"), unique=True)
    verdict: Mapped[DispositionVerdict] = mapped_column(EnumText(DispositionVerdict))
    reason: Mapped[str] = mapped_column(Text)
    effect: Mapped[str] = mapped_column(Text, default="")
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
