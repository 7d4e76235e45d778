"""按次（按幅度）扣分: so many points for every occurrence or every unit of shortfall, down to a floor.

Formula: points = max(floor, P − min(loss_cap, Σ per_i × n_i)); a fatal occurrence gives the floor.
Worked (S3 终验合格率, 1 分, 每下降1个百分点扣0.5分): 98.6 % → shortfall 1.4 points;
whole 1 → 0.5; begun 2 → 0; proportional 1.4 → 0.3; not stated: both shown, a ruling is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.methods.base import Context, Fault, RuleResult, too_many, unknown
from service.scoring.methods.levels import doubled
from service.scoring.methods.occurrence import CountingRule, Item, amount_of, item_faults, moved
from service.scoring.points import NO_POINTS, Points
from service.scoring.quantities import show_short


@dataclass(frozen=True)
class PerOccurrence(CountingRule):
    """See the module."""

    kind = "per_occurrence"
    uses = frozenset({"count", "counts", "step_ruling"})
    items: tuple[Item, ...]
    floor: Points = NO_POINTS
    loss_cap: Points | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return full marks less what the occurrences cost."""
        unknown(context.given.counts, [item.code for item in self.items], "扣分项")
        low = self.worst(context.full)
        fatal = [item for item in self.items if item.fatal and amount_of(item, context) > 0]
        if fatal:
            names = "、".join(item.title for item in fatal)
            return RuleResult(low, (f"发生“{names}”，得 {show_short(low)} 分",))
        losses = [moved(item, context) for item in self.items if not item.fatal]
        loss = sum((points for points, _ in losses), Fraction(0))
        steps = [text for _, text in losses]
        if self.loss_cap is not None and loss > (cap := self.loss_cap.limits(context.full)[0]):
            loss = cap
            steps.append(f"扣分以 {show_short(cap)} 分为限")
        points = max(low, context.full - loss)
        ending = "，扣完为止" if context.full - loss < low else ""
        steps.append(
            f"得分 = {show_short(context.full)} − {show_short(loss)} = {show_short(points)} 分{ending}"
        )
        return RuleResult(points, tuple(steps))

    def worst(self, full: Fraction) -> Fraction:
        """Return the floor."""
        return self.floor.limits(full)[0]

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return items without points, doubled codes and a floor above the full marks."""
        if not self.items:
            yield Fault(("items",), "至少要一项", cure="写 per，或写 items")
        alone = len(self.items) == 1 and not self.items[0].code
        for n, item in enumerate(self.items):
            yield from item_faults(item, () if alone else ("items", n), needs_per=True)
        if not alone:
            yield from doubled([item.code for item in self.items], "items")
        if full is not None and self.worst(full) > full:
            yield Fault(("floor",), "最低得分高于满分", f"不高于 {show_short(full)}", "改 floor")
        if self.loss_cap is not None:
            yield from too_many(self.loss_cap, full, ("loss_cap",))
