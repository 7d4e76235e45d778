"""Exact numbers from text, typed quantities with units, and their printed forms.

- Points and ratios are `Fraction`; ratios are 0-1 inside and percent only when shown.
- A quantity keeps the unit it was written in for printing; its number is in the base unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from service.errors import InvalidError, Problem
from service.scoring.rounding import Mode, round_points

NUMBER = re.compile(r"-?\d{1,200}(\.\d{1,200})?(/\d{1,200})?", re.ASCII)
_DIGITS = r"(?:[0-9]{1,60}|[0-9]{1,3}(?:,[0-9]{3}){1,20})"
_QUANTITY = re.compile(
    rf"(-?{_DIGITS}(?:\.[0-9]{{1,60}})?(?:/[0-9]{{1,60}})?)\s*([A-Za-z%‰°㎡\u4e00-\u9fff/·]*)"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
KEPT = 4096
"""So many numbers are kept read and written: one sheet asks for the same few a thousand times."""
_PLAIN_SIGNS = str.maketrans({"％": "%", "−": "-", "－": "-", "，": ",", "．": "."})

Dims = tuple[tuple[str, int], ...]

RATIO_UNITS: Mapping[str, Fraction] = MappingProxyType(
    {"%": Fraction(1, 100), "‰": Fraction(1, 1000), "个百分点": Fraction(1, 100)}
)
SCALED_UNITS: Mapping[str, tuple[str, Fraction]] = MappingProxyType(
    {
        "元": ("元", Fraction(1)),
        "万元": ("元", Fraction(10_000)),
        "亿元": ("元", Fraction(100_000_000)),
        "秒": ("秒", Fraction(1)),
        "分钟": ("秒", Fraction(60)),
        "min": ("秒", Fraction(60)),
        "小时": ("秒", Fraction(3600)),
        "天": ("秒", Fraction(86_400)),
        "日": ("秒", Fraction(86_400)),
        "周": ("秒", Fraction(604_800)),
        "GB": ("GB", Fraction(1)),
        "G": ("GB", Fraction(1)),
        "TB": ("GB", Fraction(1024)),
        "T": ("GB", Fraction(1024)),
        "PB": ("GB", Fraction(1_048_576)),
    }
)
SCALED_DIMS = frozenset(base for base, _ in SCALED_UNITS.values())


class UnitError(ValueError):
    """Two quantities of different kinds were added or compared; the text says which."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its kind.

    Args:
        number: exact, in the base unit of `dims` (元, 秒, GB, 1 for ratios).
        dims: sorted pairs of base unit and exponent; empty for a ratio or bare number.
        unit: the unit it is shown in.
    """

    number: Fraction
    dims: Dims = ()
    unit: str = ""

    @property
    def factor(self) -> Fraction:
        """Return how many base units one shown unit holds."""
        if self.unit in RATIO_UNITS and not self.dims:
            return RATIO_UNITS[self.unit]
        if self.unit in SCALED_UNITS:
            return SCALED_UNITS[self.unit][1]
        return Fraction(1)

    def __str__(self) -> str:
        return show_short(self.number / self.factor) + self.unit

    @property
    def countable(self) -> bool:
        """Return whether a bare bound may be compared with it: ratio, bare number or a plain count."""
        return not self.dims or (
            len(self.dims) == 1 and self.dims[0][1] == 1 and self.dims[0][0] not in SCALED_DIMS
        )


def is_exact(text: object) -> bool:
    """Return whether `exact` takes the text."""
    return isinstance(text, str) and bool(NUMBER.fullmatch(text)) and bool(int(text.partition("/")[2] or 1))


def exact(text: str) -> Fraction:
    """Return the exact value of a decimal (``4.50``, ``-2``) or fraction (``2145/5823``).

    Raises:
        InvalidError: the text is not such a number (no exponent, no sign ``+``, no float form).
    """
    found = _number(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidError(
            Problem(
                "不是数", value=str(text), allowed="小数如 4.5，或分数如 2/3", cure="去掉单位和空格，只留数字"
            )
        )
    return found


@lru_cache(maxsize=KEPT)
def _number(text: str) -> Fraction | None:
    if not is_exact(text):
        return None
    head, _, tail = text.partition("/")
    return Fraction(head) / Fraction(tail) if tail else Fraction(head)


def exact_text(value: Fraction) -> str:
    """Return text that `exact` turns into `value`: a finite decimal if there is one, else ``p/q``."""
    return _written(value.numerator, value.denominator)


@lru_cache(maxsize=KEPT)
def _written(top: int, denominator: int) -> str:
    bottom, twos, fives = denominator, 0, 0
    while bottom % 2 == 0:
        bottom, twos = bottom // 2, twos + 1
    while bottom % 5 == 0:
        bottom, fives = bottom // 5, fives + 1
    if bottom != 1:
        return f"{top}/{denominator}"
    places = max(twos, fives)
    digits = str(abs(top) * 10**places // denominator).rjust(places + 1, "0")
    sign = "-" if top < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def show(value: Fraction, places: int, mode: str = "half_up") -> str:
    """Return `value` rounded to `places` with all of them written: 9 at 2 is ``9.00``."""
    rounded = round_points(value, places=places, mode=Mode(mode))
    text = exact_text(rounded)
    if places == 0:
        return text
    head, _, tail = text.partition(".")
    return f"{head}.{tail.ljust(places, '0')}"


def show_short(value: Fraction) -> str:
    """Return `value` for a derivation: exact if it has at most 4 decimals, else ``≈`` and 4 decimals."""
    return _short(value.numerator, value.denominator)


@lru_cache(maxsize=KEPT)
def _short(top: int, bottom: int) -> str:
    text = _written(top, bottom)
    if "/" not in text and len(text.partition(".")[2]) <= 4:
        return text
    return "≈" + exact_text(round_points(Fraction(top, bottom), places=4, mode=Mode.HALF_UP))


def unit_of(name: str) -> tuple[Dims, Fraction]:
    """Return kind and factor of a unit; an unknown unit is a kind of its own with factor 1."""
    if not name:
        return (), Fraction(1)
    if name in RATIO_UNITS:
        return (), RATIO_UNITS[name]
    if name in SCALED_UNITS:
        base, factor = SCALED_UNITS[name]
        return ((base, 1),), factor
    return ((name, 1),), Fraction(1)


def read_quantity(text: str) -> Quantity | None:
    """Return the quantity a text writes, e.g. ``5823万元`` or ``63.8%``; None if it writes none."""
    plain = text.strip().translate(_PLAIN_SIGNS)
    found = _QUANTITY.fullmatch(plain)
    if not found:
        return None
    number = found[1].replace(",", "")
    if not is_exact(number):
        return None
    dims, factor = unit_of(found[2])
    return Quantity(exact(number) * factor, dims, found[2])


def read_day(text: str) -> date | None:
    """Return the day a text ``YYYY-MM-DD`` writes; None if it writes none."""
    if not _DAY.fullmatch(text.strip()):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def same_kind(left: Quantity, right: Quantity) -> None:
    """Do nothing if both may be added or compared.

    Zero without unit fits everything; a bare number fits ratios and plain counts.

    Raises:
        UnitError: the kinds differ.
    """
    if left.dims == right.dims:
        return
    for one, other in ((left, right), (right, left)):
        if not one.dims and not one.unit and (other.countable or not one.number):
            return
    raise UnitError(f"单位不同，不能相加或比较：{left} 与 {right}")
