"""Rules and frameworks in words: every rule can be said, every change between two versions is named."""

from __future__ import annotations

from typing import Any

import pytest

from service import frameworks
from service.frameworks.difference import difference
from service.frameworks.head import HeadSchema
from service.frameworks.parts import BlockSchema, NodeSchema
from service.frameworks.rulewords import points_words, rule_words
from service.frameworks.tree import HEAD_LABELS, NODE_LABELS, plain_nodes
from service.scoring.methods import KINDS, LABELS
from service.yamltext import read, write


@pytest.mark.parametrize("code", frameworks.bundled())
def test_every_rule_of_the_bundled_frameworks_is_said_with_its_kind_and_its_figures(code: str) -> None:
    said = 0
    for node in plain_nodes(frameworks.load(code).plain).values():
        if "rule" not in node:
            continue
        first, *_ = lines = rule_words(node["rule"])
        said += 1
        assert first.startswith(LABELS[node["rule"]["kind"]])
        for band in node["rule"].get("bands", ()):
            assert any(line.startswith(f"{band['when']} 得{points_words(band['points'])}") for line in lines)
    assert said == len([leaf for leaf in frameworks.load(code).leaves if leaf.rule is not None])


EXAMPLES: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "all_or_nothing": (
        {"kind": "all_or_nothing", "met": ">=90", "else": "20%"},
        ("全有或全无：实际值 在 >=90 之内得满分，否则得满分的 20%",),
    ),
    "proportional": (
        {"kind": "proportional", "target": "95%", "cap": "none", "pass_mark": "60%"},
        (
            "按比例：实际值 达到 95% 得满分，未达到的按完成率得分",
            "完成率不封顶",
            "低于 60% 不得分，高于的按超出及格线的部分折算",
        ),
    ),
    "linear": (
        {"kind": "linear", "from": {"at": "60%", "points": "0"}, "to": {"at": "90%", "points": "6"}},
        ("两点之间直线：实际值 从 60%（0 分）到 90%（6 分）按直线得分", "60% 以外得0 分，90% 以外得6 分"),
    ),
    "bands": (
        {"kind": "bands", "bands": [{"when": ">=1", "points": "60%..<80%"}, {"when": "<1", "points": "0"}]},
        ("分档：看 实际值 落在哪一档", ">=1 得满分的 60% 至 80%（不含）（范围内选定）", "<1 得0 分"),
    ),
    "levels": (
        {"kind": "levels", "levels": [{"code": "a", "points": "0..1", "text": "不全"}]},
        ("分级：由评价人员选定一级", "a 级得0 至 1 分（范围内选定）（不全）"),
    ),
    "per_occurrence": (
        {"kind": "per_occurrence", "value": "100% - value", "unit": "1%", "per": "0.5", "step": "begun"},
        ("按次扣分：从满分起，100% - value 每 1%扣0.5 分，不足一个也扣", "最低得0 分"),
    ),
    "checklist": (
        {"kind": "checklist", "elements": [{"code": "a", "gate": "yes"}, {"code": "b", "loss": "whole"}]},
        ("要点：各要点得分相加", "a：平分，占 1/2，不满足则整项 0 分", "b：平分，占 1/2，只能全得或不得"),
    ),
    "survey": (
        {
            "kind": "survey",
            "levels": [{"name": "满意", "weight": "100%"}],
            "min_valid": "30",
            "score": {"kind": "proportional"},
        },
        (
            "问卷：按答案权重算满意率（满意 100%）",
            "满意率计分——按比例：实际值 达到 100% 得满分，未达到的按完成率得分",
            "有效问卷少于 30 份的提示",
        ),
    ),
    "combination": (
        {
            "kind": "combination",
            "how": "sum",
            "cap": "3",
            "rules": [{"code": "x", "max": "2", "rule": {"kind": "discretionary"}}],
        },
        (
            "组合：各条得分相加",
            "x（2 分）——酌情：由评价人员在0 分到满分之间酌定，写明理由",
            "合计不高于 3 分",
        ),
    ),
    "discretionary": (
        {"kind": "discretionary", "from": "1", "step": "0.5"},
        ("酌情：由评价人员在1 分到满分之间酌定，为 0.5 分的整数倍，写明理由",),
    ),
    "lower_better": (
        {"kind": "lower_better", "target": "2小时", "how": "linear", "worst": "4小时"},
        ("越小越好：实际值 不超过 2小时 得满分", "超过后：从 2小时 到 4小时 直线降到 0"),
    ),
    "bonus": ({"kind": "bonus", "per": "1", "cap": "none"}, ("加分：每次加1 分", "加分不封顶")),
    "reverse": (
        {"kind": "reverse", "floor": "-10", "items": [{"code": "late"}, {"code": "v", "event": "veto"}]},
        ("倒扣：从 0 分起扣，最低 -10 分", "late：酌情扣分", "v：发生即触发事项 veto"),
    ),
    "per_part": (
        {"kind": "per_part", "how": "mean", "rule": {"kind": "not_stated"}},
        (
            "分部分：各部分分别评分，平均",
            "每个部分——来源未载：来源没有写评分规则，由直接给分、扣分或裁量调整得出",
        ),
    ),
    "not_stated": ({"kind": "not_stated"}, ("来源未载：来源没有写评分规则，由直接给分、扣分或裁量调整得出",)),
}


def test_there_is_an_example_of_every_kind() -> None:
    assert set(EXAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_words_say_figures_as_written_and_defaults_too(kind: str) -> None:
    rule, lines = EXAMPLES[kind]
    assert rule_words(rule) == lines


def test_everything_that_may_stand_in_a_framework_has_a_chinese_name() -> None:
    assert set(NODE_LABELS) == {*NodeSchema().keys(), *BlockSchema().keys()}
    assert set(HEAD_LABELS) == set(HeadSchema().keys())


def test_a_difference_names_added_removed_and_changed_nodes_and_sections() -> None:
    before = frameworks.load("rules-10")
    tree: Any = read(frameworks.text_of("rules-10"), file="a").root
    first, *rest = tree["nodes"][1]["children"]
    rest[0]["name"], rest[0]["max"], rest[0]["rule"] = "另一个名称", "10", {"kind": "discretionary"}
    tree["nodes"][1]["children"] = [*rest, {**first, "code": "NEW", "max": "20"}]
    tree["note"] = "改过"
    found = difference(before, frameworks.parse(write(tree), name="b"))
    assert found.added == (("NEW", first["name"]),)
    assert found.removed == ((first["code"], first["name"]),)
    (changed,) = found.changed
    assert changed.code == rest[0]["code"]
    assert [one.label for one in changed.changes][:3] == ["名称", "满分", "评分规则"]
    assert "说明" in {one.label for one in found.head}
    assert difference(before, before).empty
