"""Messages to persons: reminded at most once per person, case and day; read marks.

Notices belong to nobody's history: they say what stands in the case anyway, without points and names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from service.actions.housekeeping import housekeeping
from service.models.operational import Notice

REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one person is reminded of in one case; `link` is a path of this site."""

    account: str
    evaluation: str
    title: str
    body: str
    link: str


def remind(reminders: tuple[Reminder, ...], *, on: date, at: datetime) -> frozenset[Reminder]:
    """Return the reminders now sent: those whose person was not yet reminded of the case today."""
    with housekeeping() as session:
        keys = {f"{REMINDER}/{each.evaluation}/{each.account}/{on.isoformat()}": each for each in reminders}
        sent = set(session.scalars(select(Notice.once_key).where(Notice.once_key.in_(keys))))
        fresh = {key: each for key, each in keys.items() if key not in sent}
        session.add_all(
            Notice(
                account_id=each.account,
                evaluation_id=each.evaluation,
                kind=REMINDER,
                title=each.title,
                body=each.body,
                link=each.link,
                once_key=key,
                created_at=at,
            )
            for key, each in fresh.items()
        )
    return frozenset(fresh.values())


def mark_read(account: str, *, notice: str = "", at: datetime) -> None:
    """This notice of the account, or with none named every one, is read; notices of others are untouched."""
    query = update(Notice).where(Notice.account_id == account, Notice.read_at.is_(None)).values(read_at=at)
    with housekeeping() as session:
        session.execute(query.where(Notice.id == notice) if notice else query)
