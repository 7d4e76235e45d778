"""The stage a replay is played on: organisations, accounts and roles of the cast, and who acts as whom.

Every entry names the operator as actor, the player as `on_behalf` and the case file as `source`.
Names are kept apart by the code of the case, so two cases never share a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from service import clock
from service.actions.accounts import (
    NewAccount,
    confirm_grant,
    create_account,
    create_organisation,
    propose_grant,
)
from service.actions.actor import Actor
from service.actions.bootstrap import Founder, found_instance
from service.cases.acts_before import TEAM
from service.cases.script import Act, Cast, Player
from service.extensions import db
from service.passwords import random_password
from service.queries.founders import instance_holder
from service.workflow.roles import Role

ADMINISTRATORS = (("admin", "系统管理员", Role.SA), ("security", "安全管理员", Role.SE))
AUDITOR = ("auditor", "审计员", Role.AU)
ON_THE_CASE = frozenset(TEAM)


@dataclass(frozen=True, slots=True)
class Credential:
    """A new account: duty, login and first password."""

    duty: str
    login: str
    password: str


@dataclass(slots=True)
class Company:
    """Ids of what the cast became in the database, by code of the case file."""

    organisations: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    credentials: list[Credential] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the replay: account, its shown name, the system user, and the digest of the case file."""

    account: str
    name: str
    source: str
    request_id: str | None = None

    def playing(self, player: str, role: Role, *, on: date | None, organisation: str | None = None) -> Actor:
        """Return the actor of an act played for the account `player`."""
        return Actor(
            account=self.account,
            name=self.name,
            roles=frozenset({role}),
            organisation=organisation,
            played=player,
            source=self.source,
            on=on,
            request_id=self.request_id,
        )


def ensure_administrators() -> tuple[Mapping[Role, str], list[Credential]]:
    """Return the accounts of SA and SE, founding the instance if it has none yet.

    An auditor is founded with them, so that somebody may read every case.

    Raises:
        ActionRefusedError: there are accounts, but no SA or no SE among them.
    """
    today = clock.local_date(clock.now())
    session = db.session()
    held = {role: instance_holder(session, role, today=today) for _, _, role in ADMINISTRATORS}
    session.rollback()
    if all(held.values()):
        return {role: account for role, account in held.items() if account}, []
    first = (*ADMINISTRATORS, AUDITOR)
    people = [Credential(duty, login, random_password()) for login, duty, _ in first]
    founders = tuple(
        Founder(c.login, c.duty, role, c.password) for c, (_, _, role) in zip(people, first, strict=True)
    )
    ids = found_instance(founders)
    return {role: ids[login] for login, _, role in ADMINISTRATORS}, people


def assemble(cast: Cast, code: str, operator: Operator, administrators: Mapping[Role, str]) -> Company:
    """Return the company of a case named `code`: organisations, accounts, and grants confirmed by another."""
    company = Company()
    registrar = operator.playing(administrators[Role.SA], Role.SA, on=None)
    guard = operator.playing(administrators[Role.SE], Role.SE, on=None)
    for party in cast.parties:
        company.organisations[party.code] = create_organisation(
            registrar, code=f"{code}.{party.code}", name=party.name
        )
    for player in cast.players:
        credential = Credential(player.duty, f"{code}.{player.code}", random_password())
        organisation = company.organisations[player.organisation]
        account = create_account(
            registrar,
            NewAccount(
                credential.login,
                credential.duty,
                credential.password,
                organisation=organisation,
                division=player.division,
            ),
        )
        company.accounts[player.code] = account
        company.credentials.append(credential)
        for role in sorted(player.roles - ON_THE_CASE, key=lambda r: r.value):
            side = company.organisations[_seat(cast, player, role)]
            grant = propose_grant(registrar, account=account, role=role, organisation=side)
            confirm_grant(guard, grant=grant, fresh=True)
    return company


def _seat(cast: Cast, player: Player, role: Role) -> str:
    """Return the organisation a role is granted for: the player's own if it has the part, else the side's."""
    side = cast.side(role)
    own = next(p for p in cast.parties if p.code == player.organisation)
    seat = next(p for p in cast.parties if p.code == side)
    return own.code if set(own.parts) & set(seat.parts) else seat.code


def actor_of(act: Act, company: Company, cast: Cast, operator: Operator) -> Actor:
    """Return who does `act`: the operator, playing the player named."""
    player = next(p for p in cast.players if p.code == act.by)
    return operator.playing(
        company.accounts[act.by],
        act.role,
        on=act.on,
        organisation=company.organisations[player.organisation],
    )
