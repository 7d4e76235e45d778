"""Answers as JSON: the pages' dataclasses by their fields, and the schema of each made from its types.

Moments are RFC 3339 UTC, days ISO dates, points text, money integer 分 in members named ``fen``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from service.report.figures import grouped
from service.scoring.quantities import exact_text
from service.web.forms.fields import FEN

Shape = dict[str, Any]
SIMPLE: dict[Any, Shape] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Fraction: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+|/[0-9]+)?$"},
}
"""Types that are the same everywhere."""


def plain(value: Any) -> Any:
    """Return `value` as dicts, lists, text, integers, booleans and None."""
    if is_dataclass(value) and not isinstance(value, type):
        return dict(_members(value))
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(each) for each in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return _single(value)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of a dataclass, each amount followed by the text the pages show for it."""
    kind: Any = type(value)
    for each in fields(kind):
        if each.name in hidden(kind):
            continue
        found = getattr(value, each.name)
        yield each.name, plain(found)
        if _is_money(each.name):
            yield f"{each.name}_text", "" if found is None else f"{grouped(Fraction(found, FEN), 2)} 万元"


def _is_money(name: str) -> bool:
    return name == "fen" or name.endswith("_fen")


def _single(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    return exact_text(value)


@cache
def hidden(kind: type) -> frozenset[str]:
    """Return the fields that are rows of the database or code, which no program is shown."""
    return frozenset(f.name for f in fields(kind) if not _showable(_hints(kind)[f.name]))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _showable(hint: Any) -> bool:
    module = getattr(hint, "__module__", "")
    return not (isinstance(hint, type) and module.startswith("service.models") and not issubclass(hint, Enum))


class Shapes:
    """Schemas collected under names, each dataclass once; `found` goes into the components."""

    def __init__(self) -> None:
        self.found: dict[str, Shape] = {}
        self._names: dict[type, str] = {}

    def of(self, hint: Any) -> Shape:
        """Return the schema of a type, a reference for a dataclass."""
        if isinstance(hint, type) and hint in SIMPLE:
            return SIMPLE[hint]
        if isinstance(hint, type) and is_dataclass(hint):
            return {"$ref": f"#/components/schemas/{self._named(hint)}"}
        if isinstance(hint, type) and issubclass(hint, Enum):
            return {"type": "string", "enum": [member.value for member in hint]}
        return self._generic(get_origin(hint), get_args(hint))

    def _generic(self, origin: Any, inner: tuple[Any, ...]) -> Shape:
        if origin in (UnionType, Union):
            return {"anyOf": [self.of(each) for each in inner]}
        if origin is Literal:
            return {"type": "string", "enum": list(inner)}
        if origin is tuple and inner and inner[-1] is not Ellipsis:
            return self._fixed(inner)
        if origin in (tuple, list, set, frozenset):
            return {"type": "array", "items": self.of(inner[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        return {}

    def _fixed(self, inner: tuple[Any, ...]) -> Shape:
        count = len(inner)
        return {
            "type": "array",
            "prefixItems": [self.of(each) for each in inner],
            "minItems": count,
            "maxItems": count,
        }

    def _named(self, kind: type) -> str:
        if kind not in self._names:
            name = kind.__name__
            if name in self.found:
                name = f"{kind.__module__.rpartition('.')[2].title().replace('_', '')}{name}"
            self._names[kind], self.found[name] = name, {}
            self.found[name] = self._object(kind)
        return self._names[kind]

    def _object(self, kind: type) -> Shape:
        hints = _hints(kind)
        members: dict[str, Shape] = {}
        for each in fields(kind):
            if each.name not in hidden(kind):
                members[each.name] = self.of(hints[each.name])
                if _is_money(each.name):
                    members[f"{each.name}_text"] = {"type": "string"}
        said = (kind.__doc__ or "").strip().partition("\n")[0]
        return {
            "type": "object",
            "properties": members,
            "required": list(members),
            **({"description": said} if said else {}),
        }
