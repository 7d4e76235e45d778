"""Files a case names, digits and mixed-up formats are refused before anything is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import frameworks
from service.cases import reader
from service.errors import InvalidError, Problem

FRAMEWORK = """\
format: pingji-framework/1
code: files
name: 示例
version: "1"
nodes:
  - {code: A, name: 过程, max: "40", rule: {kind: discretionary}}
"""
CASE = """\
format: pingji-case/1
case: files
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
report_on: 2024-05-01
framework: {path: framework.yaml}
evidence:
  - {code: E1, name: 制度, file: a.pdf}
deductions:
  - {code: D1, node: A, amount: "5", reason: 缺一项制度, evidence: [E1]}
"""


def problems_of(folder: Path, text: str) -> list[Problem]:
    (folder / "framework.yaml").write_text(FRAMEWORK, encoding="utf-8")
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidError) as caught:
        reader.load(folder / "case.yaml")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "佐证文件不存在"), (b"", "文件是空的"), (b"hello", "文件内容与扩展名不符")],
)
def test_a_file_the_evidence_store_would_refuse_is_named_first(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "a.pdf").write_bytes(content)
    (found,) = problems_of(tmp_path, CASE)
    assert words in found.message and found.cure and ".pdf" in found.allowed
    assert (found.path, found.line, found.value) == ("evidence[0].file", 10, "a.pdf")


def test_a_folder_is_neither_evidence_nor_framework(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").mkdir()
    assert "文件夹" in problems_of(tmp_path, CASE)[0].message
    text = CASE.replace("framework.yaml", ".").replace("a.pdf", "b.txt")
    (tmp_path / "b.txt").write_text("目录", encoding="utf-8")
    (found,) = problems_of(tmp_path, text)
    assert "文件夹" in found.message and found.path == "framework.path"


@pytest.mark.parametrize(
    ("old", "new"), [('"5"', '"５"'), ("2024-05-01", "２０２４-05-01"), ('"5"', '"1e1"'), ('"5"', '"1,5"')]
)
def test_digits_of_numbers_and_days_are_half_width(tmp_path: Path, old: str, new: str) -> None:
    (found,) = problems_of(tmp_path, CASE.replace("file: a.pdf", "text: 目录").replace(old, new))
    assert found.value == new.strip('"') and found.cure


@pytest.mark.parametrize("value", ["1,5", "９０%", "1e1", "1/00"])
def test_digits_of_results_are_half_width_too(tmp_path: Path, value: str) -> None:
    framework = FRAMEWORK.replace("discretionary", "proportional, target: 100%")
    results = f'results:\n  A: {{value: "{value}"}}\ndeductions:'
    text = CASE.replace("file: a.pdf", "text: 目录").replace("deductions:", results)
    inline = framework.replace("\n", "\n    ")
    (found,) = problems_of(tmp_path, text.replace("{path: framework.yaml}", f"\n  inline:\n    {inline}"))
    assert found.path == "results.A" and value in found.message and "半角" in found.allowed and found.cure


@pytest.mark.parametrize(
    ("field", "value"),
    [("supplement_rounds", "2.5"), ("supplement_rounds", "０"), ("consultation_days", "0"),
     ("supplement_days", "9999"), ("consultation_days", "-1"), ("supplement_days", "")],
)  # fmt: skip
def test_settings_are_whole_numbers_of_a_sensible_size(tmp_path: Path, field: str, value: str) -> None:
    text = CASE.replace("file: a.pdf", "text: 目录") + f'settings: {{{field}: "{value}"}}\n'
    (found,) = problems_of(tmp_path, text)
    assert (found.path, found.value) == (f"settings.{field}", value) and found.cure


def test_words_too_long_for_the_store_and_a_code_no_file_can_have_are_named(tmp_path: Path) -> None:
    long = problems_of(tmp_path, CASE.replace("file: a.pdf", f"text: {'长' * 400_000}"))
    assert [(p.path, p.message) for p in long] == [("evidence[0].text", "文字过长")]
    text = CASE.replace("file: a.pdf", "text: 目录").replace("E1", "con")
    assert [p.path for p in problems_of(tmp_path, text)] == ["evidence[0].code"]


def test_a_unit_that_claims_another_total_than_its_lines_is_told_first(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "cases" / "accounts.yaml"
    text = source.read_text(encoding="utf-8").replace('total: "95.85"}', 'total: "93"}', 1)
    (found,) = problems_of(tmp_path, text)
    assert (found.path, found.value, found.allowed) == ("self_assessment.total", "93", "95.85")
    assert found.line and found.cure


def test_a_framework_handed_in_as_a_case_is_told_apart(tmp_path: Path) -> None:
    (found,) = problems_of(tmp_path, FRAMEWORK)
    assert "指标体系文件" in found.message and "framework check" in found.cure
    with pytest.raises(InvalidError) as caught:
        frameworks.parse(CASE, name="case.yaml")
    (other,) = caught.value.problems
    assert "案卷文件" in other.message and "pingji score" in other.cure
