"""What everybody does to his own account: change the password, set up one-time codes; and its unlocking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions import attempts
from service.actions.accounts import HASHER, held_roles, instance_action, password_matches
from service.actions.passwords import demand_good
from service.actions.transaction import Actor, Transaction, transaction
from service.errors import InvalidError, NotFoundError, NotPermittedError, Problem
from service.extensions import db
from service.models.organisation import Account, Organisation
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy
from service.workflow.machine import plan

WRONG_OLD = "现在的密码不对"


@contextmanager
def own_action(actor: Actor, action: Action, *, fresh: bool, reason: str = "") -> Iterator[Transaction]:
    """Run one act of a person on his own account; committed with its entry.

    Every role he was given or proposed counts, also one for a single case.

    Raises:
        NotPermittedError: he holds no role at all.
        ActionRefusedError: without a fresh proof of identity.
    """
    with transaction(actor, action, reason=reason) as tx:
        roles = held_roles(tx.session, actor.person)
        plan(None, None, None, action, roles, Facts(reauth_fresh=fresh, policy=Policy.COUNTY))
        yield tx


def change_password(actor: Actor, *, old: str, new: str, again: str, at: datetime) -> None:
    """The account has a new password; every login of it is ended.

    Raises:
        NotPermittedError: the old password is wrong.
        InvalidError: the new one is typed differently twice, too weak, or the old one.
        LockedError: too many wrong tries.
    """
    key = attempts.key_of("proof", actor.person)
    attempts.count({key: attempts.LIMIT}, at=at)
    if not password_matches(db.session().get(Account, actor.person), old):
        raise NotPermittedError(Problem(WRONG_OLD, path="old"))
    digest = HASHER.hash(_accepted(old, new, again, known_of(db.session(), actor.person)))
    with own_action(actor, Action.ACCOUNT_CHANGE_PASSWORD, fresh=True) as tx:
        attempts.forgive(tx.session, key)
        row = tx.session.get_one(Account, actor.person)
        row.password_hash = digest
        row.epoch += 1


def _accepted(old: str, new: str, again: str, known: tuple[str, ...]) -> str:
    if new != again:
        raise InvalidError(Problem("两次输入的新密码不一致", path="again"))
    if new == old:
        raise InvalidError(Problem("新密码与现在的相同", path="new"))
    demand_good(new, known)
    return new


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
