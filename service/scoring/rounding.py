"""Rounding: the modes, the places where a framework may round, and the one function that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Mode(StrEnum):
    """How a figure between two permitted ones is settled; negative figures mirror positive ones."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"
    FLOOR = "floor"
    CEILING = "ceiling"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _LABELS[self]


class Place(StrEnum):
    """Where a framework may round; the displayed rate has its own places."""

    INPUT = "input"
    MEASURE = "measure"
    ELEMENT = "element"
    LEAF = "leaf"
    LEVEL = "level"
    TOTAL = "total"


_LABELS = {
    Mode.HALF_UP: "四舍五入",
    Mode.HALF_EVEN: "四舍六入五成双",
    Mode.DOWN: "截断",
    Mode.UP: "进位",
    Mode.FLOOR: "向下取整",
    Mode.CEILING: "向上取整",
}


def round_points(value: Fraction, *, places: int, mode: Mode = Mode.HALF_UP) -> Fraction:
    """Return `value` at `places` decimals under `mode`; exact, so no sum depends on order.

    Worked: ``round_points(Fraction("89.995"), places=2)`` is 90; with `Mode.DOWN` it is 89.99.
    """
    if value.denominator == 1 and places >= 0:
        return value
    # In integers: this is asked several times for every line of a sheet.
    whole, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    away = _AWAY[mode](2 * rest - value.denominator, whole, rest, value < 0)
    top = whole + away
    return Fraction(-top if value < 0 else top, 10**places)


_AWAY: Mapping[Mode, Callable[[int, int, int, bool], bool]] = {
    Mode.HALF_UP: lambda twice, whole, rest, below: twice >= 0,
    Mode.HALF_EVEN: lambda twice, whole, rest, below: twice > 0 or (twice == 0 and whole % 2 == 1),
    Mode.DOWN: lambda twice, whole, rest, below: False,
    Mode.UP: lambda twice, whole, rest, below: rest > 0,
    Mode.FLOOR: lambda twice, whole, rest, below: rest > 0 and below,
    Mode.CEILING: lambda twice, whole, rest, below: rest > 0 and not below,
}
"""Whether a figure goes away from zero: twice its rest less one, its whole, its rest, whether negative."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way of rounding: decimals and mode."""

    places: int
    mode: Mode = Mode.HALF_UP

    def apply(self, value: Fraction) -> Fraction:
        """Return `value` rounded."""
        return round_points(value, places=self.places, mode=self.mode)

    def __str__(self) -> str:
        return f"{self.mode.label}到 {self.places} 位小数"


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a framework says about rounding.

    Args:
        default: used at every place of `at` that has no entry in `overrides`.
        at: places where rounding happens.
        rate: displayed 得分率, in percent.
        grade_on_rounded: whether the grade is taken from the rounded total.
    """

    default: Step = Step(2)
    at: frozenset[Place] = frozenset({Place.TOTAL})
    rate: Step = Step(2)
    grade_on_rounded: bool = False
    overrides: Mapping[Place, Step] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """Return the default number of decimals."""
        return self.default.places

    @property
    def rate_places(self) -> int:
        """Return the decimals of a displayed rate in percent."""
        return self.rate.places

    def step(self, place: Place) -> Step | None:
        """Return how figures are rounded at `place`; None if they are not."""
        if place in self.overrides:
            return self.overrides[place]
        return self.default if place in self.at else None

    def apply(self, value: Fraction, place: Place) -> Fraction:
        """Return `value` as it stands after `place`."""
        step = self.step(place)
        return step.apply(value) if step else value
