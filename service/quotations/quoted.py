"""One figure or text a source printed, and what it should follow from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.quotations.relations import Relation, read_relation

DIFFERENCES = {
    "truncated": "截位",
    "rounding": "四舍五入",
    "sum": "合计不符",
    "rule": "规则不符",
    "count": "计数不符",
    "inconsistent": "前后不一",
    "arithmetic": "计算不符",
    "order": "顺序不符",
    "numbering": "编号不连续",
    "wording": "文字差错",
    "not_stated": "来源未载",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A difference known beforehand."""

    kind: str
    cause: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """One published item: `computed` a path of ours, or a `relation`, or neither (a bare quotation)."""

    path: str
    value: str
    place: str = ""
    computed: str = ""
    relation: Relation | None = None
    declared: Declared | None = None
    cause: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return the members besides path, value and place as JSON-able text; empty ones are left out."""
        plain: dict[str, Any] = {"computed": self.computed, "cause": self.cause}
        if self.relation is not None:
            plain["relation"] = self.relation.to_plain()
        if self.declared is not None:
            plain["declared"] = {"kind": self.declared.kind, "cause": self.declared.cause}
        return {key: held for key, held in plain.items() if held}

    @classmethod
    def from_plain(cls, path: str, value: str, place: str, plain: Mapping[str, Any]) -> Quoted:
        """Return the item whose other members are `plain`."""
        relation, declared = plain.get("relation"), plain.get("declared")
        return cls(
            path,
            value,
            place,
            computed=plain.get("computed", ""),
            relation=read_relation(relation) if relation else None,
            declared=Declared(declared["kind"], declared["cause"]) if declared else None,
            cause=plain.get("cause", ""),
        )
