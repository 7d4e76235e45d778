"""What no rule can use is refused with place and cure before anything is scored or stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cases import reader
from service.errors import InvalidError, Problem

CASE = """\
format: pingji-case/1
case: fit
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
framework:
  inline:
    format: pingji-framework/1
    code: fit
    name: 示例
    version: "1"
    nodes:
      - {code: A, name: 分级, max: "4", rule: {kind: levels, levels: [{code: a, points: "4"}, {code: b, points: "1..2"}]}}
      - {code: B, name: 要点, max: "2", rule: {kind: checklist, elements: [{code: x, name: 公示}, {code: y, name: 论证}]}}
      - {code: C, name: 比例, max: "10", rule: {kind: proportional, target: 95%}}
      - {code: D, name: 达标, max: "1", rule: {kind: all_or_nothing, met: ">=90"}}
      - code: E
        name: 分档
        max: "8"
        rule: {kind: bands, value: 合格 / 抽检, bands: [{when: ">=95%", points: "8"}, {when: "<95%", points: "2"}]}
      - {code: F, name: 时效, max: "7", rule: {kind: per_occurrence, value: "days(计划, 实际)", unit: 10天, per: "1"}}
      - {code: G, name: 各乡, max: "8", rule: {kind: per_part, how: mean, rule: {kind: proportional, target: 95%}}}
      - {code: H, name: 每低一点, max: "5", rule: {kind: per_occurrence, value: 100% - value, unit: 1%, per: "1"}}
      - {code: I, name: 次数, max: "5", rule: {kind: per_occurrence, per: "1"}}
      - {code: J, name: 资金, max: "5", rule: {kind: proportional, value: money.paid / money.plan}}
money:
  - {code: paid, name: 支出, amount: "10"}
  - {code: plan, name: 预算, amount: "10"}
results:
  A: {level: a}
  B: {elements: {x: met, y: met}}
  C: {value: 96%}
  D: {value: 92}
  E: {inputs: {合格: 45份, 抽检: 48份}}
  F: {inputs: {计划: 2023-11-30, 实际: 2024-01-16}}
  G: {parts: {甲: {value: 96%}, 乙: {value: 90%}}}
  H: {value: 98%}
  I: {count: "2"}
  J: {apply: []}
adjustments:
  - {code: T1, node: I, awarded: "4", reason: 事出有因, no_evidence: 公开理由}
"""

# written, instead of it, path, words of the message, words of the cure or what is allowed
MISFITS: list[tuple[str, str, str, str, str]] = [
    ("{level: a}", "{level: z}", "results.A", "没有“z”这一级，只有 a、b", "改正结果"),
    ("{level: a}", "{level: b}", "results.A", "尚未选定分数", "补全"),
    ("{level: a}", '{value: "4"}', "results.A", "用不上", "手册第五节"),
    ("{level: a}", '{awarded: "9"}', "results.A.awarded", "超出 A 的满分", "0 到 4"),
    ("x: met, y: met", "x: met", "results.B", "要点“论证”没有结论", "state"),
    ("x: met, y: met", "x: met, y: met, z: met", "results.B", "没有要点“z”", "改正结果"),
    ("C: {value: 96%}", "C: {value: 百分之九十六}", "results.C", "不是数", "actual"),
    ("C: {value: 96%}", "C: {value: 1e5}", "results.C", "不是数", "actual"),
    ("C: {value: 96%}", 'C: {value: "96"}', "results.C.value", "没有写百分号", "写成 96%"),
    ("D: {value: 92}", "D: {value: 92%}", "results.D.value", "写了百分号", "写成 92；"),
    ("抽检: 48份", "抽检: 48座", "results.E", "单位不同", "改正结果"),
    (", 抽检: 48份", "", "results.E", "缺少“抽检”", "补全"),
    ("实际: 2024-01-16", "实际: 2024-01-36", "results.F", "两个日期", "改正结果"),
    ("甲: {value: 96%}", '甲: {value: "96"}', "results.G.parts.甲.value", "没有写百分号", "写成 96%"),
    ("H: {value: 98%}", 'H: {value: "98"}', "results.H.value", "没有写百分号", "写成 98%"),
    ('{count: "2"}', '{count: "-2"}', "results.I", "不能是负数", "改正结果"),
    ('{count: "2"}', '{count: "2", met: yes}', "results.I", "met 在这种规则下用不上", "改正结果"),
    ('awarded: "4"', 'awarded: "40"', "adjustments[0].awarded", "超出 I 的满分", "0 到 5"),
    ('awarded: "4"', 'awarded: "-1"', "adjustments[0].awarded", "超出 I 的满分", "0 到 5"),
]


def problems_of(folder: Path, text: str) -> list[Problem]:
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidError) as caught:
        reader.load(folder / "case.yaml")
    return list(caught.value.problems)


def test_the_sound_case_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    assert reader.load(tmp_path / "case.yaml").case.case == "fit"


@pytest.mark.parametrize(("old", "new", "path", "words", "cure"), MISFITS)
def test_a_result_no_rule_can_use_names_place_and_cure(
    tmp_path: Path, old: str, new: str, path: str, words: str, cure: str
) -> None:
    assert old in CASE
    text = CASE.replace(old, new).replace(
        "J: {apply: []}", "J: {value: 1}" if path == "" else "J: {apply: []}"
    )
    found = next(p for p in problems_of(tmp_path, text) if words in p.message)
    assert found.path == path or path == ""
    assert found.line and found.file.endswith("case.yaml")
    assert cure in found.cure + found.allowed + found.message


def test_misfits_come_together(tmp_path: Path) -> None:
    text = CASE
    for old, new, _, _, _ in (MISFITS[number] for number in (0, 8, 9, 10, 12)):
        text = text.replace(old, new)
    assert len(problems_of(tmp_path, text)) == 5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("C: {value: 96%}", "C: {value: 0.96}"),
        ("C: {value: 96%}", "C: {value: 120%}"),
        ("C: {value: 96%}", "C: {state: not_given}"),
        ("C: {value: 96%}", "C: {actual: 大体完成}"),
        ("C: {value: 96%}", 'C: {awarded: "9", reason: 原件只有得分}'),
        ("D: {value: 92}", "D: {value: 92台}"),
    ],
)
def test_ratios_counts_states_and_remarks_stay_allowed(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "case.yaml").write_text(CASE.replace(old, new), encoding="utf-8")
    assert reader.load(tmp_path / "case.yaml").case.results
