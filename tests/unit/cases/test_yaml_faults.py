"""What is wrong with a text or its file is said in Chinese, with the line and a cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service import yamltext
from service.errors import InvalidError, Problem

# text, line, words of the message, words of the cure
FAULTS: list[tuple[str, int, str, str]] = [
    ("a:\n\tb: c\n", 2, "制表符", "空格键"),
    ("a: {b: c\nd: e\n", 2, "括号没有成对", "加引号"),
    ("a: [b, c\nd: e\n", 2, "括号没有成对", "加引号"),
    ("x: y\na: 'b\nc: d\n", 2, "引号没有成对", "补上"),
    ("a: b\n  c: d\n", 2, "不能再有“字段: 值”", "缩进"),
    ("a: %b\n", 1, "不能以“%”开头", "加引号"),
    ("a: @b\n", 1, "不能以“@”开头", "加引号"),
    ("a: & b\n", 1, "不能以“*”“&”开头", "加引号"),
    ("a: !x! b\n", 1, "不能以“!”开头", "加引号"),
    ("a: >=5\n", 1, "不能以“>”“|”开头", "加引号"),
    ('a: "\\q"\n', 1, "没有“\\q”", "单引号"),
    ("a: b\nc\nd: e\n", 2, "缺少冒号", "半角冒号"),
    ("a: }\n", 1, "多出一个“}”", "加引号"),
    ('a: "b" c\n', 1, "引号后面还有文字", "另一种引号"),
    ("a: {b: 支出 1,198.37 万元, c: d}\n", 1, "“198.37 万元”后面没有冒号和值", "给整个值加引号"),
    ("a: b\r\nc: \x07\n", 2, "U+0007", "删去"),
    ('a: "\\x00"\n', 1, "U+0000", "删去"),
    ('a: "\\ud800"\n', 1, "U+D800", "删去"),
]


def problem_of(text: str) -> Problem:
    with pytest.raises(InvalidError) as caught:
        yamltext.read(text, file="t.yaml")
    return caught.value.problems[0]


@pytest.mark.parametrize(("text", "line", "words", "cure"), FAULTS)
def test_a_syntax_fault_names_line_and_cure_in_chinese(text: str, line: int, words: str, cure: str) -> None:
    found = problem_of(text)
    assert (found.file, found.line) == ("t.yaml", line)
    assert words in found.message and cure in found.cure
    assert not re.search("[a-z]{4}", found.message)


@pytest.mark.parametrize("text", ["a: {b: , c: ''}", "a:\nb:\n", "a: b\r\nc: 'd'\r\n", "a: '\t'"])
def test_empty_values_tabs_in_quotes_and_windows_line_ends_are_no_fault(text: str) -> None:
    assert yamltext.read(text, file="t.yaml").root


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "gbk.yaml").write_bytes("a: 1\nb: 某县\n".encode("gbk"))
    expected = {"gbk.yaml": ("UTF-8", 2), ".": ("文件夹", None), "nothing.yaml": ("没有这个文件", None)}
    for name, (words, line) in expected.items():
        with pytest.raises(InvalidError) as caught:
            yamltext.read_file(tmp_path / name)
        found = caught.value.problems[0]
        assert words in found.message and found.line == line and found.cure
        assert found.file == str(tmp_path / name)
