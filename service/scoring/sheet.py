"""The score sheet: `score(framework, facts)` derives every figure anew from the same facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from service.scoring.check import without_effect
from service.scoring.facts import ScoringFacts
from service.scoring.framework import Block, Event, Framework, Node
from service.scoring.leaf import Outcome, line_of, outcome
from service.scoring.levels import level_line, mark_not_separate
from service.scoring.lines import ZERO, Entry, SheetLine, Status
from service.scoring.plain import plain_sheet
from service.scoring.quantities import show
from service.scoring.redistribute import full_marks
from service.scoring.rounding import Rounding
from service.scoring.total import BlockResult, DimensionResult, Running, block_result, run


@dataclass(frozen=True, slots=True)
class SubtotalResult:
    """The sum over the nodes that carry a flag; None when one of them has no points."""

    flag: str
    name: str
    max: Fraction | None
    awarded: Fraction | None


@dataclass(frozen=True)
class ScoreSheet:
    """One derived sheet.

    Args:
        lines: tree in document order, then the lines of the blocks.
        max, total: in 分; `exact` is the total before rounding; total None has its reason in `note`.
        rate: total / max as a ratio.
        steps: the arithmetic from the top lines to the grade, in order.
        consequences: texts that apply; they never feed back.
    """

    framework: str
    version: str
    lines: tuple[SheetLine, ...]
    blocks: tuple[BlockResult, ...] = ()
    composite: tuple[DimensionResult, ...] = ()
    subtotals: tuple[SubtotalResult, ...] = ()
    max: Fraction | None = None
    deductions: Fraction | None = None
    bonuses: Fraction | None = None
    adjustment: Fraction | None = None
    total: Fraction | None = None
    exact: Fraction | None = None
    rate: Fraction | None = None
    grade: str | None = None
    steps: tuple[str, ...] = ()
    note: str = ""
    events: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    consequences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rounding: Rounding = field(default_factory=Rounding)

    def line(self, code: str) -> SheetLine:
        """Return the line of a node.

        Raises:
            KeyError: the framework has no such node.
        """
        return self._by_code[code]

    @cached_property
    def _by_code(self) -> Mapping[str, SheetLine]:
        return {line.code: line for line in self.lines}

    def rate_text(self, rate: Fraction | None) -> str:
        """Return a rate as the framework displays it, e.g. ``62.50%``; empty for None."""
        step = self.rounding.rate
        return "" if rate is None else show(rate * 100, step.places, step.mode) + "%"

    def to_plain(self) -> dict[str, Any]:
        """Return the sheet as JSON-able mappings, numbers as exact text; equal sheets give equal trees."""
        return plain_sheet(self)


def score(framework: Framework, facts: ScoringFacts) -> ScoreSheet:
    """Return the sheet of `facts` under `framework`.

    Never refuses for want of data: what cannot be computed is None with its reason.

    Raises:
        InvalidError: a typed amount is no number.
    """
    outcomes = {node.code: outcome(node, framework, facts) for node in framework.leaves}
    outcomes = {code: _pool_dropped(framework, framework.node(code), one) for code, one in outcomes.items()}
    marks = full_marks(framework, outcomes)
    lines: dict[str, SheetLine] = {}
    for node in framework.nodes:
        _walk(node, framework, facts, outcomes, marks, lines)
    blocks = [_block(block, framework, facts, outcomes, marks, lines) for block in framework.blocks]
    roots = [lines[node.code] for node in framework.nodes]
    running = run(Running(framework, facts, roots, blocks, _events(framework, facts, lines.values())))
    return _sheet(framework, running, lines, blocks)


def _pool_dropped(framework: Framework, node: Node, found: Outcome) -> Outcome:
    """A line of a pool that does not apply leaves the pool without any further rule."""
    parent = framework.by_code.get(node.parent)
    if parent is None or parent.pool is None or found.status is not Status.NOT_SCORED:
        return found
    return replace(found, status=Status.DROPPED)


def _walk(
    node: Node,
    framework: Framework,
    facts: ScoringFacts,
    outcomes: Mapping[str, Outcome],
    marks: Mapping[str, Fraction | None],
    lines: dict[str, SheetLine],
) -> SheetLine:
    """Put the lines of `node` and all below into `lines`, parents first; return its own."""
    lines[node.code] = SheetLine(node.code, node.name, node.level)
    if node.leaf:
        line = line_of(node, outcomes[node.code], framework, facts, marks[node.code])
    else:
        children = [_walk(child, framework, facts, outcomes, marks, lines) for child in node.children]
        line = level_line(node, children, framework, facts)
        if line.scored and any(child.counts and not child.scored for child in children):
            for below in node.walk():
                if below is not node:
                    lines[below.code] = mark_not_separate(lines[below.code])
    lines[node.code] = line
    return line


def _block(
    block: Block,
    framework: Framework,
    facts: ScoringFacts,
    outcomes: Mapping[str, Outcome],
    marks: Mapping[str, Fraction | None],
    lines: dict[str, SheetLine],
) -> BlockResult:
    lines_below = [_walk(node, framework, facts, outcomes, marks, lines) for node in block.children]
    return block_result(block, lines_below, facts)


def _events(framework: Framework, facts: ScoringFacts, lines: Iterable[SheetLine]) -> list[Event]:
    happened = {*facts.flags, *(code for line in lines for code in line.events)}
    return [event for event in framework.events if event.code in happened]


def _subtotals(framework: Framework, lines: Mapping[str, SheetLine]) -> tuple[SubtotalResult, ...]:
    found = []
    for one in framework.subtotals:
        tops = [
            node
            for node in framework.walk()
            if one.flag in node.flags and not _flagged_above(framework, node, one.flag)
        ]
        rows = [lines[node.code] for node in tops if lines[node.code].counts]
        complete = bool(rows) and all(row.scored for row in rows)
        found.append(
            SubtotalResult(
                one.flag,
                one.name,
                sum((row.max or ZERO for row in rows), ZERO),
                sum((row.awarded or ZERO for row in rows), ZERO) if complete else None,
            )
        )
    return tuple(found)


def _flagged_above(framework: Framework, node: Node, flag: str) -> bool:
    parent = framework.by_code.get(node.parent)
    return parent is not None and (flag in parent.flags or _flagged_above(framework, parent, flag))


def _sheet(
    framework: Framework, running: Running, lines: Mapping[str, SheetLine], blocks: list[BlockResult]
) -> ScoreSheet:
    total = running.total
    known = total is not None
    return ScoreSheet(
        framework.code,
        framework.version,
        tuple(lines.values()),
        tuple(blocks),
        tuple(running.composite),
        _subtotals(framework, lines),
        max=framework.max,
        deductions=running.deductions if known else None,
        bonuses=running.bonuses if known else None,
        adjustment=running.adjustment if known else None,
        total=total,
        exact=running.exact if known else None,
        rate=total / framework.max if total is not None and framework.max else None,
        grade=running.grade,
        steps=tuple(running.steps),
        note=running.note,
        events=tuple(event.code for event in running.events),
        entries=tuple(running.entries),
        consequences=tuple(running.consequences),
        warnings=(
            *(f"{line.code}：{text}" for line in lines.values() for text in line.warnings),
            *without_effect(framework, lines, running.facts),
        ),
        rounding=framework.rounding,
    )


__all__ = ["ScoreSheet", "SheetLine", "SubtotalResult", "score"]
