"""Selections of cases kept on the server: frozen once, done once, with a result per case."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service.actions.housekeeping import housekeeping
from service.models.operational import Draft
from service.queries.bulk import DONE, FORM, BulkAct


def freeze_selection(
    account: str,
    act: BulkAct,
    versions: Mapping[str, int],
    *,
    at: datetime,
    own: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return the name of the selection, which holds these cases at these versions from now on.

    Args:
        own: what each case has to put right, by id, where that is not the same for all.
    """
    key = secrets.token_urlsafe(18)
    data: dict[str, Any] = {"act": act.value, "versions": dict(versions)}
    if own is not None:
        data["own"] = {case: list(lines) for case, lines in own.items()}
    with housekeeping() as session:
        session.add(Draft(account_id=account, form=FORM, target=key, data=data, saved_at=at))
    return key


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was confirmed of a selection: the cases that can be done, why not the others, words and links."""

    able: tuple[str, ...]
    causes: Mapping[str, str]
    items: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


def confirm_selection(account: str, key: str, confirmed: Confirmed) -> bool:
    """Return whether this is what the selection is carried out with; False if it was confirmed before."""
    query = select(Draft).where(Draft.account_id == account, Draft.target == key, Draft.form == FORM)
    with housekeeping() as session:
        row = session.scalars(query.with_for_update()).one_or_none()
        if row is None:
            return False
        row.form = DONE
        row.data = {
            **row.data,
            "able": list(confirmed.able),
            "causes": dict(confirmed.causes),
            "items": list(confirmed.items),
            "links": dict(confirmed.links),
            "results": {},
        }
        return True


def note_result(account: str, key: str, case: str, said: str) -> None:
    """What came of one case is kept with the selection; an empty text means it was done."""
    with housekeeping() as session:
        query = select(Draft).where(Draft.account_id == account, Draft.target == key, Draft.form == DONE)
        row = session.scalars(query.with_for_update()).one()
        row.data = {**row.data, "results": {**row.data["results"], case: said}}
