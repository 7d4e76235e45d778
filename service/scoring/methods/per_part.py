"""分部分: the same rule for every sub-unit or year, then combined.

Formula: mean Σ p_i / n · weighted Σ w_i p_i / Σ w_i · sum Σ p_i (each of P/n) · min.
Worked (10 分): 100 % and 80 % done → mean 9; weights 3:1 → 9.5; sum 5 + 4 = 9; min 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.expressions import Expression
from service.scoring.inputs import LeafInput
from service.scoring.methods.base import ZERO, Context, ElementResult, Fault, Rule, RuleResult, unknown
from service.scoring.quantities import exact, read_quantity, show_short
from service.scoring.states import NotComputableError


class Join(StrEnum):
    """How parts are combined."""

    MEAN = "mean"
    WEIGHTED = "weighted"
    SUM = "sum"
    MIN = "min"


@dataclass(frozen=True, slots=True)
class Part:
    """A part fixed by the framework."""

    code: str
    name: str = ""
    weight: Fraction | None = None


@dataclass(frozen=True)
class PerPart(Rule):
    """See the module; without `parts` the result names them."""

    kind = "per_part"
    uses = frozenset({"parts", "weights"})
    rule: Rule
    how: Join
    parts: tuple[Part, ...] = ()

    def evaluate(self, context: Context) -> RuleResult:
        """Return the combined points."""
        given = self._given(context.given.parts)
        full = context.full / len(given) if self.how is Join.SUM else context.full
        elements, steps = [], []
        for name, one in given.items():
            result = self._one(name, one, context, full)
            elements.append(ElementResult(name, name, full, context.element_points(result.points)))
            steps += [f"{name}：{text}" for text in result.steps]
        points = [element.points for element in elements]
        total, text = self._joined(points, self._weights(given, context.given.weights))
        return RuleResult(total, (*steps, f"{text} = {show_short(total)} 分"), tuple(elements))

    def _given(self, given: Mapping[str, LeafInput]) -> Mapping[str, LeafInput]:
        if self.parts:
            unknown(given, [part.code for part in self.parts], "部分")
            absent = [part.code for part in self.parts if part.code not in given]
            if absent:
                raise NotComputableError(f"缺少部分“{'、'.join(absent)}”的结果")
        if not given:
            raise NotComputableError("没有各部分的结果")
        return given

    def _one(self, name: str, one: LeafInput, context: Context, full: Fraction) -> RuleResult:
        inner = context.inner(full, one)
        before = len(inner.scope.steps)
        try:
            result = self.rule.evaluate(inner)
        except NotComputableError as error:
            raise NotComputableError(f"{name}：{error.reason}", state=error.state) from None
        added = tuple(inner.scope.steps[before:])
        del inner.scope.steps[before:]
        return RuleResult(result.points, (*added, *result.steps))

    def _weights(self, given: Mapping[str, LeafInput], written: Mapping[str, str]) -> list[Fraction]:
        if self.how is not Join.WEIGHTED:
            return []
        fixed = {part.code: part.weight for part in self.parts if part.weight is not None}
        weights = []
        for name in given:
            found = read_quantity(written[name]) if name in written else None
            weight = fixed.get(name) if name in fixed else found.number if found else None
            if weight is None or weight < 0:
                raise NotComputableError(f"缺少部分“{name}”的权重")
            weights.append(weight)
        if not sum(weights):
            raise NotComputableError("各部分权重之和为零")
        return weights

    def _joined(self, points: list[Fraction], weights: list[Fraction]) -> tuple[Fraction, str]:
        shown = [show_short(one) for one in points]
        if self.how is Join.MIN:
            return min(points), f"取低（{'、'.join(shown)}）"
        if self.how is Join.WEIGHTED:
            total = sum((w * p for w, p in zip(weights, points, strict=True)), ZERO) / sum(weights)
            terms = [f"{show_short(w)} × {p}" for w, p in zip(weights, shown, strict=True)]
            return total, f"({' + '.join(terms)}) ÷ {show_short(sum(weights, ZERO))}"
        total = sum(points, ZERO)
        if self.how is Join.SUM:
            return total, " + ".join(shown)
        return total / len(points), f"({' + '.join(shown)}) ÷ {len(points)}"

    def worst(self, full: Fraction) -> Fraction:
        """Return what the rule gives at worst."""
        return self.rule.worst(full)

    def inner(self) -> Mapping[str, Rule]:
        """Return the rule of every part."""
        return {"": self.rule}

    def expressions(self) -> Iterable[Expression]:
        """Return what the rule reads."""
        return self.rule.expressions()

    def accepts(self) -> frozenset[str]:
        """Return parts and weights only."""
        return self.uses

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return faults of the rule for one part."""
        own = full / len(self.parts) if full is not None and self.how is Join.SUM and self.parts else full
        if self.how is Join.SUM and not self.parts:
            own = None
        for fault in self.rule.faults(own):
            yield Fault(("rule", *fault.place), fault.message, fault.allowed, fault.cure)


__all__ = ["Join", "Part", "PerPart", "exact"]
