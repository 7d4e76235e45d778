"""Who acts on the command line: the account named by ``--as``, with the system user in the entry."""

from __future__ import annotations

import getpass

import click

from service import clock
from service.actions.actor import Actor
from service.actions.logins import house_of, prove
from service.extensions import db
from service.queries.people import account_by_login, instance_roles
from service.settings import Settings


def system_user() -> str:
    """Return the name of the operating-system user, or its number where it has no name."""
    return getpass.getuser()


def actor_named(login: str) -> Actor:
    """Return the account `login` as actor, with its roles of today; the system user stands beside it.

    Raises:
        NotFoundError: there is no such active account.
    """
    account = account_by_login(db.session(), login)
    roles = instance_roles(db.session(), account.id, today=clock.local_date(clock.now()))
    return Actor(
        account=account.id, name=account.duty, roles=roles, organisation=account.organisation_id,
        request_id=f"cli:{system_user()}",
    )  # fmt: skip


def demand_proof(login: str, settings: Settings) -> None:
    """Accept only who types the password of `login` now, and a one-time code where the account uses them.

    Raises:
        NotPermittedError: password or code is not that of the account.
        LockedError: too many wrong ones.
    """
    account = account_by_login(db.session(), login)
    password: str = click.prompt(f"{login} 的密码", hide_input=True, err=True)
    code: str = click.prompt(f"{login} 的动态口令", hide_input=True, err=True) if account.factor else ""
    prove(account.id, password, code, house_of(settings), at=clock.now())
