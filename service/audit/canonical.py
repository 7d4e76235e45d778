"""The one written form of audit data: a restricted RFC 8785.

- Keys are ASCII text, integers lie within ±(2^53−1); floats do not exist (numbers with a fraction are text).
- Within these limits sorting by bytes equals sorting by UTF-16 units, so orjson writes RFC 8785.
- What was stored is hashed as stored; nothing is ever written again to be hashed.
- Unicode is kept as given (no normalisation); a lone surrogate is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import orjson

from service.errors import IntegrityFailureError, InvalidError, Problem

Plain: TypeAlias = "bool | int | str | Sequence[Plain] | Mapping[str, Plain] | None"

SAFE_INTEGER = 2**53 - 1
MAX_DEPTH = 32
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def encode(value: Plain) -> bytes:
    """Return the canonical bytes of `value` (UTF-8, no spaces, keys sorted).

    Args:
        value: None, bool, int, str, list, tuple or dict of these, at most 32 levels deep.

    Raises:
        InvalidError: naming the place, if a type, key, number or character is outside the form.
    """
    fault = _fault(value, MAX_DEPTH)
    if fault is not None:
        raise InvalidError(Problem(fault[1], path=fault[0] or "/"))
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError as error:
        raise InvalidError(Problem("文字含有不成对的代理字符，不能编码", cure="删去该字符")) from error


def decode_strict(data: bytes) -> Any:
    """Return the value whose canonical bytes are exactly `data`.

    Returns:
        None, bool, int, str, list or dict; never a float.

    Raises:
        IntegrityFailureError: for bad UTF-8, duplicate keys, floats, lone surrogates, spaces,
            another order of keys: whatever `encode` would not have written.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise IntegrityFailureError(f"不是有效的 JSON：{error.msg}") from error
    fault = _fault(value, MAX_DEPTH)
    if fault is not None:
        raise IntegrityFailureError(Problem(fault[1], path=fault[0] or "/"))
    if orjson.dumps(value, option=_OPTIONS) != data:
        raise IntegrityFailureError(_why_not_canonical(data))
    return value


def _fault(value: object, depth: int) -> tuple[str, str] | None:
    """Return the place (JSON pointer) and cause of the first thing outside the form, or None."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return None
    if kind is int:
        inside = -SAFE_INTEGER <= cast("int", value) <= SAFE_INTEGER
        return None if inside else ("", "整数超出 ±(2^53−1)")
    if depth == 0:
        return "", f"嵌套超过 {MAX_DEPTH} 层"
    if kind is dict:
        return _fault_in_members(cast("dict[object, object]", value), depth - 1)
    if kind is list or kind is tuple:
        return _fault_in_items(cast("Sequence[object]", value), depth - 1)
    return "", f"不允许的类型 {kind.__name__}"


def _fault_in_members(members: dict[object, object], depth: int) -> tuple[str, str] | None:
    for key, item in members.items():
        if type(key) is not str or not key.isascii():
            return f"/{key}", "键必须是 ASCII 文字"
        if (inner := _fault(item, depth)) is not None:
            return f"/{key}{inner[0]}", inner[1]
    return None


def _fault_in_items(items: Sequence[object], depth: int) -> tuple[str, str] | None:
    for number, item in enumerate(items):
        if (inner := _fault(item, depth)) is not None:
            return f"/{number}{inner[0]}", inner[1]
    return None


def _why_not_canonical(data: bytes) -> str:
    """Return a sentence saying what makes `data` (valid JSON) differ from its canonical form."""
    doubled: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        doubled.extend(key for key in set(keys) if keys.count(key) > 1)
        return dict(pairs)

    json.loads(data, object_pairs_hook=collect)
    if doubled:
        return f"键重复：{'、'.join(sorted(doubled))}"
    return "不是规范写法（空格、键的次序或转义不同）"
