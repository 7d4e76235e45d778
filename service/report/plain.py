"""Frozen dataclasses to JSON-able trees and back, without loss.

Allowed field types: str, int, bool, date, None unions, tuples of one type, string mappings and
other such dataclasses. Unknown fields and wrong types are refused, all at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from service.errors import InvalidError, Problem

T = TypeVar("T")


def dump(value: Any) -> Any:
    """Return `value` as dicts, lists, str, int, bool and None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: dump(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): dump(v) for k, v in sorted(value.items())}
    if isinstance(value, (tuple, list)):
        return [dump(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def load(cls: type[T], tree: Any) -> T:
    """Return the `cls` whose dump is `tree`.

    Raises:
        InvalidError: with one problem per wrong place, path dotted from the root.
    """
    problems: list[Problem] = []
    value = _read(cls, tree, "", problems)
    if problems:
        raise InvalidError(problems)
    assert isinstance(value, cls)
    return value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _read(kind: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    origin = get_origin(kind)
    if origin is UnionType:
        options = [k for k in get_args(kind) if k is not type(None)]
        return None if value is None else _read(options[0], value, path, problems)
    if origin is tuple:
        return _read_list(get_args(kind), value, path, problems)
    if origin is not None:  # Mapping[str, T]
        return _read_mapping(get_args(kind)[1], value, path, problems)
    if is_dataclass(kind):
        return _read_object(kind, value, path, problems)
    return _read_scalar(kind, value, path, problems)


def _read_scalar(kind: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            problems.append(Problem("不是日期", path=path, value=value, allowed="YYYY-MM-DD"))
            return None
    if type(value) is not kind:
        problems.append(Problem("类型不对", path=path, value=repr(value), allowed=str(kind.__name__)))
    return value


def _read_list(args: tuple[Any, ...], value: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, (list, tuple)):
        problems.append(Problem("应为列表", path=path, value=repr(value)))
        return ()
    return tuple(_read(args[0], item, f"{path}[{n}]", problems) for n, item in enumerate(value))


def _read_mapping(kind: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, Mapping):
        problems.append(Problem("应为映射", path=path, value=repr(value)))
        return {}
    return {str(k): _read(kind, v, f"{path}.{k}", problems) for k, v in value.items()}


def _read_object(kind: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, Mapping):
        problems.append(Problem("应为对象", path=path, value=repr(value)))
        return None
    known = {f.name: f for f in fields(kind)}
    for name in value.keys() - known.keys():
        problems.append(Problem("没有这个字段", path=f"{path}.{name}".strip("."), value=str(name)))
    given: dict[str, Any] = {}
    for name, spec in known.items():
        place = f"{path}.{name}".strip(".")
        if name in value:
            given[name] = _read(_hints(kind)[name], value[name], place, problems)
        elif spec.default is MISSING and spec.default_factory is MISSING:
            problems.append(Problem("缺少字段", path=place))
            given[name] = None
    return kind(**given)
