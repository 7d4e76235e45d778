"""Printed numbers read exactly, with their decimals and units; nothing here is a float. Pure.

`Number.half` is half a unit of the last printed decimal: two printed figures agree if exact arithmetic on
one lands within `half` of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
"""A printed number without sign."""
_MONEY = {"亿元": 10**10, "千万元": 10**9, "百万元": 10**8, "万元": 10**6, "千元": 10**5, "元": 100}
_UNIT = r"亿元|千万元|百万元|万元|千元|元|个百分点|百分点|%|‰|分钟|分(?![之为公部局别散类析配项期摊担])"
_COUNTERS = (
    "个|项|次|人|户|家|份|套|台|件|条|处|所|名|场|册|批|辆|座|栋|平方米|公里|亩|吨|万人次|人次|万人|笔|起|张|节"
    "|课时|天|小时|人天|TB|T|GB"
)
_NUMBER = re.compile(
    rf"(?P<before>(?<![\d.A-Za-z〔\[])|(?<=[A-Za-z]))(?P<sign>(?<![\d%）)分元])[-−－])?(?P<digits>{DIGITS})"
    rf"(?P<unit>{_UNIT}|{_COUNTERS})?"
)
_CELL = re.compile(rf"([-−－]?)({DIGITS})(%|分|{'|'.join(_MONEY)})?")
_BLANKS = frozenset({"", "-", "—", "——", "/", "\\", "无", "－", "--", "―", "──"})
_CN = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
ORDER = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Number:
    """One printed number.

    Args:
        value: as printed; 95% is 95.
        places: printed decimals.
        unit: "%", "分", "万元", "个" …, "" if there is none.
        start, end: where it stands in its text, unit included.
    """

    value: Fraction
    places: int
    unit: str
    start: int
    end: int
    text: str

    @property
    def half(self) -> Fraction:
        """Half a unit of the last printed decimal."""
        return Fraction(1, 2 * 10**self.places)

    @property
    def fen(self) -> Fraction | None:
        """The amount in 分 of yuan, None if this is not money."""
        return self.value * _MONEY[self.unit] if self.unit in _MONEY else None

    @property
    def fen_half(self) -> Fraction:
        """`half` in 分 of yuan; zero if this is not money."""
        return self.half * _MONEY.get(self.unit, 0)

    @property
    def money(self) -> bool:
        """Whether this is an amount of money."""
        return self.unit in _MONEY


def exact(digits: str) -> Fraction:
    """Return the number as printed, thousands separators read over."""
    return Fraction(digits.replace(",", ""))


def decimals(digits: str) -> int:
    """Return how many decimals are printed."""
    return len(digits.partition(".")[2])


def numbers(text: str) -> Iterator[Number]:
    """Yield every number of `text` in order, those of dates and document numbers with unit 年, 月, 日 or
    号."""
    for found in _NUMBER.finditer(text):
        digits = found["digits"]
        unit = found["unit"] or ""
        after = text[found.end() : found.end() + 1]
        if not unit and after in ("年", "月", "日", "号", "条", "款", "章", "版", "期"):
            unit = after
        value = exact(digits)
        if found["sign"]:
            value = -value
        yield Number(value, decimals(digits), unit, found.start(), found.end(), found[0])


def cell_number(text: str, unit: str = "") -> Number | None:
    """Return the number a cell consists of, None if it holds anything else; `unit` is what its heading
    says."""
    bare = re.sub(r"\s", "", text).replace("％", "%")
    found = _CELL.fullmatch(bare)
    if not found:
        return None
    value = exact(found[2])
    return Number(
        -value if found[1] else value, decimals(found[2]), found[3] or unit, 0, len(text), text.strip()
    )


def is_blank(text: str) -> bool:
    """Return whether a cell holds nothing or only a dash."""
    return re.sub(r"\s", "", text) in _BLANKS


def whole(text: str) -> int | None:
    """Return the whole number written in digits or Chinese (一 to 九十九), None if it is neither."""
    if re.fullmatch(r"[0-9]{1,6}", text):
        return int(text)
    if not text or any(c not in _CN and c != "十" for c in text) or len(text) > 3:
        return None
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _CN[text] if len(text) == 1 else None
    return (_CN[tens] if tens else 1) * 10 + (_CN[ones] if ones else 0)


def rounds_to(value: Fraction, printed: Number) -> bool:
    """Return whether `value` may be printed as `printed` by rounding half up or half even."""
    return abs(value - printed.value) <= printed.half
