"""marshmallow fields that take text as written and refuse with allowed values and a cure.

Every document value arrives as `str`, `list` or `dict` (see `service.yamltext`); numbers stay text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
MAX_DIGITS = 40
NOT_STATED = "not_stated"
NOT_STATED_WORDS = (NOT_STATED, "来源未载")


class Fault(str):
    """A message that also carries what is allowed and what to do; marshmallow keeps it as it is."""

    allowed: str
    cure: str

    def __new__(cls, message: str, *, allowed: str = "", cure: str = "") -> Fault:
        """Return the message as text with `allowed` and `cure` beside it."""
        fault = super().__new__(cls, message)
        fault.allowed, fault.cure = allowed, cure
        return fault


def closest(word: str, known: Iterable[str]) -> str:
    """Return a cure that names the nearest known word, or an empty text."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"是不是要写“{near[0]}”？" if near else ""


def shape_of(value: Any) -> str:
    """Return the Chinese name of the shape found: 文字, 列表 or 对象."""
    return "列表" if isinstance(value, list) else "对象（字段组）" if isinstance(value, dict) else "文字"


class TextField(fields.Field[str]):
    """Text as written; with `filled` an empty one is refused."""

    json: ClassVar[dict[str, Any]] = {"type": "string"}

    def __init__(self, *, filled: bool = False, **kwargs: Any) -> None:
        self.filled = filled
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError(
                Fault(f"应是一段文字，读到{shape_of(value)}", allowed="文字", cure="把内容写在冒号后面")
            )
        if self.filled and not value.strip():
            raise ValidationError(Fault("不能为空", cure="写上内容；来源没有的就删去整个字段"))
        return self.convert(value)

    def convert(self, value: str) -> Any:
        """Return the Python value of the text; raises ValidationError with a Fault."""
        return value.rstrip("\n")


class CodeField(TextField):
    """A short code: letters, digits, dot, dash, underscore; unique where the manual says so."""

    json: ClassVar[dict[str, Any]] = {"type": "string", "pattern": f"^{CODE.pattern}$"}

    def convert(self, value: str) -> Any:
        """Return the code."""
        if not CODE.fullmatch(value):
            raise ValidationError(
                Fault(
                    "不是编号",
                    allowed="字母或数字开头，只含字母、数字、点、横线、下划线，60 字以内",
                    cure="改用 A1、E01 这样的编号",
                )
            )
        return value


class DayField(TextField):
    """A calendar day ``YYYY-MM-DD`` between 1990 and 2100."""

    json: ClassVar[dict[str, Any]] = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}

    def convert(self, value: str) -> Any:
        """Return the day."""
        try:
            day = date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
        except ValueError:
            raise ValidationError(
                Fault("没有这一天", allowed="真实存在的日期", cure="核对月份和日子")
            ) from None
        if day is None:
            raise ValidationError(
                Fault(
                    "不是日期",
                    allowed="YYYY-MM-DD，如 2018-12-01",
                    cure="用半角数字和横线，月、日各两位；来源只写到月份的，省略这里或取可知的最早一天",
                )
            )
        if not 1990 <= day.year <= 2100:
            raise ValidationError(Fault("年份不可能", allowed="1990 到 2100 年", cure="核对年份"))
        return day


class NumberField(TextField):
    """A decimal number as written, e.g. ``4.50``; with `gaps` also ``not_stated`` (gives None)."""

    json: ClassVar[dict[str, Any]] = {"type": "string", "pattern": f"^{NUMBER.pattern}$"}

    def __init__(self, *, gaps: bool = False, negative: bool = True, **kwargs: Any) -> None:
        self.gaps, self.negative = gaps, negative
        super().__init__(**kwargs)
        if gaps:
            words = "|".join(NOT_STATED_WORDS)
            self.shape = {"type": "string", "pattern": f"^({NUMBER.pattern}|{words})$"}

    def convert(self, value: str) -> Any:
        """Return the text of the number, or None for 来源未载."""
        if self.gaps and value in NOT_STATED_WORDS:
            return None
        if not NUMBER.fullmatch(value):
            allowed = "小数，如 4.5" + ("；来源没有写的用 not_stated（来源未载）" if self.gaps else "")
            raise ValidationError(
                Fault("不是数", allowed=allowed, cure="去掉单位、逗号和百分号，只留半角数字")
            )
        if len(value) > MAX_DIGITS:
            raise ValidationError(Fault("数太长", allowed=f"{MAX_DIGITS} 位以内", cure="核对是否多写了位数"))
        if not self.negative and value.startswith("-"):
            raise ValidationError(Fault("不能是负数", allowed="0 以上的数", cure="扣分写正数"))
        return value


