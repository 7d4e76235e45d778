"""Who a login belongs to, asked on every request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.identity import RetiredPassword
from service.models.operational import LoginSession, Preference
from service.models.organisation import Account, Organisation
from service.passwords import PasswordPolicy

IDLE = timedelta(minutes=30)
KEYS = {"next": "J", "previous": "K", "save": "S", "help": "/"}
KEY_NAMES = {"next": "下一项", "previous": "上一项", "save": "保存", "help": "快捷键说明"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How one person wants his pages: whether shortcuts are used, and their keys by act."""

    keys: bool = True
    letters: Mapping[str, str] = field(default_factory=lambda: dict(KEYS))

    @property
    def keys_written(self) -> str:
        """Return the keys as the pages' scripts read them."""
        return " ".join(f"{act}={key}" for act, key in self.letters.items()) if self.keys else "off"

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        """Return every shortcut, its name and key."""
        return (*((KEY_NAMES[act], key) for act, key in self.letters.items()), ("本页的主要操作", "回车"))


@dataclass(frozen=True, slots=True)
class Login:
    """A login that is good now: whose, since when, last used and last proven by password when (UTC).

    `factor`: the account uses one-time codes; `due`: it has to set them up before anything else;
    `stale`: its password has to be changed before anything else.
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
    stale: bool
    idle: timedelta
    until: datetime
    wishes: Wishes

    def left(self, at: datetime, *, used: bool = False) -> int:
        """Return for how many seconds the login is good if nothing more is asked of it; `used`: but now."""
        seen = at if used else self.seen_at
        return max(0, int(min(seen + self.idle - at, self.until - at).total_seconds()))


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
        select(LoginSession, Account, Organisation.name, Preference.data)
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .outerjoin(Preference, Preference.account_id == Account.id)
        .where(LoginSession.id == digest_of(token), Account.active)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, account, organisation, wishes = found
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
        stale=bool(row.data.get("stale")),
        idle=_idle(row),
        until=row.expires_at,
        wishes=wishes_of(wishes or {}),
    )


def wishes_of(data: Mapping[str, Any]) -> Wishes:
    """Return what is stored as wishes; what is not there stays as everybody has it."""
    letters = {act: str(data.get("letters", {}).get(act, key)) for act, key in KEYS.items()}
    return Wishes(keys=bool(data.get("keys", True)), letters=letters)


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


def is_stale(session: Session, account: str, policy: PasswordPolicy, *, at: datetime) -> bool:
    """Say whether the owner has to change his password: he never did, or longer ago than `policy` allows."""
    if not policy.days:
        return False
    query = select(func.max(RetiredPassword.retired_at)).where(RetiredPassword.account_id == account)
    changed = session.scalar(query)
    return changed is None or at - changed >= timedelta(days=policy.days)


def _idle(row: LoginSession) -> timedelta:
    return timedelta(seconds=row.data.get("idle", IDLE.total_seconds()))


def _good(row: LoginSession, account: Account, *, at: datetime) -> bool:
    """Say whether this is a login, not a challenge, within its times, and the account did not change."""
    challenge = "tries" in row.data
    rested = row.seen_at <= at - _idle(row)
    return not challenge and not rested and row.expires_at > at and row.data.get("epoch") == account.epoch
