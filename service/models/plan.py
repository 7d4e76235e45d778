"""Frameworks as approved versions, and the plan (方案) that adopts one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import EnumText, JsonText


class DraftState(StrEnum):
    """How far a text that needs approval has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"


class FrameworkVersion(Audited, Base):
    """An indicator framework as YAML text; immutable once `locked`."""

    __tablename__ = "framework_version"
    __table_args__ = (UniqueConstraint("code", "label", "sha256"),)
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    label: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text, info={"audit": "skip", "digest": "sha256"})
    sha256: Mapped[str] = mapped_column(String(64))
    locked: Mapped[bool] = mapped_column(default=False)


class Plan(Audited, Base):
    """The working plan; number 0 is the first, later numbers are amendments."""

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("evaluation_id", "number"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    number: Mapped[int]
    framework_id: Mapped[str] = mapped_column(ForeignKey("framework_version.id"))
    body: Mapped[dict[str, Any]] = mapped_column(JsonText)
    reason: Mapped[str] = mapped_column(Text, default="")
    effect: Mapped[str] = mapped_column(Text, default="")
    panel_opinion: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[DraftState] = mapped_column(EnumText(DraftState), default=DraftState.DRAFT)
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
