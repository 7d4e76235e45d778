"""The items a working plan holds by 财监〔2021〕4号第15条, as boxes of a page and as stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError

from service import frameworks
from service.errors import InvalidError, Problem
from service.scoring.framework import Framework
from service.web.forms.fields import Words

VIEWS = {"tree": "指标体系", "body": "方案内容", "text": "原文（YAML）", "save": "存入"}
ITEMS = (
    ("评价目的", "为什么评、结果用在哪里", 2),
    ("评价依据", "法规、制度、批复和合同，每行一项", 3),
    ("评价内容", "评什么：决策、过程、产出、效益的重点", 3),
    ("评价方法", "成本效益分析、比较、因素分析、公众评判等", 2),
    ("评价标准", "计划、行业、历史标准的取舍", 2),
    ("人员安排", "主评人、成员和分工（写岗位）", 2),
    ("时间安排", "各阶段的起止日期", 3),
    ("样本选取", "抽样范围、数量和抽取办法", 2),
    ("调查问卷", "对象、份数和主要问题", 3),
    ("资料清单", "需要被评价单位提供的资料，每行一项", 4),
    ("工作纪律", "廉洁、保密和回避要求", 2),
)
LISTED = frozenset({"资料清单"})
LIMIT = 20_000


def boxes(body: Mapping[str, Any], sent: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """Return the boxes for every item, filled as typed or as stored."""
    return [
        {
            "name": f"item-{n}",
            "label": name,
            "help": help,
            "rows": rows,
            "value": sent.get(f"item-{n}", "") if sent is not None else _text(body.get(name, "")),
        }
        for n, (name, help, rows) in enumerate(ITEMS)
    ]


def _text(held: Any) -> str:
    return "\n".join(map(str, held)) if isinstance(held, list) else str(held)


def body_of(sent: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items a page sent; items this page does not know are kept.

    Raises:
        InvalidError: naming every box whose text cannot be kept.
    """
    problems = []
    known = {name for name, _, _ in ITEMS}
    found: dict[str, Any] = {name: held for name, held in before.items() if name not in known}
    for n, (name, _, _) in enumerate(ITEMS):
        try:
            text = str(Words(limit=LIMIT).deserialize(sent.get(f"item-{n}", "")) or "")
        except ValidationError as error:
            problems.append(Problem(f"{name}：{error.messages[0]}", path=f"item-{n}"))
            continue
        if text:
            lines = [one.strip() for one in text.splitlines() if one.strip()]
            found[name] = lines if name in LISTED else text
    if problems:
        raise InvalidError(problems)
    return found


def items_of(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return name and words of every item written, those of the rule first and in its order."""
    order = [name for name, _, _ in ITEMS]
    names = sorted(body, key=lambda name: order.index(name) if name in order else len(order))
    return tuple((name, _text(body[name])) for name in names)


@lru_cache(maxsize=16)
def parsed(text: str) -> Framework:
    """Return the framework of a sound text."""
    return frameworks.parse(text, name="")
