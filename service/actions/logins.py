"""Coming in and going out: passwords and one-time codes tried, logins opened, kept alive and ended.

- Only operational rows are written; nothing of an evaluation passes through here.
- Unknown and known names take the same way, and tries are counted before they are looked at (`attempts`).
- The token itself is never stored: `LoginSession.id` is its SHA-256. A login gets a new one whenever what
  it may do grows: at the door, after the code, with every fresh proof of identity.
- Who has set up one-time codes is let in by password *and* code: between the two there is a challenge,
  which opens nothing, ends after five minutes or five wrong codes, and is used once.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.actions import attempts
from service.actions.accounts import held_roles, password_matches
from service.actions.attempts import ADDRESS_LIMIT, LIMIT, key_of
from service.actions.factors import accept_code
from service.actions.housekeeping import housekeeping
from service.actions.sealing import Box
from service.errors import NotPermittedError
from service.extensions import db
from service.models.operational import LoginSession
from service.models.organisation import Account
from service.passwords import MAX_PASSWORD, STANDARD, PasswordPolicy
from service.queries.logins import IDLE, digest_of, is_stale
from service.settings import Settings
from service.workflow.roles import ADMINISTRATOR_ROLES, Role

ABSOLUTE = timedelta(hours=12)
TOUCH = timedelta(seconds=60)
CHALLENGE = timedelta(minutes=5)
CODE_TRIES = 5
ADMINISTRATOR_IDLE = timedelta(minutes=10)
SESSIONS = 2
TOKEN_BYTES = 32
REFUSED = "登录名或密码不对"
WRONG_CODE = "动态口令不对或已用过"
OVER = "验证已过期，请重新登录"
DEMANDED = ADMINISTRATOR_ROLES | {Role.EL, Role.FO, Role.FR, Role.FA, Role.AU}
"""Who must use one-time codes on a live instance; on a demo everybody may."""
log = logging.getLogger("service.security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a request comes from: network address, name of the program, token it already holds."""

    address: str
    agent: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The rules of one instance: who must use one-time codes, sealed in which box, and good passwords."""

    box: Box
    demanded: frozenset[Role] = frozenset()
    passwords: PasswordPolicy = STANDARD


def house_of(settings: Settings) -> House:
    """Return how an instance lets people in: a demo demands one-time codes of nobody."""
    demanded = frozenset() if settings.demo else DEMANDED
    return House(box=Box(settings.secret_key), demanded=demanded, passwords=settings.passwords)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a right password gives: a token; `waits` if it opens nothing before the one-time code."""

    token: str
    account: str
    waits: bool = False


def log_in(login: str, password: str, visitor: Visitor, house: House, *, at: datetime) -> Entered:
    """Return the token of a new login, or of a challenge; the visitor's former login is ended.

    Raises:
        NotPermittedError: name or password is wrong; not said which.
        LockedError: too many wrong tries; the password was not looked at.
    """
    name, address = key_of("name", login.strip()), key_of("address", visitor.address)
    attempts.count({name: LIMIT, address: ADDRESS_LIMIT}, at=at)
    account = _proven(login.strip(), password)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with housekeeping() as session:
        attempts.forgive(session, name)
        attempts.forgive_one(session, address)
        row = session.get_one(Account, account)
        _clear(session, visitor, at=at)
        waits = row.factor
        if waits:
            session.add(_row(row, token, visitor, at=at, until=CHALLENGE, data={"tries": 0}))
        else:
            _open(session, row, token, visitor, house, at=at)
    log.info("%s account=%s", "challenge" if waits else "login", account)
    return Entered(token, account, waits)


def pass_challenge(token: str, code: str, visitor: Visitor, house: House, *, at: datetime) -> Entered:
    """Return the token of a new login after the right one-time or recovery code; the challenge is used up.

    Raises:
        ChallengeOverError: there is no such challenge any more.
        NotPermittedError: the code is wrong or was used.
        LockedError: too many wrong codes for the account.
    """
    account = _one_more_try(token, at=at)
    key = key_of("code", account)
    attempts.count({key: LIMIT}, at=at)
    if not accept_code(account, code, house.box, at=at):
        log.info("code refused account=%s", account)
        raise NotPermittedError(WRONG_CODE)
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    with housekeeping() as session:
        attempts.forgive(session, key)
        session.execute(delete(LoginSession).where(LoginSession.id == digest_of(token)))
        _open(session, session.get_one(Account, account), fresh, visitor, house, at=at)
    log.info("login account=%s", account)
    return Entered(fresh, account)


class ChallengeOverError(NotPermittedError):
    """The challenge between password and code has ended; the password is asked for again."""

    code = "challenge_over"


def _one_more_try(token: str, *, at: datetime) -> str:
    """Return whose challenge this is, one try counted; the sixth ends it."""
    with housekeeping() as session:
        row = session.get(LoginSession, digest_of(token), with_for_update=True)
        account = session.get(Account, row.account_id) if row is not None else None
        alive = row is not None and account is not None and "tries" in row.data and row.expires_at > at
        if row is None or account is None or not alive or not account.active:
            owner = ""
        elif row.data["tries"] >= CODE_TRIES or row.data["epoch"] != account.epoch:
            session.delete(row)
            owner = ""
        else:
            row.data = row.data | {"tries": row.data["tries"] + 1}
            owner = account.id
    if not owner:
        raise ChallengeOverError(OVER)
    return owner


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


