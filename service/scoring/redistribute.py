"""Dropping and moving of leaves changes the full marks of others.

Formula (dropped): P_i' = P_i × (Σ P in the scope) / (Σ P of the leaves kept there).
Formula (moved): P_to' = P_to + P_from. Points scale with P'/P.
Worked: leaves of 2, 3 and 5 under one parent; the 2 is dropped → 3 × 10/8 = 3.75 and 5 × 10/8 = 6.25.
Worked: the 2 moved to the 5 → 7; a rule figure of 4 there becomes 4 × 7/5 = 5.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from service.scoring.framework import Framework, Node
from service.scoring.leaf import Outcome
from service.scoring.lines import Status

_GONE = (Status.DROPPED, Status.MOVED)


def full_marks(framework: Framework, outcomes: Mapping[str, Outcome]) -> Mapping[str, Fraction | None]:
    """Return the full marks of every leaf after moving, then dropping; dropped and moved leaves have 0."""
    marks: dict[str, Fraction | None] = {node.code: node.max for node in framework.leaves}
    gone = [
        node
        for node in framework.leaves
        if outcomes[node.code].status in _GONE and not _pooled(framework, node)
    ]
    for node in gone:
        treatment = outcomes[node.code].treatment
        target = marks.get(treatment.to) if treatment and outcomes[node.code].status is Status.MOVED else None
        if treatment is not None and target is not None:
            marks[treatment.to] = target + (marks[node.code] or 0)
            marks[node.code] = Fraction(0)
    dropped = [node for node in gone if outcomes[node.code].status is Status.DROPPED]
    scopes = {_scope(framework, node, outcomes) for node in dropped}
    for code in sorted(scopes, key=lambda one: (-_level(framework, one), one)):
        _share_out(
            framework, code, [n for n in dropped if _scope(framework, n, outcomes) == code], marks, outcomes
        )
    return marks


def _pooled(framework: Framework, node: Node) -> bool:
    parent = framework.by_code.get(node.parent)
    return parent is not None and parent.pool is not None


def _level(framework: Framework, code: str) -> int:
    return framework.node(code).level if code else 0


def _leaves(framework: Framework, code: str) -> list[Node]:
    roots = [framework.node(code)] if code else list(framework.nodes)
    return [node for root in roots for node in root.walk() if node.leaf]


def _kept(framework: Framework, code: str, outcomes: Mapping[str, Outcome]) -> list[Node]:
    return [
        node
        for node in _leaves(framework, code)
        if node.max is not None
        and outcomes[node.code].status not in (*_GONE, Status.SHARED)
        and not _pooled(framework, node)
    ]


def _scope(framework: Framework, node: Node, outcomes: Mapping[str, Outcome]) -> str:
    """Return the branch that takes the points over: as written, else the nearest with leaves left."""
    treatment = outcomes[node.code].treatment
    code = treatment.within if treatment and treatment.within else node.parent
    while code and code in framework.by_code and not _kept(framework, code, outcomes):
        code = framework.node(code).parent
    return code if code in framework.by_code else ""


def _share_out(
    framework: Framework,
    code: str,
    dropped: list[Node],
    marks: dict[str, Fraction | None],
    outcomes: Mapping[str, Outcome],
) -> None:
    freed = sum((marks[node.code] or Fraction(0) for node in dropped), Fraction(0))
    kept = _kept(framework, code, outcomes)
    held = sum((marks[node.code] or Fraction(0) for node in kept), Fraction(0))
    for node in dropped:
        marks[node.code] = Fraction(0)
    if not held:
        return
    for node in kept:
        marks[node.code] = (marks[node.code] or Fraction(0)) * (held + freed) / held
