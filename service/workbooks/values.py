"""One cell becomes one value: exact text, with what was read and how it was understood.

- A number stands in the file as binary text such as ``0.94350000000000001``. Excel itself keeps and shows 15
  significant digits, so the value is the decimal of 15 digits (``%.15g``): what was typed comes back so,
  and 0.1+0.2 of a formula is 0.3, as the person sees it. From there on everything is text and `Fraction`.
- 94.35 %, ９４.３５％ and 0.9435 shown as percent are one value, ``94.35%``.
- Full-width digits and signs, thousands separators, a unit behind the number are read; words stay words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from service.errors import Problem
from service.scoring.quantities import exact, exact_text, is_exact, read_quantity
from service.workbooks.book import Cell
from service.workbooks.kinds import FLAGS, Column, Value

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufffd")
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?\Z")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?\Z")
_PERCENT = re.compile(r"(-?\d{1,12}(?:\.\d{1,12})?)%\Z")
_BLANK = re.compile(r"[\s\u00a0\u3000]+")
_UNITS = {"元": Fraction(1, 10_000), "万元": Fraction(1), "亿元": Fraction(10_000)}
_SPLIT = re.compile(r"[、,，;；\s]+")
FINEST = Fraction(1, 1_000_000)
SAVE_AGAIN = "请在 Excel 中打开后另存一次再上传；或把公式改为数值"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell or row: place ``工作表!B7``, value read, what is allowed, example, cure."""

    place: str
    message: str
    value: str
    allowed: str
    example: str
    cure: str

    @property
    def problem(self) -> Problem:
        """Return it as every refusal is told."""
        allowed = f"{self.allowed}；例：{self.example}" if self.example else self.allowed
        return Problem(self.message, path=self.place, value=self.value, allowed=allowed, cure=self.cure)


@dataclass(frozen=True, slots=True)
class Read:
    """What one cell says.

    Args:
        value: exact text in the form of its column, "" if the cell is empty.
        raw: as the person sees it in the file.
        note: how it was understood, if that is not plain.
    """

    value: str = ""
    raw: str = ""
    note: str = ""
    place: str = ""
    fault: Fault | None = None


class UnreadableError(ValueError):
    """The text is none of what its column takes."""


def read_value(column: Column, cell: Cell | None, place: str, *, unit: str = "", epoch: int = 1900) -> Read:
    """Return what the cell at `place` says in this column; `unit` is that of the heading, for money."""
    if cell is None:
        return Read(place=place)
    if cell.kind == "f":
        return _faulty(column, place, cell.text, "公式没有保存计算结果，读不到数值", SAVE_AGAIN)
    if cell.kind == "e":
        return _faulty(column, place, cell.text, "单元格是错误值", "改正公式，或填写数值")
    raw = seen(cell, epoch)
    if column.value in (Value.LABEL, Value.CODE):
        return Read(_words(raw), raw, place=place)
    if column.gap and narrow(raw) == column.gap:
        return Read(column.gap, raw, place=place)
    try:
        value = _READERS[column.value](column, cell, raw, unit)
    except UnreadableError as error:
        return _faulty(column, place, raw, str(error), f"改为{allowed_of(column)}")
    note = f"读作 {value}" if value not in (raw.strip(), "") and column.value is not Value.TEXT else ""
    return Read(value, raw, note, place)


def _faulty(column: Column, place: str, raw: str, message: str, cure: str) -> Read:
    fault = Fault(place, f"“{column.header}”：{message}", raw, allowed_of(column), example_of(column), cure)
    return Read("", raw, place=place, fault=fault)


def allowed_of(column: Column) -> str:
    """Return in words what the column takes."""
    words = {
        Value.TEXT: f"文字，不超过 {column.limit} 字",
        Value.QUANTITY: f"数值（可带单位）或文字，不超过 {column.limit} 字",
        Value.POINTS: "分数（数字）",
        Value.WAN: "金额（万元，最多六位小数）",
        Value.PERCENT: "百分数",
        Value.COUNT: "不小于 0 的整数",
        Value.CHOICE: "、".join(column.options),
        Value.FLAG: "是、否",
        Value.CODES: "编号，用顿号分开",
        Value.LABEL: "文字",
        Value.CODE: "模板中的编号",
    }
    return words[column.value] + (f"；来源没有写的填“{column.gap}”" if column.gap else "")


def example_of(column: Column) -> str:
    """Return an example of what the column takes."""
    usual = {
        Value.POINTS: "4.5", Value.WAN: "4495.11", Value.PERCENT: "94.35%", Value.COUNT: "120",
        Value.FLAG: "是", Value.CODES: "E001、E002", Value.TEXT: "设备到货推迟", Value.QUANTITY: "95%",
        Value.CHOICE: column.options[0] if column.options else "", Value.LABEL: "指标名称", Value.CODE: "A1",
    }  # fmt: skip
    return column.example or usual[column.value]


