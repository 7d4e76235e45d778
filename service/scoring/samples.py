"""Automatic samples of a leaf: results on, just below and just above every edge its rule has.

- Each sample is a plain result (FORMAT.md section 16) with a label; the first is meant to be computable.
- Where the rule reads a formula, inputs are solved for it; what could not be solved is told in `untried`.
- Missing states that the framework treats, and modifiers used by code, get a sample each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from service.scoring.framework import Framework, Node
from service.scoring.methods.base import Rule
from service.scoring.samples_judged import judged
from service.scoring.samples_measured import measured
from service.scoring.samples_nested import nested
from service.scoring.solving import Solver
from service.scoring.states import State
from service.scoring.trial import Plain, Sample, Tried


@dataclass(frozen=True, slots=True)
class LeafSamples:
    """The samples of one leaf, and in words what could not be sampled."""

    samples: tuple[Sample, ...]
    untried: tuple[str, ...] = ()


def leaf_samples(framework: Framework, code: str) -> LeafSamples:
    """Return samples that hit every edge of the rule of this leaf; none for a line without a rule.

    Raises:
        KeyError: the framework has no such node.
    """
    node = framework.node(code)
    if node.rule is None:
        return LeafSamples((), ("这一行没有自己的规则",))
    full = Fraction(1) if node.max is None else node.max
    tried = Tried(Solver(framework, node))
    found = list(samples_of(node.rule, full, tried))
    return LeafSamples(
        _distinct([*found, *_states(framework, node), *_applied(node, found)]), tuple(tried.failed)
    )


def samples_of(rule: Rule, full: Fraction, tried: Tried) -> Iterator[Sample]:
    """Yield the samples of one rule for `full` marks."""
    yield from measured(rule, full, tried)
    yield from judged(rule, full)
    yield from nested(rule, full, tried, samples_of)


def _states(framework: Framework, node: Node) -> Iterator[Sample]:
    treatments = framework.treatments(node)
    for state in State:
        if state in treatments:
            yield Sample(f"{state.label}：{treatments[state].treat.label}", {"state": str(state)})


def _applied(node: Node, found: list[Sample]) -> Iterator[Sample]:
    for modifier in node.modifiers:
        if modifier.code and found:
            result: Plain = {**found[0].result, "apply": [modifier.code]}
            yield Sample(f"{found[0].label}，用修正 {modifier.name or modifier.code}", result)


def _distinct(samples: list[Sample]) -> tuple[Sample, ...]:
    kept: list[Sample] = []
    seen: list[dict[str, Any]] = []
    for sample in samples:
        if sample.result not in seen:
            seen.append(sample.result)
            kept.append(sample)
    return tuple(kept)


__all__ = ["LeafSamples", "Sample", "leaf_samples", "samples_of"]
