"""Rows that keep the service running. They belong to nobody's history and may be deleted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import ID_LENGTH, Base, Operational, new_id
from service.models.types import JsonText, UtcDateTime


class JobState(StrEnum):
    """How far a job has come; `PARKED` waits for a person after the last attempt."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


class Job(Operational, Base):
    """Work caused by an act, stored in the same commit; the table is the truth, the broker a bell."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_due", "state", "due_at"),)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(80))
    args: Mapped[dict[str, Any]] = mapped_column(JsonText)
    once_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    evaluation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    account_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    entry_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    state: Mapped[str] = mapped_column(String(16), default=JobState.QUEUED.value)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_by: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress: Mapped[str] = mapped_column(String(300), default="")
    result: Mapped[Any | None] = mapped_column(JsonText)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginSession(Operational, Base):
    """One login of one account; `id` is the digest of the token in the cookie, never the token."""

    __tablename__ = "login_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    authenticated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)


class LoginAttempt(Operational, Base):
    """Failed logins of one name or address in a row, for slowing them down."""

    __tablename__ = "login_attempt"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IdempotencyRecord(Operational, Base):
    """The answer to one request with a key; stored in the commit of what the request did."""

    __tablename__ = "idempotency_record"
    actor_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(80))
    entry_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    result: Mapped[Any | None] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Notice(Operational, Base):
    """One message to one account; `once_key` keeps a reminder from being sent twice."""

    __tablename__ = "notice"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    evaluation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    kind: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(300), default="")
    once_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Draft(Operational, Base):
    """What one account has typed into one form and not yet handed in."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("account_id", "form", "target"),)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    form: Mapped[str] = mapped_column(String(80))
    target: Mapped[str] = mapped_column(String(200), default="")
    evaluation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    base_version: Mapped[int | None] = mapped_column(Integer)
    data: Mapped[dict[str, Any]] = mapped_column(JsonText)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Preference(Operational, Base):
    """How one person wants his pages to be; without a row as everybody has them."""

    __tablename__ = "preference"
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JsonText)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Upload(Operational, Base):
    """A file on its way in, piece by piece; `code` is the evidence it became, "" before it is whole."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    evaluation_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    filename: Mapped[str] = mapped_column(String(300))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    code: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Intake(Operational, Base):
    """Many workbooks or rows handed in at once, by one account; `data` holds the settings and samples."""

    __tablename__ = "intake"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64))
    confirmed: Mapped[bool] = mapped_column(default=False)
    data: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ItemState(StrEnum):
    """How far one workbook or row of an intake has come."""

    WAITING = "waiting"
    READ = "read"
    DONE = "done"
    REFUSED = "refused"


class IntakeItem(Operational, Base):
    """One workbook or row of an intake: what it says, what came of it, what the checks found."""

    __tablename__ = "intake_item"
    __table_args__ = (UniqueConstraint("intake_id", "number"),)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    intake_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    number: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(String(500))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(16), default=ItemState.WAITING.value)
    code: Mapped[str] = mapped_column(String(80), default="")
    title: Mapped[str] = mapped_column(String(300), default="")
    unit: Mapped[str] = mapped_column(String(300), default="")
    evaluation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    hard: Mapped[int] = mapped_column(Integer, default=0)
    doubts: Mapped[int] = mapped_column(Integer, default=0)
    stake: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[str] = mapped_column(String(40), default="")
    checks: Mapped[str] = mapped_column(String(500), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)
