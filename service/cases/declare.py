"""Declare a frozen dataclass once: its marshmallow schema and its JSON Schema follow from it.

Every attribute is made by one of the functions below; its `doc` (Chinese) explains it in the JSON
Schema and in messages about a missing field. An attribute without `required` has a default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields

from service.cases.fields import (
    ChoiceField,
    CodeField,
    DayField,
    Fault,
    MapField,
    NumberField,
    TextField,
    TreeField,
    TupleField,
    WholeField,
    YesNoField,
)

T = TypeVar("T")
Make = Callable[..., fields.Field[Any]]


def _declare(make: Make, doc: str, *, required: bool, default: Any) -> Any:
    metadata = {"make": make, "doc": doc, "required": required}
    if required:
        return dataclasses.field(metadata=metadata)
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def text(doc: str, *, required: bool = False, default: str = "") -> Any:
    """Declare free text; required text must not be empty."""
    return _declare(lambda **k: TextField(filled=required, **k), doc, required=required, default=default)


def code(doc: str, *, required: bool = False) -> Any:
    """Declare a code."""
    return _declare(CodeField, doc, required=required, default="")


def day(doc: str) -> Any:
    """Declare a calendar day; None when it is not given."""
    return _declare(DayField, doc, required=False, default=None)


def number(doc: str, *, required: bool = False, gaps: bool = False, negative: bool = True) -> Any:
    """Declare a number kept as text; not given is None, with `gaps` empty text and not stated None."""
    default = "" if gaps else None
    return _declare(
        lambda **k: NumberField(gaps=gaps, negative=negative, **k), doc, required=required, default=default
    )


def whole(doc: str, *, least: int, most: int) -> Any:
    """Declare a whole number kept as text; not given is None."""
    return _declare(lambda **k: WholeField(least=least, most=most, **k), doc, required=False, default=None)


def choice(doc: str, choices: Mapping[str, str], *, required: bool = False, default: str | None = "") -> Any:
    """Declare one of a closed set."""
    return _declare(lambda **k: ChoiceField(choices, **k), doc, required=required, default=default)


def yes_no(doc: str, *, default: bool | None = False) -> Any:
    """Declare a bool."""
    return _declare(YesNoField, doc, required=False, default=default)


def tree(
    doc: str,
    check: Callable[[Any], Any] | None = None,
    json: dict[str, Any] | None = None,
    *,
    required: bool = False,
) -> Any:
    """Declare nested text whose form `check` knows; None when it is not given."""
    return _declare(lambda **k: TreeField(check, json, **k), doc, required=required, default=None)


def one(cls: type[Any], doc: str, *, required: bool = False) -> Any:
    """Declare a part of the form `cls`; None when it is not given."""
    return _declare(lambda **k: PartField(cls, **k), doc, required=required, default=None)


def many(cls: type[Any], doc: str) -> Any:
    """Declare a list of parts of the form `cls`; empty by default."""
    return _declare(lambda **k: TupleField(PartField(cls), **k), doc, required=False, default=tuple)


def texts(doc: str, inner: Make = CodeField, *, required: bool = False) -> Any:
    """Declare a list of codes (or of what `inner` makes); empty by default."""
    return _declare(lambda **k: TupleField(inner(), **k), doc, required=required, default=tuple)


def mapping(doc: str, inner: Make = TextField) -> Any:
    """Declare a mapping of free keys to what `inner` makes; empty by default."""
    return _declare(lambda **k: MapField(inner(), **k), doc, required=False, default=dict)


class PartField(fields.Field[Any]):
    """A nested object converted to the dataclass it stands for."""

    def __init__(self, cls: type[Any], **kwargs: Any) -> None:
        self.cls = cls
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return convert(self.cls, value)


@cache
def schema_of(cls: type[Any]) -> type[Schema]:
    """Return the marshmallow schema of a declared dataclass; unknown fields are refused."""
    members: dict[str, Any] = {}
    for item in dataclasses.fields(cls):
        missing = Fault(f"缺少必填字段：{item.metadata['doc']}", cure=f"补上 {item.name}")
        members[item.name] = item.metadata["make"](
            required=item.metadata["required"], error_messages={"required": missing, "null": missing}
        )
    schema: type[Schema] = Schema.from_dict(members, name=f"{cls.__name__}Schema")
    schema.error_messages = {
        "unknown": Fault("没有这个字段", allowed="、".join(members), cure="对照手册改名，或删去"),
        "type": Fault("应是一组“字段: 值”", allowed="、".join(members), cure="换行缩进后逐个写字段"),
    }
    return schema


def convert(cls: type[T], value: Any) -> T:
    """Return the dataclass read from plain text.

    Raises:
        ValidationError: with every fault of every nested place.
    """
    try:
        schema: Any = schema_of(cls)  # type: ignore[arg-type]
        return cls(**schema(unknown=RAISE).load(value))
    except ValidationError as error:
        messages: Any = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise ValidationError(messages.get("_schema", messages)) from None


def json_schema_of(cls: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the JSON Schema of `cls`, adding it and its parts to `definitions`."""
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}
        properties, required = {}, []
        for item in dataclasses.fields(cls):
            made = item.metadata["make"]()
            properties[item.name] = {**_json_of(made, definitions), "description": item.metadata["doc"]}
            if item.metadata["required"]:
                required.append(item.name)
        definitions[cls.__name__] = {
            "type": "object",
            "description": (cls.__doc__ or "").split("\n")[0],
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _json_of(made: fields.Field[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(made, PartField):
        return json_schema_of(made.cls, definitions)
    if isinstance(made, TupleField):
        return {"type": "array", "items": _json_of(made.inner, definitions)}
    if isinstance(made, MapField):
        return {"type": "object", "additionalProperties": _json_of(made.inner, definitions)}
    return dict(getattr(made, "shape", None) or getattr(made, "json", {}))
