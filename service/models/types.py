"""Column types that store one plain form each, and the plain form that goes into the log.

- Numbers of points are text as written; no float and no SQL numeric touches them.
- A moment is aware UTC; a closed set is stored by value; JSON is canonical text.
- `plain` turns a Python value into the str, int, bool or None the log holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, TypeAlias

from sqlalchemy import Boolean, Date, DateTime, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from service.clock import stamp

Plain: TypeAlias = str | int | bool | None
_EXACT = re.compile(r"-?[0-9]+(?:\.[0-9]+|/[1-9][0-9]*)?")


def exact_text(value: str | int | Decimal | Fraction) -> str:
    """Return the exact number as text: as written, else decimal if it terminates, else ``n/d``.

    Raises:
        ValueError: text that is no such number, or a type that is not exact.
    """
    if isinstance(value, str):
        if not _EXACT.fullmatch(value):
            raise ValueError(f"不是精确数：{value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction)):
        raise ValueError(f"不是精确数：{value!r}")
    if isinstance(value, Decimal):
        return format(value, "f")
    return _fraction_text(Fraction(value))


def _fraction_text(value: Fraction) -> str:
    rest, places = value.denominator, 0
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest = rest // 10 if rest % 10 == 0 else rest // 5 if rest % 5 == 0 else rest // 2
        places += 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 else text


def json_text(value: Any) -> str:
    """Return `value` as JSON text with sorted keys and no spaces.

    Raises:
        ValueError: it holds a float or something JSON does not know.
    """
    _refuse_floats(value)
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except TypeError as error:
        raise ValueError(f"不能存为 JSON：{error}") from error


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError(f"JSON 中不得有浮点数：{value!r}")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"JSON 的键必须是文字：{key!r}")
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)


class Exact(TypeDecorator[str]):
    """An exact number kept as text exactly as written, e.g. ``4.50`` or ``2145/5823``; reads back as str."""

    impl = String(120)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text stored for a str, int, Decimal or Fraction."""
        return None if value is None else exact_text(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with microseconds, aware and in UTC on both sides."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC; a moment without time zone is refused with ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("时间必须带时区")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(TypeDecorator[Any]):
    """A member of `enum_class`, stored by its value; an unknown stored value raises ValueError."""

    impl = String(64)
    cache_ok = True

    def __init__(self, enum_class: type[Enum]) -> None:
        super().__init__()
        self.enum_class = enum_class

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the value stored; a bare string must be a value of the enum."""
        return None if value is None else str(self.enum_class(value).value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the member."""
        return None if value is None else self.enum_class(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as canonical text; treat it as immutable and assign a new value to change it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text stored; Python None is SQL NULL."""
        return None if value is None else json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value."""
        return None if value is None else json.loads(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        """Say whether both would be stored as the same text; 1 and true are not."""
        return x is y or (x is not None and y is not None and json_text(x) == json_text(y))


class Day(TypeDecorator[date]):
    """A calendar day without time; a datetime is refused with ValueError."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | None:
        """Return the day."""
        if isinstance(value, datetime):
            raise ValueError("此处只要日期")
        return value


_PLAIN: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], Plain]], ...] = (
    (Exact, exact_text),
    (UtcDateTime, stamp),
    (JsonText, json_text),
    (Day, date.isoformat),
    (String, str),
    (Integer, int),
    (Boolean, bool),
)


def plain(column_type: TypeEngine[Any]) -> Callable[[Any], Plain]:
    """Return the function that gives the logged form of a value (not None) of this column type.

    Raises:
        TypeError: the type has no exact plain form (float, numeric, binary, naive time).
    """
    if isinstance(column_type, EnumText):
        enum_class = column_type.enum_class
        return lambda value: str(enum_class(value).value)
    for known, convert in _PLAIN:
        if isinstance(column_type, known):
            return convert
    raise TypeError(f"列类型 {column_type!r} 不能入痕迹")


def disposition(column_type: TypeEngine[Any], info: dict[Any, Any]) -> str:
    """Return how a column enters the log: ``inline``, ``commit`` (salted commitment) or ``skip``.

    Text and JSON are committed unless the column says otherwise in ``info={"audit": …}``.
    """
    chosen = info.get("audit")
    if chosen is None:
        return "commit" if isinstance(column_type, (Text, JsonText)) else "inline"
    if chosen not in ("inline", "commit", "skip"):
        raise ValueError(f"audit 只能是 inline、commit、skip，读到 {chosen!r}")
    return str(chosen)