def prove_again(token: str, password: str, code: str, house: House, *, at: datetime) -> str:
    """Return the login's new token; it counts as proven at this moment, the old token opens nothing.

    Raises:
        NotPermittedError: password or code is not that of the login's account.
        LockedError: too many wrong tries.
    """
    prove(_owner(token).id, password, code, house, at=at)
    return rotate(token, house, at=at)


def prove(account: str, password: str, code: str, house: House, *, at: datetime) -> None:
    """The account's password, and its one-time code if it uses them, were shown at this moment.

    Raises:
        NotPermittedError: one of them is wrong.
        LockedError: too many wrong tries.
    """
    row = db.session().get_one(Account, account)
    key = key_of("proof", account)
    attempts.count({key: LIMIT}, at=at)
    _proven(row.login, password)
    if row.factor and not accept_code(account, code, house.box, at=at):
        raise NotPermittedError(WRONG_CODE)
    with housekeeping() as session:
        attempts.forgive(session, key)


def _owner(token: str) -> Account:
    row = db.session().get(LoginSession, digest_of(token))
    account = db.session().get(Account, row.account_id) if row is not None else None
    if account is None:
        raise NotPermittedError("登录已失效")
    return account


def rotate(token: str, house: House, *, at: datetime) -> str:
    """Return a new token for the same login, proven at this moment, on the terms the account has now."""
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    with housekeeping() as session:
        row = session.get(LoginSession, digest_of(token), with_for_update=True)
        if row is None:
            raise NotPermittedError("登录已失效")
        account = session.get_one(Account, row.account_id)
        kept = {
            name: getattr(row, name)
            for name in ("account_id", "created_at", "expires_at", "address", "agent")
        }
        session.delete(row)
        session.flush()
        terms = _terms(session, account, house, at=at)
        session.add(LoginSession(**kept, id=digest_of(fresh), seen_at=at, authenticated_at=at, data=terms))
    return fresh


def log_out(token: str) -> None:
    """The login is ended: its cookie opens nothing any more."""
    with housekeeping() as session:
        session.execute(delete(LoginSession).where(LoginSession.id == digest_of(token)))


def end_login(account: str, login: str) -> None:
    """The login with this id is ended if it is the account's own."""
    with housekeeping() as session:
        mine = (LoginSession.id == login) & (LoginSession.account_id == account)
        session.execute(delete(LoginSession).where(mine))


def keep_alive(token: str, *, seen_at: datetime, at: datetime) -> None:
    """The login counts as used now; written at most once a minute."""
    if at - seen_at < TOUCH:
        return
    with housekeeping() as session:
        row = session.get(LoginSession, digest_of(token))
        if row is not None:
            row.seen_at = at


def _clear(session: Session, visitor: Visitor, *, at: datetime) -> None:
    """What has ended by itself and what the visitor held before are gone."""
    session.execute(
        delete(LoginSession).where(
            (LoginSession.expires_at <= at)
            | (LoginSession.seen_at <= at - IDLE)
            | (LoginSession.id == digest_of(visitor.token))
        )
    )


def _open(
    session: Session, account: Account, token: str, visitor: Visitor, house: House, *, at: datetime
) -> None:
    terms = _terms(session, account, house, at=at)
    mine = select(LoginSession).where(LoginSession.account_id == account.id)
    rows = session.scalars(mine.order_by(LoginSession.created_at.desc(), LoginSession.id)).all()
    held = [row for row in rows if "tries" not in row.data]
    for row in held[terms["parallel"] - 1 :]:
        session.delete(row)
    session.add(_row(account, token, visitor, at=at, until=ABSOLUTE, data=terms))


def _terms(session: Session, account: Account, house: House, *, at: datetime) -> dict[str, Any]:
    """Return how long a login may rest, how many there may be, and what has to be done before all else."""
    roles = held_roles(session, account.id)
    administers = bool(roles & ADMINISTRATOR_ROLES)
    return {
        "epoch": account.epoch,
        "idle": int((ADMINISTRATOR_IDLE if administers else IDLE).total_seconds()),
        "parallel": 1 if administers else SESSIONS,
        "due": bool(roles & house.demanded) and not account.factor,
        "stale": is_stale(session, account.id, house.passwords, at=at),
    }


def _row(
    account: Account, token: str, visitor: Visitor, *, at: datetime, until: timedelta, data: dict[str, Any]
) -> LoginSession:
    return LoginSession(
        id=digest_of(token),
        account_id=account.id,
        created_at=at,
        seen_at=at,
        expires_at=at + until,
        authenticated_at=at,
        address=visitor.address[:64],
        agent=visitor.agent[:300],
        data={"epoch": account.epoch, **data},
    )
