"""marshmallow fields of the framework format: text as written in, exact values out.

Every refusal is a `Fault`: Chinese message with what is allowed and the cure. `json` is the JSON Schema part.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields

from service.scoring.expressions import ExpressionError, is_condition, read_expression
from service.scoring.intervals import read_interval
from service.scoring.points import read_points
from service.scoring.quantities import NUMBER, exact, read_quantity

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
NAME = re.compile(r"[^\W\d]\w{0,39}")


class Fault(str):
    """A message with `allowed` and `cure` beside it; `place` leads from the field to the exact spot."""

    allowed: str
    cure: str

    def __new__(cls, message: str, *, allowed: str = "", cure: str = "") -> Fault:
        """Return the message as text that carries the rest."""
        fault = super().__new__(cls, message)
        fault.allowed, fault.cure = allowed, cure
        return fault


def refusal(message: str, *, allowed: str = "", cure: str = "") -> ValidationError:
    """Return the error a field raises."""
    return ValidationError([Fault(message, allowed=allowed, cure=cure)])


def closest(word: str, known: Iterable[str]) -> str:
    """Return a cure that names the nearest known word, or says to delete."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"是不是要写“{near[0]}”？" if near else "改成允许的写法，或删去"


def shape(value: Any) -> str:
    """Return the Chinese name of the shape found."""
    return "列表" if isinstance(value, list) else "一组字段" if isinstance(value, dict) else "文字"


class Text(fields.Field[Any]):
    """Text as written; the other fields of this module convert it."""

    json: Mapping[str, Any] = {"type": "string"}
    default_error_messages = {  # noqa: RUF012
        "required": Fault("必须写", cure="补上这个字段；写法见 pingji help framework")
    }

    def __init__(self, *, filled: bool = False, **kwargs: Any) -> None:
        self.filled = filled
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise refusal(f"应是一段文字，读到{shape(value)}", allowed="文字", cure="把内容写在冒号后面")
        if not value.strip() and (self.filled or type(self) is not Text):
            raise refusal("不能为空", cure="写上内容，或删去整个字段")
        return self.convert(value.strip())

    def convert(self, text: str) -> Any:
        """Return the typed value; raises ValidationError holding a `Fault`."""
        return text


class Code(Text):
    """A code."""

    json: Mapping[str, Any] = {"type": "string", "pattern": f"^{CODE.pattern}$"}

    def convert(self, text: str) -> str:
        """Return the code."""
        if not CODE.fullmatch(text):
            raise refusal(
                "不是编号",
                allowed="字母或数字开头，只含字母、数字、点、横线、下划线，60 字以内",
                cure="如 A101",
            )
        return text


class YesNo(Text):
    """yes or no."""

    json: Mapping[str, Any] = {"enum": ["yes", "no", "是", "否"]}

    def convert(self, text: str) -> bool:
        """Return the truth."""
        if text not in ("yes", "no", "是", "否"):
            raise refusal("应写是或否", allowed="yes、no、是、否", cure="改成 yes 或 no")
        return text in ("yes", "是")


class Number(Text):
    """An exact number; with `none` the word ``none`` gives None."""

    json: Mapping[str, Any] = {"type": "string", "pattern": f"^({NUMBER.pattern}|none)$"}

    def __init__(
        self, *, none: bool = False, least: str | None = None, decimals: int | None = None, **kwargs: Any
    ) -> None:
        self.none, self.least, self.decimals = none, None if least is None else exact(least), decimals
        super().__init__(**kwargs)

    def convert(self, text: str) -> Fraction | None:
        """Return the number."""
        if self.none and text == "none":
            return None
        if not NUMBER.fullmatch(text) or not _bottom(text):
            raise refusal(
                "不是数",
                allowed="小数如 4.5" + ("，或 none" if self.none else ""),
                cure="去掉单位、逗号和空格，只留数字",
            )
        found = exact(text)
        if self.least is not None and found < self.least:
            raise refusal("数太小", allowed=f"不小于 {self.least}", cure="改成允许的数")
        if self.decimals is not None and (found * 10**self.decimals).denominator != 1:
            raise refusal("小数位数过多", allowed=f"至多 {self.decimals} 位小数", cure="写成有限小数")
        return found


class Whole(Text):
    """A whole number between two limits."""

    json: Mapping[str, Any] = {"type": "string", "pattern": r"^\d{1,3}$"}

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def convert(self, text: str) -> int:
        """Return the number."""
        if not re.fullmatch(r"[0-9]{1,3}", text) or not self.least <= int(text) <= self.most:
            raise refusal("应是整数", allowed=f"{self.least} 到 {self.most}", cure="改成允许的整数")
        return int(text)


class Ratio(Text):
    """A ratio: ``40%``, ``0.4`` or ``2/5``; with `none` the word ``none`` gives None."""

    json: Mapping[str, Any] = {"type": "string"}

    def __init__(self, *, none: bool = False, **kwargs: Any) -> None:
        self.none = none
        super().__init__(**kwargs)

    def convert(self, text: str) -> Fraction | None:
        """Return the ratio, 1 for the whole."""
        if self.none and text == "none":
            return None
        found = read_quantity(text)
        if found is None or found.dims:
            raise refusal(
                "不是比率", allowed="如 40%、0.4、2/5" + ("，或 none" if self.none else ""), cure="写成百分数"
            )
        return found.number


