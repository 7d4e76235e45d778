"""What one person is still working on and has not handed in: kept between pages, nobody's history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
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
    with _one_keeper(), housekeeping() as session:
        row = _taken(session, account, form, target, stamp=stamp)
        if row is None:
            row = Draft(
                account_id=account, form=form, target=target, evaluation_id=evaluation, base_version=base
            )
            session.add(row)
        row.data, row.saved_at = dict(data), clock.now()


def keep_within(
    session: Session, account: str, form: str, target: str, data: Mapping[str, Any], *, stamp: str
) -> None:
    """The account's copy holds `data` when the open transaction of `session` commits.

    Raises:
        StaleError: there is no copy, or it is not the one `stamp` names.
    """
    row = _taken(session, account, form, target, stamp=stamp)
    if row is None:
        raise StaleError(MOVED)
    row.data, row.saved_at = dict(data), clock.now()


def _taken(session: Session, account: str, form: str, target: str, *, stamp: str) -> Draft | None:
    """Return the copy, locked; StaleError if it is not the one `stamp` names."""
    row = _copy(session, account, form, target)
    if stamp != (row.saved_at.isoformat() if row is not None else ""):
        raise StaleError(MOVED)
    return row


@contextmanager
def _one_keeper() -> Iterator[None]:
    """Of two who begin the same copy at once the later finds the earlier one's."""
    try:
        yield
    except IntegrityError as error:
        raise StaleError(MOVED) from error


def drop_copy(account: str, form: str, target: str) -> None:
    """The account has no copy under `form` and `target`."""
    with housekeeping() as session:
        row = _copy(session, account, form, target)
        if row is not None:
            session.delete(row)


def _copy(session: Session, account: str, form: str, target: str) -> Draft | None:
    """Return the copy, locked until it is saved: two desks of one person may save at once."""
    query = select(Draft).where(Draft.account_id == account, Draft.form == form, Draft.target == target)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))
