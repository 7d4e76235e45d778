"""Tokens by which a program acts as its owner: issued after a fresh proof of identity, revoked at will."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from service import clock
from service.actions.accounts import held_roles
from service.actions.transaction import Actor, transaction
from service.errors import InvalidError, NotFoundError, Problem
from service.models.organisation import ApiToken
from service.queries.logins import digest_of
from service.queries.tokens import PREFIX, Scope
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy
from service.workflow.machine import plan

TOKEN_BYTES = 32
LONGEST = timedelta(days=366)
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class IssueToken:
    """What the token is for: a name its owner knows it by, scopes, last day it is good."""

    name: str
    scopes: tuple[Scope, ...]
    expires_on: date


def issue_token(actor: Actor, command: IssueToken, *, fresh: bool) -> str:
    """Return the new token, which is shown this once; only its digest is kept.

    Raises:
        InvalidError: no name, no scope, or a last day that is past or more than a year away.
        ActionRefusedError: no fresh proof of identity.
    """
    _demand_sound(command, clock.local_date(clock.now()))
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with transaction(actor, Action.ACCOUNT_ISSUE_TOKEN) as tx:
        facts = Facts(reauth_fresh=fresh, policy=Policy.COUNTY)
        plan(None, None, None, tx.action, held_roles(tx.session, actor.person), facts)
        tx.add(
            ApiToken(
                account_id=actor.person,
                name=command.name,
                scopes=" ".join(command.scopes),
                digest=digest_of(token),
                issued_at=tx.now,
                expires_on=command.expires_on,
            )
        )
    return token


def _demand_sound(command: IssueToken, today: date) -> None:
    problems = []
    if not command.name.strip() or len(command.name) > MAX_NAME:
        problems.append(
            Problem("请写明令牌的用途", path="name", value=command.name, allowed=f"1–{MAX_NAME} 字")
        )
    if not command.scopes:
        problems.append(Problem("请至少选一项用途范围", path="scopes"))
    last = today + LONGEST
    if not today <= command.expires_on <= last:
        value = command.expires_on.isoformat()
        problems.append(
            Problem("到期日不在范围内", path="expires_on", value=value, allowed=f"{today} 至 {last}")
        )
    if problems:
        raise InvalidError(problems)


def revoke_token(actor: Actor, *, token: str) -> None:
    """The token opens nothing any more.

    Raises:
        NotFoundError: the actor has no such token.
    """
    with transaction(actor, Action.ACCOUNT_REVOKE_TOKEN) as tx:
        row = tx.session.get(ApiToken, token, with_for_update=True)
        if row is None or row.account_id != actor.person:
            raise NotFoundError("没有这个令牌")
        facts = Facts(target_open=not row.revoked, policy=Policy.COUNTY)
        plan(None, None, None, tx.action, held_roles(tx.session, actor.person), facts)
        row.revoked = True