class PointsText(Text):
    """Fixed points, a share, or a range of either."""

    def convert(self, text: str) -> Any:
        """Return `Points`."""
        found = read_points(text)
        if found is None:
            raise refusal(
                "不是分值",
                allowed="分数如 2.5、占满分比例如 80%、范围如 0..1 或 60%..80%",
                cure="范围用两个点，小的在前",
            )
        return found


class IntervalText(Text):
    """An interval."""

    def convert(self, text: str) -> Any:
        """Return `Interval`."""
        found = read_interval(text)
        if found is None:
            raise refusal(
                "不是区间",
                allowed='如 ">=90%"、"<60%"、"(10%, 15%]"、"any"',
                cure="检查符号、括号、逗号，两端写同一单位",
            )
        return found


class QuantityText(Text):
    """A quantity with its unit; with `none` the word in `words` gives None."""

    def __init__(self, *, words: tuple[str, ...] = (), **kwargs: Any) -> None:
        self.words = words
        super().__init__(**kwargs)

    def convert(self, text: str) -> Any:
        """Return `Quantity`, or None for one of the words."""
        if text in self.words:
            return None
        found = read_quantity(text)
        if found is None:
            raise refusal(
                "不是量",
                allowed="数带单位，如 60%、2小时、5万元" + "".join(f"，或 {word}" for word in self.words),
                cure="数在前，单位紧跟其后",
            )
        return found


class Formula(Text):
    """A formula; with `condition` a comparison."""

    def __init__(self, *, condition: bool = False, **kwargs: Any) -> None:
        self.condition = condition
        super().__init__(**kwargs)

    def convert(self, text: str) -> Any:
        """Return the syntax tree."""
        try:
            tree = read_expression(text)
        except ExpressionError as error:
            raise refusal(str(error), allowed="见格式说明第 4 节", cure="检查名称、运算符和括号") from None
        if is_condition(tree) != self.condition:
            wanted = "条件（带比较符号）" if self.condition else "算式（不带比较符号）"
            raise refusal(f"这里要{wanted}", allowed=wanted, cure="改写")
        return tree


class Choice(Text):
    """One word of a closed set; gives the enum member or the word."""

    def __init__(self, words: type[Enum] | Iterable[str], **kwargs: Any) -> None:
        self.values: dict[str, Any] = (
            {str(member.value): member for member in words}
            if isinstance(words, type)
            else {word: word for word in words}
        )
        self.json = {"enum": list(self.values)}
        super().__init__(**kwargs)

    def convert(self, text: str) -> Any:
        """Return what the word stands for."""
        if text not in self.values:
            raise refusal("没有这个取值", allowed="、".join(self.values), cure=closest(text, self.values))
        return self.values[text]


class Many(fields.Field[Any]):
    """A list of one kind of field, given back as a tuple."""

    default_error_messages = Text.default_error_messages

    def __init__(self, inner: fields.Field[Any], *, least: int = 0, **kwargs: Any) -> None:
        self.inner, self.least = inner, least
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise refusal(f"应是一列，读到{shape(value)}", allowed="列表", cure="每项一行，用“- ”开头")
        if len(value) < self.least:
            raise refusal(f"至少要 {self.least} 项", cure="补上内容，或删去整个字段")
        return tuple(_each(value, enumerate(value), self.inner).values())


class Named(fields.Field[Any]):
    """A mapping from free names to one kind of field."""

    default_error_messages = Text.default_error_messages

    def __init__(
        self, inner: fields.Field[Any], *, names: Callable[[str], str] | None = None, **kwargs: Any
    ) -> None:
        self.inner, self.names = inner, names
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise refusal(f"应是一组“名称: 值”，读到{shape(value)}", cure="写成 {名称: 值}")
        bad = {key: [Fault(fault, cure="改名")] for key in value if self.names and (fault := self.names(key))}
        if bad:
            raise ValidationError(bad)
        return _each(value, value.items(), self.inner)


def _each(value: Any, pairs: Iterable[tuple[Any, Any]], inner: fields.Field[Any]) -> dict[Any, Any]:
    found, faults = {}, {}
    for key, part in pairs:
        try:
            found[key] = inner.deserialize(part)
        except ValidationError as error:
            faults[key] = error.messages
    if faults:
        raise ValidationError(faults)
    return found


def plain_name(key: str) -> str:
    """Return why `key` cannot be used in formulas; empty if it can."""
    if not NAME.fullmatch(key) or key in ("and", "or", "not", "且", "或", "非", "money"):
        return "名称不能用在算式里：应以汉字或字母开头，只含汉字、字母、数字、下划线"
    return ""


def _bottom(text: str) -> bool:
    bottom = text.partition("/")[2]
    return not bottom or bool(int(bottom))
