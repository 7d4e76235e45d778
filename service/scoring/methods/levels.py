"""分级: the team picks the level whose description fits.

Formula: points = points of the chosen level, or the expert's choice inside its range.
Worked (S3 制度执行有效性, 4 分): level b is 2–3; chosen 3 → 3.
A score between printed levels is an adjustment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.methods.base import Context, Fault, Rule, RuleResult, fixed_points, too_many
from service.scoring.points import Points
from service.scoring.quantities import show_short
from service.scoring.states import NotComputableError


@dataclass(frozen=True, slots=True)
class Level:
    """One described level."""

    code: str
    points: Points
    text: str = ""


@dataclass(frozen=True)
class Levels(Rule):
    """See the module."""

    kind = "levels"
    uses = frozenset({"level", "points"})
    levels: tuple[Level, ...]

    def evaluate(self, context: Context) -> RuleResult:
        """Return the points of the chosen level."""
        chosen = context.given.level
        if not chosen:
            raise NotComputableError("尚未选定级别")
        level = next((level for level in self.levels if level.code == chosen), None)
        if level is None:
            raise NotComputableError(
                f"没有“{chosen}”这一级，只有 {'、'.join(one.code for one in self.levels)}"
            )
        points = context.choose(level.points, f"“{chosen}”级")
        text = f"（{level.text}）" if level.text else ""
        return RuleResult(points, (f"选定“{chosen}”级{text}，得 {show_short(points)} 分",))

    def worst(self, full: Fraction) -> Fraction:
        """Return the lowest points of any level."""
        return min(level.points.limits(full)[0] for level in self.levels)

    def coded(self, code: str, full: Fraction) -> Fraction | None:
        """Return the fixed points of the level with this code."""
        return next((fixed_points(level.points, full) for level in self.levels if level.code == code), None)

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return doubled codes and points outside the full marks."""
        if not self.levels:
            yield Fault(("levels",), "至少要一级", cure="写上各级")
        yield from doubled([level.code for level in self.levels], "levels")
        for n, level in enumerate(self.levels):
            yield from too_many(level.points, full, ("levels", n, "points"))


def doubled(codes: list[str], where: str) -> Iterable[Fault]:
    """Yield a fault for every code that already occurred."""
    for n, code in enumerate(codes):
        if code in codes[:n]:
            yield Fault((where, n, "code"), f"编号“{code}”重复", cure="换一个编号")
