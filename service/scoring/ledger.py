"""The ledger of one node: which deductions take effect, what bonuses add, what an adjustment changes.

Formula: loss = min(available, max(rule loss, Σ stated deductions));
awarded = max − loss + bonuses + adjustment.
Worked (S3 制度执行有效性, 4 分): rule 3, one deduction row of 1 explains the loss → 3, not 2.
Worked (扣完为止, 1 分): rows of 1.5 and 0.5 → loss 1, effective 0.75 and 0.25.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.facts import AdjustmentFact, BonusFact, DeductionFact
from service.scoring.lines import ZERO, Entry, EntryKind
from service.scoring.quantities import exact, show_short
from service.scoring.states import NotComputableError

NO_FIGURE = "规则算不出得分，也没有写明数额的扣分"


@dataclass(frozen=True, slots=True)
class Limits:
    """Lowest and highest points of a node; None is no limit."""

    low: Fraction | None
    high: Fraction | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The settled amounts of one node."""

    deductions: Fraction
    bonuses: Fraction
    adjustment: Fraction
    awarded: Fraction
    entries: tuple[Entry, ...]
    steps: tuple[str, ...]
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Reasons:
    """Typed reasons at one node."""

    deductions: Sequence[DeductionFact] = ()
    bonuses: Sequence[BonusFact] = ()
    adjustments: Sequence[AdjustmentFact] = ()

    @property
    def stated(self) -> Fraction:
        """Return the sum of all stated deduction amounts."""
        return sum((exact(one.amount) for one in self.deductions if one.amount is not None), ZERO)

    @property
    def unstated(self) -> tuple[str, ...]:
        """Return ids of deductions whose amount is 来源未载."""
        return tuple(one.id for one in self.deductions if one.amount is None)


def settle(
    full: Fraction, points: Fraction | None, reasons: Reasons, limits: Limits, *, by_rule: bool = False
) -> Ledger:
    """Return the ledger of a node with `full` marks for which the rule (or the children) gave `points`.

    With `by_rule` and an adjustment the deduction rows only explain, so that the adjustment is the whole step
    from the rule's figure to the awarded one.

    Raises:
        NotComputableError: there is neither a figure nor a stated deduction, or two adjustments contend.
    """
    if len(reasons.adjustments) > 1:
        ids = "、".join(one.id for one in reasons.adjustments)
        raise NotComputableError(f"同一处有多条裁量调整（{ids}），只能有一条有效")
    if points is None:
        points = _without_rule(full, reasons)
    elif points == full and reasons.unstated and not reasons.stated and not reasons.adjustments:
        raise NotComputableError(f"扣分 {'、'.join(reasons.unstated)} 的数额来源未载")
    rule_loss, rule_bonus = max(full - points, ZERO), max(points - full, ZERO)
    wanted = rule_loss if by_rule and reasons.adjustments else max(rule_loss, reasons.stated)
    loss = wanted if limits.low is None else min(wanted, full - limits.low)
    entries, steps = _deduction_entries(reasons, loss, rule_loss)
    bonus, bonus_entries = _bonus(reasons, full - loss + rule_bonus, limits)
    bonuses = rule_bonus + bonus
    steps += [f"加分 {show_short(bonuses)} 分"] if bonuses else []
    before = full - loss + bonuses
    adjustment = ZERO
    if reasons.adjustments:
        adjustment = _adjusted(reasons.adjustments[0], before, limits, steps)
    awarded = before + adjustment
    beyond = reasons.stated > rule_loss and rule_loss < loss
    return Ledger(loss, bonuses, adjustment, awarded, (*entries, *bonus_entries), tuple(steps), beyond)


def _without_rule(full: Fraction, reasons: Reasons) -> Fraction:
    if reasons.adjustments or (reasons.deductions and not reasons.unstated):
        return full
    if reasons.unstated:
        raise NotComputableError(f"扣分 {'、'.join(reasons.unstated)} 的数额来源未载")
    raise NotComputableError(NO_FIGURE)


def _deduction_entries(
    reasons: Reasons, loss: Fraction, rule_loss: Fraction
) -> tuple[list[Entry], list[str]]:
    stated = reasons.stated
    share = min(stated, loss) / stated if stated else ZERO
    entries = []
    for one in reasons.deductions:
        nominal = None if one.amount is None else exact(one.amount)
        effective = None if nominal is None else nominal * share
        entries.append(Entry(EntryKind.DEDUCTION, one.id, one.reason, nominal, effective))
    rest = loss - min(stated, loss)
    if rest:
        entries.append(Entry(EntryKind.RULE, "", "按评分标准扣分", rest, rest))
    steps = [f"扣分 {show_short(loss)} 分"] if loss and reasons.deductions else []
    if stated > loss:
        steps.append(f"扣分行合计 {show_short(stated)} 分，扣完为止")
    elif stated > rule_loss and rule_loss:
        steps.append(f"扣分行合计 {show_short(stated)} 分，超过规则失分 {show_short(rule_loss)} 分")
    return entries, steps


def _bonus(reasons: Reasons, before: Fraction, limits: Limits) -> tuple[Fraction, list[Entry]]:
    wanted = sum((exact(one.amount) for one in reasons.bonuses), ZERO)
    bonus = wanted if limits.high is None else max(ZERO, min(wanted, limits.high - before))
    share = bonus / wanted if wanted else ZERO
    return bonus, [
        Entry(EntryKind.BONUS, one.id, one.reason, exact(one.amount), exact(one.amount) * share)
        for one in reasons.bonuses
    ]


def _adjusted(one: AdjustmentFact, before: Fraction, limits: Limits, steps: list[str]) -> Fraction:
    awarded = exact(one.awarded)
    too_low = limits.low is not None and awarded < limits.low
    if too_low or (limits.high is not None and awarded > limits.high):
        raise NotComputableError(f"裁量调整 {one.id} 给 {one.awarded} 分，超出本行得分范围")
    steps.append(f"裁量调整 {one.id}：{show_short(before)} → {show_short(awarded)} 分，理由：{one.reason}")
    return awarded - before
