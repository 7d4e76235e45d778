"""Workbooks for tests, made as people make them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook

HEAD = (
    "一级指标",
    "二级指标",
    "三级指标",
    "年度指标值",
    "实际完成值",
    "分值",
    "得分",
    "偏差原因分析及改进措施",
    "指标编码",
)
ROWS = (
    ("过程", "资金", "预算执行率", "100%", "94.35%", 40, 37.74, "招标节余", "A1"),
    ("产出", "数量", "更新完成情况", "320台", "320台", 60, 60, "", "B1"),
)  # fmt: skip
TOTAL = ("总分", "", "", "", "", 100, 97.74, "", "")


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def sheet_of(
    rows: Sequence[Sequence[Any]], *, title: str = "自评表", then: Callable[[Any], None] | None = None
) -> bytes:
    """A workbook with one sheet of these rows; `then` does more to the sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if then is not None:
        then(sheet)
    return saved(book)


def usual(*, then: Callable[[Any], None] | None = None) -> bytes:
    """A 自评表 of two indicators."""
    return sheet_of([HEAD, *ROWS, TOTAL], then=then)


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same workbook with one part added or replaced."""
    output = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry.filename))
        new.writestr(name, part)
    return output.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """One part of a workbook."""
    with zipfile.ZipFile(BytesIO(content)) as box:
        return box.read(name)
