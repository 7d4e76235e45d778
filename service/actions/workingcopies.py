"""What one person is still working on and has not handed in: kept between pages, nobody's history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import clock
from service.actions.housekeeping import housekeeping
from service.errors import StaleError
from service.models.operational import Draft

MOVED = "这份草稿在另一个页面上改过了，刚才的改动没有存入；请核对后重做"


def keep_copy(
    account: str,
    form: str,
    target: str,
    data: Mapping[str, Any],
    *,
    stamp: str,
    base: int | None = None,
    evaluation: str | None = None,
) -> None:
    """The account's copy under `form` and `target` holds `data`.

    Args:
        stamp: the copy this was made from, "" for none: what was saved since is never overwritten.
        base: version of the stored thing the copy was begun from; kept from the first save.

    Raises:
        StaleError: the copy is not the one `stamp` names.
    """
    with housekeeping() as session:
        row = _copy(session, account, form, target)
        now = clock.now()
        if stamp != (row.saved_at.isoformat() if row is not None else ""):
            raise StaleError(MOVED)
        if row is None:
            row = Draft(
                account_id=account, form=form, target=target, evaluation_id=evaluation, base_version=base
            )
            session.add(row)
        row.data, row.saved_at = dict(data), now


def drop_copy(account: str, form: str, target: str) -> None:
    """The account has no copy under `form` and `target`."""
    with housekeeping() as session:
        row = _copy(session, account, form, target)
        if row is not None:
            session.delete(row)


def _copy(session: Session, account: str, form: str, target: str) -> Draft | None:
    query = select(Draft).where(Draft.account_id == account, Draft.form == form, Draft.target == target)
    return session.scalar(query)
