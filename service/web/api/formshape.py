"""Forms of acts as JSON: what a member looks like in the description, and how it is read.

- Points are text (``"4.5"``), money is integer 分 of yuan, days are ISO dates, boxes are true or false.
- Numbers of JSON are refused for points: a float has already lost what was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from marshmallow import fields as ma

from service.errors import InvalidError, Problem
from service.web.forms.act import read
from service.web.forms.fields import (
    FEN,
    LONG,
    Choice,
    Day,
    Flag,
    Form,
    Lines,
    Points,
    Several,
    Upload,
    Wan,
    Words,
    closed_set,
)

Shape = dict[str, Any]
POINTS_PATTERN = r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$"
MOST_FEN = 10**16


def shape_of(form: type[Form], *, more: Mapping[str, Shape] | None = None) -> Shape:
    """Return the JSON Schema of what an act takes; members of `more` stand beside the form's own."""
    fields = form().fields
    members = {name: _described(field) for name, field in fields.items()}
    shape: Shape = {
        "type": "object",
        "properties": {**members, **(more or {})},
        "additionalProperties": False,
    }
    required = [name for name, field in fields.items() if field.required]
    if required:
        shape["required"] = required
    return shape


def takes_files(form: type[Form]) -> bool:
    """Return whether the act takes a file, so that it is sent as a multipart form."""
    return any(isinstance(field, Upload) for field in form().fields.values())


def _described(field: ma.Field[Any]) -> Shape:
    label, help = field.metadata.get("label", ""), field.metadata.get("help", "")
    shape = _shape(field)
    known = "可选的值见同一地址的 GET" if field.metadata.get("choices") else ""
    words = "。".join(part for part in (label, help, known) if part)
    return {**shape, "description": words} if words else shape


def _shape(field: ma.Field[Any]) -> Shape:
    if isinstance(field, Upload):
        return {"type": "string", "format": "binary"}
    if isinstance(field, Flag):
        return {"type": "boolean", "enum": [True]} if field.required else {"type": "boolean"}
    if isinstance(field, Several | Lines):
        known = closed_set(field)
        one: Shape = {"type": "string", "enum": [*known]} if known else {"type": "string", "maxLength": LONG}
        return {"type": "array", "items": one, **({"minItems": 1} if field.required else {})}
    if isinstance(field, Wan):
        return {"type": "integer", "minimum": -MOST_FEN, "maximum": MOST_FEN, "x-unit": "分"}
    if isinstance(field, Points):
        return {"type": "string", "pattern": POINTS_PATTERN}
    if isinstance(field, Day):
        return {"type": "string", "format": "date"}
    return _text(field)


def _text(field: ma.Field[Any]) -> Shape:
    shape: Shape = {"type": "string"}
    if isinstance(field, Words):
        shape["maxLength"] = field.limit
    known = closed_set(field) if isinstance(field, Choice) else None
    if known:
        shape["enum"] = [*known] if field.required else ["", *known]
    elif field.required:
        shape["minLength"] = 1
    return shape


def read_body(form: type[Form], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the form from JSON.

    Raises:
        InvalidError: naming every member of a wrong type, missing, malformed or unknown.
    """
    fields = form().fields
    problems = [
        problem
        for name, value in body.items()
        if name in fields and (problem := _type_problem(name, fields[name], value)) is not None
    ]
    if problems:
        raise InvalidError(problems)
    # A box nobody mentions is not ticked, as on the page.
    unticked = {name: False for name, field in fields.items() if isinstance(field, Flag)}
    return read(form, unticked | {name: _as_typed(fields.get(name), value) for name, value in body.items()})


def _type_problem(name: str, field: ma.Field[Any], value: Any) -> Problem | None:
    wanted = _wanted(field)
    if wanted is None or wanted[0](value):
        return None
    return Problem(
        f"{field.metadata.get('label', name)}：类型不对", path=name, value=str(value)[:80], allowed=wanted[1]
    )


def _wanted(field: ma.Field[Any]) -> tuple[Any, str] | None:
    if isinstance(field, Upload):
        return None
    if isinstance(field, Flag):
        return (lambda value: isinstance(value, bool)), "true 或 false"
    if isinstance(field, Several | Lines):
        return _is_texts, "文字的列表"
    if isinstance(field, Wan):
        return (lambda value: type(value) is int and abs(value) <= MOST_FEN), "以分为单位的整数"
    return (lambda value: isinstance(value, str)), "文字"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _as_typed(field: ma.Field[Any] | None, value: Any) -> Any:
    """Return the value as a person would have typed it in the page."""
    if isinstance(field, Wan):
        wan = Fraction(value, FEN)
        places = f"{abs(value) % FEN:06d}".rstrip("0")
        sign, whole = "-" if wan < 0 else "", abs(value) // FEN
        return f"{sign}{whole}.{places}" if places else f"{sign}{whole}"
    return value
