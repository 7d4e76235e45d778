"""报告模板: layouts an organisation made in Word, as numbered versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.library import LibraryState
from service.models.types import EnumText, JsonText


class ReportTemplate(Audited, Base):
    """One numbered version of an organisation's template; the file lies in the store under `sha256`.

    `number` counts the versions of one name within one organisation from 1. `prints` names the parts of a
    report the layout has places for. `note` is the proposer's, `decision` the reason of a return or
    retirement. A version is never changed; a case keeps the one it chose whatever becomes of it.
    """

    __tablename__ = "report_template"
    __table_args__ = (UniqueConstraint("organisation_id", "name", "number"),)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    number: Mapped[int]
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    prints: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[LibraryState] = mapped_column(EnumText(LibraryState), default=LibraryState.PROPOSED)
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    decision: Mapped[str] = mapped_column(Text, default="")
