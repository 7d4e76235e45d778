"""全有或全无: P if the condition holds, else 0.

Formula: points = `points` (default P) if value ∈ `met`, `when` holds or the team says yes;
else `otherwise` (default 0).
Worked (S3, SLA ≥90 得1分；否则0分): P = 1, value 92 → 1; value 89.99 → 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.expressions import VALUE, Expression
from service.scoring.inputs import YES
from service.scoring.intervals import Interval
from service.scoring.methods.base import (
    Context,
    Fault,
    Rule,
    RuleResult,
    comparing,
    fixed_points,
    too_many,
)
from service.scoring.points import ALL_POINTS, NO_POINTS, Points
from service.scoring.quantities import Quantity, UnitError, show_short
from service.scoring.states import NotComputableError
from service.scoring.values import Value, show_value


@dataclass(frozen=True)
class AllOrNothing(Rule):
    """See the module; without `met` and `when` the team judges."""

    kind = "all_or_nothing"
    uses = frozenset({"met", "points"})
    met: Interval | None = None
    when: Expression | None = None
    value: Expression = VALUE
    points: Points = ALL_POINTS
    otherwise: Points = NO_POINTS

    def evaluate(self, context: Context) -> RuleResult:
        """Return full or nothing."""
        holds, why = self._holds(context)
        points = context.choose(self.points if holds else self.otherwise, "得分")
        return RuleResult(points, (f"{why}，得 {show_short(points)} 分",))

    def _holds(self, context: Context) -> tuple[bool, str]:
        if context.given.met:
            if self.met is not None or self.when is not None:
                raise NotComputableError("本规则由数判断，不能直接写 met")
            holds = YES[context.given.met]
            return holds, "判断为符合" if holds else "判断为不符合"
        if self.when is not None:
            holds = context.scope.holds(self.when)
            return holds, "条件成立" if holds else "条件不成立"
        if self.met is None:
            raise NotComputableError("尚未判断是否符合")
        value = context.scope.value(self.value)
        holds = inside(value, self.met)
        return holds, f"{show_value(value)} {'符合' if holds else '不符合'} {self.met}"

    def worst(self, full: Fraction) -> Fraction:
        """Return what an unmet condition gives."""
        return self.otherwise.limits(full)[0]

    def coded(self, code: str, full: Fraction) -> Fraction | None:
        """Return the points of ``met`` or ``unmet``."""
        chosen = {"met": self.points, "unmet": self.otherwise}.get(code)
        return None if chosen is None else fixed_points(chosen, full)

    def bounds(self) -> Iterable[Quantity]:
        """Return the ends of the interval that is met."""
        return self.met.ends() if self.met is not None and self.value == VALUE else ()

    def expressions(self) -> Iterable[Expression]:
        """Return the measured value or the condition."""
        if self.when is not None:
            return (self.when,)
        return (self.value,) if self.met is not None else ()

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return points outside the full marks and doubled conditions."""
        yield from too_many(self.points, full, ("points",))
        yield from too_many(self.otherwise, full, ("else",))
        if self.met is not None and self.when is not None:
            yield Fault(("when",), "met 与 when 只能写一个", cure="删去其中一个")
        if self.met is not None and self.met.empty:
            yield Fault(("met",), "区间里没有数", cure="检查端点大小和括号")


def inside(value: Value, interval: Interval) -> bool:
    """Return whether a number, or all of a bound or range, lies in `interval`.

    Raises:
        NotComputableError: the value is no number, of another kind, or a bound that straddles the border.
    """
    try:
        if isinstance(value, Quantity):
            return value in interval
        if isinstance(value, Interval):
            if interval.covers(value):
                return True
            if _apart(interval, value):
                return False
            raise NotComputableError(f"“{value}”只是界限，判断不了是否符合 {interval}")
    except UnitError as error:
        raise comparing(error) from None
    raise NotComputableError(f"“{show_value(value)}”不是数，不能与 {interval} 比较")


def _apart(one: Interval, other: Interval) -> bool:
    first, second = (one, other) if one.starts_before(other) else (other, one)
    if first.high is None or second.low is None:
        return False
    if first.high.number == second.low.number:
        return not (first.high_closed and second.low_closed)
    return first.high.number < second.low.number
