"""Selections of cases kept on the server: frozen once, done once, with a result per case."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update

from service.actions.housekeeping import housekeeping
from service.models.operational import Draft
from service.queries.bulk import DONE, FORM, BulkAct


def freeze_selection(account: str, act: BulkAct, versions: Mapping[str, int], *, at: datetime) -> str:
    """Return the name of the selection, which holds these cases at these versions from now on."""
    key = secrets.token_urlsafe(18)
    data = {"act": act.value, "versions": dict(versions)}
    with housekeeping() as session:
        session.add(Draft(account_id=account, form=FORM, target=key, data=data, saved_at=at))
    return key


def claim_selection(account: str, key: str) -> bool:
    """Return whether the caller is the one to carry the selection out; nobody else can any more."""
    query = update(Draft).where(Draft.account_id == account, Draft.target == key, Draft.form == FORM)
    with housekeeping() as session:
        taken = session.execute(query.values(form=DONE))
        return bool(getattr(taken, "rowcount", 0))


def note_results(account: str, key: str, results: Mapping[str, str]) -> None:
    """What came of each case is kept with the selection; an empty text means it was done."""
    with housekeeping() as session:
        row = session.query(Draft).filter_by(account_id=account, target=key, form=DONE).one()
        row.data = {**row.data, "results": dict(results)}
