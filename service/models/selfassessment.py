"""What the evaluated unit says of itself: claims per node and their submission."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import Day, EnumText, Exact, JsonText


class SelfState(StrEnum):
    """How far the self-assessment of one round has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    REVIEWED = "reviewed"
    RETURNED = "returned"


class SelfAssessment(Audited, Base):
    """One round of self-assessment; `late` compares the business date with the due date."""

    __tablename__ = "self_assessment"
    __table_args__ = (UniqueConstraint("evaluation_id", "round"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    round: Mapped[int]
    state: Mapped[SelfState] = mapped_column(EnumText(SelfState), default=SelfState.DRAFT)
    claimed_total: Mapped[str | None] = mapped_column(Exact)
    claimed_grade: Mapped[str] = mapped_column(String(20), default="")
    body: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)
    submitted_on: Mapped[date | None] = mapped_column(Day)
    submitted_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    opened: Mapped[bool] = mapped_column(default=False)
    late: Mapped[bool] = mapped_column(default=False)
    edited_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class Claim(Audited, Base):
    """One line of the 自评表: target, actual, points claimed and why it deviates."""

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("evaluation_id", "node"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    node: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(300), default="")
    actual: Mapped[str] = mapped_column(String(300), default="")
    points: Mapped[str | None] = mapped_column(Exact)
    deviation: Mapped[str] = mapped_column(Text, default="")
