"""Accounts, roles and the hand-over of a leaver's duties.

- Passwords are kept as argon2 hashes and never enter the log.
- Nobody grants anything to himself; a grant proposed by one person is confirmed by another.
- 三员 (SA, SE, AA) exclude one another and every business role.
- A grant outside any case is refused for what no profile allows; what only a city forbids is refused
  at the acts in a city's case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.transaction import Actor, Transaction, transaction
from service.errors import InvalidError, NotFoundError, Problem
from service.models.organisation import Account, GrantState, Handover, Organisation, RoleGrant
from service.passwords import STANDARD, PasswordPolicy, demand_good
from service.queries.people import INSTANCE_ROLES, PART_OF_ROLE, held_alone, instance_roles
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy
from service.workflow.machine import plan
from service.workflow.roles import Role

HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account named by duty; its `password` is as good as every new one."""

    login: str
    duty: str
    password: str
    organisation: str | None = None
    division: str = ""


def hash_password(password: str, known: tuple[str, ...] = (), policy: PasswordPolicy = STANDARD) -> str:
    """Return the argon2id hash of a password that is good under `policy`.

    Args:
        known: what anybody knows of the account.

    Raises:
        InvalidError: saying why it is refused.
    """
    demand_good(password, known, policy, path="password")
    return HASHER.hash(password)


def password_matches(account: Account | None, password: str) -> bool:
    """Return whether the password is the account's; takes as long when there is no account."""
    stored = account.password_hash if account else _DUMMY_HASH
    return digest_matches(stored, password) and account is not None


def digest_matches(digest: str, password: str) -> bool:
    """Return whether the argon2 hash is that of the password."""
    try:
        return HASHER.verify(digest, password)
    except (VerificationError, InvalidHashError):
        return False


_DUMMY_HASH = HASHER.hash("no account has this password")


@contextmanager
def instance_action(
    actor: Actor, action: Action, *, reason: str = "", given: Callable[[Session], Mapping[str, Any]]
) -> Iterator[Transaction]:
    """Run one act outside any case under the rule table; committed with its entry.

    Args:
        given: facts by `Facts` field name, read inside the transaction.

    Raises:
        NotPermittedError, ActionRefusedError: as the table says.
    """
    with transaction(actor, action, reason=reason) as tx:
        roles = instance_roles(tx.session, actor.person, today=tx.on)
        known = {"reason_given": bool(reason.strip()), **given(tx.session)}
        known["policy"] = Policy.COUNTY
        plan(None, None, None, action, roles, Facts(**known))
        yield tx


def create_organisation(actor: Actor, *, code: str, name: str) -> str:
    """Return the id of the organisation; one that exists under this code is returned as it is."""
    missing = _empty({"单位编码": code, "单位名称": name})
    given = {"target_missing": missing}
    with instance_action(actor, Action.ACCOUNT_CREATE, reason=name, given=lambda _: given) as tx:
        found = tx.session.scalar(select(Organisation).where(Organisation.code == code))
        if found is None:
            found = Organisation(code=code, name=name)
            tx.add(found)
            tx.session.flush()
        return found.id


def create_account(actor: Actor, command: NewAccount, policy: PasswordPolicy = STANDARD) -> str:
    """Return the id of the new account, which has no role yet.

    Raises:
        InvalidError: if the login is taken or the password is not good under `policy`.
    """
    digest = hash_password(command.password, (command.login, command.duty), policy)

    def given(session: Session) -> dict[str, Any]:
        home = command.organisation
        missing = _empty({"登录名": command.login, "职责名称": command.duty})
        return {"target_missing": (*missing, *_no_organisation(session, home))}

    with instance_action(actor, Action.ACCOUNT_CREATE, reason=command.duty, given=given) as tx:
        if tx.session.scalar(select(Account).where(Account.login == command.login)):
            raise InvalidError(Problem("登录名已有人使用", path="login", value=command.login))
        account = Account(
            login=command.login,
            duty=command.duty,
            organisation_id=command.organisation,
            division=command.division,
            password_hash=digest,
        )
        tx.add(account)
        tx.session.flush()
        return account.id


def disable_account(actor: Actor, *, account: str, reason: str) -> None:
    """The account opens nothing any more; its sessions end at the next request.

    Raises:
        ActionRefusedError: for oneself, without a reason, for the last administrator of his kind.
    """

    def given(session: Session) -> dict[str, Any]:
        left = tuple(f"另一名{role.label}" for role in held_alone(session, account))
        return {"target_is_actor": account == actor.person, "target_missing": left}

    with instance_action(actor, Action.ACCOUNT_DISABLE, reason=reason, given=given) as tx:
        row = _account(tx.session, account)
        row.active = False
        row.epoch += 1


def propose_grant(
    actor: Actor,
    *,
    account: str,
    role: Role,
    organisation: str | None = None,
    evaluation: str | None = None,
    until: date | None = None,
) -> str:
    """Return the id of a grant that waits for another person's confirmation.

    Args:
        until: the last day it counts; None is without end.

    Raises:
        InvalidError: that day has passed.
        ActionRefusedError: for oneself, or if duties that exclude each other would be mixed.
    """

    def given(session: Session) -> dict[str, Any]:
        return {
            "target_is_actor": account == actor.person,
            "target_roles": held_roles(session, account) | {role},
            "target_missing": (
                *_not_active(session, account),
                *_misplaced(role, organisation, evaluation),
                *_no_organisation(session, organisation),
            ),
        }

    with instance_action(actor, Action.GRANT_PROPOSE, reason=role.label, given=given) as tx:
        if until is not None and until < tx.on:
            allowed = f"{tx.on.isoformat()} 或以后"
            raise InvalidError(
                Problem("到期日已过", path="until", value=until.isoformat(), allowed=allowed, cure="改到期日")
            )
        grant = RoleGrant(
            account_id=_account(tx.session, account).id,
            role=role,
            organisation_id=organisation,
            evaluation_id=evaluation,
            proposed_by=actor.person,
            until=until,
        )
        tx.add(grant)
        tx.session.flush()
        return grant.id


