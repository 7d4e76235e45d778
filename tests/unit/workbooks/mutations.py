"""Ways people and enemies change a workbook, each from a seed."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from tests.unit.workbooks.books import part_of, saved, sheet_of, with_part

Mutation = Callable[[bytes, random.Random], bytes]
SHEET = "xl/worksheets/sheet1.xml"


def _sheet(change: Callable[[Any, random.Random, int, dict[str, int]], None]) -> Mutation:
    """A change of the sheet, which gets the row of the heading and its columns."""

    def mutate(content: bytes, chance: random.Random) -> bytes:
        book = load_workbook(BytesIO(content))
        sheet = book.worksheets[0]
        row = next(r for r in range(1, 30) if any(c.value == "实际完成值" for c in sheet[r]))
        columns = {str(c.value): c.column for c in sheet[row] if c.value}
        change(sheet, chance, row, columns)
        return saved(book)

    return mutate


def _moved(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    sheet.insert_cols(chance.randint(1, 5), chance.randint(1, 3))
    sheet.insert_rows(1, chance.randint(1, 6))


def _renamed(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    sheet.cell(row, columns[chance.choice(["实际完成值", "得分"])]).value = chance.choice(["甲", "", "进度"])


def _merged(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    column = columns[chance.choice(["得分", "实际完成值", "一级指标", "指标编码"])]
    sheet.merge_cells(start_row=row + 1, end_row=row + 2, start_column=column, end_column=column)


def _texts(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    for number in (row + 1, row + 2):
        written = chance.choice(
            ["３９．５分", " 12 ", "三十", "1e3", "--", "12,345", "５０％", "=1+1", "1.2.3", "∞", "-5"]
        )
        sheet.cell(number, columns["得分"]).value = written


def _formula(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    written = chance.choice(["=A1", "=SUM(F2:F3)", "=1/0", '=HYPERLINK("http://x","y")', "=NOW()"])
    sheet.cell(row + 1, columns[chance.choice(["得分", "实际完成值"])]).value = written


def _codes(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    sheet.cell(row + 1, columns["指标编码"]).value = chance.choice(
        ["Z9", "B1", "' or 1=1", "a" * 400, "\u202eA1"]
    )
    sheet.cell(row + 1, columns["得分"]).value = 7


def _long(sheet: Any, chance: random.Random, row: int, columns: dict[str, int]) -> None:
    sheet.cell(row + 1, columns["偏差原因分析及改进措施"]).value = "长" * chance.choice([2001, 32767])
    if chance.random() < 0.5:
        sheet.cell(5000 + chance.randint(1, 9), 1).value = "远"


def _wrong(content: bytes, chance: random.Random) -> bytes:
    rows = chance.choice([
        [["编号", "指标编码", "扣分", "扣分理由", "依据条款"], ["", "B1", 1, "x", "y"]],
        [["姓名", "电话"], ["张某", 1]],
        [],
        [["调查项目", "填写内容"], ["发出问卷", 3]],
    ])  # fmt: skip
    return sheet_of(rows)


def _stamped(name: str, value: str) -> Mutation:
    def mutate(content: bytes, chance: random.Random) -> bytes:
        book = load_workbook(BytesIO(content))
        for row in book["_pingji"].iter_rows(min_col=1, max_col=2):
            if row[0].value == name:
                row[1].value = value
        _texts(book.worksheets[0], chance, *_head(book.worksheets[0]))
        return saved(book)

    return mutate


def _head(sheet: Any) -> tuple[int, dict[str, int]]:
    row = next(r for r in range(1, 30) if any(c.value == "实际完成值" for c in sheet[r]))
    return row, {str(c.value): c.column for c in sheet[row] if c.value}


def _flipped(content: bytes, chance: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(chance.randint(1, 30)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _xml(content: bytes, chance: random.Random) -> bytes:
    part = part_of(content, SHEET)
    hostile = chance.choice([
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        part.replace(b"<sheetData>", b"<sheetData><sheetData>"),
        part[: chance.randrange(len(part))],
        part.replace(b'r="A1"', b'r="ZZZZZZ99999999999"'),
        part.replace(b'r="A1"', b'r="1A"'),
        part.replace(b't="s"', b't="s" s="999999"').replace(b"<v>1</v>", b"<v>99999999</v>"),
        b"<x>" * 200_000,
        "<?xml version='1.0' encoding='utf-16'?><x/>".encode("utf-16"),
    ])  # fmt: skip
    return with_part(content, SHEET, hostile)


def _zip(content: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return with_part(content, "xl/vbaProject.bin", b"\xd0\xcf")
    if kind == 1:
        return with_part(content, "../evil.xml", b"<x/>")
    if kind == 2:
        return with_part(content, SHEET, b"<x>" + b" " * 30_000_000 + b"</x>")
    made = BytesIO(content)
    with zipfile.ZipFile(made, "a") as box:
        box.writestr(
            "xl/externalLinks/externalLink1.xml", "<externalLink><ddeLink ddeService='cmd'/></externalLink>"
        )
    return made.getvalue()


def _sizes(content: bytes, chance: random.Random) -> bytes:
    """The directory lies about the size of a part."""
    at = content.rfind(b"PK\x01\x02")
    return (
        content[: at + 24] + struct.pack("<I", chance.choice([0, 1, 2**31, 2**32 - 1])) + content[at + 28 :]
    )


MUTATIONS: dict[str, Mutation] = {
    "moved": _sheet(_moved), "renamed": _sheet(_renamed), "merged": _sheet(_merged), "texts": _sheet(_texts),
    "formula": _sheet(_formula), "codes": _sheet(_codes), "long": _sheet(_long), "wrong": _wrong,
    "old": _stamped("version", "0"), "other": _stamped("case", "another"), "kind": _stamped("kind", "scores"),
    "flipped": _flipped, "cut": _cut, "xml": _xml, "zip": _zip, "sizes": _sizes,
}  # fmt: skip
