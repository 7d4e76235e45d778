"""The evaluation, its parties, its money and its way through the stages."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import Day, EnumText, JsonText
from service.workflow.kinds import Kind
from service.workflow.stages import Stage, Status

IMPORTING = "importing"
"""Fact of a case while its import runs: the SHA-256 of the case file; gone when the import is closed."""


class StageMode(StrEnum):
    """How a stage was gone through."""

    HELD = "held"
    OFF_SITE = "off_site"
    NOT_HELD = "not_held"


class Evaluation(Audited, Base):
    """One performance evaluation; its stage changes only through `workflow.plan`."""

    __tablename__ = "evaluation"
    code: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[Kind] = mapped_column(EnumText(Kind))
    stage: Mapped[Stage] = mapped_column(EnumText(Stage), default=Stage.SELF_ASSESSMENT)
    status: Mapped[Status] = mapped_column(EnumText(Status), default=Status.DRAFT)
    year: Mapped[str] = mapped_column(String(20))
    subject_kind: Mapped[str] = mapped_column(String(20), default="project")
    subject_name: Mapped[str] = mapped_column(String(300))
    secrecy: Mapped[str] = mapped_column(String(20), default="")
    publicity: Mapped[str] = mapped_column(String(40), default="")
    policy: Mapped[str] = mapped_column(String(20), default="city")
    profile: Mapped[str] = mapped_column(String(80))
    template_id: Mapped[str | None] = mapped_column(ForeignKey("report_template.id"))
    framework_id: Mapped[str | None] = mapped_column(ForeignKey("framework_version.id"))
    self_due_on: Mapped[date | None] = mapped_column(Day)
    scores_submitted: Mapped[bool] = mapped_column(default=False)
    suspend_asked_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    terminate_asked_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    review_passed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    imported: Mapped[bool] = mapped_column(default=False)
    facts: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)

    def read_only_for(self, source: str | None) -> bool:
        """Return whether it was imported and `source` is not the file it is just being imported from."""
        return self.imported and (source is None or source != self.facts.get(IMPORTING))


class Party(Audited, Base):
    """The part an organisation plays in an evaluation."""

    __tablename__ = "party"
    __table_args__ = (UniqueConstraint("evaluation_id", "part", "organisation_id"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    part: Mapped[str] = mapped_column(String(40))


class MoneyFact(Audited, Base):
    """One sum of money of the case, in 分 of yuan and as printed."""

    __tablename__ = "money_fact"
    __table_args__ = (UniqueConstraint("evaluation_id", "code"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    fen: Mapped[int | None] = mapped_column(BigInteger)
    printed: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(300), default="")


class StageTrack(Audited, Base):
    """One passage through a stage: entered, left, how it was held and on what ground."""

    __tablename__ = "stage_track"
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    stage: Mapped[Stage] = mapped_column(EnumText(Stage))
    round: Mapped[int]
    entered_on: Mapped[date] = mapped_column(Day)
    left_on: Mapped[date | None] = mapped_column(Day)
    mode: Mapped[StageMode] = mapped_column(EnumText(StageMode), default=StageMode.HELD)
    ground: Mapped[str] = mapped_column(Text, default="")
    total: Mapped[str | None] = mapped_column(String(40))


class ReturnOrder(Audited, Base):
    """A return to an earlier stage with a reason per item; numbered in the case."""

    __tablename__ = "return_order"
    __table_args__ = (UniqueConstraint("evaluation_id", "number"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    number: Mapped[int]
    from_stage: Mapped[Stage] = mapped_column(EnumText(Stage))
    to_stage: Mapped[Stage] = mapped_column(EnumText(Stage))
    straight_back: Mapped[bool] = mapped_column(default=False)
    items: Mapped[list[Any]] = mapped_column(JsonText)
    by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    on: Mapped[date] = mapped_column(Day)
    resolved_on: Mapped[date | None] = mapped_column(Day)


class Quotation(Audited, Base):
    """A figure somebody else printed, kept as written beside ours; never corrected."""

    __tablename__ = "quotation"
    __table_args__ = (UniqueConstraint("evaluation_id", "path"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))
    printed: Mapped[str] = mapped_column(String(300))
    place: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[dict[str, Any]] = mapped_column(JsonText)
