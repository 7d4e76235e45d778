"""Who acts on the command line: the account named by ``--as``, with the system user in the entry."""

from __future__ import annotations

import getpass

from service import clock
from service.actions.actor import Actor
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
