"""Third pass: turn faultless drafts into the frozen framework."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from service.frameworks.draft import Draft, Reading
from service.frameworks.parts import declared_of, measures_of
from service.scoring.framework import Block, BlockKind, Framework, Node, TotalKind
from service.yamltext import YamlText

_HUNDRED = Fraction(100)


def build(reading: Reading) -> Framework:
    """Return the framework; the reading must hold no problems."""
    head = {name: value for name, value in reading.head.items() if name != "format"}
    nodes = tuple(_node(draft, reading.document) for draft in reading.nodes)
    total = total_kind(head)
    head["total"] = total
    if "max" not in head and total is not TotalKind.NONE:
        head["max"] = _HUNDRED if total is TotalKind.COMPOSITE else summed([node.max for node in nodes])
    root = reading.document.root
    assert isinstance(root, dict)
    blocks = tuple(_block(draft, reading.document) for draft in reading.blocks)
    return Framework(nodes=nodes, blocks=blocks, plain=root, **head)


def total_kind(head: dict[str, Any]) -> TotalKind:
    """Return how the total is had: as written, or composite where dimensions are given."""
    default = TotalKind.COMPOSITE if head.get("composite") else TotalKind.SUM
    kind: TotalKind = head.get("total", default)
    return kind


def summed(maxima: list[Fraction | None]) -> Fraction | None:
    """Return the sum of full marks; None if none is stated."""
    stated = [value for value in maxima if value is not None]
    return sum(stated, Fraction(0)) if stated else None


def full_of(draft: Draft) -> Fraction | None:
    """Return the full marks of a draft: those of its children where they have any, else as printed."""
    printed: Fraction | None = draft.data.get("max") if draft.data else None
    if draft.leaf or (draft.data and draft.data.get("pool")):
        if draft.block and printed is None:
            return Fraction(0)
        return printed
    below = [full_of(child) for child in draft.children if not shared(child)]
    if any(value is None for value in below):
        return printed
    return summed(below)


def shared(draft: Draft) -> bool:
    """Return whether the draft's points belong to another line."""
    return bool(draft.data and draft.data.get("share_of"))


def _node(draft: Draft, document: YamlText) -> Node:
    data = dict(draft.data or {})
    raw = data.pop("max", None)
    pool = data.pop("pool", None)
    return Node(
        level=draft.level,
        parent=draft.parent.code if draft.parent else draft.block,
        block=draft.block,
        max=full_of(draft),
        printed_max=raw,
        declared=declared_of(data.pop("inputs", {})),
        measures=measures_of(data.pop("measures", {})),
        pool=pool["how"] if pool else None,
        rule_clause=document.value((*draft.place, "rule", "clause")) or "",
        rule_note=document.value((*draft.place, "rule", "note")) or "",
        children=tuple(_node(child, document) for child in draft.children),
        **data,
    )


def _block(draft: Draft, document: YamlText) -> Block:
    data = dict(draft.data or {})
    kind = data["kind"]
    floor = data.get("floor", Fraction(0) if kind is BlockKind.BONUS else None)
    cap = data.get("cap", Fraction(0) if kind is BlockKind.NEGATIVE else None)
    children = tuple(_node(child, document) for child in draft.children)
    return Block(draft.code, data["name"], kind, floor, cap, children)
