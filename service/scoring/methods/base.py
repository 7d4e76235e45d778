"""What every rule kind shares: its context, its result, and small helpers.

A rule is a frozen dataclass with `evaluate(context) -> RuleResult`. It raises `NotComputableError` when the
result lacks something; it never guesses. `steps` are the arithmetic in order, in Chinese.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from service.scoring.expressions import VALUE, Expression, names_of
from service.scoring.inputs import LeafInput
from service.scoring.measures import Scope
from service.scoring.points import Points
from service.scoring.quantities import Quantity, UnitError, exact, is_exact, show_short
from service.scoring.rounding import Place
from service.scoring.states import Missing, NotComputableError, State, Treat

ONE = Fraction(1)
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class ElementResult:
    """Points of one element or sub-rule inside a leaf."""

    code: str
    name: str
    max: Fraction
    points: Fraction


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule gives: points in 分, arithmetic, elements, events it triggers, warnings."""

    points: Fraction
    steps: tuple[str, ...] = ()
    elements: tuple[ElementResult, ...] = ()
    events: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """One evaluation of one rule.

    Args:
        full: full marks in 分.
        given: the result.
        scope: names and their values; its `steps` collect arithmetic of measures.
        missing: treatments of missing elements.
    """

    full: Fraction
    given: LeafInput
    scope: Scope
    missing: Missing = field(default_factory=dict)

    def inner(self, full: Fraction, given: LeafInput | None) -> Context:
        """Return the context of a sub-rule; without a result of its own it reads this one."""
        if given is None:
            return Context(full, self.given, self.scope, self.missing)
        if given.state is not None:
            raise NotComputableError(given.state.label, state=given.state)
        return Context(full, given, self.scope.narrowed(given), self.missing)

    def element_points(self, value: Fraction) -> Fraction:
        """Return the points of an element as rounded at `Place.ELEMENT`."""
        return self.scope.rounding.apply(value, Place.ELEMENT)

    def choose(self, points: Points, what: str) -> Fraction:
        """Return fixed points, or the ones chosen in the result within the range.

        Raises:
            NotComputableError: a range without a choice, or a choice outside it.
        """
        low, high = points.limits(self.full)
        if points.fixed:
            if self.given.points and exact(self.given.points) != low:
                raise NotComputableError(
                    f"{what}是固定的 {show_short(low)} 分，不能另选 {self.given.points} 分"
                )
            return low
        if not self.given.points:
            raise NotComputableError(f"{what}是 {show_short(low)}–{show_short(high)} 分的范围，尚未选定分数")
        chosen = exact(self.given.points)
        if not low <= chosen <= high or (points.open_high and chosen == high):
            raise NotComputableError(
                f"选定的 {self.given.points} 分不在 {show_short(low)}–{show_short(high)} 分之内"
            )
        return chosen


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong inside a rule: place relative to it, message, what is allowed, cure."""

    place: tuple[str | int, ...]
    message: str
    allowed: str = ""
    cure: str = ""


class Rule(ABC):
    """One rule of the closed set; subclasses are frozen dataclasses."""

    kind: str
    uses: frozenset[str] = frozenset()

    @abstractmethod
    def evaluate(self, context: Context) -> RuleResult:
        """Return points and arithmetic.

        Raises:
            NotComputableError: with the Chinese reason.
        """

    def worst(self, full: Fraction) -> Fraction:
        """Return the lowest points the rule can give for `full` marks."""
        return ZERO

    def coded(self, code: str, full: Fraction) -> Fraction | None:
        """Return the points of the band or level `code`; None if there is none or it is a range."""
        return None

    def expressions(self) -> Iterable[Expression]:
        """Return every formula and condition the rule reads."""
        return ()

    def bounds(self) -> Iterable[Quantity]:
        """Return the fixed figures that the result's own `value` is compared with."""
        return ()

    def inner(self) -> Mapping[str, Rule]:
        """Return the rules below by the code of their result; an empty code means every part."""
        return {}

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return what is wrong with the rule for `full` marks (None: none stated)."""
        return ()

    def events(self) -> frozenset[str]:
        """Return codes of the events the rule may trigger."""
        return frozenset()

    def accepts(self) -> frozenset[str]:
        """Return the members of a result the rule can use."""
        formulas = set(self.expressions())
        names = frozenset().union(*(names_of(formula) for formula in formulas)) if formulas else frozenset()
        return self.uses | ({"value", "inputs"} if names else frozenset())


def fixed_points(points: Points, full: Fraction) -> Fraction | None:
    """Return the points if nothing is to be chosen."""
    low, high = points.limits(full)
    return low if low == high else None


def too_many(points: Points, full: Fraction | None, place: tuple[str | int, ...]) -> Iterable[Fault]:
    """Yield a fault if `points` exceed the full marks or lie below zero."""
    if full is None and not points.share:
        return
    low, high = points.limits(full if full is not None else ONE)
    top = full if full is not None else ONE
    if high > top or low < 0:
        yield Fault(
            place,
            f"分值 {points} 不在 0 与满分 {show_short(top)} 之间",
            f"0 到 {show_short(top)}",
            "改分值或满分",
        )


def treated_share(missing: Missing, state: State) -> Fraction:
    """Return the share of an element that a missing state leaves (1 or 0).

    Raises:
        NotComputableError: the framework names no such treatment.
    """
    treatment = missing.get(state)
    if treatment is not None and treatment.treat is Treat.MET:
        return ONE
    if treatment is not None and treatment.treat in (Treat.WORST, Treat.UNMET, Treat.ZERO):
        return ZERO
    raise NotComputableError(f"要点{state.label}，体系没有说怎样处理", state=state)


def comparing(error: UnitError) -> NotComputableError:
    """Return the refusal for quantities of different kinds."""
    return NotComputableError(str(error))


def count_of(text: str, what: str) -> Fraction:
    """Return a count written as text, e.g. ``3`` or ``3次``.

    Raises:
        NotComputableError: it is missing, a state, negative or no number.
    """
    from_state = State(text) if text in set(State) else None
    if from_state is not None:
        raise NotComputableError(f"{what}{from_state.label}", state=from_state)
    digits = text.rstrip("次个项处起件份例")
    if not digits:
        raise NotComputableError(f"没有录入{what}")
    if not is_exact(digits):
        raise NotComputableError(f"{what}“{text[:40]}”不是数")
    found = exact(digits)
    if found < 0:
        raise NotComputableError(f"{what}不能是负数")
    return found


def unknown(given: Mapping[str, object], known: Iterable[str], what: str) -> None:
    """Do nothing if every key is known.

    Raises:
        NotComputableError: naming the unknown ones.
    """
    extra = sorted(set(given) - set(known))
    if extra:
        raise NotComputableError(f"规则里没有{what}“{'、'.join(extra)}”")


__all__ = [
    "ONE",
    "VALUE",
    "ZERO",
    "Context",
    "ElementResult",
    "Fault",
    "Rule",
    "RuleResult",
    "comparing",
    "count_of",
    "fixed_points",
    "too_many",
    "treated_share",
    "unknown",
]
