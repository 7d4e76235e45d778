"""Inputs that make a formula yield a wanted quantity, found by trying: for automatic samples only.

A formula that is a straight line in one of its inputs is solved exactly; the answer is checked by computing
the formula again. What is no straight line (dates, ranks, sums over parts) is left to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from service.scoring.expressions import VALUE, Expression, names_of
from service.scoring.framework import Framework, Node
from service.scoring.inputs import LeafInput
from service.scoring.measures import Scope
from service.scoring.methods.base import Context, Rule
from service.scoring.quantities import Quantity, exact_text, same_kind
from service.scoring.states import NotComputableError

_SCALES = (Fraction(100), Fraction(1), Fraction(1, 100))
_BASES = (Fraction(100), Fraction(1))


def written(quantity: Quantity) -> str:
    """Return the quantity exactly, in the unit it is shown in."""
    return exact_text(quantity.number / quantity.factor) + quantity.unit


def near(edge: Quantity) -> tuple[Quantity, Quantity, Quantity]:
    """Return the edge with its neighbours below and above: one apart for counts, else 0.01 of its unit."""
    step = (Fraction(1) if edge.dims and edge.countable else Fraction(1, 100)) * edge.factor
    return (
        Quantity(edge.number - step, edge.dims, edge.unit),
        edge,
        Quantity(edge.number + step, edge.dims, edge.unit),
    )


class Solver:
    """Finds the plain result of one leaf that makes a formula of its rule yield a quantity."""

    def __init__(self, framework: Framework, node: Node) -> None:
        self._framework, self._node = framework, node

    def number(self, formula: Expression, result: Mapping[str, object]) -> Quantity | None:
        """Return what `formula` yields for a plain result; None if it cannot be computed."""
        try:
            return self._scope(result).number(formula)
        except NotComputableError:
            return None

    def holds(self, condition: Expression, result: Mapping[str, object]) -> bool | None:
        """Return whether a condition is true for a plain result; None if it cannot be judged."""
        try:
            return self._scope(result).holds(condition)
        except NotComputableError:
            return None

    def points(self, rule: Rule, full: Fraction, result: Mapping[str, object]) -> Fraction | None:
        """Return what a rule of this leaf gives for `full` marks; None if it cannot be computed."""
        missing = self._framework.treatments(self._node)
        context = Context(full, LeafInput.from_plain(result), self._scope(result), missing)
        try:
            return rule.evaluate(context).points
        except NotComputableError:
            return None

    def _scope(self, result: Mapping[str, object]) -> Scope:
        given, node = LeafInput.from_plain(result), self._node
        return Scope(given, node.declared, node.measures, {}, self._framework.rounding)

    def solve(self, formula: Expression, wanted: Quantity) -> dict[str, object] | None:
        """Return a plain result for which `formula` yields `wanted`; None if none was found."""
        names = sorted(self._raw(formula), key=lambda name: name != VALUE.name)
        ways = (wanted.unit, "") if names == [VALUE.name] else ("", wanted.unit)
        for base in _BASES:
            for units in ways:
                table = {name: self._unit(name, units) for name in names}
                for name in names:
                    found = self._along(formula, wanted, name, table, base)
                    if found is not None:
                        return found
        return None

    def _raw(self, formula: Expression) -> frozenset[str]:
        """Return the inputs a formula reads in the end, measures followed to theirs."""
        found, waiting, seen = set[str](), list(names_of(formula)), set[str]()
        while waiting:
            name = waiting.pop()
            if name in self._node.measures and name not in seen:
                seen.add(name)
                waiting += names_of(self._node.measures[name].formula)
            elif name not in self._node.measures:
                found.add(name)
        return frozenset(found)

    def _unit(self, name: str, otherwise: str) -> str:
        declared = self._node.declared.get(name)
        return declared.unit if declared and declared.unit else otherwise

    def _along(
        self, formula: Expression, wanted: Quantity, name: str, units: Mapping[str, str], base: Fraction
    ) -> dict[str, object] | None:
        """Vary one input on a straight line, the others standing at `base` of their unit."""
        others = {other: _amount(base, unit) for other, unit in units.items() if other != name}
        for scale in _SCALES:
            at = [scale * n for n in (1, 2, 3)]
            values = [self.number(formula, _plain({**others, name: _amount(x, units[name])})) for x in at]
            solution = _line(at, values, wanted)
            if solution is None:
                continue
            result = _plain({**others, name: _amount(solution, units[name])})
            made = self.number(formula, result)
            if made is not None and made.number == wanted.number and _alike(made, wanted):
                return result
        return None


def _amount(number: Fraction, unit: str) -> str:
    return exact_text(number) + unit


def _plain(amounts: Mapping[str, str]) -> dict[str, object]:
    inputs = {name: text for name, text in amounts.items() if name != VALUE.name}
    own = {"value": amounts[VALUE.name]} if VALUE.name in amounts else {}
    return {**own, **({"inputs": inputs} if inputs else {})}


def _line(at: list[Fraction], values: list[Quantity | None], wanted: Quantity) -> Fraction | None:
    numbers = [value.number for value in values if value is not None]
    if len(numbers) != len(at):
        return None
    slope = (numbers[1] - numbers[0]) / (at[1] - at[0])
    if not slope or numbers[2] - numbers[1] != slope * (at[2] - at[1]):
        return None
    return at[0] + (wanted.number - numbers[0]) / slope


def _alike(one: Quantity, other: Quantity) -> bool:
    try:
        same_kind(one, other)
    except ValueError:
        return False
    return True
