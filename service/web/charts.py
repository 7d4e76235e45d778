"""Geometry of the two charts, in the units of their SVG; the templates only draw it.

Bars are clamped to the scale, the printed figure never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from service.queries.unfolding import ScoreTable
from service.report.figures import exact
from service.report.snapshot import WaterfallStep

ROW, WIDTH, TOP, MARGIN = 26, 260, 8, 62
COLUMN, HEIGHT = 68, 110
LABEL, LETTER = 12, 13


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: label (shortened if needed), full name, figure, place and extent; `strong` for first level."""

    label: str
    name: str
    rate: str
    awarded: str
    max: str
    y: int
    width: int
    strong: bool


@dataclass(frozen=True, slots=True)
class RateChart:
    """Rates of first- and second-level indicators as horizontal bars; `left` is where they begin."""

    bars: tuple[Bar, ...]
    left: int
    width: int
    height: int
    ticks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One stage: label, total as exact text or None, place and height."""

    label: str
    total: str | None
    change: str | None
    x: int
    height: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Totals after each stage as columns."""

    columns: tuple[Column, ...]
    width: int


def rate_chart(table: ScoreTable) -> RateChart | None:
    """Return the rates of the upper two levels, None if there is none."""
    bars: list[Bar] = []
    for unfolded in table.lines:
        line = unfolded.line
        if line.block or line.level > 2 or line.rate is None:
            continue
        extent = min(max(exact(line.rate) or Fraction(0), Fraction(0)), Fraction(1)) * WIDTH
        bars.append(
            Bar(
                label=line.name if len(line.name) <= LABEL else f"{line.name[: LABEL - 1]}…",
                name=line.name,
                rate=line.rate,
                awarded=line.awarded or "",
                max=line.max or "",
                y=TOP + len(bars) * ROW,
                width=round(extent),
                strong=line.level == 1,
            )
        )
    if not bars:
        return None
    left = max(len(bar.label) for bar in bars) * LETTER + 12
    ticks = tuple((left + WIDTH * step // 4, f"{25 * step}%") for step in range(5))
    return RateChart(tuple(bars), left, left + WIDTH + MARGIN, TOP + len(bars) * ROW + 24, ticks)


def waterfall(steps: tuple[WaterfallStep, ...], full: str | None) -> Waterfall | None:
    """Return the totals stage by stage, None unless two of them have a figure."""
    totals = [exact(step.total) for step in steps]
    known = [total for total in totals if total is not None]
    if len(known) < 2:
        return None
    top = max([*known, exact(full) or Fraction(0)]) or Fraction(1)
    columns: list[Column] = []
    before: Fraction | None = None
    for step, total in zip(steps, totals, strict=True):
        share = max(total or Fraction(0), Fraction(0)) / top
        change = None if total is None or before is None else str(total - before)
        columns.append(
            Column(step.label, step.total, change, 8 + len(columns) * COLUMN, round(share * HEIGHT))
        )
        before = total if total is not None else before
    return Waterfall(tuple(columns), 8 + len(columns) * COLUMN)
