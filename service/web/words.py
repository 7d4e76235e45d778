"""How values look on a page: points, rates, money, days; nothing is computed here.

Points are exact text; two decimals if that is exact, otherwise four and marked ≈. Money is 分 of yuan,
shown in 万元. Moments are shown in China's time.
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from flask import Flask

from service import clock
from service.report.figures import DASH, exact, grouped, rate, score

UNITS = ("字节", "KB", "MB", "GB")
STEP = 1024
MINUS = "−"


def points(text: str | None, empty: str = DASH) -> str:
    """Return points in 分, e.g. ``4.50``; `empty` for None."""
    value = exact(text)
    if value is None:
        return empty
    if (value * 100).denominator == 1:
        shown = score(value)
    else:
        shown = f"{'' if (value * 10_000).denominator == 1 else '≈'}{score(value, 4)}"
    return shown.replace("-", MINUS)


def signed(text: str | None) -> str:
    """Return points with their sign, e.g. ``+1.50``; the dash for None or zero."""
    value = exact(text)
    return DASH if not value else f"{'+' if value > 0 else MINUS}{points(str(abs(value)))}"


def taken(text: str | None) -> str:
    """Return an amount taken away, e.g. ``−1.50``; the dash for None or zero."""
    value = exact(text)
    return DASH if not value else signed(str(-value))


def percent(text: str | None) -> str:
    """Return a ratio as percent with two decimals; the dash for None."""
    value = exact(text)
    return DASH if value is None else rate(value)


def wan(fen: int | None) -> str:
    """Return 分 of yuan in 万元 with two decimals, six if two do not suffice; the dash for None."""
    if fen is None:
        return DASH
    return grouped(Fraction(fen, 1_000_000), 2 if fen % 10_000 == 0 else 6)


def day(value: date | None) -> str:
    """Return ``2025-01-06``; the dash for None."""
    return value.isoformat() if value else DASH


def moment(value: datetime) -> str:
    """Return ``2025-01-06 09:30:05`` in China's time."""
    return value.astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Return a number of bytes readably, e.g. ``12.3 KB``."""
    amount, unit = Fraction(count), 0
    while amount >= STEP and unit < len(UNITS) - 1:
        amount, unit = amount / STEP, unit + 1
    return f"{count} {UNITS[0]}" if unit == 0 else f"{score(amount, 1)} {UNITS[unit]}"


def init_app(app: Flask) -> None:
    """Give the templates of `app` these words as filters."""
    for word in (points, signed, taken, percent, wan, day, moment, size):
        app.jinja_env.filters[word.__name__] = word
