"""How somebody proves who he is besides his password. Nothing here enters the log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import ID_LENGTH, Base, Operational, new_id
from service.models.types import UtcDateTime


class SecondFactor(Operational, Base):
    """The secret of one account's one-time codes, sealed; `last_step` is the newest step accepted.

    It counts only once `confirmed_at` is set: a secret nobody has shown a code of locks nobody out.
    """

    __tablename__ = "second_factor"
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(300))
    last_step: Mapped[int] = mapped_column(Integer, default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RetiredPassword(Operational, Base):
    """The hash of a password its owner replaced at `retired_at`; "" where earlier ones may come back."""

    __tablename__ = "retired_password"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    digest: Mapped[str] = mapped_column(String(200))
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Operational, Base):
    """One code that stands in for a lost device once; only its digest is kept."""

    __tablename__ = "recovery_code"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
