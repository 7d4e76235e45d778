"""Lines of nodes above the leaves: sums of their children, pools, and reasons that hang on the node itself.

Formula (pool, scaled): P × Σ awarded / Σ full marks of the lines that apply; (capped): min(P, Σ awarded).
Worked (30 分, two lines of 10 awarded 8 and 7, a third not applicable): scaled 30 × 15/20 = 22.5; capped 15.
Formula (shared score): one line carries max and rule, the others print 合并计分 and add nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework, Node, PoolHow, TotalKind
from service.scoring.inputs import LeafInput
from service.scoring.ledger import Limits, Reasons, settle
from service.scoring.lines import ZERO, Entry, EntryKind, SheetLine, Status
from service.scoring.quantities import exact, show_short
from service.scoring.rounding import Place
from service.scoring.states import NotComputableError

_OPEN = (Status.NO_INPUT, Status.NOT_COMPUTABLE, Status.NOT_SCORED, Status.NO_POINTS)


@dataclass(frozen=True, slots=True)
class Sum:
    """Sums over lines: the ledger identity holds for them because it holds for each."""

    max: Fraction
    deductions: Fraction
    bonuses: Fraction
    adjustment: Fraction
    awarded: Fraction


def summed(lines: list[SheetLine]) -> Sum:
    """Return the sums of scored lines."""
    return Sum(
        sum((line.max or ZERO for line in lines), ZERO),
        sum((line.deductions or ZERO for line in lines), ZERO),
        sum((line.bonuses or ZERO for line in lines), ZERO),
        sum((line.adjustment or ZERO for line in lines), ZERO),
        sum((line.awarded or ZERO for line in lines), ZERO),
    )


def level_line(node: Node, children: list[SheetLine], framework: Framework, facts: ScoringFacts) -> SheetLine:
    """Return the line of `node` from the lines of its children."""
    counting = [line for line in children if line.counts]
    full = _full(node, counting)
    base = SheetLine(
        node.code,
        node.name,
        node.level,
        node.parent,
        node.block,
        leaf=False,
        max=full,
        printed_max=node.printed_max,
        claimed=facts.claims.get(node.code),
    )
    if framework.total is TotalKind.NONE and node.printed_max is None:
        return replace(base, max=None, status=Status.NO_TOTAL, note="本体系逐项评分，不汇总")
    if not counting:
        return replace(base, max=ZERO, status=children[0].status, note="下级都不计分")
    reasons = Reasons(
        facts.deductions_at(node.code), facts.bonuses_at(node.code), facts.adjustments_at(node.code)
    )
    try:
        if all(line.scored for line in counting) and counting:
            return _from_children(base, node, counting, reasons, framework, facts)
        return _on_its_own(base, counting, reasons, facts)
    except NotComputableError as error:
        return replace(base, status=Status.NOT_COMPUTABLE, note=error.reason)


def _full(node: Node, counting: list[SheetLine]) -> Fraction | None:
    if node.pool is not None or not counting or any(line.max is None for line in counting):
        return node.printed_max if node.printed_max is not None else node.max
    return sum((line.max or ZERO for line in counting), ZERO)


def _from_children(
    base: SheetLine,
    node: Node,
    counting: list[SheetLine],
    reasons: Reasons,
    framework: Framework,
    facts: ScoringFacts,
) -> SheetLine:
    if base.max is None:
        raise NotComputableError("没有满分")
    if reasons.unstated and not reasons.stated and not reasons.adjustments:
        raise NotComputableError(f"扣分 {'、'.join(reasons.unstated)} 的数额来源未载")
    below, steps = _below(node, counting, base.max)
    floor = None if node.block else min(ZERO, below.awarded)
    own = settle(below.awarded, below.awarded, reasons, Limits(floor, None if node.block else base.max))
    steps += own.steps
    deductions, entries = below.deductions + own.deductions, list(own.entries)
    before = below.awarded - own.deductions + own.bonuses
    rounded = _rounded(before, node, framework)
    if rounded != before and not reasons.adjustments:
        entries.append(Entry(EntryKind.ROUNDING, "", "取整", before - rounded, before - rounded))
        steps.append(f"取整：{show_short(before)} → {show_short(rounded)} 分")
        deductions += before - rounded
    awarded = own.awarded if reasons.adjustments else rounded
    bonuses, adjustment = below.bonuses + own.bonuses, below.adjustment + own.adjustment
    typed = facts.inputs.get(node.code, LeafInput()).awarded
    note = ""
    if typed and exact(typed) != awarded:
        note = f"直接给的 {typed} 分与下级之和 {show_short(awarded)} 分不一致，未采用，须用裁量调整"
    return replace(
        base,
        rule_points=below.awarded if reasons.adjustments else None,
        deductions=deductions,
        bonuses=bonuses,
        adjustment=adjustment,
        awarded=awarded,
        rate=awarded / base.max if base.max else None,
        entries=tuple(entries),
        steps=tuple(steps),
        note=note,
    )


def _below(node: Node, counting: list[SheetLine], full: Fraction) -> tuple[Sum, list[str]]:
    total = summed(counting)
    terms = " + ".join(show_short(line.awarded or ZERO) for line in counting)
    if node.pool is None:
        return total, [f"下级合计 = {terms} = {show_short(total.awarded)} 分"] if len(counting) > 1 else []
    if node.pool is PoolHow.CAPPED:
        points = min(full, total.awarded)
        step = f"共享分值 = min({show_short(full)}，{terms}) = {show_short(points)} 分"
    else:
        points = full * total.awarded / total.max if total.max else ZERO
        step = (
            f"共享分值 = {show_short(full)} × ({terms}) ÷ {show_short(total.max)} = {show_short(points)} 分"
        )
    return Sum(full, full - points, ZERO, ZERO, points), [step]


def _rounded(points: Fraction, node: Node, framework: Framework) -> Fraction:
    step = node.rounding or framework.rounding.step(Place.LEVEL)
    return step.apply(points) if step else points


def _on_its_own(
    base: SheetLine, counting: list[SheetLine], reasons: Reasons, facts: ScoringFacts
) -> SheetLine:
    """Return the line of a parent whose children lack points but which has a figure of its own."""
    absent = "、".join(line.code for line in counting if not line.scored)
    if base.max is None:
        raise NotComputableError(f"下级 {absent} 没有得分" if absent else "没有可合计的下级")
    typed = facts.inputs.get(base.code, LeafInput()).awarded
    scored_below = any(line.scored for line in counting)
    if not typed and not reasons.adjustments and (scored_below or not reasons.stated or reasons.unstated):
        raise NotComputableError(f"下级 {absent} 没有得分" if absent else "没有可合计的下级")
    steps = [f"直接给 {typed} 分，与满分 {show_short(base.max)} 分之差记为扣分"] if typed else []
    figure = exact(typed) if typed else None
    if figure is not None and not 0 <= figure <= base.max:
        raise NotComputableError(f"直接给的 {typed} 分超出范围（满分 {show_short(base.max)} 分）")
    own = settle(base.max, figure, reasons, Limits(ZERO, base.max))
    return replace(
        base,
        deductions=own.deductions,
        bonuses=own.bonuses,
        adjustment=own.adjustment,
        awarded=own.awarded,
        rate=own.awarded / base.max if base.max else None,
        entries=own.entries,
        steps=(*steps, *own.steps),
        note="得分只给到本级" if absent else "",
    )


def mark_not_separate(line: SheetLine) -> SheetLine:
    """Return a line without points below one that has them: 未单独评分."""
    if line.scored or line.status not in _OPEN:
        return line
    return replace(line, status=Status.NOT_SEPARATE, note=line.note or "得分只给到上级")
