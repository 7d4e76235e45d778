"""A finished table as a workbook to take away: nothing in it is brought back, no cell is ever a formula."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from service.workbooks.steady import steady
from service.workbooks.write import put

_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_TOP = Alignment(vertical="top", wrap_text=True)


def plain_workbook(
    name: str,
    notes: Sequence[str],
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[int] = (),
) -> bytes:
    """Return an .xlsx with one sheet: name, notes, headings, rows; every cell is text.

    Args:
        columns: heading and width in mm.
        numbers: columns, counted from 0, whose plain numbers are written as numbers.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name[:31]
    for number, text in enumerate((name, *notes), 1):
        cell = put(sheet, number, 1, text)
        cell.font = Font(bold=number == 1, size=14 if number == 1 else 10)
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=len(columns))
    top = len(notes) + 2
    for number, (title, width) in enumerate(columns, 1):
        cell = put(sheet, top, number, title)
        cell.fill, cell.border, cell.font = _HEAD, _BOX, Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = max(6, width / 2)
    for offset, row in enumerate(rows, 1):
        for number, text in enumerate(row, 1):
            cell = put(sheet, top + offset, number, text, number_=number - 1 in numbers)
            cell.border, cell.alignment = _BOX, _TOP
    sheet.freeze_panes = f"A{top + 1}"
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    output = BytesIO()
    book.save(output)
    return steady(output.getvalue())
