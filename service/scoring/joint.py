"""The sheet of a case that is scored in several: every line, block and the total joined as declared.

Formula: each amount of a line is Σ w_i x_i / Σ w_i over the sheets (sum: Σ x_i), so the ledger identity
holds for the joint line as it does for each; ``min`` shows the sheet with the lowest total as it is.
Worked: two halls, weights 1:1, line A 38 and 30 of 40 → 34 of 40; totals 98 and 78 → 88.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from service.scoring.aggregate import Aggregate, AggregateHow, Aggregation, aggregate
from service.scoring.framework import Framework
from service.scoring.lines import SheetLine
from service.scoring.quantities import show_short
from service.scoring.rounding import Place
from service.scoring.sheet import ScoreSheet
from service.scoring.total import BlockResult, ruled

ZERO = Fraction(0)
AMOUNTS = ("max", "deductions", "bonuses", "adjustment", "awarded")
Join = Callable[[Sequence[Fraction | None]], Fraction | None]


def joined(
    own: ScoreSheet,
    sheets: Mapping[str, ScoreSheet],
    framework: Framework,
    how: Aggregation,
    *,
    rulings: Mapping[str, str] | None = None,
) -> ScoreSheet:
    """Return the sheet the case is judged by: `own` where nothing is joined, else the joint one.

    Args:
        own: what the case's own results give; its lines are replaced.
        sheets: by name, in the order the case names them.
        how: the declared way; without a step the framework rounds the joint total.
        rulings: the recorded ``grade`` and its ``ground`` for a joint total that lies in no band.

    Raises:
        InvalidError: a weight is missing, negative, or all are zero.
    """
    at_total = framework.rounding.step(Place.TOTAL)
    plain = aggregate(sheets, replace(how, step=None))
    if how.how is AggregateHow.NONE or not sheets:
        return replace(own, note=plain.note) if own.total is None else own
    made = aggregate(sheets, replace(how, step=how.step or at_total))
    shown = _shown(own, sheets, how, made)
    total = made.total
    if total is None:
        return replace(shown, total=None, exact=None, rate=None, grade=None, steps=(), note=made.note)
    grade, words = _grade(framework, shown.max, plain.total or ZERO, total, rulings or {})
    return replace(
        shown,
        total=total,
        exact=plain.total,
        rate=total / shown.max if shown.max else None,
        grade=grade,
        steps=(*made.steps, *words),
        note="" if grade or framework.grades is None else "总分不在任何等次之内，等次待定",
    )


def _shown(
    own: ScoreSheet, sheets: Mapping[str, ScoreSheet], how: Aggregation, made: Aggregate
) -> ScoreSheet:
    if how.how is AggregateHow.MIN:
        lowest = min(sheets, key=lambda name: (sheets[name].total is None, sheets[name].total or ZERO))
        return sheets[lowest]
    join = _join(how, list(sheets))
    every = list(sheets.values())
    return replace(
        own,
        lines=tuple(
            _line([one.lines[n] for one in every], list(sheets), join) for n in range(len(own.lines))
        ),
        blocks=tuple(_block([one.blocks[n] for one in every], join) for n in range(len(own.blocks))),
        composite=(),
        subtotals=(),
        max=join([one.max for one in every]),
        entries=(),
        warnings=tuple(f"{name}：{text}" for name, one in sheets.items() for text in one.warnings),
    )


def _join(how: Aggregation, names: Sequence[str]) -> Join:
    weights = [
        how.weights.get(name, ZERO) if how.how is AggregateHow.WEIGHTED else Fraction(1) for name in names
    ]
    whole = Fraction(1) if how.how is AggregateHow.SUM else sum(weights, ZERO)

    def join(values: Sequence[Fraction | None]) -> Fraction | None:
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return sum((w * v for w, v in zip(weights, known, strict=True)), ZERO) / whole

    return join


def _line(lines: Sequence[SheetLine], names: Sequence[str], join: Join) -> SheetLine:
    """Return the joint line; it has points only where every sheet has them."""
    first = lines[0]
    amounts: dict[str, Any] = {name: join([getattr(line, name) for line in lines]) for name in AMOUNTS}
    awarded, full = amounts["awarded"], amounts["max"]
    parts = "、".join(
        f"{name} {'未评分' if line.awarded is None else show_short(line.awarded)}"
        for name, line in zip(names, lines, strict=True)
    )
    lacking = next((line for line in lines if line.awarded is None), None)
    return replace(
        first,
        **amounts,
        rule_points=None,
        rate=awarded / full if awarded is not None and full else None,
        steps=(f"各表得分（{parts}）合成{'' if awarded is None else f' {show_short(awarded)} 分'}",),
        status=(lacking or first).status,
        note=(lacking or first).note,
        warnings=(),
        entries=(),
        elements=(),
        events=(),
    )


def _block(blocks: Sequence[BlockResult], join: Join) -> BlockResult:
    amounts: dict[str, Any] = {name: join([getattr(block, name) for block in blocks]) for name in AMOUNTS[1:]}
    limits: dict[str, Any] = {
        name: join([getattr(block, name) for block in blocks]) for name in ("floor", "cap")
    }
    return replace(blocks[0], **amounts, **limits, note="")


def _grade(
    framework: Framework, top: Fraction | None, plain: Fraction, total: Fraction, rulings: Mapping[str, str]
) -> tuple[str | None, list[str]]:
    grades = framework.grades
    if grades is None or (grades.percent and not top):
        return None, []
    figure = total if framework.rounding.grade_on_rounded else plain
    if grades.percent and top:
        figure = figure / top * 100
    found = grades.find(figure)
    words = [grades.explain(figure)]
    if found is None and rulings.get("grade") in grades.names:
        return rulings["grade"], [*words, ruled(rulings)]
    return found, words


def declared(plain: Mapping[str, object]) -> Aggregation:
    """Return the aggregation written as ``{how, weights}``, all as text; ``{}`` is none."""
    weights = plain.get("weights") or {}
    return Aggregation(
        AggregateHow(str(plain.get("how") or "none")),
        {str(k): Fraction(str(v)) for k, v in weights.items()} if isinstance(weights, Mapping) else {},
    )
