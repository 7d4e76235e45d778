"""The first people of an instance: they exist before anybody could have let them in.

- Only an instance without accounts can be founded; afterwards every account needs SA and every grant SE.
- The entry names the system administrator himself as actor: nobody stood above him yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from service.actions.accounts import hash_password
from service.actions.transaction import Actor, Transaction, transaction
from service.errors import ActionRefusedError
from service.models.base import new_id
from service.models.organisation import Account, GrantState, RoleGrant
from service.workflow.actions import Action
from service.workflow.roles import Role


@dataclass(frozen=True, slots=True)
class Founder:
    """One of the first people: login, duty, role and password."""

    login: str
    duty: str
    role: Role
    password: str


def found_instance(founders: tuple[Founder, ...]) -> Mapping[str, str]:
    """Return login → account id of the founders, who now hold their instance roles.

    Args:
        founders: the system administrator first; at least one SA and one SE, so that every later
            grant has two pairs of eyes.

    Raises:
        ActionRefusedError: if accounts exist already, or SA or SE is missing.
    """
    roles = [f.role for f in founders]
    if not founders or roles[0] is not Role.SA or Role.SE not in roles:
        raise ActionRefusedError("初始化须同时设立系统管理员和安全管理员")
    ids = {f.login: new_id() for f in founders}
    first = Actor(account=ids[founders[0].login], name=founders[0].duty, roles=frozenset({Role.SA}))
    digests = {f.login: hash_password(f.password, (f.login, f.duty)) for f in founders}
    with transaction(first, Action.ACCOUNT_CREATE, reason="初始化") as tx:
        if tx.session.scalar(select(Account.id).limit(1)):
            raise ActionRefusedError("实例里已有账号，不能再次初始化")
        for founder in founders:
            _let_in(tx, founder, ids[founder.login], digests[founder.login], by=first.account)
    return ids


def _let_in(tx: Transaction, founder: Founder, account: str, digest: str, *, by: str) -> None:
    tx.add(Account(id=account, login=founder.login, duty=founder.duty, password_hash=digest))
    tx.session.flush()
    tx.add(
        RoleGrant(
            account_id=account,
            role=founder.role,
            state=GrantState.CONFIRMED,
            proposed_by=by,
            confirmed_by=by,
        )
    )
