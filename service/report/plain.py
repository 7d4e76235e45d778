"""Frozen dataclasses to JSON-able trees and back, without loss.

Allowed field types: str, int, bool, date, None unions, tuples of one type, string mappings and
other such dataclasses. Unknown fields and wrong types are refused, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from service.errors import InvalidError, Problem

T = TypeVar("T")
WORDS = {"是": True, "否": False, "true": True, "false": False}


def dump(value: Any) -> Any:
    """Return `value` as dicts, lists, str, int, bool and None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: dump(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): dump(v) for k, v in sorted(value.items())}
    if isinstance(value, (tuple, list)):
        return [dump(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def load(cls: type[T], tree: Any, *, written: bool = False) -> T:
    """Return the `cls` whose dump is `tree`; `written` reads int and bool (是, 否) from their text.

    Raises:
        InvalidError: with one problem per wrong place, path dotted from the root.
    """
    reader = _Reader(written=written)
    value = reader.read(cls, tree, "")
    if reader.problems:
        raise InvalidError(reader.problems)
    assert isinstance(value, cls)
    return value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


class _Reader:
    def __init__(self, *, written: bool) -> None:
        self.problems: list[Problem] = []
        self._written = written

    def _refuse(self, message: str, path: str, value: Any, allowed: str = "") -> None:
        self.problems.append(Problem(message, path=path, value=str(value), allowed=allowed))

    def read(self, kind: Any, value: Any, path: str) -> Any:
        origin = get_origin(kind)
        if origin is UnionType:
            options = [k for k in get_args(kind) if k is not type(None)]
            return None if value is None else self.read(options[0], value, path)
        if origin is tuple:
            return self._list(get_args(kind)[0], value, path)
        if origin is not None:  # Mapping[str, T]
            return self._mapping(get_args(kind)[1], value, path)
        return self._object(kind, value, path) if is_dataclass(kind) else self._scalar(kind, value, path)

    def _scalar(self, kind: Any, value: Any, path: str) -> Any:
        if self._written and isinstance(value, str):
            if kind is int and re.fullmatch(r"-?\d{1,9}", value):
                return int(value)
            if kind is bool and value in WORDS:
                return WORDS[value]
        if kind is date and isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self._refuse("不是日期", path, value, "YYYY-MM-DD")
                return None
        if type(value) is not kind:
            self._refuse("类型不对", path, value, str(kind.__name__))
        return value

    def _list(self, kind: Any, value: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)):
            self._refuse("应为列表", path, value)
            return ()
        return tuple(self.read(kind, item, f"{path}[{n}]") for n, item in enumerate(value))

    def _mapping(self, kind: Any, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            self._refuse("应为映射", path, value)
            return {}
        return {str(k): self.read(kind, v, f"{path}.{k}") for k, v in value.items()}

    def _object(self, kind: Any, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            self._refuse("应为对象", path, value)
            return None
        known = {f.name: f for f in fields(kind)}
        for name in value.keys() - known.keys():
            self._refuse("没有这个字段", f"{path}.{name}".strip("."), name, "、".join(known))
        given: dict[str, Any] = {}
        for name, spec in known.items():
            place = f"{path}.{name}".strip(".")
            if name in value:
                given[name] = self.read(_hints(kind)[name], value[name], place)
            elif spec.default is MISSING and spec.default_factory is MISSING:
                self._refuse("缺少字段", place, "")
                given[name] = None
        return kind(**given)
