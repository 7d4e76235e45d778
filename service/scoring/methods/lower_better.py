"""越小越好: full marks up to the target, then less the further it is exceeded.

Formula for v > t: ratio P × t/v; deviation P × max(0, 1 − (v − t)/t);
linear P × (w − v)/(w − t) down to 0 at w.
A pass mark p applies to the share as in 按比例.
Worked (10 分, 目标 2 小时): 150 分钟 → ratio 8, deviation 7.5, linear to 4 小时 7.5; 2 小时 → 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.expressions import VALUE, Expression
from service.scoring.methods.base import ONE, ZERO, Context, Fault, Rule, RuleResult, comparing
from service.scoring.methods.proportional import bad_pass_mark, passed, percent, plain_target, times
from service.scoring.quantities import Quantity, UnitError, same_kind, show_short
from service.scoring.states import NotComputableError, ZeroDenominatorError


class Fall(StrEnum):
    """How points fall beyond the target."""

    RATIO = "ratio"
    DEVIATION = "deviation"
    LINEAR = "linear"


@dataclass(frozen=True)
class LowerBetter(Rule):
    """See the module."""

    kind = "lower_better"
    target: Expression
    how: Fall = Fall.RATIO
    worst_at: Expression | None = None
    value: Expression = VALUE
    pass_mark: Fraction | None = None
    zero: Quantity | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return full marks or what is left of them."""
        value = context.scope.number(self.value)
        target = context.scope.number(self.target)
        try:
            same_kind(value, target)
        except UnitError as error:
            raise comparing(error) from None
        if value.number <= target.number:
            return RuleResult(
                context.full, (f"{value} 不超过目标 {target}，得满分 {show_short(context.full)} 分",)
            )
        rate, how = self._left(value, target, context)
        share, note = passed(rate, self.pass_mark)
        points = context.full * share
        return RuleResult(points, (f"{how} = {percent(rate)}{note}", times(context.full, share, points)))

    def _left(self, value: Quantity, target: Quantity, context: Context) -> tuple[Fraction, str]:
        if self.how is Fall.LINEAR and self.worst_at is not None:
            worst = context.scope.number(self.worst_at)
            if worst.number <= target.number:
                raise NotComputableError(f"最差值 {worst} 不大于目标 {target}")
            rate = max(ZERO, (worst.number - value.number) / (worst.number - target.number))
            return rate, f"({worst} − {value}) ÷ ({worst} − {target})"
        if not target.number:
            if self.zero is None:
                raise ZeroDenominatorError("目标为零而实际大于零，体系没有说怎样计算")
            return self.zero.number, "目标为零，按规定"
        if self.how is Fall.RATIO:
            return max(ZERO, target.number / value.number), f"{target} ÷ {value}"
        over = (value.number - target.number) / target.number
        return max(ZERO, ONE - over), f"1 − ({value} − {target}) ÷ {target}"

    def bounds(self) -> Iterable[Quantity]:
        """Return the target if it is written out."""
        return plain_target(self.value, self.target)

    def expressions(self) -> Iterable[Expression]:
        """Return value, target and worst value."""
        return tuple(part for part in (self.value, self.target, self.worst_at) if part is not None)

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return a missing or needless worst value and an impossible pass mark."""
        if (self.how is Fall.LINEAR) != (self.worst_at is not None):
            yield Fault(("worst",), "linear 要写 worst，其他办法不写", cure="补上或删去 worst")
        yield from bad_pass_mark(self.pass_mark)
