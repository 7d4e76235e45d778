"""Bearer tokens of programs: what one opens now, and which an account has issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import clock
from service.models.organisation import Account, ApiToken, Organisation
from service.queries.logins import IDLE, Login, Wishes, digest_of

PREFIX = "pj_"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a token last proved a password: it never did, so an act that needs that asks for it."""


class Scope(StrEnum):
    """What a token may be used for, within what its account may do anyway."""

    READ = "read"
    ACT = "act"
    HISTORY = "history"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"read": "查阅", "act": "办理", "history": "查留痕"}[self.value]


@dataclass(frozen=True, slots=True)
class TokenShown:
    """One token as its owner sees it; the token itself is shown once, when it is issued."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    issued_at: datetime
    expires_on: date
    revoked: bool
    expired: bool

    @property
    def good(self) -> bool:
        """Return whether it still opens anything."""
        return not self.revoked and not self.expired


def scopes_of(text: str) -> tuple[Scope, ...]:
    """Return the scopes written in a row."""
    return tuple(Scope(word) for word in text.split())


def token_login(session: Session, token: str, *, at: datetime) -> tuple[Login, frozenset[Scope]] | None:
    """Return whose token this is and its scopes; None if unknown, revoked, expired or its account ended."""
    query = (
        select(ApiToken, Account, Organisation.name)
        .join(Account, Account.id == ApiToken.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .where(ApiToken.digest == digest_of(token), Account.active, ApiToken.revoked.is_(False))
    )
    found = session.execute(query).one_or_none()
    if found is None or clock.local_date(at) > found[0].expires_on:
        return None
    row, account, organisation = found
    login = Login(
        id=row.id,
        account=account.id,
        name=account.login,
        duty=account.duty,
        organisation=organisation or "",
        since=row.issued_at,
        seen_at=at,
        proven_at=NEVER,
        factor=account.factor,
        due=False,
        stale=False,
        idle=IDLE,
        until=at + IDLE,
        wishes=Wishes(),
    )
    return login, frozenset(scopes_of(row.scopes))


def tokens_of(session: Session, account: str, *, today: date) -> list[TokenShown]:
    """Return every token the account has issued, the newest first."""
    query = select(ApiToken).where(ApiToken.account_id == account).order_by(ApiToken.id.desc())
    return [
        TokenShown(
            id=row.id,
            name=row.name,
            scopes=scopes_of(row.scopes),
            issued_at=row.issued_at,
            expires_on=row.expires_on,
            revoked=row.revoked,
            expired=today > row.expires_on,
        )
        for row in session.scalars(query)
    ]
