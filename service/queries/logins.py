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
    """A login that is good now: whose, since when, last used and last proven by password when (UTC)."""

    account: str
    name: str
    duty: str
    organisation: str
    since: datetime
    seen_at: datetime
    proven_at: datetime


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
    if row.expires_at <= at or row.seen_at <= at - IDLE or row.data.get("epoch") != account.epoch:
        return None
    return Login(
        account=account.id,
        name=account.login,
        duty=account.duty,
        organisation=organisation or "",
        since=row.created_at,
        seen_at=row.seen_at,
        proven_at=row.authenticated_at or row.created_at,
    )
