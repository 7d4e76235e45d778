"""倒扣: an item that starts at 0 and only loses points, down to its own floor.

Formula: points = max(floor, −(Σ per_i × n_i + Σ discretionary deductions)).
Worked (S3 负面问题, floor −10): 审计突出问题 twice at 1, 安全事故 once at 2 → −4; eleven at 1 → −10.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.methods.base import Context, Fault, RuleResult, count_of, unknown
from service.scoring.methods.levels import doubled
from service.scoring.methods.occurrence import CountingRule, Item, amount_of, item_faults, moved
from service.scoring.quantities import exact, show_short
from service.scoring.states import NotComputableError


@dataclass(frozen=True)
class Reverse(CountingRule):
    """See the module; without items the whole figure is the team's judgement."""

    kind = "reverse"
    uses = frozenset({"count", "counts", "deduct", "points", "step_ruling"})
    floor: Fraction
    items: tuple[Item, ...] = ()

    def evaluate(self, context: Context) -> RuleResult:
        """Return zero or less."""
        if context.given.points:
            return self._judged(exact(context.given.points))
        given = context.given
        unknown(given.counts, [item.code for item in self.items], "扣分项")
        unknown(
            given.deduct,
            [item.code for item in self.items if not item.fatal and item.per is None],
            "酌情扣分项",
        )
        if not (given.used & {"counts", "deduct", "count", "value", "inputs"}):
            raise NotComputableError("尚未录入扣分情况")
        losses, events, fatal = [], [], False
        for item in self.items:
            loss, text, happened = self._item(item, context)
            losses.append((loss, text))
            events += [item.event] if item.event and happened else []
            fatal = fatal or (item.fatal and happened)
        total = sum((loss for loss, _ in losses), Fraction(0))
        points = self.floor if fatal else max(self.floor, -total)
        ending = "，以最低分为限" if -total < self.floor or fatal else ""
        steps = [text for _, text in losses if text]
        steps.append(f"得分 = 0 − {show_short(total)} = {show_short(points)} 分{ending}")
        return RuleResult(points, tuple(steps), events=tuple(events))

    def _judged(self, points: Fraction) -> RuleResult:
        if not self.floor <= points <= 0:
            raise NotComputableError(f"倒扣得分应在 {show_short(self.floor)} 与 0 之间")
        return RuleResult(points, (f"酌情扣 {show_short(-points)} 分",))

    def _item(self, item: Item, context: Context) -> tuple[Fraction, str, bool]:
        if item.per is not None:
            loss, text = moved(item, context)
            return loss, text, loss > 0
        if item.fatal or item.event:
            happened = item.code in context.given.counts and amount_of(item, context) > 0
            return Fraction(0), f"发生“{item.title}”" if happened else "", happened
        if item.code not in context.given.deduct:
            return Fraction(0), "", False
        loss = count_of(context.given.deduct[item.code], f"“{item.title}”扣分")
        return loss, f"{item.title}：酌情扣 {show_short(loss)} 分", loss > 0

    def worst(self, full: Fraction) -> Fraction:
        """Return the floor."""
        return self.floor

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return a floor above zero and bad items."""
        if self.floor > 0:
            yield Fault(("floor",), "倒扣的最低分应是零或负数", "如 -10", "加负号")
        if full:
            yield Fault((), "倒扣指标的满分应是 0", "0", "把 max 写成 0，或改用 per_occurrence")
        yield from doubled([item.code for item in self.items], "items")
        for n, item in enumerate(self.items):
            yield from item_faults(item, ("items", n), needs_per=False)
