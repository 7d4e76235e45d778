"""Rows become a workbook to fill in, or CSV to take away; text stays text, no cell is ever a formula.

- Every text cell has the type text and the quote prefix, so ``=1+1`` written by somebody stays those words.
- Numbers that Excel keeps exactly (15 digits) are numbers; any other figure is text.
- A hidden sheet says which template, version and case it is; the reader asks it before the headings.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from service.scoring.quantities import exact, exact_text
from service.workbooks.book import STAMP
from service.workbooks.kinds import Column, TableKind, Value
from service.workbooks.values import ILLEGAL, allowed_of

_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,15})?\Z")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
_NUMBERS = frozenset({Value.POINTS, Value.WAN, Value.COUNT})
_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_FIXED = PatternFill("solid", fgColor="F2F2F2")
_TOP = Alignment(vertical="top", wrap_text=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LONGEST = 32_767


@dataclass(frozen=True, slots=True)
class Block:
    """One table of a sheet: its rows by column name, and the row of the sum."""

    kind: TableKind
    rows: Sequence[Mapping[str, str]]
    total: Mapping[str, str] | None = None
    spare: int = 0


def workbook_bytes(
    title: str,
    blocks: Sequence[Block],
    stamp: Mapping[str, str],
    notes: Sequence[str] = (),
    *,
    head: Sequence[str] = (),
) -> bytes:
    """Return an .xlsx with the blocks below each other on one sheet; the last one is brought back.

    Args:
        head: labels above the blocks, each with an empty cell beside it to fill in.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = blocks[-1].kind.label
    wide = max(len(block.kind.columns) for block in blocks)
    _line(sheet, 1, wide, title, Font(bold=True, size=14))
    row = 2
    for note in notes:
        _line(sheet, row, wide, note, Font(size=10, color="555555"))
        row += 1
    for label in head:
        put(sheet, row, 1, label).font = Font(bold=True)
        sheet.cell(row, 2).border = _BOX
        row += 1
    for block in blocks:
        row = _block(sheet, row, block) + 1
    for number in range(1, wide + 1):
        widths = [b.kind.columns[number - 1].width for b in blocks if number <= len(b.kind.columns)]
        sheet.column_dimensions[get_column_letter(number)].width = max(widths)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    hidden = book.create_sheet(STAMP)
    hidden.sheet_state = "veryHidden"
    for number, (name, value) in enumerate(stamp.items(), 1):
        put(hidden, number, 1, name)
        put(hidden, number, 2, value)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def _line(sheet: Worksheet, row: int, wide: int, text: str, font: Font) -> None:
    cell = put(sheet, row, 1, text)
    cell.font, cell.alignment = font, _TOP
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=wide)


def _block(sheet: Worksheet, top: int, block: Block) -> int:
    """Write one block from row `top` on; return the row after it."""
    columns = block.kind.columns
    for number, column in enumerate(columns, 1):
        unit = "（万元）" if column.value is Value.WAN else ""
        cell = put(sheet, top, number, f"{column.header}{unit}")
        cell.fill, cell.border, cell.alignment, cell.font = _HEAD, _BOX, _MIDDLE, Font(bold=True)
    row = top + 1
    rows = [*block.rows, *({} for _ in range(block.spare))]
    for values in [*rows, *([block.total] if block.total is not None else [])]:
        for number, column in enumerate(columns, 1):
            _put(sheet, row, number, column, values.get(column.name, ""))
        row += 1
    for number, column in enumerate(columns, 1):
        _offer(sheet, column, number, top + 1, row - 1)
    return row


def _offer(sheet: Worksheet, column: Column, number: int, first: int, last: int) -> None:
    """Let Excel offer the words a column takes, and say what it holds."""
    if last < first or not column.imported:
        return
    letter = get_column_letter(number)
    if column.options:
        rule = DataValidation("list", formula1=f'"{",".join(column.options)}"', allow_blank=True)
    else:
        rule = DataValidation(allow_blank=True)
    rule.promptTitle, rule.prompt = column.header[:30], f"{allowed_of(column)}。例：{column.example}"[:250]
    rule.showInputMessage, rule.showErrorMessage = True, False
    rule.add(f"{letter}{first}:{letter}{last}")
    sheet.add_data_validation(rule)


def _put(sheet: Worksheet, row: int, number: int, column: Column, text: str) -> None:
    cell = put(sheet, row, number, text, number_=column.value in _NUMBERS or column.name == "max")
    cell.border, cell.alignment = _BOX, _TOP
    if not column.imported:
        cell.fill = _FIXED


def put(sheet: Worksheet, row: int, number: int, text: str, *, number_: bool = False) -> Cell:
    """Return the cell, which holds `text` as text, or as a number where that is exactly the same."""
    cell = sheet.cell(row, number)
    assert isinstance(cell, Cell)
    if (
        number_
        and _PLAIN.match(text)
        and exact_text(exact(format(float(text), ".15g"))) == exact_text(exact(text))
    ):
        cell.value = float(text) if "." in text else int(text)
        return cell
    if text:
        cell.value = _ESCAPE.sub("_x005F_", ILLEGAL.sub("", text))[:LONGEST]
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = True
    return cell


def csv_bytes(block: Block) -> bytes:
    """Return a block as CSV (UTF-8 with mark, as Excel opens it); what could be a formula is disarmed."""
    columns = block.kind.columns
    heads = [column.header + ("（万元）" if column.value is Value.WAN else "") for column in columns]
    every = [*block.rows, *([block.total] if block.total is not None else [])]
    return csv_rows(heads, [[values.get(column.name, "") for column in columns] for values in every])


def csv_rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return headings and rows as CSV in the same way."""
    output = StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([disarmed(text) for text in row] for row in rows)
    return b"\xef\xbb\xbf" + output.getvalue().encode()


def disarmed(text: str) -> str:
    """Return the text so that no program takes it for a formula; a real number stays as it is."""
    if _PLAIN.match(text):
        return text
    return (
        f"'{text}"
        if text.lstrip(" \u00a0\u3000\ufeff").startswith(_RISKY) or text.startswith(_RISKY)
        else text
    )
