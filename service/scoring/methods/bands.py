"""分档: the value falls into exactly one of several half-open bands.

Formula: points = points of the band that holds v; a range band needs the expert's choice.
Worked (S3 预算调整率, 3 分): ≤10 % 3; (10 %, 15 %] 2.5; … >30 % 0.
2145/5823 = 36.84 % → 0; exactly 15 % → 2.5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from itertools import pairwise

from service.scoring.expressions import VALUE, Expression
from service.scoring.intervals import Interval
from service.scoring.methods.all_or_nothing import inside
from service.scoring.methods.base import Context, Fault, Rule, RuleResult, fixed_points, too_many
from service.scoring.points import Points
from service.scoring.quantities import Quantity, UnitError, same_kind, show_short
from service.scoring.states import NotComputableError
from service.scoring.values import show_value

ANYWHERE = Interval(text="any")


@dataclass(frozen=True, slots=True)
class Band:
    """One band with its points."""

    when: Interval
    points: Points
    code: str = ""
    text: str = ""


@dataclass(frozen=True)
class Bands(Rule):
    """See the module; `gaps` says whether values between bands are allowed to stay undetermined."""

    kind = "bands"
    uses = frozenset({"points"})
    bands: tuple[Band, ...]
    gaps: bool = False
    domain: Interval = ANYWHERE
    value: Expression = VALUE
    zero: Quantity | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return the points of the band that holds the value."""
        value = context.scope.value(self.value, zero=self.zero)
        for band in self.bands:
            if self._holds(value, band):
                points = context.choose(band.points, f"{band.when} 一档")
                return RuleResult(
                    points, (f"{show_value(value)} 落在 {band.when}，得 {show_short(points)} 分",)
                )
        raise NotComputableError(f"{show_value(value)} 不在任何一档内")

    def _holds(self, value: object, band: Band) -> bool:
        if isinstance(value, Interval):
            others = [other for other in self.bands if other is not band]
            return band.when.covers(value) or (
                inside_or_not(value, band.when)
                and not any(inside_or_not(value, other.when) for other in others)
            )
        return inside(value, band.when)  # type: ignore[arg-type]

    def worst(self, full: Fraction) -> Fraction:
        """Return the lowest points of any band."""
        return min(band.points.limits(full)[0] for band in self.bands)

    def coded(self, code: str, full: Fraction) -> Fraction | None:
        """Return the fixed points of the band with this code."""
        return next((fixed_points(band.points, full) for band in self.bands if band.code == code), None)

    def bounds(self) -> Iterable[Quantity]:
        """Return every end of a band."""
        if self.value == VALUE:
            for band in self.bands:
                yield from band.when.ends()

    def expressions(self) -> Iterable[Expression]:
        """Return the measured value."""
        return (self.value,)

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return empty bands, overlaps, gaps, and points outside the full marks."""
        if not self.bands:
            yield Fault(("bands",), "至少要一档", cure="写上各档")
            return
        for n, band in enumerate(self.bands):
            yield from too_many(band.points, full, ("bands", n, "points"))
            if band.when.empty:
                yield Fault(("bands", n, "when"), "区间里没有数", cure="检查端点大小和括号")
        yield from border_faults([band.when for band in self.bands], gaps=self.gaps, domain=self.domain)


def inside_or_not(value: Interval, interval: Interval) -> bool:
    """Return whether a bound lies wholly inside; a straddling one counts as not inside."""
    try:
        return inside(value, interval)
    except NotComputableError:
        return False


def border_faults(intervals: list[Interval], *, gaps: bool, domain: Interval) -> Iterable[Fault]:
    """Return overlaps between intervals and, unless `gaps`, the stretches of `domain` none of them holds."""
    if not _comparable([*intervals, domain]):
        yield Fault(("bands",), "各档的单位不同", cure="写成同一单位")
        return
    order = sorted(range(len(intervals)), key=lambda n: cmp_to_key(_side)(intervals[n]))
    for left, right in pairwise(order):
        border = intervals[left].touches(intervals[right])
        if border == "overlap":
            yield Fault(("bands", right, "when"), f"与 {intervals[left]} 重叠", cure="让端点只属于其中一档")
        elif border == "gap" and not gaps:
            yield Fault(
                ("bands", right, "when"),
                f"{intervals[left]} 与 {intervals[right]} 之间有空隙",
                cure="补上空隙，或写 gaps: undetermined",
            )
    first, last = intervals[order[0]], sorted(intervals, key=cmp_to_key(_end_side))[-1]
    if not gaps and (domain.starts_before(first) or domain.ends_after(last)):
        yield Fault(("bands",), "没有覆盖到两端", cure="首尾两档写到底（如 <60%、>=90%），或写 domain、gaps")


def _comparable(intervals: list[Interval]) -> bool:
    ends = [end for one in intervals for end in (one.low, one.high) if end is not None]
    try:
        for end in ends[1:]:
            same_kind(ends[0], end)
    except UnitError:
        return False
    return True


def _side(one: Interval, other: Interval) -> int:
    if one.starts_before(other):
        return -1
    return 1 if other.starts_before(one) else 0


def _end_side(one: Interval, other: Interval) -> int:
    if other.ends_after(one):
        return -1
    return 1 if one.ends_after(other) else 0
