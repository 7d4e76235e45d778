"""Who holds the roles of the instance itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.organisation import Account
from service.queries.people import instance_roles
from service.workflow.roles import Role


def instance_holder(session: Session, role: Role, *, today: date) -> str | None:
    """Return the id of the first active account that holds `role` for the instance, None if none does."""
    for account in session.scalars(select(Account).where(Account.active).order_by(Account.login)):
        if role in instance_roles(session, account.id, today=today):
            return account.id
    return None
