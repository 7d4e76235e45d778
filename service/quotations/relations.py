"""Stated relations between printed figures: their written form, checked.

A relation is an object with one member, e.g. ``{ratio: [支出, 预算]}``. An operand is the `path` of
another published item, a path of our own figures (``node.A.awarded``, ``money.paid``, ``table.t.*.支出``),
a literal number (``40%``), or a relation again.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from service.errors import InvalidError, Problem

LITERAL = re.compile(r"-?\d[\d,]{0,200}(\.\d{1,200})?%?")
FORMS = {
    "sum": "各数之和",
    "difference": "第一个减去其余",
    "product": "各数之积",
    "ratio": "第一个除以第二个",
    "mean": "平均数",
    "min": "最小",
    "max": "最大",
    "equal": "应当相同",
    "count": "有几个",
    "order": "大小或先后的次序",
    "sequence": "序号连续",
    "weighted": "加权和，每项写 [数, 权重]",
}
EXACT_COUNTS = {"ratio": 2, "equal": 1}
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation; `operands` are paths, literals or relations."""

    kind: str
    operands: tuple[str | Relation, ...]

    def paths(self) -> tuple[str, ...]:
        """Return every path named in it, at any depth; literals are left out."""
        found: list[str] = []
        for operand in self.operands:
            if isinstance(operand, Relation):
                found.extend(operand.paths())
            elif not LITERAL.fullmatch(operand):
                found.append(operand)
        return tuple(found)

    def to_plain(self) -> dict[str, Any]:
        """Return the written form, which `read_relation` turns into the equal relation."""
        members: list[Any] = [o if isinstance(o, str) else o.to_plain() for o in self.operands]
        if self.kind == "weighted":
            members = [member["product"] for member in members]
        return {self.kind: members}


def read_relation(value: Any, *, depth: int = 0) -> Relation:
    """Return the relation read from its written form.

    Raises:
        InvalidError: it has another form than `FORMS` lists.
    """
    forms = "、".join(f"{name}（{meaning}）" for name, meaning in FORMS.items())
    if depth > MAX_DEPTH:
        raise InvalidError(Problem("关系套得过深", allowed=f"{MAX_DEPTH} 层以内"))
    if not isinstance(value, dict) or len(value) != 1:
        raise InvalidError(
            Problem("关系应是一个“种类: 各数”", allowed=forms, cure="例如 {ratio: [支出, 预算]}")
        )
    kind, content = next(iter(value.items()))
    if kind not in FORMS:
        near = difflib.get_close_matches(str(kind), FORMS, n=1)
        cure = f"是不是要写“{near[0]}”？" if near else "从允许的种类中选"
        raise InvalidError(Problem(f"没有“{kind}”这种关系", allowed=forms, cure=cure))
    members = content if isinstance(content, list) else [content]
    needed = EXACT_COUNTS.get(kind, max(len(members), 1))
    if len(members) != needed:
        raise InvalidError(
            Problem(f"“{kind}”要有 {needed} 个数，读到 {len(members)} 个", cure="补齐或删去多余的")
        )
    read = _pair if kind == "weighted" else _operand
    return Relation(kind, tuple(read(member, depth + 1) for member in members))


def _operand(member: Any, depth: int) -> str | Relation:
    if isinstance(member, str) and member.strip():
        return member.strip()
    if isinstance(member, dict):
        return read_relation(member, depth=depth)
    allowed = "已列条目的 path、本系统的路径、数字，或又一个关系"
    raise InvalidError(Problem("不是一个数", allowed=allowed, cure="写成一个路径"))


def _pair(member: Any, depth: int) -> Relation:
    if not isinstance(member, list) or len(member) != 2:
        raise InvalidError(Problem("加权的每项应是 [数, 权重]", cure="例如 [管理得分, 40%]"))
    return Relation("product", (_operand(member[0], depth), _operand(member[1], depth)))
