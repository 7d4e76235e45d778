"""Fields of forms: what a person typed becomes an exact value, or a sentence about what is wrong.

- Text is NFC and legal in XML; what Word or a page could not show is refused, never cut.
- Points are exact text, money is 分 of yuan typed in 万元, days are ISO dates; full-width digits are read.
- `metadata` says how a page shows the field: `label`, `help`, `widget`, `choices`, `rows`, `quiet`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from marshmallow import RAISE, Schema, ValidationError
from marshmallow import fields as ma

from service.errors import InvalidError, Problem

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?\Z")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\Z")
FEN = 1_000_000
SHORT, LONG = 300, 20_000


def shown(label: str, help: str = "", *, widget: str = "text", **more: Any) -> dict[str, Any]:
    """Return the `metadata` of a field: how a page shows it."""
    return {"label": label, "help": help, "widget": widget, **more}


class Form(Schema):
    """What an act takes; a field nobody declared is refused."""

    class Meta:
        """Strict."""

        unknown = RAISE


class Words(ma.Field[str]):
    """Text in NFC; empty is missing if the field is required."""

    def __init__(self, *, limit: int = SHORT, **options: Any) -> None:
        super().__init__(**options)
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("应为文字")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        bad = ILLEGAL.search(text)
        if bad:
            raise ValidationError(f"含有不能保存的字符（第 {bad.start() + 1} 个）；请删去后重填")
        if len(text) > self.limit:
            raise ValidationError(f"共 {len(text)} 字，最多 {self.limit} 字")
        if self.required and not text:
            raise ValidationError("没有填写")
        return text


def words_typed(text: str, *, path: str, label: str, limit: int = SHORT) -> str:
    """Return what was typed into a box that belongs to no form, as `Words` reads it.

    Raises:
        InvalidError: naming the box.
    """
    try:
        return Words(limit=limit).deserialize(text)
    except ValidationError as error:
        raise InvalidError(Problem(f"{label}：{'；'.join(map(str, error.messages))}", path=path)) from None


class Points(ma.Field[str]):
    """Points in 分 as exact text, e.g. ``4.5``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = plain_number(value)
        if text is None:
            raise ValidationError("不是分数；例：4.5")
        return text


class Wan(ma.Field[int]):
    """Money typed in 万元, kept in 分 of yuan."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        text = plain_number(str(value).replace(",", "").replace("，", ""))
        fen = Fraction(text) * FEN if text is not None else None
        if fen is None or fen.denominator != 1:
            raise ValidationError("不是金额（万元，最多六位小数）；例：4495.11")
        return int(fen)


class Day(ma.Field[date]):
    """A day, e.g. ``2026-06-30``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        found = DAY.match(unicodedata.normalize("NFKC", str(value)).strip())
        try:
            return date(*(int(part) for part in found.groups())) if found else _no_day()
        except ValueError as error:
            raise ValidationError("没有这一天；例：2026-06-30") from error


def _no_day() -> date:
    raise ValueError


class Choice(ma.Field[str]):
    """One of the values offered; which ones is in `metadata`: `options` or the name of `choices`.

    Where the case decides which of a closed set are offered, `closed` names the whole set.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = str(value).strip()
        if text:
            _demand_known(self, text)
        if self.required and not text:
            raise ValidationError("没有选择")
        return text


class Several(ma.Field[tuple[str, ...]]):
    """Any number of the values offered, in the order sent; `closed` as in `Choice`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> tuple[str, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        chosen = tuple(dict.fromkeys(str(item) for item in items if str(item).strip()))
        if self.required and not chosen:
            raise ValidationError("至少选一项")
        for each in chosen:
            _demand_known(self, each)
        return chosen


def closed_set(field: ma.Field[Any]) -> Mapping[str, str] | None:
    """Return the labels of the values a field may ever have, by value; None if they are no closed set."""
    known: Mapping[str, str] | None = field.metadata.get("options") or field.metadata.get("closed")
    return known


def _demand_known(field: ma.Field[Any], text: str) -> None:
    known = closed_set(field)
    if known is not None and text not in known:
        raise ValidationError(f"应为：{'、'.join(known.values())}")


class Lines(ma.Field[tuple[str, ...]]):
    """One item per line; empty lines do not count."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> tuple[str, ...]:
        lines = value if isinstance(value, list | tuple) else re.split(r"\r\n|\n", str(value))
        words = Words(limit=LONG)
        found = tuple(text for text in (words.deserialize(line) for line in lines) if text)
        if self.required and not found:
            raise ValidationError("没有填写；每行一项")
        return found


class Flag(ma.Field[bool]):
    """A box ticked or not; a page sends nothing for one that is not. A required one has to be ticked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if value in (True, "1"):
            return True
        if self.required and value in (False, "", "0"):
            raise ValidationError("没有勾选")
        if value in (False, "", "0"):
            return False
        raise ValidationError("应为勾选或不勾选")


class Upload(ma.Field[Any]):
    """A file handed in; a page's multipart part."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if self.required and not getattr(value, "filename", ""):
            raise ValidationError("没有选择文件")
        return value


def plain_number(value: Any) -> str | None:
    """Return a number as exact text, full-width digits read; None if it is none."""
    if isinstance(value, bool | float):
        return None
    text = unicodedata.normalize("NFKC", str(value)).strip().replace("−", "-")
    return text if NUMBER.match(text) else None
