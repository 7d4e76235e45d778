"""One 自评表 as a unit filled it in: its figures with the cells they stand in, and how each line is measured.

- Everything is text as read; a number is taken from it only here, exactly.
- A line is measured by its target: more is better (``≥95%``, ``20台``), less is better (``≤3天``), or judged
  where target and actual are not two quantities of one kind. Source: 财预〔2020〕10号 第16条.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

from service.scoring.quantities import Quantity, read_quantity

_BOUND = re.compile(r"\s*(≥|>=|＞=|>|＞|不低于|不少于|≤|<=|＜=|<|＜|不高于|不超过|=|＝)\s*")
_LESS = frozenset(["≤", "<=", "＜=", "<", "＜", "不高于", "不超过"])


class Goal(Enum):
    """How the actual value of a line is held against its target."""

    MORE = "more"
    LESS = "less"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class FormLine:
    """One line of the form.

    Args:
        code: name of its node in the framework made of the form.
        level1, level2: what it stands under.
        max, points: 分值 and 得分 in 分 as exact text, "" if empty.
        places: cell of each of target, actual, max, points and deviation.
        execution: whether it is the line of the budget's execution, measured by the money alone.
    """

    code: str
    level1: str
    level2: str
    name: str
    target: str
    actual: str
    max: str
    points: str
    deviation: str
    places: Mapping[str, str] = field(default_factory=dict)
    execution: bool = False


@dataclass(frozen=True, slots=True)
class FundRow:
    """One row of the money block, in 分 of yuan; None where nothing is written."""

    name: str
    initial: int | None
    adjusted: int | None
    paid: int | None
    place: str = ""


@dataclass(frozen=True)
class ClaimForm:
    """One 自评表.

    Args:
        code, title, unit, department, year: of the head.
        funds: the whole first, then its parts.
        rate: 执行率 as printed, e.g. ``97.93%``; "" if not.
        total: 总分 as printed; places of head, rate and total by name.
    """

    code: str
    title: str
    unit: str
    department: str
    year: str
    lines: tuple[FormLine, ...]
    funds: tuple[FundRow, ...] = ()
    rate: str = ""
    total: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ClaimForm:
        """Return the form `to_plain` wrote."""
        lines = tuple(FormLine(**line) for line in plain["lines"])
        return cls(**{**plain, "lines": lines, "funds": tuple(FundRow(**row) for row in plain["funds"])})

    @property
    def whole(self) -> FundRow | None:
        """Return the row of all the money."""
        return self.funds[0] if self.funds else None

    @property
    def execution(self) -> Fraction | None:
        """Return paid by full-year budget as a ratio, None where either is missing or the budget is zero."""
        whole = self.whole
        if whole is None or whole.paid is None or not whole.adjusted:
            return None
        return Fraction(whole.paid, whole.adjusted)


def goal_of(line: FormLine) -> Goal:
    """Return how the line is measured."""
    return _measured(line)[0]


def quantities_of(line: FormLine) -> tuple[str, str] | None:
    """Return target and actual as texts of quantities, None for a line that is judged."""
    goal, target, actual = _measured(line)
    return None if goal is Goal.JUDGED else (target, actual)


def reached(line: FormLine) -> Fraction | None:
    """Return actual by target as a ratio, None for a line that is judged."""
    texts = quantities_of(line)
    if texts is None:
        return None
    target, actual = read_quantity(texts[0]), read_quantity(texts[1])
    return actual.number / target.number if target and actual else None


def _measured(line: FormLine) -> tuple[Goal, str, str]:
    sign, target = _split(line.target)
    actual = _split(line.actual)[1]
    wanted, got = read_quantity(target), read_quantity(actual)
    if wanted and got and not got.unit and wanted.unit:
        # Beside a target with a unit people write the number alone.
        actual += wanted.unit
        got = read_quantity(actual)
    if wanted is None or got is None or not _alike(wanted, got):
        return Goal.JUDGED, "", ""
    return Goal.LESS if sign in _LESS else Goal.MORE, target, actual


def _alike(wanted: Quantity, got: Quantity) -> bool:
    return wanted.dims == got.dims and wanted.number > 0 and got.number >= 0


def _split(text: str) -> tuple[str, str]:
    found = _BOUND.match(text)
    return (found[1], text[found.end() :].strip()) if found else ("", text.strip())