def confirm_grant(actor: Actor, *, grant: str, fresh: bool) -> None:
    """The role is held from now on; open sessions of the account must log in anew.

    Args:
        fresh: whether the confirmer proved himself again within five minutes.
    """

    def given(session: Session) -> dict[str, Any]:
        row = session.get(RoleGrant, grant)
        waiting = row is not None and row.state is GrantState.PROPOSED
        return {
            "target_open": waiting,
            "target_mine": row is not None and row.proposed_by == actor.person,
            "target_is_actor": row is not None and row.account_id == actor.person,
            "target_roles": held_roles(session, row.account_id) | {row.role} if row else frozenset(),
            "reauth_fresh": fresh,
        }

    with instance_action(actor, Action.GRANT_CONFIRM, given=given) as tx:
        row = tx.session.get_one(RoleGrant, grant)
        row.state, row.confirmed_by = GrantState.CONFIRMED, actor.person
        _account(tx.session, row.account_id).epoch += 1


def propose_handover(actor: Actor, *, leaver: str, successor: str, reason: str) -> str:
    """Return the id of a hand-over of all duties that waits for the security administrator."""
    given = _handover_facts(actor, leaver, successor)
    with instance_action(actor, Action.DUTIES_PROPOSE_HANDOVER, reason=reason, given=given) as tx:
        row = Handover(leaver=leaver, successor=successor, reason=reason, proposed_by=actor.person)
        tx.add(row)
        tx.session.flush()
        return row.id


def hand_over(actor: Actor, *, handover: str, fresh: bool) -> int:
    """Return how many duties passed to the successor in this one act; the leaver is disabled.

    Raises:
        ActionRefusedError: if proposer, leaver or successor confirms, or duties would clash.
    """

    def given(session: Session) -> dict[str, Any]:
        row = session.get(Handover, handover)
        if row is None:
            return {}
        facts = _handover_facts(actor, row.leaver, row.successor)(session)
        mine = row.proposed_by == actor.person
        return {**facts, "target_open": row.confirmed_by is None, "target_mine": mine, "reauth_fresh": fresh}

    with instance_action(actor, Action.DUTIES_HANDOVER, given=given) as tx:
        row = tx.session.get_one(Handover, handover)
        row.done, row.confirmed_by = True, actor.person
        old, new = _account(tx.session, row.leaver), _account(tx.session, row.successor)
        grants = _confirmed_grants(tx.session, old.id)
        for grant in grants:
            grant.state = GrantState.REVOKED
            tx.add(_copy(grant, new.id, actor.person))
        old.active = False
        old.epoch += 1
        new.epoch += 1
        return len(grants)


def _handover_facts(actor: Actor, leaver: str, successor: str) -> Callable[[Session], dict[str, Any]]:
    def given(session: Session) -> dict[str, Any]:
        return {
            "target_is_actor": actor.person in {leaver, successor},
            "target_roles": held_roles(session, leaver) | held_roles(session, successor),
            "target_missing": (
                *_not_active(session, leaver),
                *_not_active(session, successor),
                *(("另一个人作接任人",) if leaver == successor else ()),
            ),
        }

    return given


def _empty(words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, text in words.items() if not text.strip())


def _not_active(session: Session, account: str) -> tuple[str, ...]:
    row = session.get(Account, account)
    return () if row is not None and row.active else ("可用的账号",)


def _no_organisation(session: Session, organisation: str | None) -> tuple[str, ...]:
    known = organisation is None or session.get(Organisation, organisation) is not None
    return () if known else ("已登记的单位",)


def _misplaced(role: Role, organisation: str | None, evaluation: str | None) -> tuple[str, ...]:
    """Return why a duty does not belong where it is proposed: with a case, at an organisation, everywhere."""
    if evaluation is not None:
        return ()
    if role in INSTANCE_ROLES:
        return () if organisation is None else (f"不限单位（{role.label}在全实例任职）",)
    if role not in PART_OF_ROLE:
        return (f"所在的评价（{role.label}在评价里安排）",)
    return () if organisation is not None else ("所在单位",)


def _confirmed_grants(session: Session, account: str) -> list[RoleGrant]:
    query = select(RoleGrant).where(RoleGrant.account_id == account, RoleGrant.state == GrantState.CONFIRMED)
    return list(session.scalars(query))


def _copy(grant: RoleGrant, account: str, by: str) -> RoleGrant:
    return RoleGrant(
        account_id=account,
        role=grant.role,
        organisation_id=grant.organisation_id,
        evaluation_id=grant.evaluation_id,
        state=GrantState.CONFIRMED,
        proposed_by=grant.proposed_by,
        confirmed_by=by,
        until=grant.until,
    )


def held_roles(session: Session, account: str) -> frozenset[Role]:
    """Return every role granted or proposed to the account anywhere and not revoked."""
    query = select(RoleGrant.role).where(
        RoleGrant.account_id == account, RoleGrant.state != GrantState.REVOKED
    )
    return frozenset(session.scalars(query))


def _account(session: Session, account: str) -> Account:
    row = session.get(Account, account)
    if row is None:
        raise NotFoundError(Problem("没有这个账号", value=account))
    return row
