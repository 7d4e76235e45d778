"""A workbook becomes one whole 自评表: head, money block, lines and total, each figure with its cell.

- The layout is that of 财预〔2020〕10号 附件1 or near it: labels are looked for, places are not counted on.
- What cannot be read is a fault with its cell; a form with faults is shown, never taken in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from service.scoring.claims import ClaimForm, FormLine, FundRow
from service.scoring.quantities import exact, is_exact
from service.workbooks.book import Book, Cell, Sheet
from service.workbooks.official import FUNDS, SELF
from service.workbooks.table import Row, Table, headings_of, read_table
from service.workbooks.values import Fault, narrow, seen

CODE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]{0,59}\Z")
HEAD: Mapping[str, tuple[str, ...]] = {
    "code": ("项目编号", "项目代码", "项目编码"),
    "title": ("项目名称",),
    "department": ("主管部门",),
    "unit": ("实施单位", "项目单位", "填报单位"),
    "year": ("年度", "预算年度", "评价年度"),
}
"""What the head says, and what each part may be called; the first name is that of the template."""
HEAD_ROWS = 40
FEN = 1_000_000
_FUND = re.compile(r"年度资金总额|资金总额|当年财政拨款|财政拨款|上年结转|其他资金|其它资金")
_WHOLE = re.compile(r"资金总额")
_EXECUTION = re.compile(r"预算执行率|资金执行率")
_SAME_CELL = re.compile(r"\s*([^:：]{2,8})[:：]\s*(\S.*)\Z", re.S)
_YEAR = re.compile(r"(?:19|20)\d\d")
LONGEST = 200


@dataclass(frozen=True)
class ReadForm:
    """What a workbook gave: the form, and everything that could not be read."""

    form: ClaimForm
    faults: tuple[Fault, ...]


def read_form(book: Book) -> ReadForm:
    """Return the 自评表 in the workbook; its faults say everything that is missing or unreadable."""
    table = read_table(book, SELF)
    sheet = next((each for each in book.sheets if each.name == table.sheet), None)
    if sheet is None:
        return ReadForm(ClaimForm("", "", "", "", "", ()), table.faults)
    head = dict(_head(sheet))
    first = table.rows[0].number if table.rows else sheet.last_row + 1
    money = read_table(replace(book, sheets=(_above(sheet, first),)), FUNDS)
    rows = [row for row in money.rows if _fund_name(sheet, row, money)]
    funds, lines = _funds(sheet, rows, money), list(_lines(table))
    whole = next((row for row in rows if _WHOLE.search(_fund_name(sheet, row, money))), None)
    if whole is not None and whole.value("max") and not any(line.execution for line in lines):
        lines.insert(0, _execution(whole))
    form = ClaimForm(
        code=_text(head, "code"),
        title=_text(head, "title"),
        unit=_text(head, "unit"),
        department=_text(head, "department"),
        year=next(iter(_YEAR.findall(_text(head, "year"))), ""),
        lines=tuple(lines),
        funds=funds,
        rate=whole.value("rate") if whole is not None else "",
        total=table.total.value("points") if table.total is not None else "",
        places=_places(head, table, whole),
    )
    return ReadForm(form, (*_head_faults(sheet, head), *table.faults, *_fund_faults(rows)))


Found = tuple[str, str]
"""A text of the head and its cell."""


def _head(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Yield by part of the head what stands beside its label, or behind it in the same cell."""
    labels = {headings_of(name)[0]: part for part, names in HEAD.items() for name in names}
    told: set[str] = set()
    for (row, column), cell in sorted(sheet.cells.items()):
        if row > HEAD_ROWS:
            return
        if cell.kind != "s" or cell.covered:
            continue
        together = _SAME_CELL.match(cell.text)
        part = labels.get(headings_of(together[1] if together else cell.text)[0])
        if part is None or part in told:
            continue
        found = (together[2], sheet.place(row, column)) if together else _beside(sheet, row, column)
        if found is not None:
            told.add(part)
            yield part, found


def _beside(sheet: Sheet, row: int, column: int) -> Found | None:
    label = sheet.cells[row, column]
    for place in range(column + 1, sheet.last_column + 1):
        cell = sheet.cell(row, place)
        if cell is None or cell.place == label.place:
            continue
        return (seen(cell).strip(), sheet.place(row, place)) if cell.kind in "snd" else None
    return None


