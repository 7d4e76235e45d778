"""Material review, supplements, visits and findings."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import Day, EnumText, JsonText


class Verdict(StrEnum):
    """What the review says of one required document."""

    COMPLETE = "complete"
    MISSING = "missing"
    MISMATCH = "mismatch"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"complete": "齐全", "missing": "缺", "mismatch": "不符"}[self.value]


class SupplementState(StrEnum):
    """How far a request for correction (补正) has come."""

    DRAFT = "draft"
    SENT = "sent"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


class FindingState(StrEnum):
    """Whether the evaluated unit agreed to a finding."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    OBJECTED = "objected"
    ANSWERED = "answered"
    LAPSED = "lapsed"


class ReviewItem(Audited, Base):
    """The verdict on one document or node in one round of material review."""

    __tablename__ = "review_item"
    __table_args__ = (UniqueConstraint("evaluation_id", "round", "subject"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    round: Mapped[int]
    subject: Mapped[str] = mapped_column(String(200))
    node: Mapped[str] = mapped_column(String(60), default="")
    verdict: Mapped[Verdict] = mapped_column(EnumText(Verdict))
    note: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))


class Supplement(Audited, Base):
    """A request for correction with its items, due date and answer; numbered by round."""

    __tablename__ = "supplement"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    round: Mapped[int]
    mandatory: Mapped[bool] = mapped_column(default=True)
    items: Mapped[list[Any]] = mapped_column(JsonText)
    nodes: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    state: Mapped[SupplementState] = mapped_column(EnumText(SupplementState), default=SupplementState.SENT)
    requested_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    requested_on: Mapped[date] = mapped_column(Day)
    due_on: Mapped[date] = mapped_column(Day)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    answered_on: Mapped[date | None] = mapped_column(Day)


class Visit(Audited, Base):
    """A site visit or interview: date, place, people by duty, method; open until closed.

    `team` lists the accounts of the team that go; nobody else records findings on it.
    """

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    on: Mapped[date | None] = mapped_column(Day)
    on_printed: Mapped[str] = mapped_column(String(80), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    method: Mapped[str] = mapped_column(String(120), default="")
    people: Mapped[str] = mapped_column(String(300), default="", info={"audit": "commit"})
    team: Mapped[list[Any]] = mapped_column(JsonText, default=list, info={"audit": "inline", "of": "account"})
    content: Mapped[str] = mapped_column(Text, default="")
    closed: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))


class Finding(Audited, Base):
    """What was found on a visit and what the evaluated unit says to it."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"))
    code: Mapped[str] = mapped_column(String(40))
    nodes: Mapped[list[Any]] = mapped_column(JsonText)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[FindingState] = mapped_column(EnumText(FindingState), default=FindingState.RECORDED)
    response: Mapped[str] = mapped_column(Text, default="")
    responded_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))
