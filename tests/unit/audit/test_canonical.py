"""The canonical form writes RFC 8785 and reads nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.audit.canonical import MAX_DEPTH, SAFE_INTEGER, decode_strict, encode
from service.errors import IntegrityFailureError, InvalidError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | TEXT
KEYS = st.text(st.characters(max_codepoint=127))
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_every_document_is_written_as_the_independent_rfc8785_package_writes_it(document: Any) -> None:
    assert encode(document) == rfc8785.dumps(document)


@given(DOCUMENTS)
def test_what_was_written_is_read_back_unchanged(document: Any) -> None:
    assert decode_strict(encode(document)) == document


def test_keys_are_sorted_and_text_is_not_normalised() -> None:
    assert encode({"b": "e\u0301", "a": "\u00e9", "A": [True, None, -1]}) == (
        '{"A":[true,null,-1],"a":"\u00e9","b":"e\u0301"}'.encode()
    )


def test_control_characters_take_their_short_escapes() -> None:
    assert encode('\b\t\n\f\r\x00\x1f\x7f"\\/') == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\\"\\\\/"'


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.5, "/"),
        ({"a": [0, 1.0]}, "/a/1"),
        ({"a": 2**53}, "/a"),
        ([-(2**53)], "/0"),
        ({"\u5206": 1}, "/\u5206"),
        ({1: 2}, "/1"),
        ({"a": {"b": b"x"}}, "/a/b"),
        ({"a": {1, 2}}, "/a"),
        ({"a": object()}, "/a"),
    ],
)
def test_a_value_outside_the_form_is_refused_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(InvalidError) as refused:
        encode(value)
    assert refused.value.problems[0].path == place


@pytest.mark.parametrize("value", ["\ud800", {"a": "x\udfff"}])
def test_a_lone_surrogate_is_not_written(value: Any) -> None:
    with pytest.raises(InvalidError):
        encode(value)


def test_too_deep_nesting_is_refused_both_ways() -> None:
    deep: Any = 0
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(InvalidError):
        encode(deep)
    with pytest.raises(IntegrityFailureError):
        decode_strict(b"[" * (MAX_DEPTH + 1) + b"0" + b"]" * (MAX_DEPTH + 1))
    with pytest.raises(IntegrityFailureError):
        decode_strict(b"[" * 100_000)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b" 1",
        b"1\n",
        b"1.0",
        b"1e2",
        b"-0",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b'"\\ud800"',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b"\xef\xbb\xbf1",
        b'{"\xe5\x88\x86":1}',
        b"",
        b"[1,]",
        b"1 2",
    ],
)
def test_bytes_in_any_other_writing_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityFailureError):
        decode_strict(data)


def test_a_duplicate_key_is_named() -> None:
    with pytest.raises(IntegrityFailureError, match="键重复：pk"):
        decode_strict(b'{"pk":1,"pk":1}')
