"""From the top lines to total and grade, phase by phase in the order the framework prints.

Default order: leaves → levels → blocks → composite → caps → rounding → veto → grade → consequences.
Composite formula: total = Σ w_i × M × awarded_i / max_i. Worked (S0): 98.38 × 40 % + 98.38 × 60 % = 98.38.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from service.scoring.facts import TOTAL, ScoringFacts
from service.scoring.framework import Block, BlockKind, Effect, Event, Framework, Phase, TotalKind
from service.scoring.inputs import LeafInput
from service.scoring.ledger import Limits, Reasons, settle
from service.scoring.levels import summed
from service.scoring.lines import ZERO, Entry, EntryKind, SheetLine
from service.scoring.measures import Scope
from service.scoring.quantities import Quantity, UnitError, show_short
from service.scoring.rounding import Place
from service.scoring.states import NotComputableError


@dataclass(frozen=True, slots=True)
class BlockResult:
    """One block: Σ of its lines clipped to its limits; None when a line has no points."""

    code: str
    name: str
    kind: BlockKind
    floor: Fraction | None
    cap: Fraction | None
    deductions: Fraction | None
    bonuses: Fraction | None
    adjustment: Fraction | None
    awarded: Fraction | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """One weighted dimension: `awarded` of `max`, and what it brings to the total."""

    node: str
    name: str
    weight: Fraction
    max: Fraction | None
    awarded: Fraction | None
    part: Fraction | None


@dataclass
class Running:
    """The total while the phases run; identity holds after each of them."""

    framework: Framework
    facts: ScoringFacts
    roots: Sequence[SheetLine]
    block_lines: Sequence[BlockResult]
    events: Sequence[Event]
    main: Fraction | None = None
    moved: Fraction = ZERO
    deductions: Fraction = ZERO
    bonuses: Fraction = ZERO
    adjustment: Fraction = ZERO
    exact: Fraction | None = None
    grade: str | None = None
    note: str = ""
    steps: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    composite: list[DimensionResult] = field(default_factory=list)
    consequences: list[str] = field(default_factory=list)

    @property
    def total(self) -> Fraction | None:
        """Return the total so far."""
        return None if self.main is None else self.main + self.moved

    def lower(self, to: Fraction, kind: EntryKind, reason: str) -> None:
        """Move the total to `to`; the difference is one entry among the deductions."""
        before = self.total
        if before is None or to == before:
            return
        self.moved += to - before
        self.deductions += before - to
        self.entries.append(Entry(kind, "", reason, before - to, before - to))
        self.steps.append(f"{reason}：{show_short(before)} → {show_short(to)} 分")

    def fail(self, reason: str) -> None:
        """The total is not computable."""
        self.main = None
        self.note = f"{self.note}；{reason}" if self.note else reason


def block_result(block: Block, lines: Sequence[SheetLine], facts: ScoringFacts) -> BlockResult:
    """Return the block's sum with the reasons that hang on the block itself, within its floor and cap.

    Clipping changes deductions or bonuses, so the identity holds with a full mark of 0.
    """
    reasons = Reasons(
        facts.deductions_at(block.code), facts.bonuses_at(block.code), facts.adjustments_at(block.code)
    )
    absent = [line.code for line in lines if line.counts and not line.scored]
    below = summed([line for line in lines if line.counts and line.scored])
    try:
        if absent and not (reasons.adjustments or reasons.stated):
            raise NotComputableError(f"{'、'.join(absent)} 没有得分")
        points = None if absent else below.awarded
        own = settle(below.awarded, points, reasons, Limits(None, None))
    except NotComputableError as error:
        return BlockResult(
            block.code, block.name, block.kind, block.floor, block.cap, None, None, None, None, error.reason
        )
    deductions, bonuses = below.deductions + own.deductions, below.bonuses + own.bonuses
    awarded = own.awarded
    if block.floor is not None and awarded < block.floor:
        deductions, awarded = deductions - (block.floor - awarded), block.floor
    if block.cap is not None and awarded > block.cap:
        bonuses, awarded = bonuses - (awarded - block.cap), block.cap
    adjustment = below.adjustment + own.adjustment
    return BlockResult(
        block.code, block.name, block.kind, block.floor, block.cap, deductions, bonuses, adjustment, awarded
    )


def run(running: Running) -> Running:
    """Return the same object after every phase."""
    if running.framework.total is TotalKind.NONE:
        running.note = "本体系不设总分"
        return running
    labels = " → ".join(phase.label for phase in running.framework.order)
    running.steps.append(f"计算次序：{labels}")
    for phase in running.framework.order:
        step = _PHASES.get(phase)
        if step is not None and (running.main is not None or phase in (Phase.LEVELS, Phase.COMPOSITE)):
            step(running)
    return running


def _levels(running: Running) -> None:
    if running.framework.total is TotalKind.COMPOSITE:
        _composite(running)
    else:
        _sum(running)
    _own_reasons(running, adjusting=running.main is None or not running.block_lines)


def _sum(running: Running) -> None:
    counting = [line for line in running.roots if line.counts]
    absent = [line.code for line in counting if not line.scored]
    if absent:
        running.fail(f"{'、'.join(absent)} 没有得分，总分不能计算")
        return
    total = summed(counting)
    running.main, running.deductions, running.bonuses = total.awarded, total.deductions, total.bonuses
    running.adjustment = total.adjustment
    terms = " + ".join(f"{line.name} {show_short(line.awarded or ZERO)}" for line in counting)
    running.steps.append(f"指标合计 = {terms} = {show_short(total.awarded)} 分")


def _composite(running: Running) -> None:
    top = running.framework.max
    lines = {line.code: line for line in running.roots}
    assert top is not None
    total, terms = ZERO, []
    for row in running.framework.composite:
        line = lines[row.node]
        if line.awarded is None or not line.max:
            running.composite.append(DimensionResult(row.node, line.name, row.weight, line.max, None, None))
            running.fail(f"{row.node} 没有得分，综合得分不能计算")
            continue
        scale = row.weight * top / line.max
        running.composite.append(
            DimensionResult(row.node, line.name, row.weight, line.max, line.awarded, scale * line.awarded)
        )
        total += scale * line.awarded
        running.deductions += scale * (line.deductions or ZERO)
        running.bonuses += scale * (line.bonuses or ZERO)
        running.adjustment += scale * (line.adjustment or ZERO)
        terms.append(f"{line.name} {show_short(line.awarded)} × {show_short(scale * 100)}%")
    if not running.note:
        running.main = total
        running.steps.append(f"综合得分 = {' + '.join(terms)} = {show_short(total)} 分")


def _own_reasons(running: Running, *, adjusting: bool) -> None:
    """Apply deductions, bonuses and, when `adjusting`, the adjustment that hang on the total itself."""
    facts = running.facts
    adjustments = facts.adjustments_at(TOTAL) if adjusting else ()
    reasons = Reasons(facts.deductions_at(TOTAL), facts.bonuses_at(TOTAL), adjustments)
    if not (reasons.deductions or reasons.bonuses or reasons.adjustments):
        return
    before = running.main if running.main is not None else running.framework.max
    if before is None:
        return
    try:
        own = settle(before, running.main, reasons, Limits(None, None))
    except NotComputableError as error:
        running.fail(error.reason)
        return
    running.main, running.note = own.awarded, ""
    running.deductions += own.deductions
    running.bonuses += own.bonuses
    running.adjustment += own.adjustment
    running.entries += own.entries
    running.steps += own.steps


def _blocks(running: Running) -> None:
    for block in running.block_lines:
        if block.awarded is None:
            running.fail(f"{block.name}：{block.note}")
            return
        before = running.total or ZERO
        running.moved += block.awarded
        running.deductions += block.deductions or ZERO
        running.bonuses += block.bonuses or ZERO
        running.adjustment += block.adjustment or ZERO
        sign = "−" if block.awarded < 0 else "+"
        running.steps.append(
            f"{block.name}：{show_short(before)} {sign} {show_short(abs(block.awarded))} = "
            f"{show_short(before + block.awarded)} 分"
        )
    _adjusted_total(running)


def _adjusted_total(running: Running) -> None:
    """Make the total, blocks included, what an adjustment of it awards."""
    adjustments, before = running.facts.adjustments_at(TOTAL), running.total
    if not adjustments or before is None or not running.block_lines:
        return
    try:
        own = settle(before, before, Reasons(adjustments=adjustments), Limits(None, None))
    except NotComputableError as error:
        running.fail(error.reason)
        return
    running.moved += own.adjustment
    running.adjustment += own.adjustment
    running.steps += own.steps if own.adjustment else []


def _caps(running: Running) -> None:
    for cap in running.framework.caps:
        scope = Scope(LeafInput(), money=running.facts.money, rounding=running.framework.rounding)
        try:
            value = scope.number(cap.value)
            band = next((band for band in cap.bands if value in band.when), None)
        except (NotComputableError, UnitError) as error:
            reason = error.reason if isinstance(error, NotComputableError) else str(error)
            running.fail(f"总分封顶“{cap.name or cap.code}”不能判断：{reason}")
            return
        running.steps += scope.steps
        total = running.total
        if band is not None and band.cap is not None and total is not None and total > band.cap:
            running.lower(
                band.cap, EntryKind.CAP, f"{cap.name or cap.code} {value}，总分不高于 {show_short(band.cap)}"
            )


def _round(running: Running) -> None:
    step = running.framework.rounding.step(Place.TOTAL)
    running.exact = running.total
    if step is not None and running.total is not None:
        running.lower(step.apply(running.total), EntryKind.ROUNDING, f"总分{step}")


def _veto(running: Running) -> None:
    limits = [ZERO for event in running.events if event.effect is Effect.ZERO]
    limits += [
        event.points for event in running.events if event.effect is Effect.CAP and event.points is not None
    ]
    total = running.total
    if limits and total is not None and total > min(limits):
        names = "、".join(e.name for e in running.events if e.effect in (Effect.ZERO, Effect.CAP))
        running.lower(min(limits), EntryKind.EVENT, f"发生“{names}”，总分不高于 {show_short(min(limits))}")
    if running.exact is not None and limits:
        running.exact = min(running.exact, *limits)


def _grade(running: Running) -> None:
    grades, top = running.framework.grades, running.framework.max
    total = running.total
    if grades is None or total is None:
        return
    on_exact = not running.framework.rounding.grade_on_rounded and running.exact is not None
    figure = running.exact if on_exact and running.exact is not None else total
    if grades.percent:
        if not top:
            return
        figure = figure / top * 100
    running.grade = grades.find(figure)
    running.steps.append(grades.explain(figure))
    ruling = running.facts.rulings.get("grade")
    if running.grade is None and ruling in grades.names:
        running.grade = ruling
        running.steps.append(ruled(running.facts.rulings))
    if running.grade is None:
        running.note = "总分不在任何等次之内，等次待定"
        return
    _lower_grade(running, running.grade)


def ruled(rulings: Mapping[str, str]) -> str:
    """Return the sentence for a grade that was ruled."""
    ground = f"（{rulings['ground']}）" if rulings.get("ground") else ""
    return f"按记录的裁定{ground}，等次为{rulings['grade']}"


def _lower_grade(running: Running, grade: str) -> None:
    grades = running.framework.grades
    assert grades is not None
    for event in sorted(running.events, key=lambda one: one.code):
        if event.effect is Effect.GRADE and grades.worse(grade, event.grade) != grade:
            running.steps.append(f"发生“{event.name}”，等次不高于{event.grade}：{grade} → {event.grade}")
            grade = event.grade
    for event in sorted(running.events, key=lambda one: one.code):
        if event.effect is Effect.DOWNGRADE:
            lower = grades.lowered(grade, event.by)
            running.steps.append(f"发生“{event.name}”，降 {event.by} 档：{grade} → {lower}")
            grade = lower
    running.grade = grade


def _consequences(running: Running) -> None:
    total = running.total
    for one in running.framework.consequences:
        try:
            if one.grade and one.grade != running.grade:
                continue
            if one.when is not None and not (total is not None and Quantity(total) in one.when):
                continue
        except UnitError:
            continue
        running.consequences.append(one.text)


_PHASES: dict[Phase, Callable[[Running], None]] = {
    Phase.LEVELS: _levels,
    Phase.BLOCKS: _blocks,
    Phase.CAPS: _caps,
    Phase.ROUNDING: _round,
    Phase.VETO: _veto,
    Phase.GRADE: _grade,
    Phase.CONSEQUENCES: _consequences,
}
