"""Measured results and the reasons for which points are taken or restored."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import EnumText, Exact, JsonText
from service.workflow.stages import Stage


class ReasonState(StrEnum):
    """How far a deduction or adjustment has come; only `SUBMITTED` counts."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PENDING = "pending"
    WITHDRAWN = "withdrawn"


class LeafResult(Audited, Base):
    """What was measured or judged at one node of one sheet, in the plain form of FORMAT.md."""

    __tablename__ = "leaf_result"
    __table_args__ = (UniqueConstraint("evaluation_id", "sheet", "node"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    sheet: Mapped[str] = mapped_column(String(60), default="")
    node: Mapped[str] = mapped_column(String(60))
    stage: Mapped[Stage] = mapped_column(EnumText(Stage))
    data: Mapped[dict[str, Any]] = mapped_column(JsonText, info={"audit": "inline"})
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))


class ScoreReason:
    """Columns shared by everything that moves points away from full marks."""

    sheet: Mapped[str] = mapped_column(String(60), default="")
    code: Mapped[str] = mapped_column(String(40))
    node: Mapped[str] = mapped_column(String(60))
    stage: Mapped[Stage] = mapped_column(EnumText(Stage))
    reason: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(String(300), default="")
    no_evidence: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[ReasonState] = mapped_column(EnumText(ReasonState), default=ReasonState.DRAFT)
    origin: Mapped[str] = mapped_column(String(40), default="")
    asked_by: Mapped[str] = mapped_column(String(120), default="")
    paper: Mapped[str] = mapped_column(String(200), default="")


class Deduction(ScoreReason, Audited, Base):
    """Points lost at a node, or added when `bonus`; `amount` None means 来源未载."""

    __tablename__ = "deduction"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[str | None] = mapped_column(Exact)
    bonus: Mapped[bool] = mapped_column(default=False)
    revises: Mapped[str | None] = mapped_column(ForeignKey("deduction.id"))


class Adjustment(ScoreReason, Audited, Base):
    """裁量调整: the team awards something else than the rule gives, with its ground."""

    __tablename__ = "adjustment"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    author: Mapped[str] = mapped_column(ForeignKey("account.id"))
    target: Mapped[str] = mapped_column(String(20), default="leaf")
    awarded: Mapped[str] = mapped_column(Exact)
    revises: Mapped[str | None] = mapped_column(ForeignKey("adjustment.id"))
