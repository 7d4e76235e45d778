"""修正: what may still change a leaf's points after its rule, in the order written.

Formula: cap min(p, share × P) · floor max(p, …) · coefficient p × k · zero 0.
Worked (S3 平台硬件达标率, 1 分, 最高不超过 80 %): rule 1 → 0.8; coefficient 0.9 on 5 → 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.expressions import Expression
from service.scoring.methods.base import ZERO, Context
from service.scoring.points import Points
from service.scoring.quantities import show_short
from service.scoring.states import NotComputableError


class ModifierKind(StrEnum):
    """What a modifier does."""

    CAP = "cap"
    FLOOR = "floor"
    COEFFICIENT = "coefficient"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Modifier:
    """One modifier; applies always, when its condition holds, or when the result names its code."""

    kind: ModifierKind
    code: str = ""
    name: str = ""
    limit: Points | None = None
    value: Expression | None = None
    when: Expression | None = None
    always: bool = False
    clause: str = ""

    @property
    def title(self) -> str:
        """Return how it is called in a derivation."""
        return self.name or self.code or "修正"

    def applies(self, context: Context) -> bool:
        """Return whether it is used for this result."""
        if self.when is not None:
            return context.scope.holds(self.when)
        return self.always or self.code in context.given.apply


def modify(
    points: Fraction, modifiers: tuple[Modifier, ...], context: Context
) -> tuple[Fraction, tuple[str, ...]]:
    """Return the points after every modifier that applies, and the arithmetic.

    Raises:
        NotComputableError: the result names an unknown modifier, or a condition cannot be judged.
    """
    known = {modifier.code for modifier in modifiers if modifier.code}
    extra = sorted(set(context.given.apply) - known)
    if extra:
        raise NotComputableError(f"没有修正“{'、'.join(extra)}”")
    steps = []
    for modifier in modifiers:
        if not modifier.applies(context):
            continue
        after = _changed(points, modifier, context)
        steps.append(f"{modifier.title}：{show_short(points)} → {show_short(after)} 分")
        points = after
    return points, tuple(steps)


def _changed(points: Fraction, modifier: Modifier, context: Context) -> Fraction:
    if modifier.kind is ModifierKind.ZERO:
        return ZERO
    if modifier.kind is ModifierKind.COEFFICIENT:
        assert modifier.value is not None
        factor = context.scope.number(modifier.value)
        if factor.dims or factor.number < 0:
            raise NotComputableError(f"{modifier.title}：系数 {factor} 应是不小于零的比率")
        return points * factor.number
    assert modifier.limit is not None
    limit = modifier.limit.limits(context.full)[0]
    return min(points, limit) if modifier.kind is ModifierKind.CAP else max(points, limit)
