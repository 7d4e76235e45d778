"""按比例: the target is tested first; only an unmet one forms a ratio.

Formula: c = value / target; c ≥ cap → c = cap; with a pass mark p: 0 if c < p else (c − p)/(1 − p);
points = P × c.
Worked (财预〔2020〕10号第16条): P = 10, 50 % done → 5. (财预〔2021〕101号, p = 60 %): 50 % → 0, 80 % → 5.
Uncapped (cap none or over 100 %): the part over P is a bonus.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.expressions import VALUE, Expression, Number
from service.scoring.methods.base import ONE, ZERO, Context, Fault, Rule, RuleResult, comparing
from service.scoring.quantities import Quantity, UnitError, same_kind, show_short
from service.scoring.states import NotComputableError, ZeroDenominatorError

WHOLE = Number(Quantity(ONE, (), "%"))


@dataclass(frozen=True)
class Proportional(Rule):
    """See the module; `cap` None means no cap; `zero` is the ratio a zero target gives."""

    kind = "proportional"
    target: Expression = WHOLE
    value: Expression = VALUE
    cap: Fraction | None = ONE
    pass_mark: Fraction | None = None
    zero: Quantity | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return the share of the full marks reached."""
        value = context.scope.number(self.value, zero=self.zero)
        target = context.scope.number(self.target)
        try:
            same_kind(value, target)
        except UnitError as error:
            raise comparing(error) from None
        capped = self.cap == ONE
        if capped and value.number >= target.number:
            return RuleResult(
                context.full, (f"{value} 达到目标 {target}，得满分 {show_short(context.full)} 分",)
            )
        rate, how = self._rate(value, target)
        share, note = passed(rate, self.pass_mark)
        points = max(context.full * share, ZERO)
        return RuleResult(points, (how + note, times(context.full, share, points)))

    def _rate(self, value: Quantity, target: Quantity) -> tuple[Fraction, str]:
        if target.number:
            rate = value.number / target.number
            how = f"{value} ÷ {target}"
        elif self.zero is not None:
            rate, how = self.zero.number, "目标为零，按规定"
        else:
            raise ZeroDenominatorError("目标为零，体系没有说怎样计算完成率")
        text = f"完成率 = {how} = {percent(rate)}"
        if self.cap is not None and rate > self.cap:
            return self.cap, f"{text}，以 {percent(self.cap)} 为限"
        return rate, text

    def bounds(self) -> Iterable[Quantity]:
        """Return the target if it is written out."""
        return plain_target(self.value, self.target)

    def expressions(self) -> Iterable[Expression]:
        """Return value and target."""
        return (self.value, self.target)

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return an impossible pass mark or cap."""
        yield from bad_pass_mark(self.pass_mark)
        if self.cap is not None and self.cap <= 0:
            yield Fault(("cap",), "上限必须大于零", "如 100%、120% 或 none", "改上限")


def plain_target(value: Expression, target: Expression) -> tuple[Quantity, ...]:
    """Return the target when the result's own `value` is compared with a figure written out."""
    return (target.value,) if value == VALUE and isinstance(target, Number) else ()


def passed(rate: Fraction, mark: Fraction | None) -> tuple[Fraction, str]:
    """Return the share of the points that `rate` earns above the pass mark, and how."""
    if mark is None:
        return rate, ""
    if rate < mark:
        return ZERO, f"，低于及格线 {percent(mark)}，不得分"
    share = (rate - mark) / (1 - mark)
    return share, f"，({percent(rate)} − {percent(mark)}) ÷ (100% − {percent(mark)}) = {percent(share)}"


def bad_pass_mark(mark: Fraction | None) -> Iterable[Fault]:
    """Yield a fault unless the pass mark lies in [0, 1)."""
    if mark is not None and not 0 <= mark < 1:
        yield Fault(("pass_mark",), "及格线必须在 0 与 100% 之间", "0% 到 99.99%", "如 60%")


def percent(rate: Fraction) -> str:
    """Return a ratio as percent for a derivation."""
    return show_short(rate * 100) + "%"


def times(full: Fraction, share: Fraction, points: Fraction) -> str:
    """Return the closing step of a share of the full marks."""
    return f"得分 = {show_short(full)} × {percent(share)} = {show_short(points)} 分"


__all__ = [
    "NotComputableError",
    "Proportional",
    "bad_pass_mark",
    "passed",
    "percent",
    "plain_target",
    "times",
]
