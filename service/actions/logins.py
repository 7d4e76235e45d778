"""Coming in and going out: passwords tried, logins opened, kept alive and ended.

- Only operational rows are written; nothing of an evaluation passes through here.
- A try is counted *before* the password is hashed and forgiven afterwards, so that tries made at the
  same moment cannot pass the limit together. Unknown and known names take the same way.
- The token itself is never stored: `LoginSession.id` is its SHA-256.
- Limits: `FREE` tries without waiting, then growing waits, a quarter of an hour after the fifth (GB/T
  22239 身份鉴别; counted per name, and more generously per address).
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.actions.accounts import password_matches
from service.actions.housekeeping import housekeeping
from service.errors import NotPermittedError, Problem
from service.extensions import db
from service.models.operational import LoginAttempt, LoginSession
from service.models.organisation import Account
from service.queries.logins import IDLE, digest_of

ABSOLUTE = timedelta(hours=12)
TOUCH = timedelta(seconds=60)
LOCK = timedelta(minutes=15)
FORGET = timedelta(days=1)
FREE = 2
LIMIT = 5
ADDRESS_LIMIT = 30
SESSIONS = 2
MAX_PASSWORD = 200
TOKEN_BYTES = 32
REFUSED = "登录名或密码不对"
log = logging.getLogger("service.security")


class LockedError(NotPermittedError):
    """Too many wrong passwords for this name or address; `seconds` until the next try is looked at."""

    code = "locked"
    title = "尝试过多，暂不能登录"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        wait = f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"
        super().__init__(Problem("密码错误次数过多", cure=f"请 {wait}后再试，或请安全管理员核实"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a request comes from: network address, name of the program, token it already holds."""

    address: str
    agent: str = ""
    token: str = ""


def log_in(login: str, password: str, visitor: Visitor, *, at: datetime) -> str:
    """Return the token of a new login; the visitor's former one is ended.

    Raises:
        NotPermittedError: name or password is wrong; not said which.
        LockedError: too many wrong tries; the password was not looked at.
    """
    keys = {_key("name", login.strip()): LIMIT, _key("address", visitor.address): ADDRESS_LIMIT}
    _count(keys, at=at)
    account = _proven(login.strip(), password)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with housekeeping() as session:
        _forgive(session, *keys)
        _open(session, session.get_one(Account, account), token, visitor, at=at)
    log.info("login account=%s", account)
    return token


def _proven(login: str, password: str) -> str:
    """Return the account id if the password is its; takes as long when there is no such account."""
    session = db.session()
    account = session.scalar(select(Account).where(Account.login == login, Account.active))
    # Nobody's password is this long, and hashing what a stranger sends without end would cost.
    typed = password if len(password) <= MAX_PASSWORD else ""
    if not password_matches(account, typed) or account is None:
        log.info("login refused")
        raise NotPermittedError(REFUSED)
    return account.id


def prove_again(token: str, password: str, address: str, *, at: datetime) -> None:
    """The login counts as proven at this moment; wrong passwords count as at the door.

    Raises:
        NotPermittedError: the password is not that of the login's account.
        LockedError: too many wrong tries.
    """
    row = db.session().get(LoginSession, digest_of(token))
    account = db.session().get(Account, row.account_id) if row is not None else None
    name = account.login if account is not None else ""
    keys = {_key("name", name): LIMIT, _key("address", address): ADDRESS_LIMIT}
    _count(keys, at=at)
    _proven(name, password)
    with housekeeping() as session:
        _forgive(session, *keys)
        held = session.get(LoginSession, digest_of(token))
        if held is not None:
            held.authenticated_at = at


def log_out(token: str) -> None:
    """The login is ended: its cookie opens nothing any more."""
    with housekeeping() as session:
        session.execute(delete(LoginSession).where(LoginSession.id == digest_of(token)))


def keep_alive(token: str, *, seen_at: datetime, at: datetime) -> None:
    """The login counts as used now; written at most once a minute."""
    if at - seen_at < TOUCH:
        return
    with housekeeping() as session:
        row = session.get(LoginSession, digest_of(token))
        if row is not None:
            row.seen_at = at


def _key(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _count(keys: dict[str, int], *, at: datetime) -> None:
    """Count one more failure under every key, or refuse if one is blocked; retried once on a race."""
    try:
        _count_once(keys, at=at)
    except IntegrityError:
        _count_once(keys, at=at)


def _count_once(keys: dict[str, int], *, at: datetime) -> None:
    with housekeeping() as session:
        session.execute(delete(LoginAttempt).where(LoginAttempt.last_at < at - FORGET))
        found = {key: session.get(LoginAttempt, key, with_for_update=True) for key in sorted(keys)}
        waits = [row.blocked_until for row in found.values() if row is not None and row.blocked_until]
        if waits and max(waits) > at:
            log.info("login blocked")
            raise LockedError(-(-int((max(waits) - at).total_seconds() * 1000) // 1000) or 1)
        for key, limit in keys.items():
            _one_more(session, found[key], key, limit, at=at)


def _one_more(session: Session, row: LoginAttempt | None, key: str, limit: int, *, at: datetime) -> None:
    if row is None:
        row = LoginAttempt(key=key, failures=0, last_at=at)
        session.add(row)
    if at - row.last_at >= LOCK:
        row.failures = 0
    row.failures += 1
    row.last_at = at
    row.blocked_until = at + _wait(row.failures, limit)


def _wait(failures: int, limit: int) -> timedelta:
    """Return how long the next try is refused after so many failures in a row."""
    if failures >= limit:
        return LOCK
    return timedelta(seconds=2 ** (failures - FREE)) if failures > FREE and limit == LIMIT else timedelta(0)


def _forgive(session: Session, name: str, address: str) -> None:
    """The name's tries are forgotten; the address's only by this one, or a stranger could wash his off."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == name))
    row = session.get(LoginAttempt, address, with_for_update=True)
    if row is not None:
        row.failures -= 1
        if row.failures < ADDRESS_LIMIT:
            row.blocked_until = None


def _open(session: Session, account: Account, token: str, visitor: Visitor, *, at: datetime) -> None:
    session.execute(
        delete(LoginSession).where(
            (LoginSession.expires_at <= at)
            | (LoginSession.seen_at <= at - IDLE)
            | (LoginSession.id == digest_of(visitor.token))
        )
    )
    mine = select(LoginSession.id).where(LoginSession.account_id == account.id)
    older = session.scalars(mine.order_by(LoginSession.created_at.desc()).offset(SESSIONS - 1)).all()
    session.execute(delete(LoginSession).where(LoginSession.id.in_(older)))
    session.add(
        LoginSession(
            id=digest_of(token),
            account_id=account.id,
            created_at=at,
            seen_at=at,
            expires_at=at + ABSOLUTE,
            authenticated_at=at,
            address=visitor.address[:64],
            agent=visitor.agent[:300],
            data={"epoch": account.epoch},
        )
    )
