"""酌情: the team decides within limits and says why.

Formula: points = the chosen figure, low ≤ points ≤ high, a multiple of `step` where one is stated.
Worked (2 分, step 0.5): 1.5 → 1.5; 1.3 is refused; 2.5 is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.methods.base import Context, Fault, Rule, RuleResult, too_many
from service.scoring.points import ALL_POINTS, NO_POINTS, Points
from service.scoring.quantities import exact, show_short
from service.scoring.states import NotComputableError


@dataclass(frozen=True)
class Discretionary(Rule):
    """See the module."""

    kind = "discretionary"
    uses = frozenset({"points"})
    low: Points = NO_POINTS
    high: Points = ALL_POINTS
    step: Fraction | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return the chosen points."""
        if not context.given.points:
            raise NotComputableError("尚未酌定分数")
        points = exact(context.given.points)
        low, high = self.low.limits(context.full)[0], self.high.limits(context.full)[1]
        if not low <= points <= high:
            raise NotComputableError(
                f"酌定的 {context.given.points} 分不在 {show_short(low)}–{show_short(high)} 分之内"
            )
        if self.step is not None and (points / self.step).denominator != 1:
            raise NotComputableError(f"酌定的 {context.given.points} 分不是 {show_short(self.step)} 的整数倍")
        why = f"：{context.given.reason}" if context.given.reason else ""
        return RuleResult(points, (f"酌定 {show_short(points)} 分{why}",))

    def worst(self, full: Fraction) -> Fraction:
        """Return the lower limit."""
        return self.low.limits(full)[0]

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return limits outside the full marks or crossed, and a step that is not positive."""
        yield from too_many(self.low, full, ("from",))
        yield from too_many(self.high, full, ("to",))
        if full is not None and self.low.limits(full)[0] > self.high.limits(full)[1]:
            yield Fault(("from",), "下限高于上限", cure="对调 from 与 to")
        if self.step is not None and self.step <= 0:
            yield Fault(("step",), "步长必须大于零", "如 0.5", "改 step")
