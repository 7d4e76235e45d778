"""What one framework has that another has not, node by node; for the reader who approves a new version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.frameworks.rulewords import rule_words
from service.frameworks.tree import HEAD_LABELS, NODE_LABELS, Plain, plain_blocks, plain_nodes
from service.scoring.framework import Framework, Node
from service.scoring.quantities import exact_text

_SAID = frozenset({"code", "name", "max", "rule", "children"})
_TREE = frozenset({"format", "code", "version", "nodes", "blocks"})


@dataclass(frozen=True, slots=True)
class Changed:
    """One property of a node that differs; texts as printed, "" where there was nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node of both versions with everything that differs."""

    code: str
    name: str
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Codes and names of nodes only one version has, in document order, and the changed ones of both."""

    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    changed: tuple[NodeChange, ...]
    head: tuple[Changed, ...]

    @property
    def empty(self) -> bool:
        """Return whether nothing listed here differs."""
        return not (self.added or self.removed or self.changed or self.head)


def difference(before: Framework, after: Framework) -> Difference:
    """Return how `after` differs from `before`: nodes by code, the head by its sections."""
    old, new = _properties(before), _properties(after)
    names = {code: node["名称"] for code, node in new.items()}
    kept = [(code, tuple(_changes(old[code], new[code]))) for code in new if code in old]
    return Difference(
        added=tuple((code, names[code]) for code in new if code not in old),
        removed=tuple((code, node["名称"]) for code, node in old.items() if code not in new),
        changed=tuple(NodeChange(code, names[code], changes) for code, changes in kept if changes),
        head=tuple(_changes(*(_written(one.plain, HEAD_LABELS, _TREE) for one in (before, after)))),
    )


def _changes(old: dict[str, str], new: dict[str, str]) -> Iterator[Changed]:
    for label in {**old, **new}:
        before, after = old.get(label, ""), new.get(label, "")
        if before != after:
            yield Changed(label, before, after)


def _properties(framework: Framework) -> dict[str, dict[str, str]]:
    plain = plain_nodes(framework.plain)
    found = {node.code: _of_node(node, plain[node.code]) for node in framework.walk()}
    for code, block in plain_blocks(framework.plain).items():
        found[code] = _written(block, NODE_LABELS, frozenset({"code", "children"}))
    return found


def _of_node(node: Node, plain: Plain) -> dict[str, str]:
    """Return every property by its label, so that no change of a node goes unseen."""
    rule = plain.get("rule") or {}
    shown = {
        "名称": node.name,
        "满分": "" if node.max is None else exact_text(node.max),
        "上级": node.parent,
        "评分规则": "；".join(rule_words(rule)) if rule else "",
        "规则出处": rule.get("clause", ""),
        "规则说明": rule.get("note", ""),
    }
    return {**shown, **_written(plain, NODE_LABELS, _SAID)}


def _written(plain: Mapping[str, Any], labels: Mapping[str, str], leave: frozenset[str]) -> dict[str, str]:
    return {labels.get(key, key): _text(held) for key, held in plain.items() if key not in leave}


def _text(held: object) -> str:
    if isinstance(held, dict):
        return "；".join(f"{key}：{_text(part)}" for key, part in held.items())
    return "、".join(_text(part) for part in held) if isinstance(held, list) else str(held)
