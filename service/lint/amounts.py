"""Quantities of a sentence with the words before them: money in 分, points, counts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from service.lint.numbers import Number, numbers
from service.report.figures import num

_LABEL = re.compile(r"[^，。；：、,;:！？（）()\n\d]{1,16}$")
_VERB = re.compile(r"(?:共计|合计|总计|共|分别)?(?:为|是|达到?|计|约|有|了|和|及|与)*$")
_CALENDAR = frozenset({"年", "月", "日", "号", "条", "款", "章", "版", "期"})
_TIME = frozenset({"分钟", "小时", "天", "课时"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number with its words.

    Args:
        value, half: in 分 for money, else as printed.
        kind: "money", "points", "%", a counter, or "" for a bare number.
        label: words right before it, without verbs.
        depth: how many brackets it stands in.
    """

    number: Number
    value: Fraction
    half: Fraction
    kind: str
    label: str
    depth: int
    start: int
    end: int

    def text(self, value: Fraction) -> str:
        """Return `value` in the unit this one is printed in."""
        if self.kind == "money":
            scale = self.number.fen_half / self.number.half
            return num(value / scale) + self.number.unit
        return num(value) + self.number.unit


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of a text in order; dates, document numbers and times are left out."""
    found = []
    depth = last = 0
    held = list(numbers(text))
    for each in held:
        between = text[last : each.start]
        depth = max(depth + sum(c in "（(" for c in between) - sum(c in "）)" for c in between), 0)
        label = _LABEL.search(text[last : each.start])
        last = each.end
        if each.unit in _CALENDAR or each.unit in _TIME:
            continue
        fen = each.fen
        kind = "money" if fen is not None else "points" if each.unit == "分" else each.unit
        words = _VERB.sub("", label[0]) if label else ""
        found.append(
            Quantity(
                each,
                each.value if fen is None else fen,
                each.half if fen is None else each.fen_half,
                kind,
                words,
                depth,
                each.start,
                each.end,
            )
        )
    return tuple(found)
