"""Geometry of the charts over many cases, in the units of their SVG; the templates only draw it.

Every mark carries the words of its tooltip and the filter it leads to; nothing is computed in a template.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from service.queries.portfolio import Figured, Portfolio
from service.report.figures import rate, score
from service.workflow.stages import Stage

ROW, LENGTH, LEFT, RIGHT = 30, 200, 76, 90
COLUMN, HEIGHT = 74, 120
PLOT = 240


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar, column or dot: label, value shown, words, filter it leads to, place and extent."""

    label: str
    value: str
    words: str
    query: dict[str, str]
    at: int
    extent: int
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Marks and the size of the picture; `left` is where bars begin."""

    marks: tuple[Mark, ...]
    width: int
    height: int
    left: int = LEFT


@dataclass(frozen=True, slots=True)
class Dot:
    """One case in the scatter: code, words, place; `above` if its final total exceeds its own."""

    code: str
    words: str
    x: int
    y: int
    above: bool


@dataclass(frozen=True, slots=True)
class Scatter:
    """Own totals against final totals from `low` to 100 points; ticks with place and text."""

    dots: tuple[Dot, ...]
    ticks: tuple[tuple[int, str], ...]
    low: int


def funnel(found: Portfolio, query: dict[str, str]) -> Chart:
    """Return the cases per stage as bars; late ones are said in words."""
    most = max((each.count for each in found.stages), default=0) or 1
    marks = tuple(
        Mark(
            label=each.stage.label,
            value=f"{each.count} 项" + (f"，逾期 {each.late}" if each.late else ""),
            words=f"{each.stage.label}：{each.count} 项，其中逾期 {each.late} 项；{days_words(each.days)}",
            query={**query, "stage": each.stage.value},
            at=8 + place * ROW,
            extent=round(Fraction(each.count, most) * LENGTH),
            strong=each.stage is not Stage.SIGNED,
        )
        for place, each in enumerate(found.stages)
    )
    return Chart(marks, LEFT + LENGTH + RIGHT, 12 + len(marks) * ROW)


def days_words(days: Fraction | None) -> str:
    """Return the median days in words."""
    return "尚无走完的记录" if days is None else f"中位用时 {score(days, 1)} 天"


def grades(found: Portfolio, query: dict[str, str]) -> Chart | None:
    """Return the cases per grade as columns, None if no grade is known."""
    counts = found.grades
    if not counts:
        return None
    most = max(count for _, count in counts)
    total = sum(count for _, count in counts)
    marks = tuple(
        Mark(
            label=name,
            value=str(count),
            words=f"{name}：{count} 项，占 {rate(Fraction(count, total))}",
            query={**query, "grade": name},
            at=10 + place * COLUMN,
            extent=round(Fraction(count, most) * HEIGHT),
        )
        for place, (name, count) in enumerate(counts)
    )
    return Chart(marks, 20 + len(marks) * COLUMN, HEIGHT + 56)


def rates(found: Portfolio) -> Chart | None:
    """Return the mean rate per year and kind as bars, None if there is none."""
    if not found.rates:
        return None
    marks = tuple(
        Mark(
            label=f"{each.year} {each.kind.label}",
            value=f"{rate(each.rate)}（{each.count} 项）",
            words=f"{each.year}年度{each.kind.label}：平均得分率 {rate(each.rate)}，{each.count} 项",
            query={"year": each.year, "kind": each.kind.value},
            at=8 + place * ROW,
            extent=round(min(max(each.rate, Fraction(0)), Fraction(1)) * LENGTH),
            strong=place == 0 or found.rates[place - 1].year != each.year,
        )
        for place, each in enumerate(found.rates)
    )
    return Chart(marks, 170 + LENGTH + 110, 12 + len(marks) * ROW, 170)


def scatter(found: Portfolio) -> Scatter | None:
    """Return own totals against final totals, None without a pair; totals beyond 0 to 100 lie on the edge."""
    pairs = found.pairs
    if not pairs:
        return None
    least = min(min(case.claimed or 0, case.total or 0) for case in pairs)
    low = min(int(max(least, Fraction(0)) // 20) * 20, 80)
    ticks = tuple(
        (_along(Fraction(value), low), str(value)) for value in range(low, 101, 20 if low < 60 else 10)
    )
    return Scatter(tuple(_dot(case, low) for case in pairs), ticks, low)


def _along(value: Fraction, low: int) -> int:
    share = (value - low) / (100 - low)
    return round(min(max(share, Fraction(0)), Fraction(1)) * PLOT)


def _dot(case: Figured, low: int) -> Dot:
    own, final = case.claimed or Fraction(0), case.total or Fraction(0)
    words = f"{case.title}：自评 {score(own)}，评定 {score(final)}，相差 {score(final - own)}"
    return Dot(case.code, words, _along(own, low), PLOT - _along(final, low), final > own)
