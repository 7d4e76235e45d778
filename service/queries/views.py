"""Framework and sheets in the plain form the report, the pages and the export read.

- A ± block stands as a first-level line of its own above its indicators, as reports print it.
- Full marks of a 倒扣 or 加分 indicator are printed as its floor or cap (-10), though it scores from zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries.sheet import CurrentSheet, current_sheet
from service.report.snapshot import (
    Band,
    BlockView,
    CompositeView,
    FrameworkView,
    LineView,
    NodeView,
    SheetView,
)
from service.scoring.framework import Block, BlockKind, Framework, Node
from service.scoring.lines import EntryKind, SheetLine
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.reverse import Reverse
from service.scoring.quantities import exact_text
from service.scoring.sheet import ScoreSheet

_LOWERING = (EntryKind.CAP, EntryKind.EVENT)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else exact_text(value)


def framework_view(current: CurrentSheet | None) -> FrameworkView:
    """Return the framework in force as printed; an empty one before a plan was approved."""
    if current is None:
        return FrameworkView(code="", name="")
    actual = {code: given.actual for code, given in current.inputs.items() if given.actual}
    return view_of(current.framework, actual=actual)


def view_of(framework: Framework, *, actual: Mapping[str, str] | None = None) -> FrameworkView:
    """Return `framework` as printed; `actual` gives what was achieved per code."""
    grades = framework.grades
    return FrameworkView(
        code=framework.code,
        name=framework.name,
        version=framework.version,
        levels=framework.levels,
        basis=tuple(" ".join(filter(None, (b.title, b.clause))) for b in framework.basis),
        nodes=tuple(_nodes(framework, actual or {})),
        bands=tuple(Band(name=b.name, low=exact_text(b.low)) for b in grades.bands) if grades else (),
        max=_text(framework.max),
        places=framework.rounding.places,
        rate_places=framework.rounding.rate_places,
        defects=tuple(
            f"{d.path}：印作 {d.printed}，算得 {d.computed or '—'}。{d.note}"
            for d in framework.printed_defects
        ),
    )


def _nodes(framework: Framework, actual: Mapping[str, str]) -> Iterator[NodeView]:
    opened: set[str] = set()
    blocks = {block.code: block for block in framework.blocks}
    for node in framework.walk():
        if node.block and node.block not in opened:
            opened.add(node.block)
            block = blocks[node.block]
            yield NodeView(block.code, block.name, 1, max=_text(_limit(block)), block=block.code)
        yield _node(node, actual.get(node.code, ""))


def _limit(block: Block) -> Fraction | None:
    """Return what a block can at most take or add, as its line prints it."""
    return block.cap if block.kind is BlockKind.BONUS or block.floor is None else block.floor


def printed_max(node: Node) -> Fraction | None:
    """Return the full marks as printed: for indicators of a block the floor or cap of their rule."""
    if node.block and isinstance(node.rule, Reverse):
        return node.rule.floor
    if node.block and isinstance(node.rule, Bonus):
        return node.rule.cap
    return node.printed_max if node.printed_max is not None else node.max


def _depth(level: int, block: str) -> int:
    return level + 1 if block else level


def _node(node: Node, actual: str) -> NodeView:
    return NodeView(
        code=node.code,
        name=node.name,
        level=_depth(node.level, node.block),
        parent=node.parent or node.block,
        max=_text(printed_max(node)),
        leaf=node.leaf,
        nature=node.nature,
        direction=node.direction,
        target=node.target,
        actual=actual,
        unit=node.unit,
        explanation=node.explanation,
        source=node.standard.source,
        standard=node.standard.text,
        criteria=node.criteria,
        clause=node.rule_clause or node.clause,
        block=node.block,
    )


def sheet_views(session: Session, case: Evaluation, main: CurrentSheet | None) -> list[SheetView]:
    """Return the main sheet and the sub-sheets the case names, in that order; nothing before a plan."""
    if main is None:
        return []
    views = [sheet_view(main)]
    for name in case.facts.get("sheets", ()):
        found = current_sheet(session, case, sheet=name)
        if found is not None:
            views.append(sheet_view(found, code=name))
    return views


def sheet_view(current: CurrentSheet, *, code: str = "") -> SheetView:
    """Return one derived sheet in plain form."""
    sheet = current.sheet
    return SheetView(
        code=code,
        name=code,
        max=_text(sheet.max),
        total=_text(sheet.total),
        rate=_text(sheet.rate),
        grade=sheet.grade,
        lines=tuple(_lines(current)),
        blocks=tuple(
            BlockView(
                code=b.code,
                name=b.name,
                kind=str(b.kind),
                floor=_text(b.floor),
                awarded=_text(b.awarded),
            )
            for b in sheet.blocks
        ),
        composite=tuple(
            CompositeView(node=c.node, name=c.name, weight=exact_text(c.weight), awarded=_text(c.awarded))
            for c in sheet.composite
        ),
        steps=sheet.steps,
        note=sheet.note,
        lowered=_text(_lowered(sheet) or None),
    )


def _lowered(sheet: ScoreSheet) -> Fraction:
    return sum((e.effective or Fraction(0) for e in sheet.entries if e.kind in _LOWERING), Fraction(0))


def _lines(current: CurrentSheet) -> Iterator[LineView]:
    opened: set[str] = set()
    limits = {block.code: _limit(block) for block in current.framework.blocks}
    blocks = {block.code: block for block in current.sheet.blocks}
    for line in current.sheet.lines:
        if line.block and line.block not in opened:
            opened.add(line.block)
            block = blocks[line.block]
            yield LineView(
                block.code,
                block.name,
                1,
                max=_text(limits[block.code]),
                awarded=_text(block.awarded),
                block=block.code,
            )
        yield _line(line, current.framework.node(line.code))


def _line(line: SheetLine, node: Node) -> LineView:
    return LineView(
        code=line.code,
        name=line.name,
        level=_depth(line.level, line.block),
        parent=line.parent or line.block,
        max=_text(printed_max(node) if line.block else line.max),
        claimed=line.claimed,
        rule_points=_text(line.rule_points),
        deductions=_text(line.deductions),
        bonuses=_text(line.bonuses),
        adjustment=_text(line.adjustment),
        awarded=_text(line.awarded),
        rate=None if line.block else _text(line.rate),
        steps=line.steps,
        status=str(line.status),
        note=line.note,
        block=line.block,
    )
