"""组合: several sub-rules under a joint floor and cap.

Formula: sum Σ p_i · min · max · first_match: the first sub-rule whose condition holds;
then clipped to [floor, cap].
Worked (S3 资金使用合规性, 5 分): 1 + 2 + (2 − 0.5) = 4.5;
with how min the least of the figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.expressions import Expression
from service.scoring.methods.base import (
    ZERO,
    Context,
    ElementResult,
    Fault,
    Rule,
    RuleResult,
    unknown,
)
from service.scoring.methods.levels import doubled
from service.scoring.points import Points
from service.scoring.quantities import show_short
from service.scoring.states import NotComputableError


class How(StrEnum):
    """How sub-rules are combined."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    FIRST_MATCH = "first_match"


@dataclass(frozen=True, slots=True)
class SubRule:
    """One sub-rule; `max` None means the leaf's full marks."""

    code: str
    rule: Rule
    name: str = ""
    max: Points | None = None
    when: Expression | None = None

    @property
    def title(self) -> str:
        """Return how it is called in a derivation."""
        return self.name or self.code


@dataclass(frozen=True)
class Combination(Rule):
    """See the module."""

    kind = "combination"
    uses = frozenset({"rules"})
    how: How
    rules: tuple[SubRule, ...]
    floor: Fraction | None = None
    cap: Fraction | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return the combined points."""
        unknown(context.given.rules, [sub.code for sub in self.rules], "子规则")
        taken = [self._first(context)] if self.how is How.FIRST_MATCH else list(self.rules)
        parts, elements, steps = [], [], []
        for sub in taken:
            result, full = self._one(sub, context)
            points = context.element_points(result.points)
            parts.append(result)
            elements.append(ElementResult(sub.code, sub.title, full, points))
            steps += [f"{sub.title}：{text}" for text in result.steps]
        total, text = self._combined([element.points for element in elements])
        steps += [text] if len(taken) > 1 else []
        clipped = self._clipped(total, steps)
        events = tuple(event for part in parts for event in part.events)
        warnings = tuple(warning for part in parts for warning in part.warnings)
        return RuleResult(clipped, tuple(steps), tuple(elements), events, warnings)

    def _full(self, sub: SubRule, full: Fraction) -> Fraction:
        return sub.max.limits(full)[0] if sub.max else full

    def _one(self, sub: SubRule, context: Context) -> tuple[RuleResult, Fraction]:
        full = self._full(sub, context.full)
        inner = context.inner(full, context.given.rules.get(sub.code))
        before = len(inner.scope.steps)
        try:
            result = sub.rule.evaluate(inner)
        except NotComputableError as error:
            raise NotComputableError(f"{sub.title}：{error.reason}", state=error.state) from None
        added = tuple(inner.scope.steps[before:])
        del inner.scope.steps[before:]
        return RuleResult(
            result.points, (*added, *result.steps), result.elements, result.events, result.warnings
        ), full

    def _first(self, context: Context) -> SubRule:
        for sub in self.rules:
            if sub.when is None or context.inner(context.full, context.given.rules.get(sub.code)).scope.holds(
                sub.when
            ):
                return sub
        raise NotComputableError("没有适用的子规则")

    def _combined(self, points: list[Fraction]) -> tuple[Fraction, str]:
        shown = [show_short(one) for one in points]
        if self.how is How.SUM:
            total = sum(points, ZERO)
            return total, f"合计 = {' + '.join(shown)} = {show_short(total)} 分"
        total = max(points) if self.how is How.MAX else min(points)
        word = "取高" if self.how is How.MAX else "取低"
        return total, f"{word}（{'、'.join(shown)}） = {show_short(total)} 分"

    def _clipped(self, total: Fraction, steps: list[str]) -> Fraction:
        if self.cap is not None and total > self.cap:
            steps.append(f"不高于 {show_short(self.cap)} 分")
            return self.cap
        if self.floor is not None and total < self.floor:
            steps.append(f"不低于 {show_short(self.floor)} 分")
            return self.floor
        return total

    def worst(self, full: Fraction) -> Fraction:
        """Return the least the sub-rules can give together."""
        least = [sub.rule.worst(self._full(sub, full)) for sub in self.rules]
        total = sum(least, ZERO) if self.how is How.SUM else min(least)
        return total if self.floor is None else max(total, self.floor)

    def inner(self) -> Mapping[str, Rule]:
        """Return the sub-rules by code."""
        return {sub.code: sub.rule for sub in self.rules}

    def expressions(self) -> Iterable[Expression]:
        """Return what the sub-rules and their conditions read."""
        for sub in self.rules:
            yield from sub.rule.expressions()
            if sub.when is not None:
                yield sub.when

    def events(self) -> frozenset[str]:
        """Return events of the sub-rules."""
        return frozenset().union(*(sub.rule.events() for sub in self.rules))

    def accepts(self) -> frozenset[str]:
        """Return sub-results, and what sub-rules may take from the whole result."""
        return self.uses.union(*(sub.rule.accepts() for sub in self.rules), {"value", "inputs"})

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return faults of the sub-rules, maxima that exceed the leaf, missing or unreachable conditions."""
        if not self.rules:
            yield Fault(("rules",), "至少要一条子规则", cure="写上各条")
        yield from doubled([sub.code for sub in self.rules], "rules")
        yield from self._maxima(full)
        for n, sub in enumerate(self.rules):
            own = sub.max.limits(full)[0] if sub.max and full is not None else None if sub.max else full
            for fault in sub.rule.faults(own):
                yield Fault(("rules", n, "rule", *fault.place), fault.message, fault.allowed, fault.cure)
            if sub.when is not None and self.how is not How.FIRST_MATCH:
                yield Fault(("rules", n, "when"), "只有 first_match 用 when", cure="删去 when，或改 how")
            if self.how is How.FIRST_MATCH and sub.when is None and n < len(self.rules) - 1:
                yield Fault(("rules", n), "这一条总是适用，后面的永远用不到", cure="写 when，或移到最后")

    def _maxima(self, full: Fraction | None) -> Iterable[Fault]:
        if self.how is not How.SUM:
            return
        for n, sub in enumerate(self.rules):
            if sub.max is None:
                yield Fault(("rules", n, "max"), "相加的子规则要写各自满分", cure="写 max")
        if full is not None:
            total = sum((sub.max.limits(full)[0] for sub in self.rules if sub.max), ZERO)
            if total > full:
                yield Fault(
                    ("rules",),
                    f"各条满分合计 {show_short(total)}，超过指标满分 {show_short(full)}",
                    f"不超过 {show_short(full)}",
                    "改各条 max",
                )
