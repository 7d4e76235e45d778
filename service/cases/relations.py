"""Stated relations between printed figures: their written form, checked.

A relation is an object with one member, e.g. ``{ratio: [支出, 预算]}``. An operand is the `path` of
another published item, a path of our own figures (``node.A.awarded``, ``money.paid``, ``table.t.*.支出``),
a literal number (``40%``), or a relation again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from service.cases.fields import Fault, closest

LITERAL = re.compile(r"-?\d[\d,]*(\.\d+)?%?")
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


def check_relation(value: Any) -> Relation:
    """Return the relation read from plain text.

    Raises:
        ValidationError: it has another form than the manual lists.
    """
    forms = "、".join(f"{name}（{meaning}）" for name, meaning in FORMS.items())
    if not isinstance(value, dict) or len(value) != 1:
        raise ValidationError(
            Fault("关系应是一个“种类: 各数”", allowed=forms, cure="例如 {ratio: [支出, 预算]}")
        )
    kind, content = next(iter(value.items()))
    if kind not in FORMS:
        raise ValidationError(
            Fault(f"没有“{kind}”这种关系", allowed=forms, cure=closest(kind, FORMS) or "从允许的种类中选")
        )
    members = content if isinstance(content, list) else [content]
    if not members or len(members) != EXACT_COUNTS.get(kind, len(members)):
        needed = EXACT_COUNTS.get(kind, 1)
        raise ValidationError(
            Fault(f"“{kind}”要有 {needed} 个数，读到 {len(members)} 个", cure="补齐或删去多余的")
        )
    if kind == "weighted":
        return Relation(kind, tuple(_pair(member) for member in members))
    return Relation(kind, tuple(_operand(member) for member in members))


def _operand(member: Any) -> str | Relation:
    if isinstance(member, str) and member.strip():
        return member.strip()
    if isinstance(member, dict):
        return check_relation(member)
    raise ValidationError(
        Fault("不是一个数", allowed="已列条目的 path、本系统的路径、数字，或又一个关系", cure="写成一个路径")
    )


def _pair(member: Any) -> Relation:
    if not isinstance(member, list) or len(member) != 2:
        raise ValidationError(Fault("加权的每项应是 [数, 权重]", cure="例如 [管理得分, 40%]"))
    return Relation("product", (_operand(member[0]), _operand(member[1])))
