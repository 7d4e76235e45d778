"""What a person has typed and not yet handed in; operational rows, nobody's history."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from service import clock
from service.actions.housekeeping import housekeeping
from service.models.operational import Draft


def keep_unsaved(
    account: str, form: str, target: str, *, evaluation: str, version: int | None, data: Mapping[str, Any]
) -> None:
    """The account's draft for this target holds `data`, typed upon `version` of the stored row."""
    # A first draft begun at two desks at once: the later one goes over the earlier, as every later one does.
    with suppress(IntegrityError):
        _keep(account, form, target, evaluation=evaluation, version=version, data=data)
        return
    _keep(account, form, target, evaluation=evaluation, version=version, data=data)


def _keep(
    account: str, form: str, target: str, *, evaluation: str, version: int | None, data: Mapping[str, Any]
) -> None:
    with housekeeping() as session:
        query = select(Draft).where(Draft.account_id == account, Draft.form == form, Draft.target == target)
        row = session.scalar(query)
        if row is None:
            row = Draft(account_id=account, form=form, target=target)
            session.add(row)
        row.evaluation_id, row.base_version, row.data = evaluation, version, dict(data)
        row.saved_at = clock.now()


def drop_unsaved(account: str, form: str, target: str) -> None:
    """The account has no draft for this target any more."""
    with housekeeping() as session:
        session.execute(
            delete(Draft).where(Draft.account_id == account, Draft.form == form, Draft.target == target)
        )