def seen(cell: Cell, epoch: int = 1900) -> str:
    """Return the cell as the person sees it: percent as percent, a date as ISO date, digits undistorted."""
    if cell.kind == "b":
        return FLAGS[0] if cell.text == "1" else FLAGS[1]
    if cell.kind != "n":
        return cell.text
    number = decimal_of(cell.text)
    if number is None:
        return cell.text
    if cell.shows == "%":
        return f"{exact_text(Fraction(number) * 100)}%"
    if cell.shows == "d":
        return _day(number, epoch) or exact_text(Fraction(number))
    return exact_text(Fraction(number))


def decimal_of(text: str) -> Decimal | None:
    """Return the number a file holds, to the 15 digits Excel keeps; None if it is none of sane size."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or abs(number) >= 1e15 or 0 < abs(number) < 1e-12:
        return None
    return Decimal(format(number, ".15g"))


def _day(number: Decimal, epoch: int) -> str:
    first = date(1904, 1, 1) if epoch == 1904 else date(1899, 12, 30)
    days = int(number)
    return (first + timedelta(days=days)).isoformat() if 0 < days < 2_900_000 else ""


def narrow(text: str) -> str:
    """Return the text with half-width signs and no blanks, as numbers are read."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).replace("−", "-")


def _words(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _text(column: Column, cell: Cell, raw: str, unit: str) -> str:
    text = _words(raw)
    bad = ILLEGAL.search(text)
    if bad:
        raise UnreadableError(f"含有不能保存的字符（第 {bad.start() + 1} 个）")
    if len(text) > column.limit:
        raise UnreadableError(f"共 {len(text)} 字，最多 {column.limit} 字")
    return text


def _quantity(column: Column, cell: Cell, raw: str, unit: str) -> str:
    plain = narrow(raw)
    if _GROUPED.match(plain):
        plain = plain.replace(",", "")
    if _NUMBER.match(plain) or _PERCENT.match(plain):
        return plain
    return _text(column, cell, raw, unit)


def _number(raw: str, *units: str) -> Fraction:
    plain = narrow(raw)
    for each in units:
        plain = plain.removesuffix(each)
    if _GROUPED.match(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.match(plain):
        raise UnreadableError("不是数字")
    return exact(plain)


def _points(column: Column, cell: Cell, raw: str, unit: str) -> str:
    if cell.shows == "d" and cell.kind == "n":
        raise UnreadableError("单元格是日期，不是分数")
    found = exact_text(_number(raw, "分"))
    if "/" in found:
        raise UnreadableError("不是有限小数")
    return found


def _wan(column: Column, cell: Cell, raw: str, unit: str) -> str:
    plain = narrow(raw)
    own = next((name for name in ("亿元", "万元", "元") if plain.endswith(name)), "")
    found = _number(plain.removesuffix(own)) * _UNITS[own or unit or "万元"]
    if (found / FINEST).denominator != 1:
        raise UnreadableError("金额细于一分")
    return exact_text(found)


def _percent(column: Column, cell: Cell, raw: str, unit: str) -> str:
    plain = narrow(raw)
    if plain.endswith("%"):
        return f"{exact_text(_number(plain[:-1]))}%"
    found = _number(plain)
    return f"{exact_text(found * 100 if abs(found) <= 1 else found)}%"


def _count(column: Column, cell: Cell, raw: str, unit: str) -> str:
    found = _number(raw, "人", "份", "个", "户")
    if found.denominator != 1 or found < 0:
        raise UnreadableError("不是整数")
    return str(found.numerator)


def _choice(column: Column, cell: Cell, raw: str, unit: str) -> str:
    text = narrow(raw)
    if text not in column.options:
        raise UnreadableError("不在规定的几种之内")
    return text


def _flag(column: Column, cell: Cell, raw: str, unit: str) -> str:
    text = narrow(raw)
    if text in ("是", "√", "✓", "有", "1"):
        return FLAGS[0]
    if text in ("否", "×", "无", "0"):
        return FLAGS[1]
    raise UnreadableError("不是“是”或“否”")


def _codes(column: Column, cell: Cell, raw: str, unit: str) -> str:
    return "、".join(dict.fromkeys(part for part in _SPLIT.split(_text(column, cell, raw, unit)) if part))


_READERS: dict[Value, Callable[[Column, Cell, str, str], str]] = {
    Value.TEXT: _text,
    Value.QUANTITY: _quantity,
    Value.POINTS: _points,
    Value.WAN: _wan,
    Value.PERCENT: _percent,
    Value.COUNT: _count,
    Value.CHOICE: _choice,
    Value.FLAG: _flag,
    Value.CODES: _codes,
}


def same(column: Column, old: str, new: str) -> bool:
    """Return whether two texts of this column are one value."""
    if old == new or _words(old) == new:
        return True
    if column.value is Value.FLAG:
        return {old or FLAGS[1], new or FLAGS[1]} == {FLAGS[1]}
    if column.value in (Value.POINTS, Value.WAN, Value.COUNT) and is_exact(old) and is_exact(new):
        return exact(old) == exact(new)
    if column.value in (Value.QUANTITY, Value.PERCENT):
        one, other = read_quantity(old), read_quantity(new)
        return one is not None and other is not None and one.dims == other.dims and one.number == other.number
    return False
