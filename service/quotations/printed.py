"""Read a printed figure and compare it with an exact one at the places it was printed with.

- Numbers are `Fraction`; a percent is its ratio (``94.35%`` is 9435/10000). Half-up away from zero.
- A figure may carry thousands separators, a unit and a leading 约; the unit is kept, not converted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

_FIGURE = re.compile(
    r"(?P<about>约|近|超|≥|≤|>|<)?(?P<number>[-−－+]?\d[\d,，]{0,200}(?:\.\d{1,200})?)(?P<percent>[%％‰]?)(?P<unit>\D*)"
)
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as printed.

    Args:
        value: exact, a percent as ratio.
        places: decimals printed (of the percent figure if it is one).
        scale: 1, 100 for percent, 1000 for per mille.
        unit: what followed the number.
    """

    value: Fraction
    places: int
    scale: int = 1
    unit: str = ""

    @property
    def step(self) -> Fraction:
        """One unit of the last printed place, as a ratio."""
        return Fraction(1, 10**self.places * self.scale)


def read_printed(text: str) -> Printed | None:
    """Return the number printed in `text`; None when it is not one number with an optional unit."""
    found = _FIGURE.fullmatch("".join(text.split()))
    if found is None:
        return None
    digits = re.sub("[,，]", "", found["number"]).replace("−", "-").replace("－", "-")
    places = len(digits.partition(".")[2])
    scale = {"": 1, "‰": 1000}.get(found["percent"], 100)
    return Printed(Fraction(digits) / scale, places, scale, found["unit"])


def read_operand(text: str) -> Fraction | None:
    """Return the exact number a cell or literal holds; ``-``, empty and impossible days give None.

    A day becomes its number in the calendar, so two of them differ by days: 2023-11-30 and 2024-01-16
    by 47. A month stands just before its first day.
    """
    if _DAY.fullmatch(text.strip()):
        return _day_number(text.strip())
    printed = read_printed(text)
    return printed.value if printed else None


def _day_number(text: str) -> Fraction | None:
    try:
        if len(text) == len("2024-01"):
            return date.fromisoformat(f"{text}-01").toordinal() - Fraction(1, 2)
        return Fraction(date.fromisoformat(text).toordinal())
    except ValueError:
        return None


def half_up(value: Fraction, places: int) -> Fraction:
    """Return `value` rounded half away from zero at `places` decimals."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    rounded = Fraction(whole, 10**places)
    return -rounded if value < 0 else rounded


def cut(value: Fraction, places: int) -> Fraction:
    """Return `value` cut off after `places` decimals, towards zero."""
    scaled = abs(value) * 10**places
    whole = Fraction(scaled.numerator // scaled.denominator, 10**places)
    return -whole if value < 0 else whole


def spell(value: Fraction, like: Printed) -> str:
    """Return `value` printed like `like`: same places, percent sign if it had one; no unit."""
    rounded = half_up(value * like.scale, like.places)
    digits = abs(rounded) * 10**like.places
    text = str(int(digits)).rjust(like.places + 1, "0")
    text = f"{text[: -like.places]}.{text[-like.places :]}" if like.places else text
    sign = "-" if rounded < 0 else ""
    return sign + text + {1: "", 100: "%", 1000: "‰"}[like.scale]


def agrees(printed: Printed, value: Fraction) -> bool:
    """Return whether `value`, rounded half-up at the printed places, is the printed number."""
    return half_up(value * printed.scale, printed.places) == printed.value * printed.scale


def was_cut(printed: Printed, value: Fraction) -> bool:
    """Return whether the printed number is `value` cut off instead of rounded."""
    return (
        not agrees(printed, value)
        and cut(value * printed.scale, printed.places) == printed.value * printed.scale
    )


def exact_spelling(value: Fraction) -> str:
    """Return a finite decimal as it is, otherwise ``n/d``."""
    rest, places = value.denominator, 0
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest = rest // 10 if rest % 10 == 0 else rest // 5 if rest % 5 == 0 else rest // 2
        places += 1
    return spell(value, Printed(value, places)) if rest == 1 else f"{value.numerator}/{value.denominator}"
