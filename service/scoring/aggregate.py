"""Several sheets of one case (sub-unit, project, period) and their declared aggregation, or none.

Formula: sum Σ t_i · mean Σ t_i/n · weighted Σ w_i t_i / Σ w_i · min.
Worked: 90 and 80 → mean 85; weights 3:1 → 87.5; sum 170; min 80.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from service.errors import InvalidError, Problem
from service.scoring.quantities import show_short
from service.scoring.rounding import Step
from service.scoring.sheet import ScoreSheet

ZERO = Fraction(0)


class AggregateHow(StrEnum):
    """How sheets become one figure; `NONE` keeps each result for itself."""

    NONE = "none"
    SUM = "sum"
    MEAN = "mean"
    WEIGHTED = "weighted"
    MIN = "min"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The declared way; `weights` by sheet name for `WEIGHTED`; `step` rounds the result if given."""

    how: AggregateHow
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The joint figure in 分, None with its reason in `note`; `parts` are the sheets' own totals."""

    total: Fraction | None
    parts: tuple[tuple[str, Fraction | None], ...]
    steps: tuple[str, ...] = ()
    note: str = ""


def aggregate(sheets: Mapping[str, ScoreSheet], how: Aggregation) -> Aggregate:
    """Return the joint figure of named sheets; the order of the sheets never matters.

    Raises:
        InvalidError: a weight is missing, negative, or all are zero.
    """
    names = sorted(sheets)
    parts = tuple((name, sheets[name].total) for name in names)
    if how.how is AggregateHow.NONE:
        return Aggregate(None, parts, note="各表分别定分，不合成")
    if not names:
        return Aggregate(None, parts, note="没有评分表")
    absent = [name for name, total in parts if total is None]
    if absent:
        return Aggregate(None, parts, note=f"{'、'.join(absent)} 没有总分，不能合成")
    totals = [total for _, total in parts if total is not None]
    weights = _weights(names, how) if how.how is AggregateHow.WEIGHTED else [Fraction(1)] * len(names)
    joint = _JOINED[how.how](totals, weights)
    shown = "、".join(
        f"{name} {show_short(total)}" + (f" × {show_short(w)}" if how.how is AggregateHow.WEIGHTED else "")
        for name, total, w in zip(names, totals, weights, strict=True)
    )
    steps = [f"{_WORDS[how.how]}（{shown}） = {show_short(joint)} 分"]
    if how.step is not None and (rounded := how.step.apply(joint)) != joint:
        steps.append(f"{how.step}：{show_short(joint)} → {show_short(rounded)} 分")
        joint = rounded
    return Aggregate(joint, parts, tuple(steps))


def _weights(names: list[str], how: Aggregation) -> list[Fraction]:
    problems = [
        Problem(
            "缺少这张表的权重，或权重为负", path=f"weights.{name}", allowed="不小于零的数", cure="补上权重"
        )
        for name in names
        if how.weights.get(name, Fraction(-1)) < 0
    ]
    if not problems and not sum(how.weights[name] for name in names):
        problems.append(Problem("各表权重之和为零", path="weights", cure="至少一张表写正的权重"))
    if problems:
        raise InvalidError(problems)
    return [how.weights[name] for name in names]


def _weighted(totals: list[Fraction], weights: list[Fraction]) -> Fraction:
    return sum((w * t for w, t in zip(weights, totals, strict=True)), ZERO) / sum(weights, ZERO)


_JOINED: Mapping[AggregateHow, Callable[[list[Fraction], list[Fraction]], Fraction]] = {
    AggregateHow.SUM: lambda totals, weights: sum(totals, ZERO),
    AggregateHow.MEAN: _weighted,
    AggregateHow.WEIGHTED: _weighted,
    AggregateHow.MIN: lambda totals, weights: min(totals),
}
_WORDS = {
    AggregateHow.SUM: "相加",
    AggregateHow.MEAN: "平均",
    AggregateHow.WEIGHTED: "加权平均",
    AggregateHow.MIN: "取低",
}


@dataclass(frozen=True, slots=True)
class Tie:
    """One named partition of a total: what the parts add up to, and what is left between."""

    name: str
    total: Fraction
    parts: tuple[tuple[str, Fraction], ...]
    sum: Fraction
    difference: Fraction

    @property
    def holds(self) -> bool:
        """Return whether the parts make up the total exactly."""
        return not self.difference


def tie(name: str, total: Fraction, parts: Mapping[str, Fraction]) -> Tie:
    """Return how the parts of one partition (by source, year, use, sub-project) compare with the total.

    Worked (S3): 2645 + 1998 + 25 = 4668 against 5823: difference 1155, shown, never spread.
    """
    added = sum(parts.values(), ZERO)
    return Tie(name, total, tuple(parts.items()), added, total - added)
