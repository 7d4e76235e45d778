"""加分: points on top, with or without a cap.

Formula: points = min(cap, per × n), or the expert's choice within the cap.
Worked: per 1, cap 2: three awards → 2; no cap: three → 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.methods.base import Context, Fault, RuleResult
from service.scoring.methods.occurrence import CountingRule, Item, item_faults, moved
from service.scoring.quantities import exact, show_short
from service.scoring.states import NotComputableError


@dataclass(frozen=True)
class Bonus(CountingRule):
    """See the module; `cap` None means no cap."""

    kind = "bonus"
    uses = frozenset({"count", "points", "step_ruling"})
    items: tuple[Item, ...]
    cap: Fraction | None

    def evaluate(self, context: Context) -> RuleResult:
        """Return zero or more."""
        steps: tuple[str, ...]
        if self.items[0].per is None:
            if not context.given.points:
                raise NotComputableError("尚未确定加分")
            points, steps = exact(context.given.points), ("酌情加分",)
            if points < 0:
                raise NotComputableError("加分不能是负数")
        else:
            points, text = moved(self.items[0], context)
            steps = (text,)
        capped = points if self.cap is None else min(points, self.cap)
        ending = f"，以 {show_short(capped)} 分为限" if capped < points else ""
        return RuleResult(capped, (*steps, f"加 {show_short(points)} 分{ending}"))

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return a cap that is not positive and bad amounts."""
        if self.cap is not None and self.cap <= 0:
            yield Fault(("cap",), "加分上限必须大于零", "如 5 或 none", "改 cap")
        yield from item_faults(self.items[0], (), needs_per=False)
