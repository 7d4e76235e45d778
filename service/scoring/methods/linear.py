"""两点之间直线: straight line between two (value, points) pairs, fixed outside.

Formula: points = a.points + (v − a.at)/(b.at − a.at) × (b.points − a.points) for v between a.at and b.at.
Worked (S3 满意率, 6 分): 60 % → 0, 90 % → 6; 75 % → (75 − 60)/(90 − 60) × 6 = 3; 59.9 % → 0; 96.97 % → 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.expressions import VALUE, Expression
from service.scoring.methods.base import Context, Fault, Rule, RuleResult, comparing, too_many
from service.scoring.points import Points
from service.scoring.quantities import Quantity, UnitError, same_kind, show_short


@dataclass(frozen=True, slots=True)
class Corner:
    """One end of the line."""

    at: Quantity
    points: Points


@dataclass(frozen=True)
class Linear(Rule):
    """See the module; `first.at` may lie above `last.at` (less is better)."""

    kind = "linear"
    first: Corner
    last: Corner
    below: Points | None = None
    above: Points | None = None
    value: Expression = VALUE
    zero: Quantity | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return the points on the line, or the fixed ones outside."""
        value = context.scope.number(self.value, zero=self.zero)
        try:
            same_kind(value, self.first.at)
        except UnitError as error:
            raise comparing(error) from None
        rising = self.first.at.number < self.last.at.number
        before = value.number < self.first.at.number if rising else value.number > self.first.at.number
        after = value.number > self.last.at.number if rising else value.number < self.last.at.number
        if before or after:
            points = self._outside(before, context.full)
            edge = self.first.at if before else self.last.at
            where = "低于" if before == rising else "高于"
            return RuleResult(points, (f"{value} {where} {edge}，得 {show_short(points)} 分",))
        return self._between(value, context.full)

    def _outside(self, before: bool, full: Fraction) -> Fraction:
        chosen = (self.below or self.first.points) if before else (self.above or self.last.points)
        return chosen.limits(full)[0]

    def _between(self, value: Quantity, full: Fraction) -> RuleResult:
        low, high = self.first.points.limits(full)[0], self.last.points.limits(full)[0]
        share = (value.number - self.first.at.number) / (self.last.at.number - self.first.at.number)
        points = low + share * (high - low)
        sum_up = (
            f"({value} − {self.first.at}) ÷ ({self.last.at} − {self.first.at}) × {show_short(high - low)}"
        )
        start = f"{show_short(low)} + " if low else ""
        return RuleResult(points, (f"得分 = {start}{sum_up} = {show_short(points)} 分",))

    def worst(self, full: Fraction) -> Fraction:
        """Return the lowest of the fixed points."""
        every = [self.first.points, self.last.points, self.below, self.above]
        return min(points.limits(full)[0] for points in every if points is not None)

    def bounds(self) -> Iterable[Quantity]:
        """Return both ends of the line."""
        return (self.first.at, self.last.at) if self.value == VALUE else ()

    def expressions(self) -> Iterable[Expression]:
        """Return the measured value."""
        return (self.value,)

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return ends that coincide, differ in kind, are ranges or exceed the full marks."""
        for place, points in (
            (("from", "points"), self.first.points),
            (("to", "points"), self.last.points),
            (("below",), self.below),
            (("above",), self.above),
        ):
            if points is None:
                continue
            yield from too_many(points, full, place)
            if not points.fixed:
                yield Fault(place, "直线的端点要固定的分", "如 6 或 100%", "不要写范围")
        try:
            same_kind(self.first.at, self.last.at)
        except UnitError:
            yield Fault(("to", "at"), "两端的单位不同", cure="写成同一单位")
        else:
            if self.first.at.number == self.last.at.number:
                yield Fault(
                    ("to", "at"), "两端的值相同，画不成线", cure="改其中一端；只有一个界限时用 all_or_nothing"
                )
