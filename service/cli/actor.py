"""Who acts on the command line: the account named by ``--as``, with the system user in the entry."""

from __future__ import annotations

import getpass

import click

from service import clock
from service.actions.accounts import password_matches
from service.actions.actor import Actor
from service.errors import NotPermittedError
from service.extensions import db
from service.queries.people import account_by_login, instance_roles


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


def demand_password(login: str) -> None:
    """Accept only who types the password of `login` now; for acts that need a fresh proof of identity.

    Raises:
        NotPermittedError: it is not the password.
    """
    typed: str = click.prompt(f"{login} 的密码", hide_input=True, err=True)
    if not password_matches(account_by_login(db.session(), login), typed):
        raise NotPermittedError("密码不对")
