"""What people and organisations are called, for pages that name who did something."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.organisation import Account, Organisation
from service.queries.once import once


@once
def duties(session: Session) -> Mapping[str, str]:
    """Return the duty of every account by its id."""
    return dict(session.execute(select(Account.id, Account.duty)).all())


@once
def organisation_names(session: Session) -> Mapping[str, str]:
    """Return the name of every organisation by its id."""
    return dict(session.execute(select(Organisation.id, Organisation.name)).all())
