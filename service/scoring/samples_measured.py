"""Samples of rules that compare a measured quantity: on every edge and at both sides of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from service.scoring.expressions import COMPARISONS, Expression, Number, Operation, names_of
from service.scoring.measures import render
from service.scoring.methods.all_or_nothing import AllOrNothing
from service.scoring.methods.bands import Bands
from service.scoring.methods.base import Rule
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.linear import Linear
from service.scoring.methods.lower_better import LowerBetter
from service.scoring.methods.occurrence import CountStep, Item
from service.scoring.methods.per_occurrence import PerOccurrence
from service.scoring.methods.proportional import Proportional
from service.scoring.methods.reverse import Reverse
from service.scoring.points import Points
from service.scoring.quantities import Quantity
from service.scoring.trial import RULINGS, Sample, Tried, chosen, merged

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def measured(rule: Rule, full: Fraction, tried: Tried) -> Iterator[Sample]:
    """Yield samples around the edges of a measured rule; nothing for other kinds."""
    maker = _MAKERS.get(type(rule))
    return iter(()) if maker is None else maker(rule, full, tried)


def _bands(rule: Bands, full: Fraction, tried: Tried) -> Iterator[Sample]:
    edges = _unique([*(end for band in rule.bands for end in band.when.ends()), *rule.domain.ends()])
    for sample in tried.around(rule.value, edges):
        value = tried.solver.number(rule.value, sample.result)
        held = next((band for band in rule.bands if value is not None and value in band.when), None)
        points = held.points if held is not None else Points(Fraction(0), Fraction(0))
        for more, extra in chosen(points, full):
            yield Sample(sample.label + more, {**sample.result, **extra})


def _unique(edges: list[Quantity]) -> list[Quantity]:
    kept = {edge.number: edge for edge in reversed(edges)}
    return [kept[number] for number in sorted(kept)]


def _all_or_nothing(rule: AllOrNothing, full: Fraction, tried: Tried) -> Iterator[Sample]:
    if rule.met is not None:
        yield from tried.around(rule.value, _unique([*rule.met.ends()]))
    elif rule.when is not None:
        yield from conditions(rule.when, tried)


def conditions(condition: Expression, tried: Tried) -> Iterator[Sample]:
    """Yield samples around the figure of every comparison, the others standing where they hold."""
    parts = list(_comparisons(condition))
    base = [_holding(part, tried) for part in parts]
    for n, (_, formula, edge) in enumerate(parts):
        others = [made.result for k, made in enumerate(base) if k != n and made is not None]
        for sample in tried.around(formula, [edge]):
            result = merged(*others, sample.result)
            if result is not None:
                yield Sample(sample.label, result)
    if not parts:
        tried.failed.append(f"条件“{render(condition)}”没有写明的界限，请自己填写")


def _comparisons(condition: Expression) -> Iterator[tuple[str, Expression, Quantity]]:
    """Yield sign, formula and figure of every comparison; two formulas are compared by their ratio."""
    if not isinstance(condition, Operation):
        return
    if condition.sign not in COMPARISONS:
        for part in condition.operands:
            yield from _comparisons(part)
        return
    left, right = condition.operands
    if isinstance(right, Number) and names_of(left):
        yield condition.sign, left, right.value
    elif isinstance(left, Number) and names_of(right):
        yield _TURNED.get(condition.sign, condition.sign), right, left.value
    elif names_of(left) and names_of(right):
        yield condition.sign, Operation("/", (left, right)), Quantity(Fraction(1), (), "%")


def _holding(part: tuple[str, Expression, Quantity], tried: Tried) -> Sample | None:
    sign, formula, edge = part
    near = {"<": 0, ">": 2, "!=": 2}.get(sign, 1)
    found = list(tried.around(formula, [edge]))
    return found[min(near, len(found) - 1)] if found else None


def _constant(formula: Expression, tried: Tried) -> Quantity | None:
    """Return what a formula without names yields."""
    return None if names_of(formula) else tried.solver.number(formula, {})


def _times(quantity: Quantity, factor: Fraction) -> Quantity:
    return Quantity(quantity.number * factor, quantity.dims, quantity.unit)


def _against(
    value: Expression, target: Expression, factors: list[Fraction], tried: Tried
) -> Iterator[Sample]:
    """Yield samples around multiples of a target; around ratios to it where it is a formula."""
    fixed = _constant(target, tried)
    if fixed is not None:
        yield from tried.around(value, _unique([_times(fixed, factor) for factor in factors]))
        return
    ratio = Operation("/", (value, target))
    yield from tried.around(ratio, _unique([Quantity(factor, (), "%") for factor in factors]))


def _proportional(rule: Proportional, full: Fraction, tried: Tried) -> Iterator[Sample]:
    cap = [rule.cap] if rule.cap else []
    factors = [Fraction(1), Fraction(1, 2), *cap, rule.pass_mark or Fraction(0)]
    yield from _against(rule.value, rule.target, factors, tried)


def _linear(rule: Linear, full: Fraction, tried: Tried) -> Iterator[Sample]:
    first, last = rule.first.at, rule.last.at
    middle = Quantity((first.number + last.number) / 2, first.dims, first.unit)
    yield from tried.around(rule.value, _unique([first, middle, last]))


def _lower_better(rule: LowerBetter, full: Fraction, tried: Tried) -> Iterator[Sample]:
    worst = _constant(rule.worst_at, tried) if rule.worst_at is not None else None
    marks = [1 / rule.pass_mark] if rule.pass_mark else []
    yield from _against(rule.value, rule.target, [Fraction(1), Fraction(2), *marks], tried)
    if worst is not None:
        yield from tried.around(rule.value, [worst])


def _items(items: tuple[Item, ...], full: Fraction, range_: Fraction, tried: Tried) -> Iterator[Sample]:
    """Yield amounts around none, one unit, and the amount that uses the range up; for a single item."""
    if all(item.value is None for item in items):
        return
    if len(items) > 1:
        tried.failed.append("有几项扣分且由算式计数，请自己填写")
        return
    (item,) = items
    assert item.value is not None
    per = item.per.limits(full)[0] if item.per else Fraction(0)
    most = [ceil(range_ / per)] if per else []
    edges = [_times(item.unit, Fraction(number)) for number in (0, 1, *most)]
    for sample in tried.around(item.value, _unique(edges)):
        yield sample
        if item.step is CountStep.NOT_STATED:
            for ruling in RULINGS:
                yield Sample(
                    f"{sample.label}，裁定{ruling.label}", {**sample.result, "step_ruling": ruling.value}
                )


def _per_occurrence(rule: PerOccurrence, full: Fraction, tried: Tried) -> Iterator[Sample]:
    return _items(rule.items, full, full - rule.floor.limits(full)[0], tried)


def _bonus(rule: Bonus, full: Fraction, tried: Tried) -> Iterator[Sample]:
    return _items(rule.items, full, rule.cap if rule.cap is not None else Fraction(10), tried)


def _reverse(rule: Reverse, full: Fraction, tried: Tried) -> Iterator[Sample]:
    return _items(rule.items, full, -rule.floor, tried)


_MAKERS: Mapping[type[Rule], Callable[[Any, Fraction, Tried], Iterator[Sample]]] = {
    Bands: _bands,
    AllOrNothing: _all_or_nothing,
    Proportional: _proportional,
    Linear: _linear,
    LowerBetter: _lower_better,
    PerOccurrence: _per_occurrence,
    Bonus: _bonus,
    Reverse: _reverse,
}
