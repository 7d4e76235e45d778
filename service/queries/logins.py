"""Who a login belongs to, asked on every request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.operational import LoginSession
from service.models.organisation import Account, Organisation

IDLE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Login:
    """A login that is good now: whose, since when, last used and last proven by password when (UTC).

    `factor`: the account uses one-time codes; `due`: it has to set them up before anything else.
    """

    id: str
    account: str
    name: str
    duty: str
    organisation: str
    since: datetime
    seen_at: datetime
    proven_at: datetime
    factor: bool
    due: bool
    idle: timedelta


@dataclass(frozen=True, slots=True)
class LoginShown:
    """One login of an account as its owner sees it."""

    id: str
    since: datetime
    seen_at: datetime
    address: str
    agent: str


def digest_of(token: str) -> str:
    """Return the SHA-256 a token is stored under, in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def login_of(session: Session, token: str, *, at: datetime) -> Login | None:
    """Return the login of this token, None if it is unknown, idle, too old, or the account changed.

    A change of the account's duties or its disabling raises its epoch and so ends its logins.
    """
    query = (
        select(LoginSession, Account, Organisation.name)
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .where(LoginSession.id == digest_of(token), Account.active)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, account, organisation = found
    if not _good(row, account, at=at):
        return None
    return Login(
        id=row.id,
        account=account.id,
        name=account.login,
        duty=account.duty,
        organisation=organisation or "",
        since=row.created_at,
        seen_at=row.seen_at,
        proven_at=row.authenticated_at or row.created_at,
        factor=account.factor,
        due=bool(row.data.get("due")),
        idle=_idle(row),
    )


def logins_of(session: Session, account: str, *, at: datetime) -> list[LoginShown]:
    """Return the account's logins that are good now, the newest first."""
    query = (
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(Account.id == account)
        .order_by(LoginSession.created_at.desc(), LoginSession.id)
    )
    rows = [row for row, owner in session.execute(query) if _good(row, owner, at=at)]
    return [LoginShown(row.id, row.created_at, row.seen_at, row.address, row.agent) for row in rows]


def _idle(row: LoginSession) -> timedelta:
    return timedelta(seconds=row.data.get("idle", IDLE.total_seconds()))


def _good(row: LoginSession, account: Account, *, at: datetime) -> bool:
    """Say whether this is a login, not a challenge, within its times, and the account did not change."""
    challenge = "tries" in row.data
    rested = row.seen_at <= at - _idle(row)
    return not challenge and not rested and row.expires_at > at and row.data.get("epoch") == account.epoch
