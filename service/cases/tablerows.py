"""Rows of a free table in a case file: a list of cells, ``{band: 文字}`` or ``{total: [...]}``."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from service.cases.fields import Fault
from service.quotations.rows import Row

KINDS = ("band", "total")


def check_rows(value: Any) -> tuple[Row, ...]:
    """Return the rows of a table.

    Raises:
        ValidationError: naming each row that has none of the three forms.
    """
    if not isinstance(value, list):
        raise ValidationError(Fault("各行应是列表", allowed="- [甲, 乙]", cure="每行以“- ”开头"))
    rows, errors = [], {}
    for index, item in enumerate(value):
        row = _row(item)
        if row is None:
            errors[index] = [
                Fault(
                    "不是一行",
                    allowed="[格, 格]、{band: 文字} 或 {total: [格, 格]}",
                    cure="一行写成一个列表，每格是文字",
                )
            ]
        else:
            rows.append(row)
    if errors:
        raise ValidationError(errors)
    return tuple(rows)


def _row(item: Any) -> Row | None:
    if _is_cells(item):
        return Row(tuple(item))
    if isinstance(item, dict) and len(item) == 1:
        kind, content = next(iter(item.items()))
        if kind in KINDS and isinstance(content, str):
            return Row((content,), kind)
        if kind in KINDS and _is_cells(content):
            return Row(tuple(content), kind)
    return None


def _is_cells(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(isinstance(cell, str) for cell in item)