class WholeField(TextField):
    """A whole number between two limits, kept as text."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        self.shape: dict[str, Any] = {"type": "string", "pattern": f"^[0-9]{{1,{len(str(most))}}}$"}
        super().__init__(**kwargs)

    def convert(self, value: str) -> Any:
        """Return the text of the number."""
        written = re.fullmatch(r"[0-9]{1,9}", value)
        if not written or not self.least <= int(value) <= self.most:
            raise ValidationError(
                Fault(
                    "不是整数" if not written else "超出范围",
                    allowed=f"{self.least} 到 {self.most} 的整数",
                    cure="只写半角数字，不带单位和小数；没有规定的删去整个字段",
                )
            )
        return value


class ChoiceField(TextField):
    """One of a closed set, by value or Chinese label; gives the value."""

    def __init__(self, choices: Mapping[str, str], **kwargs: Any) -> None:
        self.choices = dict(choices)
        self.shape: dict[str, Any] = {
            "type": "string",
            "enum": [*self.choices, *dict.fromkeys(self.choices.values())],
        }
        super().__init__(**kwargs)

    def convert(self, value: str) -> Any:
        """Return the value of the choice."""
        if value in self.choices:
            return value
        for key, label in self.choices.items():
            if value == label:
                return key
        known = [*self.choices, *self.choices.values()]
        raise ValidationError(
            Fault(
                "不在可选范围内",
                allowed="、".join(f"{k}（{v}）" for k, v in self.choices.items()),
                cure=closest(value, known) or "从允许的词中选一个",
            )
        )


class YesNoField(ChoiceField):
    """yes or no (是, 否); gives a bool."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__({"yes": "是", "no": "否"}, **kwargs)

    def convert(self, value: str) -> Any:
        """Return True for yes."""
        return super().convert(value) == "yes"


class TupleField(fields.Field[Any]):
    """A list; gives a tuple; all bad members are reported."""

    def __init__(self, inner: fields.Field[Any], **kwargs: Any) -> None:
        self.inner = inner
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError(
                Fault(
                    f"应是列表，读到{shape_of(value)}",
                    allowed="每项一行、以“- ”开头",
                    cure="改成列表；没有就删去整个字段",
                )
            )
        return tuple(_each(enumerate(value), self.inner))


class MapField(fields.Field[Any]):
    """A mapping from free keys to values of one form; all bad members are reported."""

    def __init__(self, inner: fields.Field[Any], **kwargs: Any) -> None:
        self.inner = inner
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(
                Fault(
                    f"应是“名称: 值”的对照，读到{shape_of(value)}",
                    allowed="每行一个“名称: 值”",
                    cure="改成对照；没有就删去整个字段",
                )
            )
        return dict(zip(value, _each(value.items(), self.inner), strict=True))


class TreeField(fields.Field[Any]):
    """Any nested text; its form is checked by `check`, which raises ValidationError."""

    json: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, check: Callable[[Any], Any] | None = None, json: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        self.check = check
        self.shape = json or {}
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.check(value) if self.check else value


def _each(pairs: Iterable[tuple[Any, Any]], inner: fields.Field[Any]) -> list[Any]:
    result, errors = [], {}
    for key, member in pairs:
        try:
            result.append(inner.deserialize(member))
        except ValidationError as error:
            errors[key] = error.messages
            result.append(None)
    if errors:
        raise ValidationError(errors)
    return result
