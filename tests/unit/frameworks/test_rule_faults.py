"""Faults inside one rule: each is named at its own place with a cure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service import frameworks, yamltext
from service.errors import InvalidError

LEVEL = {"name": "满意", "weight": "100%"}
FREE = {"kind": "discretionary"}
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "all_or_nothing", "met": ">=1", "when": "a > 1"}, "when", "只能写一个"),
    ({"kind": "all_or_nothing", "met": "[2, 1]"}, "met", "区间里没有数"),
    ({"kind": "all_or_nothing", "points": "11"}, "points", "不在 0 与满分"),
    ({"kind": "all_or_nothing", "when": "a + 1"}, "when", "这里要条件"),
    ({"kind": "proportional", "value": "a > 1"}, "value", "这里要算式"),
    ({"kind": "proportional", "cap": "0%"}, "cap", "必须大于零"),
    ({"kind": "proportional", "cap": "五成"}, "cap", "不是比率"),
    ({"kind": "proportional", "zero_denominator": "满分"}, "zero_denominator", "不是量"),
    (
        {"kind": "linear", "from": {"at": "60%", "points": "0"}, "to": {"at": "60%", "points": "6"}},
        "to.at",
        "画不成线",
    ),
    (
        {"kind": "linear", "from": {"at": "60%", "points": "0"}, "to": {"at": "6次", "points": "6"}},
        "to.at",
        "单位不同",
    ),
    (
        {"kind": "linear", "from": {"at": "60%", "points": "0..1"}, "to": {"at": "90%", "points": "6"}},
        "from.points",
        "固定的分",
    ),
    ({"kind": "linear", "from": {"at": "60%"}, "to": {"at": "90%", "points": "6"}}, "from.points", "必须写"),
    ({"kind": "levels", "levels": []}, "levels", "至少要 1 项"),
    ({"kind": "per_occurrence"}, "per", "缺少每次的分值"),
    ({"kind": "per_occurrence", "per": "1", "items": [{"code": "a", "per": "1"}]}, "", "不再直接写 per"),
    ({"kind": "per_occurrence", "per": "0..1"}, "per", "固定的正数"),
    ({"kind": "per_occurrence", "per": "1", "unit": "0%"}, "unit", "大于零"),
    ({"kind": "per_occurrence", "per": "1", "floor": "11"}, "floor", "高于满分"),
    ({"kind": "per_occurrence", "per": "1", "loss_cap": "11"}, "loss_cap", "不在 0 与满分"),
    ({"kind": "per_occurrence", "items": [{"code": "a"}]}, "items[0].per", "缺少每次"),
    (
        {"kind": "per_occurrence", "items": [{"code": "a", "per": "1", "fatal": "yes"}]},
        "items[0].per",
        "fatal 的项不写",
    ),
    (
        {"kind": "checklist", "elements": [{"code": "a", "points": "3"}, {"code": "b", "points": "6"}]},
        "elements",
        "不等于满分 10",
    ),
    (
        {"kind": "checklist", "elements": [{"code": "a", "points": "3"}, {"code": "b"}]},
        "elements",
        "有的没写",
    ),
    (
        {"kind": "checklist", "elements": [{"code": "a", "points": "3", "share": "30%"}]},
        "elements[0]",
        "只能写一个",
    ),
    ({"kind": "survey", "levels": [LEVEL, LEVEL], "score": FREE}, "levels[1].name", "重复"),
    (
        {"kind": "survey", "levels": [{"name": "满意", "weight": "120%"}], "score": FREE},
        "levels[0].weight",
        "超出范围",
    ),
    (
        {"kind": "survey", "levels": [LEVEL], "groups": [{"name": "用户", "weight": "0"}], "score": FREE},
        "groups",
        "之和为零",
    ),
    ({"kind": "survey", "levels": [LEVEL]}, "score", "必须写"),
    ({"kind": "survey", "levels": [LEVEL], "score": {"kind": "lineal"}}, "score.kind", "没有这种规则"),
    (
        {"kind": "survey", "levels": [LEVEL], "score": {"kind": "discretionary", "to": "11"}},
        "score.to",
        "不在 0 与满分",
    ),
    (
        {"kind": "combination", "how": "sum", "rules": [{"code": "a", "rule": FREE}]},
        "rules[0].max",
        "各自满分",
    ),
    (
        {"kind": "combination", "how": "sum", "rules": [{"code": "a", "max": "11", "rule": FREE}]},
        "rules",
        "超过指标满分",
    ),
    (
        {"kind": "combination", "how": "min", "rules": [{"code": "a", "when": "v > 1", "rule": FREE}]},
        "rules[0].when",
        "只有 first_match",
    ),
    (
        {
            "kind": "combination",
            "how": "first_match",
            "rules": [{"code": "a", "rule": FREE}, {"code": "b", "rule": FREE}],
        },
        "rules[0]",
        "永远用不到",
    ),
    (
        {
            "kind": "combination",
            "how": "min",
            "rules": [{"code": "a", "rule": {"kind": "discretionary", "step": "0"}}],
        },
        "rules[0].rule.step",
        "大于零",
    ),
    ({"kind": "discretionary", "from": "6", "to": "5"}, "from", "下限高于上限"),
    ({"kind": "lower_better", "target": "2", "how": "linear"}, "worst", "linear 要写 worst"),
    ({"kind": "lower_better", "target": "2", "worst": "4"}, "worst", "linear 要写 worst"),
    ({"kind": "bonus", "cap": "0"}, "cap", "大于零"),
    ({"kind": "reverse", "floor": "-1"}, "", "满分应是 0"),
    (
        {"kind": "per_part", "how": "mean", "rule": {"kind": "discretionary", "to": "11"}},
        "rule.to",
        "不在 0 与满分",
    ),
    (
        {
            "kind": "per_part",
            "how": "sum",
            "parts": [{"code": "a"}, {"code": "b"}],
            "rule": {"kind": "discretionary", "to": "6"},
        },
        "rule.to",
        "不在 0 与满分 5",
    ),
]


def _problems(node: dict[str, Any]) -> list[Any]:
    head = {"format": "pingji-framework/1", "code": "t", "name": "试", "version": "1"}
    tree = json.loads(json.dumps({**head, "nodes": [{"code": "X", "name": "项", "max": "10", **node}]}))
    with pytest.raises(InvalidError) as caught:
        frameworks.parse(yamltext.write(tree), name="t")
    return list(caught.value.problems)


@pytest.mark.parametrize(("rule", "place", "words"), FAULTS)
def test_a_fault_of_a_rule_is_named_at_its_place(rule: dict[str, Any], place: str, words: str) -> None:
    path = "nodes.X.rule" + (f".{place}" if place else "")
    found = [p for p in _problems({"rule": rule}) if p.path == path and words in p.message]
    assert found and all(problem.line and problem.cure for problem in found)


@pytest.mark.parametrize(
    ("modifier", "words"),
    [
        ({"kind": "cap", "code": "a"}, "缺少界限"),
        ({"kind": "coefficient", "code": "a"}, "缺少系数"),
        ({"kind": "zero"}, "不知道何时使用"),
        ({"kind": "half"}, "没有这个取值"),
    ],
)
def test_a_fault_of_a_modifier_is_named(modifier: dict[str, str], words: str) -> None:
    assert any(words in problem.message for problem in _problems({"rule": FREE, "modifiers": [modifier]}))
