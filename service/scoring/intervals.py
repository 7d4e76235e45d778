"""Intervals with open and closed ends, read from text such as ``(10%, 15%]`` or ``>=65%``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.scoring.quantities import Quantity, UnitError, read_quantity, same_kind

_COMPARED = re.compile(r"(>=|<=|>|<|=)\s*(\S.*)")
_RANGE = re.compile(r"([\[(])\s*([^,]*?)\s*,\s*([^,]*?)\s*([\])])")
_SIGNS = str.maketrans(
    {
        "≥": ">=",
        "≤": "<=",
        "＞": ">",
        "＜": "<",
        "（": "(",
        "）": ")",
        "【": "[",
        "】": "]",
        "，": ",",
        "＝": "=",
    }
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the number line; `low` or `high` None means unbounded on that side.

    Worked: ``(10%, 15%]`` holds 15% and not 10%.
    """

    low: Quantity | None = None
    low_closed: bool = False
    high: Quantity | None = None
    high_closed: bool = False
    text: str = ""

    def __contains__(self, value: Quantity) -> bool:
        if self.low is not None:
            same_kind(value, self.low)
            if value.number < self.low.number or (value.number == self.low.number and not self.low_closed):
                return False
        if self.high is not None:
            same_kind(value, self.high)
            if value.number > self.high.number or (value.number == self.high.number and not self.high_closed):
                return False
        return True

    def __str__(self) -> str:
        return self.text

    def ends(self) -> tuple[Quantity, ...]:
        """Return the ends that are written."""
        return tuple(end for end in (self.low, self.high) if end is not None)

    @property
    def empty(self) -> bool:
        """Return whether no number lies inside."""
        if self.low is None or self.high is None:
            return False
        if self.low.number == self.high.number:
            return not (self.low_closed and self.high_closed)
        return self.low.number > self.high.number

    def starts_before(self, other: Interval) -> bool:
        """Return whether this interval holds a point left of all of `other`."""
        if self.low is None or other.low is None:
            return self.low is None and other.low is not None
        if self.low.number != other.low.number:
            return self.low.number < other.low.number
        return self.low_closed and not other.low_closed

    def ends_after(self, other: Interval) -> bool:
        """Return whether this interval holds a point right of all of `other`."""
        if self.high is None or other.high is None:
            return self.high is None and other.high is not None
        if self.high.number != other.high.number:
            return self.high.number > other.high.number
        return self.high_closed and not other.high_closed

    def covers(self, other: Interval) -> bool:
        """Return whether every point of `other` lies inside."""
        return not other.starts_before(self) and not other.ends_after(self)

    def touches(self, right: Interval) -> str:
        """Return ``gap``, ``overlap`` or ``meet`` for the border between this and the next interval."""
        if self.high is None or right.low is None or self.high.number > right.low.number:
            return "overlap"
        if self.high.number < right.low.number:
            return "gap"
        if self.high_closed and right.low_closed:
            return "overlap"
        return "meet" if self.high_closed or right.low_closed else "gap"


def read_interval(text: str) -> Interval | None:
    """Return the interval a text writes; None if it writes none (unknown signs, ends of different kind)."""
    plain = text.strip().translate(_SIGNS)
    if plain == "any":
        return Interval(text=text.strip())
    compared = _COMPARED.fullmatch(plain)
    if compared:
        bound = read_quantity(compared[2])
        return None if bound is None else _one_sided(compared[1], bound, text.strip())
    between = _RANGE.fullmatch(plain)
    if not between:
        return None
    low, high = read_quantity(between[2]), read_quantity(between[3])
    if low is None or high is None:
        return None
    try:
        same_kind(low, high)
    except UnitError:
        return None
    return Interval(low, between[1] == "[", high, between[4] == "]", text.strip())


def _one_sided(sign: str, bound: Quantity, text: str) -> Interval:
    if sign == "=":
        return Interval(bound, True, bound, True, text)
    if sign.startswith(">"):
        return Interval(low=bound, low_closed=sign == ">=", text=text)
    return Interval(high=bound, high_closed=sign == "<=", text=text)
