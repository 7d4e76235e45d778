"""The indicator tables of the example reports as workbooks, built from their text as offices print them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

Row = Sequence[Any]


def seed(start: str) -> str:
    """The text of a report; the test is skipped where the reports are not at hand."""
    folder = Path(os.environ.get("PINGJI_SEEDS", "/nowhere"))
    found = sorted(folder.glob(f"{start}_*.txt"))
    if not found:
        pytest.skip("PINGJI_SEEDS 没有指向报告原文")
    return found[0].read_text("utf-8")


def cells_of(lines: Sequence[str]) -> list[str]:
    """Table cells as the text has them: one begins with a tab, lines without belong to the one before."""
    cells: list[str] = []
    for line in lines:
        if re.match(r" ?\t", line):
            cells.append(re.sub(r"^ ?\t", "", line))
        elif cells:
            cells[-1] += "\n" + line
    return [cell.strip() for cell in cells]


def s3_rows() -> list[list[str]]:
    """The eight columns of the appendix of S3, sums and grade left out."""
    lines = seed("003").split("\n")
    first = next(n for n, line in enumerate(lines) if line.startswith("\t决策（16）"))
    cells, rows, at = cells_of(lines[first:]), [], 0
    while not cells[at].startswith("负向指标"):
        if cells[at] == "正向指标得分合计":
            at += 1
            continue
        rows.append(cells[at : at + 8])
        at += 8
    return rows


def s3_grades() -> str:
    """The line that states the grades of S3."""
    return re.findall(r"绩效等级：90.*", seed("003"))[-1]


def merged_down(sheet: Any, column: int, first: int, last: int) -> None:
    """Merge a column's cells with the blank ones below them."""
    top = first
    for row in range(first + 1, last + 2):
        if row == last + 1 or sheet.cell(row, column).value not in (None, ""):
            if row - 1 > top:
                sheet.merge_cells(start_row=top, end_row=row - 1, start_column=column, end_column=column)
            top = row


def s3_book(then: Callable[[Any], None] | None = None) -> bytes:
    """The appendix of S3 as a workbook: heading of three rows, levels and explanations merged downwards."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "评分表"
    sheet.append(["附件：绩效评价指标评分表"])
    sheet.append(["评价指标", "", "", "", "指标说明", "评分标准", "专家评价", ""])
    sheet.append(["一级\n指标", "二级\n指标", "三级指标", "", "", "", "评价得分", "评价意见"])
    sheet.append(["名称", "名称", "名称", "权重（%）"])
    for area in ("A1:H1", "A2:D2", "C3:D3", "E2:E4", "F2:F4", "G2:H2"):
        sheet.merge_cells(area)
    for row in s3_rows():
        sheet.append([*row[:3], float(row[3]), *row[4:6], float(row[6]) if row[6] else None, row[7]])
    last = sheet.max_row
    for column in (1, 2, 5):
        merged_down(sheet, column, 5, last)
    sheet.append(["正向指标得分合计", "", "", 100])
    sheet.append(["负向指标得分合计", "", "", -20])
    sheet.append([s3_grades()])
    sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=8)
    if then is not None:
        then(sheet)
    return saved(book)


def s1_rows() -> list[list[str]]:
    """The seven columns of the indicator table of S1; one row broken over lines is put together again."""
    lines = seed("001").split("\n")
    first = next(n for n, line in enumerate(lines) if line.startswith("一级指标\t二级指标"))
    rows: list[list[str]] = []
    for line in lines[first:]:
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) < 5:
            break
        if not "".join(cells[:3]).strip() and rows:
            rows[-1] = [old + new for old, new in zip(rows[-1], cells + [""] * 7, strict=False)]
            continue
        rows.append((cells + [""] * 7)[:7])
    return rows


def s4_rows() -> list[list[str]]:
    """The four columns of the indicator table of S4."""
    text = seed("004")
    part = text[text.index("表1-3") :].split("二、工作成效")[0]
    cells = [cell.partition("\n\n[")[0].strip() for cell in cells_of(part.split("\n")[1:])]
    return [cells[n : n + 4] for n in range(0, len(cells) - 3, 4)]


def plain_book(rows: Sequence[Row], *, merge: Sequence[int] = (), title: str = "指标体系") -> bytes:
    """A workbook of one sheet with these rows, the first being the heading; `merge` columns merged downwards."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for column in merge:
        merged_down(sheet, column, 2, sheet.max_row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    output = BytesIO()
    book.save(output)
    return output.getvalue()
