"""One-time codes (RFC 6238, six digits, thirty seconds) and the recovery codes that stand in for a device.

- A code counts once: the newest step accepted is raised by compare-and-set, an older one never comes back.
- One step before and after the present is accepted, for clocks that are a little off.
- A secret counts only after a first right code; recovery codes are shown once and kept as digests.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from service.actions.accounts import held_roles, instance_action
from service.actions.attempts import LIMIT, count, forgive, key_of
from service.actions.housekeeping import housekeeping
from service.actions.own import own_action
from service.actions.sealing import Box
from service.actions.transaction import Actor
from service.errors import ActionRefusedError, InvalidError, NotFoundError, NotPermittedError, Problem
from service.extensions import db
from service.models.identity import RecoveryCode, SecondFactor
from service.models.organisation import Account
from service.workflow.actions import Action
from service.workflow.roles import Role

STEP = 30
DIGITS = 6
AROUND = (0, -1, 1)
RECOVERY_CODES = 8
RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
RECOVERY_LENGTH = 16
ISSUER = "评迹"
WRONG = "动态口令不对或已用过；请等下一个口令"


def code_at(secret: str, step: int) -> str:
    """Return the code of one step of thirty seconds since 1970."""
    return TOTP(secret, digits=DIGITS, interval=STEP).generate_otp(step)


def matching_step(secret: str, code: str, *, at: datetime) -> int | None:
    """Return the step now or next to it whose code this is; None if it is none."""
    now = int(at.timestamp()) // STEP
    typed = "".join(code.split()).encode("utf-8", "surrogatepass")
    steps = [now + n for n in AROUND if hmac.compare_digest(code_at(secret, now + n).encode(), typed)]
    return steps[0] if steps else None


def accept_code(account: str, code: str, box: Box, *, at: datetime) -> bool:
    """Say whether the code is the account's and was never used; it is used up now."""
    row = db.session().get(SecondFactor, account, populate_existing=True)
    if row is None or row.confirmed_at is None:
        return False
    step = matching_step(box.open(row.sealed, account), code, at=at)
    return _used_up(account, step) if step is not None else _recovered(account, code)


def _used_up(account: str, step: int) -> bool:
    with housekeeping() as session:
        newer = update(SecondFactor).where(SecondFactor.account_id == account, SecondFactor.last_step < step)
        return _touched(session.execute(newer.values(last_step=step))) == 1


def _recovered(account: str, code: str) -> bool:
    mine = (RecoveryCode.account_id == account) & (RecoveryCode.digest == recovery_digest(account, code))
    with housekeeping() as session:
        return _touched(session.execute(delete(RecoveryCode).where(mine))) == 1


def _touched(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def recovery_digest(account: str, code: str) -> str:
    """Return what a recovery code is kept as; 79 random bits need no slow hash."""
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return hashlib.sha256(f"{account}:{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def start_factor(account: str, box: Box) -> None:
    """A new secret waits for its first code; the codes in use, if any, are not touched.

    Raises:
        ActionRefusedError: codes are in use; they have to be ended first.
    """
    sealed = box.seal(random_base32(), account)
    with housekeeping() as session:
        row = session.get(SecondFactor, account, with_for_update=True)
        if row is not None and row.confirmed_at is not None:
            raise ActionRefusedError("动态口令已启用；须先停用才能重新设置")
        if row is not None:
            session.delete(row)
            session.flush()
        session.add(SecondFactor(account_id=account, sealed=sealed))


def pending_secret(account: str, box: Box) -> str:
    """Return the secret that waits for its first code.

    Raises:
        NotFoundError: none waits.
    """
    row = db.session().get(SecondFactor, account)
    if row is None or row.confirmed_at is not None:
        raise NotFoundError("没有待启用的动态口令")
    return box.open(row.sealed, account)


def address_of(secret: str, login: str) -> str:
    """Return what the QR code says to the device."""
    return TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=login, issuer_name=ISSUER)


def confirm_factor(actor: Actor, code: str, box: Box, *, fresh: bool, at: datetime) -> tuple[str, ...]:
    """Return the recovery codes; from now on the account is let in by password and code.

    Raises:
        InvalidError: the code is not that of the secret that waits.
        ActionRefusedError: no fresh proof of identity.
        LockedError: too many wrong codes.
    """
    key = key_of("code", actor.person)
    secret = pending_secret(actor.person, box)
    count({key: LIMIT}, at=at)
    step = matching_step(secret, code, at=at)
    if step is None:
        raise InvalidError(Problem(WRONG, path="code", cure="核对设备的时间是否准确"))
    with own_action(actor, Action.ACCOUNT_SET_FACTOR, fresh=fresh) as tx:
        row = tx.session.get_one(SecondFactor, actor.person, with_for_update=True)
        row.confirmed_at, row.last_step = at, step
        tx.session.get_one(Account, actor.person).factor = True
        codes = _new_codes(tx.session, actor.person)
        forgive(tx.session, key)
    return codes


def renew_recovery_codes(actor: Actor, *, fresh: bool) -> tuple[str, ...]:
    """Return new recovery codes; the old ones open nothing any more."""
    with own_action(actor, Action.ACCOUNT_SET_FACTOR, fresh=fresh, reason="更换备用口令") as tx:
        if not tx.session.get_one(Account, actor.person).factor:
            raise ActionRefusedError("尚未启用动态口令")
        return _new_codes(tx.session, actor.person)


def end_factor(actor: Actor, *, fresh: bool, demanded: bool) -> None:
    """The account is let in by password alone; refused to whom the instance demands codes of."""
    if demanded:
        raise NotPermittedError("本职责必须使用动态口令，不能停用")
    with own_action(actor, Action.ACCOUNT_SET_FACTOR, fresh=fresh, reason="停用动态口令") as tx:
        _forget(tx.session, actor.person)


def reset_factor(actor: Actor, *, account: str, reason: str, fresh: bool) -> None:
    """Somebody's lost codes are cleared and his logins ended, by the security administrator."""
    facts = {"target_is_actor": account == actor.person, "reauth_fresh": fresh}
    with instance_action(actor, Action.ACCOUNT_RESET_FACTOR, reason=reason, given=lambda _: facts) as tx:
        _forget(tx.session, account).epoch += 1


def _forget(session: Session, account: str) -> Account:
    row = session.get(Account, account)
    if row is None:
        raise NotFoundError(Problem("没有这个账号", value=account))
    row.factor = False
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account))
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account))
    return row


def _new_codes(session: Session, account: str) -> tuple[str, ...]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account))
    plain = [
        "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    session.add_all(RecoveryCode(digest=recovery_digest(account, each), account_id=account) for each in plain)
    return tuple("-".join(each[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for each in plain)


def recovery_codes_left(account: str) -> int:
    """Return how many recovery codes are unused."""
    found = db.session().scalars(select(RecoveryCode.digest).where(RecoveryCode.account_id == account))
    return len(found.all())


def roles_held(account: str) -> frozenset[Role]:
    """Return every role given or proposed to the account; what it may demand codes for."""
    return held_roles(db.session(), account)
