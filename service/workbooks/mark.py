"""Marks the cells of somebody's own workbook; the program of a shut-in child: ``python -I mark.py …``.

SOURCE is the workbook, TARGET the copy, MARKS JSON: ``[{"sheet", "cell", "state", "words"}]``. Wrong cells
are red with a comment, new ones green, changed ones yellow; a first sheet 导入结果 lists what is wrong.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

FILLS = {"错误": "F8CBAD", "新增": "E2EFDA", "修改": "FFF2CC"}
RESULT = "导入结果"
HEADS = ("位置", "问题", "读到的值", "要求", "示例", "怎么改")


def main(source: str, target: str, marks: str) -> None:
    """`target` is a copy of `source` with the marks."""
    with open(marks, encoding="utf-8") as given:
        wanted: list[dict[str, Any]] = json.load(given)
    book = load_workbook(source)
    for mark in wanted:
        if mark["sheet"] in book.sheetnames:
            _mark(book[mark["sheet"]], mark)
    _result(book, [mark for mark in wanted if mark["state"] == "错误"])
    book.save(target)


def _mark(sheet: Any, mark: dict[str, Any]) -> None:
    place = mark["cell"]
    for area in sheet.merged_cells.ranges:
        if place in area:
            place = area.coord.partition(":")[0]
    cell = sheet[place]
    cell.fill = PatternFill("solid", fgColor=FILLS[mark["state"]])
    if mark["state"] == "错误":
        earlier = f"{cell.comment.text}\n" if cell.comment is not None else ""
        comment = Comment(f"{earlier}{mark['words'][1]}；{mark['words'][5]}"[:2000], "评迹")
        comment.width, comment.height = 320, 140
        cell.comment = comment


def _result(book: Workbook, wrong: list[dict[str, Any]]) -> None:
    if RESULT in book.sheetnames:
        del book[RESULT]
    sheet = book.create_sheet(RESULT, 0)
    rows = [HEADS, *(mark["words"] for mark in wrong)] if wrong else [("没有错误",)]
    for number, row in enumerate(rows, 1):
        for at, text in enumerate(row, 1):
            cell = sheet.cell(number, at)
            if text:
                cell.value = text
                cell.data_type = "s"
    for letter, width in zip("ABCDEF", (18, 40, 24, 40, 18, 44), strict=True):
        sheet.column_dimensions[letter].width = width
    book.active = 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
