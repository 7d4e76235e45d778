"""The strict reader keeps text, finds lines and refuses everything clever."""

from __future__ import annotations

import pytest

from service import yamltext
from service.errors import InvalidError


def problems_of(text: str) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        yamltext.read(text, file="t.yaml")
    return [str(p) for p in caught.value.problems]


def test_scalars_stay_as_written() -> None:
    root = yamltext.read("a: 4.50\nb: on\nc: 2022-01-01\nd: ~\ne:\nf: '007'\ng: 1_000\n", file="t").root
    assert root == {"a": "4.50", "b": "on", "c": "2022-01-01", "d": "~", "e": "", "f": "007", "g": "1_000"}


def test_each_value_knows_its_line() -> None:
    doc = yamltext.read("a:\n  - x\n  - k: v\n    m: |\n      text\nb: 1\n", file="t")
    assert [doc.line(p) for p in [("a",), ("a", 0), ("a", 1, "k"), ("a", 1, "m"), ("b",)]] == [1, 2, 3, 4, 6]
    assert doc.line(("a", 1, "missing")) == 3
    assert yamltext.spell(("a", 1, "k")) == "a[1].k"


def test_duplicate_keys_aliases_anchors_and_tags_are_all_reported_at_once() -> None:
    found = problems_of("a: &x 1\nb: *x\na: 2\nc: !!int 3\nd:\n  e: 1\n  e: 2\n")
    assert len(found) == 5
    assert "t.yaml:1" in found[0] and "锚点" in found[0]
    assert any("t.yaml:3：a：字段“a”重复，第 1 行已写过" in p for p in found)
    assert any("t.yaml:7：d.e" in p for p in found)


@pytest.mark.parametrize(
    "text", ["", "a: 'x", "a:\n\t- 1", "a: b: c", "{a", "--- 1\n--- 2\n", "? [1]\n: 2\n", "\x00"]
)
def test_broken_text_is_refused_without_a_traceback(text: str) -> None:
    assert problems_of(text)


def test_deep_nesting_is_refused_not_crashed() -> None:
    assert "层次过深" in problems_of("[" * 500 + "]" * 500)[0]


def test_written_trees_read_back_the_same() -> None:
    tree: yamltext.Tree = {
        "甲": "4.50",
        "b": ["on", "", "~", "null", "1e5", "多行\n文字\n\n第三行", " 前空格", "尾 \n空"],
        "c": {"x": "a: b # c", "y": [], "z": {}},
    }
    assert yamltext.read(yamltext.write(tree), file="t").root == tree
