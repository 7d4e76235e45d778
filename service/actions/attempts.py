"""Wrong tries counted and slowed down, at the door and wherever somebody proves himself again.

- A try is counted *before* the secret is looked at and forgiven afterwards, so that tries made at the
  same moment cannot pass the limit together.
- Limits: `FREE` tries without waiting, then growing waits, a quarter of an hour after the fifth (GB/T
  22239 身份鉴别).
- At the door the name and, more generously, the address count; who is logged in proves himself under a
  key of his own, so that a stranger who knocks in his name cannot keep him from his work.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.actions.housekeeping import housekeeping
from service.errors import NotPermittedError, Problem
from service.models.operational import LoginAttempt

LOCK = timedelta(minutes=15)
FORGET = timedelta(days=1)
FREE = 2
LIMIT = 5
ADDRESS_LIMIT = 30
log = logging.getLogger("service.security")


class LockedError(NotPermittedError):
    """Too many wrong tries for this name or address; `seconds` until the next one is looked at."""

    code = "locked"
    title = "尝试过多，暂不能登录"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        wait = f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"
        super().__init__(Problem("密码或动态口令错误次数过多", cure=f"请 {wait}后再试，或请安全管理员核实"))


def key_of(kind: str, text: str) -> str:
    """Return the key tries are counted under: `kind` and the digest of a name, account or address."""
    return f"{kind}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def keys_of(account: str, login: str) -> tuple[str, str, str]:
    """Return every key one account's tries are counted under."""
    return key_of("name", login), key_of("proof", account), key_of("code", account)


def count(keys: dict[str, int], *, at: datetime) -> None:
    """One more failure counts under every key, each with its limit; retried once on a race.

    Raises:
        LockedError: one of them is blocked now; nothing was counted.
    """
    try:
        _count_once(keys, at=at)
    except IntegrityError:
        _count_once(keys, at=at)


def forgive(session: Session, key: str) -> None:
    """The tries under this key are forgotten."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == key))


def forgive_one(session: Session, key: str) -> None:
    """One try under this key is forgotten, not all: a stranger could wash off the address's otherwise."""
    row = session.get(LoginAttempt, key, with_for_update=True)
    if row is not None:
        row.failures -= 1
        if row.failures < ADDRESS_LIMIT:
            row.blocked_until = None


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
