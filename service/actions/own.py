"""What everybody does to his own account: change the password, set up one-time codes; and its unlocking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions import attempts
from service.actions.accounts import HASHER, digest_matches, held_roles, instance_action, password_matches
from service.actions.transaction import Actor, Transaction, transaction
from service.errors import InvalidError, NotFoundError, NotPermittedError, Problem
from service.extensions import db
from service.models.identity import RetiredPassword
from service.models.organisation import Account, Organisation
from service.passwords import STANDARD, PasswordPolicy, demand_good
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy
from service.workflow.machine import plan
from service.workflow.roles import Role

WRONG_OLD = "现在的密码不对"


@contextmanager
def own_action(actor: Actor, action: Action, *, fresh: bool, reason: str = "") -> Iterator[Transaction]:
    """Run one act of a person on his own account; committed with its entry.

    Every role he was given or proposed counts, also one for a single case. Who holds none yet minds his
    account all the same: these acts are everybody's.

    Raises:
        ActionRefusedError: without a fresh proof of identity.
    """
    with transaction(actor, action, reason=reason) as tx:
        roles = held_roles(tx.session, actor.person) or frozenset(Role)
        plan(None, None, None, action, roles, Facts(reauth_fresh=fresh, policy=Policy.COUNTY))
        yield tx


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What is typed for a new password: the present one, the new one, the new one once more."""

    old: str
    new: str
    again: str


def change_password(
    actor: Actor, typed: NewPassword, policy: PasswordPolicy = STANDARD, *, at: datetime
) -> None:
    """The account has a new password; every login of it is ended.

    Raises:
        NotPermittedError: the old password is wrong.
        InvalidError: the new one is typed differently twice, too weak, or one used before.
        LockedError: too many wrong tries.
    """
    key = attempts.key_of("proof", actor.person)
    attempts.count({key: attempts.LIMIT}, at=at)
    if not password_matches(db.session().get(Account, actor.person), typed.old):
        raise NotPermittedError(Problem(WRONG_OLD, path="old"))
    digest = HASHER.hash(_accepted(db.session(), actor.person, typed, policy))
    with own_action(actor, Action.ACCOUNT_CHANGE_PASSWORD, fresh=True) as tx:
        attempts.forgive(tx.session, key)
        row = tx.session.get_one(Account, actor.person)
        _retire(tx.session, row, policy, at=at)
        row.password_hash = digest
        row.epoch += 1


def _accepted(session: Session, account: str, typed: NewPassword, policy: PasswordPolicy) -> str:
    if typed.new != typed.again:
        raise InvalidError(Problem("两次输入的新密码不一致", path="again"))
    if typed.new == typed.old:
        raise InvalidError(Problem("新密码与现在的相同", path="new"))
    demand_good(typed.new, known_of(session, account), policy)
    earlier = _retired(session, account)[: policy.history]
    if any(digest_matches(row.digest, typed.new) for row in earlier if row.digest):
        raise InvalidError(Problem(f"新密码与最近 {policy.history} 个密码之一相同", path="new"))
    return typed.new


def _retired(session: Session, account: str) -> list[RetiredPassword]:
    query = select(RetiredPassword).where(RetiredPassword.account_id == account)
    return list(session.scalars(query.order_by(RetiredPassword.retired_at.desc(), RetiredPassword.id)))


def _retire(session: Session, account: Account, policy: PasswordPolicy, *, at: datetime) -> None:
    """The present password counts as replaced now; no more are remembered than the policy asks for."""
    digest = account.password_hash if policy.history else ""
    for row in _retired(session, account.id)[max(0, policy.history - 1) :]:
        session.delete(row)
    session.add(RetiredPassword(account_id=account.id, digest=digest, retired_at=at))


def known_of(session: Session, account: str) -> tuple[str, ...]:
    """Return what anybody knows of an account: login, duty, organisation."""
    query = (
        select(Account.login, Account.duty, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .where(Account.id == account)
    )
    found = session.execute(query).one_or_none()
    return tuple(str(part) for part in found if part) if found is not None else ()


def unlock(actor: Actor, *, login: str, reason: str) -> str:
    """Return the id of the account whose wrong tries are forgotten, by the security administrator.

    Raises:
        NotFoundError: no such active account.
    """
    account = db.session().scalar(select(Account).where(Account.login == login, Account.active))
    if account is None:
        raise NotFoundError(Problem("没有这个可用的账号", path="login", value=login))
    target, keys = account.id, attempts.keys_of(account.id, account.login)
    facts = {"target_is_actor": target == actor.person}
    with instance_action(actor, Action.ACCOUNT_UNLOCK, reason=reason, given=lambda _: facts) as tx:
        for key in keys:
            attempts.forgive(tx.session, key)
    return target