def _text(head: Mapping[str, Found], part: str) -> str:
    return head[part][0] if part in head else ""


def _head_faults(sheet: Sheet, head: Mapping[str, Found]) -> Iterator[Fault]:
    for part, example in (("code", "2025-0137"), ("title", "窗口设备更新项目"), ("unit", "某中心")):
        label = HEAD[part][0]
        text, place = head.get(part, ("", f"{sheet.name}!A1"))
        if not text:
            words = "、".join(HEAD[part])
            yield Fault(
                place, f"没有找到“{label}”", "空", words, example, f"在表头写明“{label}”，值写在右边一格"
            )
        elif part == "code" and not CODE.match(text):
            signs = "汉字、字母、数字和 . _ -，60 字以内"
            yield Fault(place, "“项目编号”不能用作编号", text[:60], signs, example, "按清单写编号")
        elif len(text) > LONGEST:
            yield Fault(place, f"“{label}”过长", text[:60], f"{LONGEST} 字以内", example, "写全称即可")


def _places(head: Mapping[str, Found], table: Table, whole: Row | None) -> dict[str, str]:
    found = {part: place for part, (_, place) in head.items()}
    if table.total is not None and "points" in table.total.cells:
        found["total"] = table.total.cells["points"].place
    if table.total is not None and "max" in table.total.cells:
        found["max"] = table.total.cells["max"].place
    for column in ("initial", "adjusted", "paid", "rate"):
        if whole is not None and column in whole.cells:
            found[column] = whole.cells[column].place
    return found


def _lines(table: Table) -> Iterator[FormLine]:
    for number, row in enumerate((row for row in table.rows if not row.total), 1):
        level1, name = row.value("level1"), row.value("name") or row.value("level2")
        execution = bool(_EXECUTION.search(name) or _EXECUTION.search(level1))
        yield FormLine(
            code="E" if execution else f"L{number}",
            level1=level1[:LONGEST],
            level2=row.value("level2")[:LONGEST] if row.value("name") else "",
            name=(name or level1 or f"第 {row.number} 行")[:LONGEST],
            target=row.value("target"),
            actual=row.value("actual"),
            max=_plain(row.value("max")),
            points=row.value("points"),
            deviation=row.value("deviation"),
            places={column: read.place for column, read in row.cells.items()},
            execution=execution,
        )


def _execution(whole: Row) -> FormLine:
    """Return the line of the budget's execution, which the official form keeps in its money block."""
    return FormLine(
        code="E",
        level1="",
        level2="",
        name="预算执行率",
        target="",
        actual=whole.value("rate"),
        max=_plain(whole.value("max")),
        points=whole.value("points"),
        deviation="",
        places={column: read.place for column, read in whole.cells.items()},
        execution=True,
    )


def _plain(text: str) -> str:
    plain = narrow(text).removesuffix("分")
    return plain if is_exact(plain) else ""


def _above(sheet: Sheet, first: int) -> Sheet:
    """Return what stands above the lines: there the money block is."""
    cells: dict[tuple[int, int], Cell] = {at: cell for at, cell in sheet.cells.items() if at[0] < first}
    return replace(sheet, cells=cells, last_row=min(sheet.last_row, first - 1))


def _fund_name(sheet: Sheet, row: Row, money: Table) -> str:
    """Return what the row of money is called: the words left of its figures, "" if it is none."""
    end = money.columns.get("adjusted", 1)
    texts = [cell.text for at in range(1, end) if (cell := sheet.cell(row.number, at)) is not None]
    return next((narrow(text) for text in reversed(texts) if _FUND.search(text)), "")


def _funds(sheet: Sheet, rows: list[Row], money: Table) -> tuple[FundRow, ...]:
    made = [
        FundRow(
            _fund_name(sheet, row, money),
            _fen(row.value("initial")),
            _fen(row.value("adjusted")),
            _fen(row.value("paid")),
            row.place,
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda row: not _WHOLE.search(row.name)))


def _fen(wan: str) -> int | None:
    return int(exact(wan) * FEN) if is_exact(wan) else None


def _fund_faults(rows: list[Row]) -> Iterator[Fault]:
    for row in rows:
        yield from (read.fault for read in row.cells.values() if read.fault is not None)
