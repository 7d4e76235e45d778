"""The one clock. Time is aware UTC, read once per action and passed down."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present moment, aware, in UTC, with microseconds."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return `moment` as UTC text with six decimals, e.g. ``2026-11-21T04:05:06.000007Z``.

    Raises:
        ValueError: if `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("时间必须带时区")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_date(moment: datetime) -> date:
    """Return the calendar day in China at `moment`."""
    return moment.astimezone(LOCAL).date()
