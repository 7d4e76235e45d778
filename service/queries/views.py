"""Framework and sheets in the plain form the report, the pages and the export read."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries.sheet import CurrentSheet, current_sheet, framework_of
from service.report.snapshot import (
    Band,
    BlockView,
    CompositeView,
    FrameworkView,
    LineView,
    NodeView,
    SheetView,
)
from service.scoring.framework import Framework, Node
from service.scoring.lines import SheetLine
from service.scoring.quantities import exact_text


def _text(value: Fraction | None) -> str | None:
    return None if value is None else exact_text(value)


def framework_view(session: Session, case: Evaluation) -> FrameworkView:
    """Return the framework in force as printed; an empty one before a plan was approved."""
    if case.framework_id is None:
        return FrameworkView(code="", name="")
    return view_of(framework_of(session, case), actual=_actuals(session, case))


def view_of(framework: Framework, *, actual: dict[str, str] | None = None) -> FrameworkView:
    """Return `framework` as printed; `actual` gives what was achieved per code."""
    grades = framework.grades
    return FrameworkView(
        code=framework.code,
        name=framework.name,
        version=framework.version,
        levels=framework.levels,
        basis=tuple(" ".join(filter(None, (b.title, b.clause))) for b in framework.basis),
        nodes=tuple(_node(n, (actual or {}).get(n.code, "")) for n in framework.walk()),
        bands=tuple(Band(name=b.name, low=exact_text(b.low)) for b in grades.bands) if grades else (),
        max=_text(framework.max),
        places=framework.rounding.places,
        rate_places=framework.rounding.rate_places,
        defects=tuple(
            f"{d.path}：印作 {d.printed}，算得 {d.computed or '—'}。{d.note}"
            for d in framework.printed_defects
        ),
    )


def _node(node: Node, actual: str) -> NodeView:
    return NodeView(
        code=node.code,
        name=node.name,
        level=node.level,
        parent=node.parent,
        max=_text(node.printed_max if node.printed_max is not None else node.max),
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


def _actuals(session: Session, case: Evaluation) -> dict[str, str]:
    current = current_sheet(session, case)
    if current is None:
        return {}
    return {code: given.actual for code, given in current.inputs.items() if given.actual}


def sheet_views(session: Session, case: Evaluation) -> list[SheetView]:
    """Return the main sheet and the sub-sheets the case names, in that order; nothing before a plan."""
    main = current_sheet(session, case)
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
    sheet, framework = current.sheet, current.framework
    return SheetView(
        code=code,
        name=code,
        max=_text(framework.max),
        total=_text(sheet.total),
        rate=_text(sheet.rate),
        grade=sheet.grade,
        lines=tuple(_line(line) for line in sheet.lines),
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
    )


def _line(line: SheetLine) -> LineView:
    return LineView(
        code=line.code,
        name=line.name,
        level=line.level,
        parent=line.parent,
        max=_text(line.max),
        claimed=line.claimed,
        rule_points=_text(line.rule_points),
        deductions=_text(line.deductions),
        bonuses=_text(line.bonuses),
        adjustment=_text(line.adjustment),
        awarded=_text(line.awarded),
        rate=_text(line.rate),
        steps=line.steps,
        status=str(line.status),
        note=line.note,
        block=line.block,
    )
