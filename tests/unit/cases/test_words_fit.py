"""The report's words are checked before the first step: profile, tokens, tables; hints never fail a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cases import reader
from service.cases.score import score_case
from service.errors import InvalidError, Problem

CASE = """\
format: pingji-case/1
case: words
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
profile: standard
framework:
  inline:
    format: pingji-framework/1
    code: words
    name: 示例
    version: "1"
    nodes:
      - code: A
        name: 过程
        max: "40"
        children:
          - {code: A1, name: 制度, max: "40", rule: {kind: discretionary}}
      - {code: B, name: 产出, max: "60", rule: {kind: proportional, value: money.paid / money.plan}}
money:
  - {code: paid, name: 支出, amount: "9"}
  - {code: plan, name: 预算, amount: "10"}
results:
  A1: {points: "35", reason: 缺一项制度}
narrative:
  basics.overview: |
    支出 [[money.paid|wan]]，执行率 [[money.paid/plan|pct]]。

    [[table:t1]]
    [[chart:A]]
  conclusion: |
    得分率 [[node.A.rate|pct1]]，问题 [[count.problems|int]] 个。
notes: {A1: "得 [[node.A1.awarded]] 分。"}
problems:
  - {title: 制度不全, body: "缺 [[node.A1.lost]] 分。"}
tables:
  - {id: t1, caption: 清单, section: basics.overview, columns: [名称, 数量], rows: [[桌, "1"]], widths: ["90", "60"]}
"""

# written, instead of it, line (0: none known), words of the message, words of the cure or what is allowed
FAULTS: list[tuple[str, str, int, str, str]] = [
    ("profile: standard", "profile: standart", 7, "没有这种报告样式", "standard"),
    ("[[money.paid|wan]]", "[[money.payed|wan]]", 27, "没有这个数据项", "money.paid"),
    ("|pct1]]", "|percent]]", 32, "没有这种格式", "pct1"),
    ("[[table:t1]]", "[[table:t9]]", 27, "没有这张表、图", "table:t1"),
    ("[[chart:A]]", "[[chart:Z]]", 27, "没有这张表、图", "chart:"),
    ("[[node.A1.awarded]]", "[[node.A1.awarded", 34, "无法识别的引用", "[[键|格式]]"),
    ("[[node.A1.lost]]", "[[node.A9.lost]]", 36, "没有这个数据项", "node.编号.项"),
    ('"90", "60"', '"90", 六十', 38, "不是列宽", "整数"),
    ('"90", "60"', '"90"', 38, "有 1 个，表有 2 列", "每列写一个"),
    ('widths: ["90", "60"]', "align: [left, middle]", 38, "没有这种对齐", "center"),
]


def problems_of(folder: Path, text: str) -> list[Problem]:
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidError) as caught:
        reader.load(folder / "case.yaml")
    return list(caught.value.problems)


def scored(folder: Path, text: str) -> tuple[Problem, ...]:
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return score_case(reader.load(folder / "case.yaml")).hints


def test_the_sound_case_has_neither_problems_nor_hints(tmp_path: Path) -> None:
    assert scored(tmp_path, CASE) == ()


@pytest.mark.parametrize(("old", "new", "line", "words", "cure"), FAULTS)
def test_words_that_cannot_be_printed_name_line_and_cure(
    tmp_path: Path, old: str, new: str, line: int, words: str, cure: str
) -> None:
    assert old in CASE
    found = next(p for p in problems_of(tmp_path, CASE.replace(old, new)) if words in p.message)
    assert found.line == line
    assert cure in found.cure + found.allowed


def test_corrected_words_are_checked_too(tmp_path: Path) -> None:
    text = CASE + 'corrections:\n  - {reason: 笔误, narrative: {conclusion: "得分 [[total.score]]"}}\n'
    found = problems_of(tmp_path, text)
    assert [p.value for p in found] == ["total.score"]
    assert found[0].line == 40


def test_a_section_the_profile_does_not_print_is_a_hint(tmp_path: Path) -> None:
    (hint,) = scored(tmp_path, CASE.replace("conclusion: |", "conclusions: |"))
    assert (hint.path, hint.line) == ("narrative.conclusions", 32)
    assert "不印这一节" in hint.message and "conclusion" in hint.allowed


def test_leaves_that_keep_the_total_from_being_computed_say_why(tmp_path: Path) -> None:
    text = CASE.replace("  A1: {points", "  B: {actual: 部分}\n  A1: {points").replace(
        'paid, name: 支出, amount: "9"', "paid, name: 支出, amount: not_stated"
    )
    found = scored(tmp_path, text)
    assert [hint.path for hint in found] == ["results.B"]
    assert "产出没有得分" in found[0].message and found[0].line == 25
    assert scored(tmp_path, text + "expect: {total: none}\n") == ()
