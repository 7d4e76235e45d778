"""A framework written on one line is the same tree as in blocks; anything else takes the strict reader's way."""

from __future__ import annotations

import pytest

from service import frameworks
from service.errors import InvalidError
from service.yamltext import read, write, write_line

TREE = {"format": "甲: 乙", "list": ["1", "是", ""], "deep": {"a b": {"c": ["{x}", "#"]}}}


def test_one_line_and_blocks_are_the_same_tree() -> None:
    assert read(write_line(TREE), file="x").root == read(write(TREE), file="x").root == TREE


@pytest.mark.parametrize("name", frameworks.bundled())
def test_every_bundled_framework_survives_one_line(name: str) -> None:
    plain = dict(frameworks.load(name).plain)
    assert frameworks.parse(write_line(plain), name="line") == frameworks.parse(write(plain), name="blocks")


def test_numbers_and_words_stay_text_as_written() -> None:
    assert read('{"a": 4.50, "b": true, "c": null}', file="x").root == {"a": "4.50", "b": "true", "c": "null"}


@pytest.mark.parametrize("text", ['{"a": "1", "a": "2"}', '{"<<": {"a": "1"}}', '{"a": "\x07"}', '{"a": }{'])
def test_what_is_refused_in_blocks_is_refused_on_one_line(text: str) -> None:
    with pytest.raises(InvalidError):
        read(text, file="x")


def test_depth_is_bounded() -> None:
    with pytest.raises(InvalidError):
        read('{"a": ' * 70 + '"x"' + "}" * 70, file="x")
