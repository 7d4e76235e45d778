"""A report handed in as .docx, .pdf, .xlsx or .txt becomes a `Document`; files of strangers are only
opened in a shut-in child.

Before that the container is judged as evidence is: kind, size, macros, outside relations, password. The
child has no network and none of our environment; what it may use is `CPU_SECONDS`, `MEMORY` and
`SECONDS`. Nothing of the file is kept.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from service.errors import InvalidError, Problem
from service.evidence.inspect import inspect_bytes
from service.evidence.kinds import MediaKind
from service.lint.document import Block, Cell, Document, Paragraph, Table
from service.lint.marks import mark_of
from service.lint.numbers import cell_number
from service.lint.shape import caption_of, shape, squeeze, squeeze_cell
from service.report.figures import num
from service.workbooks.book import Sheet, in_child, read_book

CPU_SECONDS, MEMORY, SECONDS = 60, 1 << 30, 90.0
LARGEST, LARGEST_TEXT, MOST_CHARS = 60 << 20, 8 << 20, 3_000_000
LONGEST = 20_000
ALLOWED = "*.docx *.pdf *.xlsx *.txt"
_CURE = "在 Word 或 WPS 中打开，另存为 *.docx 或输出为带文字的 PDF 后再核对"
_POINTS = re.compile(r"[（(]\s?-?[\d.]{1,6}\s?分?[）)]")
_PROGRAMS = {MediaKind.DOCX: "readdocx.py", MediaKind.PDF: "readpdf.py"}
_REFUSED = {
    "pages": ("页数过多，读不完", "不超过 400 页"),
    "no-text": ("PDF 里没有文字，像是扫描件", "带文字的 PDF"),
    "limits": (
        "文件损坏或过于复杂，在限定的时间和内存内读不完",
        f"{CPU_SECONDS} 秒、{MEMORY >> 20} MB 内读完",
    ),
}


def read_report(name: str, content: bytes) -> Document:
    """Return the document handed in as `name`.

    Raises:
        InvalidError: it is refused or cannot be read; with everything that speaks against it.
        UnavailableError: too many files are being read at this moment.
    """
    if len(content) > LARGEST:
        raise _refused(name, "文件过大", f"{len(content) / (1 << 20):.1f} MB", f"不超过 {LARGEST >> 20} MB")
    if name.lower().endswith(".txt"):
        return _limited(Document(name, "txt", shape(_text(name, content).split("\n"))))
    kind = inspect_bytes(name, content)
    if kind is MediaKind.XLSX:
        sheets = read_book(name, content).sheets
        return _limited(
            Document(name, "xlsx", tuple(_of_sheet(s) for s in sheets if s.cells and not s.hidden))
        )
    if kind not in _PROGRAMS:
        raise _refused(name, "不能核对这种文件", kind.value, ALLOWED)
    script = Path(__file__).with_name(_PROGRAMS[kind])
    with in_child(script, content, cpu=CPU_SECONDS, memory=MEMORY, seconds=SECONDS) as ended:
        found: dict[str, Any] = json.loads(ended.read_bytes()) if ended is not None else {"refused": "limits"}
    if "refused" in found:
        message, allowed = _REFUSED[found["refused"]]
        raise _refused(name, message, name, allowed)
    return _limited(Document(name, kind.value, tuple(_blocks(found["blocks"]))))


def _refused(name: str, message: str, value: str, allowed: str) -> InvalidError:
    return InvalidError(Problem(message, path=name, value=value, allowed=allowed, cure=_CURE))


def _text(name: str, content: bytes) -> str:
    if len(content) > LARGEST_TEXT:
        raise _refused(
            name, "文本过大", f"{len(content) / (1 << 20):.1f} MB", f"不超过 {LARGEST_TEXT >> 20} MB"
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise _refused(name, "文本的编码读不懂", name, "UTF-8 或 GB18030 的文本")


def _limited(document: Document) -> Document:
    """Hold what the rules read to sizes they were measured on."""
    blocks = document.blocks
    size = 0
    longest = 0
    for block in blocks:
        texts = [block.text] if isinstance(block, Paragraph) else [c.text for row in block.rows for c in row]
        size += sum(map(len, texts))
        longest = max(longest, *map(len, texts), 0)
    if size > MOST_CHARS or longest > LONGEST:
        value = f"{size} 字，最长一段 {longest} 字"
        allowed = f"共不超过 {MOST_CHARS} 字，每段不超过 {LONGEST} 字"
        raise InvalidError(
            Problem(
                "文字过多或没有分段",
                path=document.name,
                value=value,
                allowed=allowed,
                cure="分成几个文件核对",
            )
        )
    return document


def _blocks(plain: list[list[Any]]) -> list[Block]:
    found: list[Block] = []
    for kind, content, *more in plain:
        page = more[0] if more else 0
        if kind == "p":
            found += [Paragraph(text, page) for part in content.split("\n") if (text := squeeze(part))]
        elif content:
            rows = pages_joined(content, more[1]) if len(more) > 1 else content
            found.append(Table(_grid(rows), caption_of(found), page))
    return found


def pages_joined(rows: list[list[str | None]], breaks: list[int]) -> list[list[str | None]]:
    """Return the rows of a PDF table with lines of a cell joined and what page breaks cut put together again.

    A row that begins a page without a number goes on the row above; points such as （10） alone go on
    the label above.
    """
    kept: list[list[str | None]] = []
    for number, row in enumerate(rows):
        cells = [None if cell is None else _lines_joined(cell) for cell in row]
        if number in breaks and kept:
            for column, cell in enumerate(cells):
                above = next((r for r in reversed(kept) if r[column]), None)
                if cell and _POINTS.fullmatch(cell) and above is not None:
                    above[column], cells[column] = f"{above[column]}{cell}", None
            if not any(c and cell_number(c) is not None for c in cells) and any(
                c and cell_number(c) is not None for c in kept[-1]
            ):
                kept[-1] = [f"{a or ''}{b or ''}" if b else a for a, b in zip(kept[-1], cells, strict=True)]
                continue
        kept.append(cells)
    return kept


def _lines_joined(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    made = lines[:1]
    for line in lines[1:]:
        if mark_of(line):
            made.append(line)
        else:
            made[-1] += line
    return "\n".join(made)


def _grid(rows: list[list[Any]]) -> tuple[tuple[Cell, ...], ...]:
    """Return full rows; a merged cell is repeated over what it covers."""
    made: list[list[Cell]] = []
    for row in rows:
        cells: list[Cell] = []
        for cell in row:
            text, wide, below = cell if isinstance(cell, list) else (cell, 1, False)
            column = len(cells)
            if text is None:
                cells.append(Cell("", covered=True))
                continue
            if below and made and column < len(made[-1]):
                cells += [Cell(made[-1][column].text, covered=True)] * wide
                continue
            own = squeeze_cell(text)
            cells += [Cell(own), *[Cell(own, covered=True)] * (wide - 1)]
        made.append(cells)
    width = max(map(len, made), default=0)
    return tuple((*row, *[Cell("")] * (width - len(row))) for row in made)


def _of_sheet(sheet: Sheet) -> Table:
    rows = []
    for row in range(1, sheet.last_row + 1):
        cells = []
        for column in range(1, sheet.last_column + 1):
            cell = sheet.cell(row, column)
            text = "" if cell is None else _shown(cell.kind, cell.text, cell.shows)
            cells.append(Cell(text, covered=cell is not None and cell.covered))
        rows.append(tuple(cells))
    return Table(tuple(rows), sheet=sheet.name, name=sheet.name)


def _shown(kind: str, text: str, shows: str) -> str:
    """Return a cell as it is shown: binary fractions rounded to what was typed, percentages with their
    sign."""
    if kind != "n" or not re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?", text):
        return squeeze_cell(text)
    value = Fraction(text)
    return num(value * 100, 8) + "%" if shows == "%" else num(value, 10)
