"""Organisations and the accounts of the people who work there."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Audited, Base
from service.models.types import Day, EnumText, UtcDateTime
from service.workflow.roles import Role


class GrantState(StrEnum):
    """How far a grant of a role has come."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REVOKED = "revoked"


class Organisation(Audited, Base):
    """A unit, department, bureau or agency; `code` is unique in the instance."""

    __tablename__ = "organisation"
    code: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class Account(Audited, Base):
    """A person's account, named by duty; the password hash never enters the log."""

    __tablename__ = "account"
    login: Mapped[str] = mapped_column(String(80), unique=True)
    duty: Mapped[str] = mapped_column(String(80))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"))
    division: Mapped[str] = mapped_column(String(80), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="", info={"audit": "skip"})
    factor: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    epoch: Mapped[int] = mapped_column(default=0)


class ApiToken(Audited, Base):
    """A bearer token of one account for programs: what for, until when; only its digest is kept.

    `scopes` are names of `service.queries.tokens.Scope` joined by blanks; the digest never enters the log.
    """

    __tablename__ = "api_token"
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), unique=True, info={"audit": "skip"})
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_on: Mapped[date] = mapped_column(Day)
    revoked: Mapped[bool] = mapped_column(default=False)


class RoleGrant(Audited, Base):
    """A role held by an account for one evaluation, one organisation or the instance."""

    __tablename__ = "role_grant"
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(EnumText(Role))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"))
    evaluation_id: Mapped[str | None] = mapped_column(ForeignKey("evaluation.id"), index=True)
    state: Mapped[GrantState] = mapped_column(EnumText(GrantState), default=GrantState.PROPOSED)
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    until: Mapped[date | None] = mapped_column(Day)


class Revocation(Audited, Base):
    """The end of one confirmed grant, proposed by one person; `done` once another has confirmed it.

    Decided and not `done` means it was rejected and the grant goes on.
    """

    __tablename__ = "revocation"
    grant_id: Mapped[str] = mapped_column(ForeignKey("role_grant.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), info={"audit": "commit"})
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    done: Mapped[bool] = mapped_column(default=False)


class Handover(Audited, Base):
    """All duties of a leaver, proposed by one person and passed on when another confirms.

    With `confirmed_by` and not `done` that other person has rejected it.
    """

    __tablename__ = "handover"
    leaver: Mapped[str] = mapped_column(ForeignKey("account.id"))
    successor: Mapped[str] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(500), info={"audit": "commit"})
    proposed_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    done: Mapped[bool] = mapped_column(default=False)


class ConflictDeclaration(Audited, Base):
    """What a person declared about interests before the first work on a case (回避)."""

    __tablename__ = "conflict_declaration"
    __table_args__ = (UniqueConstraint("evaluation_id", "account_id"),)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluation.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    conflict: Mapped[bool]
    statement: Mapped[str] = mapped_column(String(500), info={"audit": "commit"})
    overridden_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    override_reason: Mapped[str] = mapped_column(String(500), default="")
