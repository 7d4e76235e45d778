"""What automatic samples are made of: the sample, and the attempts to find inputs for an edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from service.scoring.expressions import Expression
from service.scoring.measures import render
from service.scoring.methods.occurrence import CountStep
from service.scoring.points import Points
from service.scoring.quantities import Quantity, exact_text
from service.scoring.solving import Solver, near

Plain = dict[str, Any]
RULINGS = (CountStep.WHOLE, CountStep.BEGUN, CountStep.PROPORTIONAL)
FINE = Fraction(1, 100)
_WORDS = ("紧靠其下", "界上", "紧靠其上")


@dataclass(frozen=True, slots=True)
class Sample:
    """One plain result and what it is meant to show."""

    label: str
    result: Plain


@dataclass(slots=True)
class Tried:
    """Finds inputs through `solver` and keeps, in words, what it found none for."""

    solver: Solver
    failed: list[str] = field(default_factory=list)

    def at(self, formula: Expression, wanted: Quantity, label: str) -> Iterator[Sample]:
        """Yield the sample for which `formula` yields `wanted`, nothing after noting that none was found."""
        result = self.solver.solve(formula, wanted)
        if result is not None:
            yield Sample(label, result)
            return
        note = f"找不到使“{render(formula)}”等于 {wanted} 的数，请自己填写"
        if note not in self.failed:
            self.failed.append(note)

    def around(self, formula: Expression, edges: Iterable[Quantity]) -> Iterator[Sample]:
        """Yield samples on every edge and at both sides; below zero only where the edge is."""
        for edge in edges:
            for word, value in zip(_WORDS, near(edge), strict=True):
                if value.number >= 0 or edge.number < 0:
                    yield from self.at(formula, value, f"{edge} {word}（{value}）")


def chosen(points: Points, full: Fraction) -> Iterator[tuple[str, Plain]]:
    """Yield what a result must add where points are chosen in a range: both ends; nothing where fixed."""
    low, high = points.limits(full)
    if points.fixed:
        yield "", {}
        return
    for end in (low, high - FINE if points.open_high else high):
        yield f"，选 {exact_text(end)} 分", {"points": exact_text(end)}


def merged(*results: Plain) -> Plain | None:
    """Return several results as one; None where two want different figures for one name."""
    made: Plain = {}
    for result in results:
        for key, held in result.items():
            inputs = made.get("inputs", {})
            if key == "inputs" and all(inputs.get(name, text) == text for name, text in held.items()):
                made["inputs"] = {**inputs, **held}
            elif made.setdefault(key, held) != held:
                return None
    return made
