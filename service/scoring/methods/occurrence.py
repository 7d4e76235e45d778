"""Counting occurrences: shared by 按次扣分, 倒扣 and 加分.

Formula: n = value ÷ unit; whole: ⌊n⌋, begun: ⌈n⌉, proportional: n; loss = min(per × n, loss_cap).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from service.scoring.expressions import VALUE, Expression, names_of
from service.scoring.methods.base import Context, Fault, Rule, comparing, count_of
from service.scoring.points import Points
from service.scoring.quantities import RATIO_UNITS, Quantity, UnitError, same_kind, show_short
from service.scoring.states import NotComputableError


class CountStep(StrEnum):
    """What a part of a unit counts."""

    WHOLE = "whole"
    BEGUN = "begun"
    PROPORTIONAL = "proportional"
    NOT_STATED = "not_stated"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "whole": "满一个才计",
            "begun": "不足一个也计",
            "proportional": "按比例计",
            "not_stated": "原件没有写",
        }[self.value]


ONE_UNIT = Quantity(Fraction(1))


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of occurrence.

    Args:
        per: points each; None for a fatal, event-only or discretionary item.
        unit: how much counts as one; `value` the measured amount, None when the result gives a count.
        loss_cap: most points this item moves.
        fatal: an occurrence leaves the lowest points; `event` is triggered by one.
    """

    code: str = ""
    name: str = ""
    per: Points | None = None
    unit: Quantity = ONE_UNIT
    value: Expression | None = None
    step: CountStep = CountStep.WHOLE
    loss_cap: Points | None = None
    fatal: bool = False
    event: str = ""

    @property
    def title(self) -> str:
        """Return how the item is called in a derivation."""
        return self.name or self.code or "发生"


def amount_of(item: Item, context: Context) -> Fraction:
    """Return how many units occurred, not yet counted whole or begun.

    Raises:
        NotComputableError: there is no count, it is negative, or its kind is another.
    """
    if item.value is not None:
        value = context.scope.number(item.value)
        try:
            same_kind(value, item.unit)
        except UnitError as error:
            raise comparing(error) from None
        return max(value.number, Fraction(0)) / item.unit.number
    given = context.given
    if item.code and item.code in given.counts:
        return count_of(given.counts[item.code], f"“{item.title}”的次数") / item.unit.number
    if item.code:
        raise NotComputableError(f"没有录入“{item.title}”的次数")
    return count_of(given.count, "次数") / item.unit.number


def counted(item: Item, amount: Fraction, context: Context) -> tuple[Fraction, str]:
    """Return how often the item counts and how that was settled.

    Raises:
        NotComputableError: the source does not say how parts count, and it matters here.
    """
    step = item.step
    if step is CountStep.NOT_STATED and context.given.step_ruling:
        if context.given.step_ruling not in set(CountStep) - {CountStep.NOT_STATED}:
            known = "、".join(one.label for one in CountStep if one is not CountStep.NOT_STATED)
            raise NotComputableError(f"不足一个怎样计，只能是：{known}")
        step = CountStep(context.given.step_ruling)
    if step is CountStep.NOT_STATED:
        if amount.denominator != 1:
            per = item.per.limits(context.full)[0] if item.per else Fraction(0)
            raise NotComputableError(
                f"“{item.title}”计 {show_short(amount)} 个单位：满一个才计，"
                f"{show_short(per * floor(amount))} 分；"
                f"不足一个也计，{show_short(per * ceil(amount))} 分；原件没有写，须裁定不足一个怎样计"
            )
        return amount, ""
    number = {CountStep.WHOLE: Fraction(floor(amount)), CountStep.BEGUN: Fraction(ceil(amount))}.get(
        step, amount
    )
    note = "" if number == amount else f"（{show_short(amount)}，{step.label}）"
    return number, note


def moved(item: Item, context: Context) -> tuple[Fraction, str]:
    """Return the points one item moves (positive) and its arithmetic."""
    assert item.per is not None
    number, note = counted(item, amount_of(item, context), context)
    per = item.per.limits(context.full)[0]
    points = per * number
    text = f"{item.title}：{show_short(per)} 分 × {show_short(number)}{note} = {show_short(points)} 分"
    if item.loss_cap is not None and points > (cap := item.loss_cap.limits(context.full)[0]):
        return cap, f"{text}，以 {show_short(cap)} 分为限"
    return points, text


def item_faults(item: Item, place: tuple[str | int, ...], *, needs_per: bool) -> Iterable[Fault]:
    """Yield what is wrong with one item."""
    if needs_per and item.per is None and not item.fatal:
        yield Fault((*place, "per"), "缺少每次的分值", "分数如 0.5", "写 per，或写 fatal: yes")
    if item.per is not None and item.fatal:
        yield Fault((*place, "per"), "fatal 的项不写 per", cure="删去其中一个")
    if item.per is not None and (not item.per.fixed or item.per.low < 0):
        yield Fault(
            (*place, "per"), "每次的分值应是固定的正数", "如 0.5 或 10%", "写正数；范围用 discretionary"
        )
    if item.unit.number <= 0:
        yield Fault((*place, "unit"), "计数单位必须大于零", "如 1、1%、30分钟", "改单位")


class CountingRule(Rule):
    """A rule made of items."""

    items: tuple[Item, ...]

    def expressions(self) -> Iterable[Expression]:
        """Return the measured amounts."""
        return tuple(item.value for item in self.items if item.value is not None)

    def bounds(self) -> Iterable[Quantity]:
        """Return the percent steps that a formula over the result's own `value` is counted in."""
        return tuple(
            item.unit
            for item in self.items
            if item.unit.unit in RATIO_UNITS and item.value is not None and VALUE.name in names_of(item.value)
        )

    def events(self) -> frozenset[str]:
        """Return events the items trigger."""
        return frozenset(item.event for item in self.items if item.event)
