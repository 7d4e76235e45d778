"""A workbook becomes the rows of one kind of table: columns by heading, merged cells understood, faults told.

- The heading row is the one that names most columns, on any sheet, in any order; it may be two rows high.
- Blanks, brackets with a unit, full-width signs and star marks in a heading do not count.
- A workbook of another kind is told by name: by its hidden stamp, else by its headings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from service.workbooks.book import Book, Sheet
from service.workbooks.kinds import Column, TableKind, Value
from service.workbooks.official import KINDS
from service.workbooks.values import Fault, Read, read_value

DEEP = 1_000
"""How many rows of a sheet are searched for the heading."""
_BRACKETS = re.compile(r"\(([^()]*)\)")
_NOISE = re.compile(r"[\s\u00a0\u3000:：*＊·.、]+")
_REMARK = ("注", "说明", "填表说明", "填报说明", "备注:", "备注：")
_MONEY = {"元": "元", "单位:元": "元", "万元": "万元", "单位:万元": "万元", "亿元": "亿元"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what each column found says; `total` for the row of the sum."""

    number: int
    place: str
    cells: Mapping[str, Read]
    total: bool = False

    def value(self, name: str) -> str:
        """Return the value of a column, "" if it is empty or not there."""
        found = self.cells.get(name)
        return found.value if found is not None else ""


@dataclass(frozen=True)
class Table:
    """The rows of one kind found in a workbook, with every fault of heading and cells."""

    kind: TableKind
    sheet: str = ""
    columns: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def total(self) -> Row | None:
        """Return the row of the sum."""
        return next((row for row in self.rows if row.total), None)


@dataclass(frozen=True, slots=True)
class _Heading:
    sheet: Sheet
    first: int
    last: int
    columns: dict[str, int]
    units: dict[str, str]
    twice: tuple[tuple[str, int], ...]


def read_table(book: Book, kind: TableKind) -> Table:
    """Return the rows of `kind` in the workbook; what cannot be read is a fault, never left out."""
    heading = _heading(book, kind)
    missing = list(_missing(heading, kind)) if heading is not None else []
    if heading is None or _is_other(book, kind, missing):
        return Table(kind, faults=(_not_found(book, kind),))
    faults = [*missing, *_twice(heading, kind)]
    rows = tuple(_rows(heading, kind, book.epoch))
    if not rows and not faults:
        place = heading.sheet.place(heading.last + 1, min(heading.columns.values()))
        faults.append(
            Fault(place, "表头下面没有内容", "空", f"《{kind.label}》的各行", "模板中的行", "填写后重新上传")
        )
    for row in rows:
        faults += [read.fault for read in row.cells.values() if read.fault is not None]
    return Table(kind, heading.sheet.name, heading.columns, rows, tuple(faults))


def headings_of(text: str) -> tuple[str, str]:
    """Return a heading without noise, and the unit it names in brackets."""
    plain = unicodedata.normalize("NFKC", text)
    unit = next((found for found in _BRACKETS.findall(_NOISE.sub("", plain)) if found), "")
    return _NOISE.sub("", _BRACKETS.sub("", plain)), _MONEY.get(unit, "")


def _known(kind: TableKind) -> dict[str, list[Column]]:
    """Return the columns each heading may mean, those it is the proper name of first."""
    found: dict[str, list[Column]] = {}
    for column in kind.columns:
        found.setdefault(headings_of(column.header)[0], []).append(column)
    for column in kind.columns:
        for name in column.synonyms:
            found.setdefault(headings_of(name)[0], []).append(column)
    return found


def _heading(book: Book, kind: TableKind) -> _Heading | None:
    known = _known(kind)
    best: _Heading | None = None
    for sheet in sorted(book.sheets, key=lambda each: each.hidden):
        texts = _texts(sheet, known)
        for row in sorted(texts):
            for found in _tries(sheet, row, texts, known):
                if best is None or _weight(found, kind) > _weight(best, kind):
                    best = found
    return best if best is not None and _weight(best, kind) >= _least(kind) else None


def _least(kind: TableKind) -> int:
    return 20 if len(kind.columns) > 2 else 22


def _weight(heading: _Heading, kind: TableKind) -> int:
    """Return how well a row names the columns; a required one counts more."""
    return sum(11 if kind.column(name).required else 10 for name in heading.columns)


Texts = dict[int, dict[int, tuple[str, str, str]]]


def _texts(sheet: Sheet, known: Mapping[str, list[Column]]) -> Texts:
    """Return by row and column the texts of all rows that hold a known heading, or lie beside such a row."""
    rows: Texts = {}
    hits: set[int] = set()
    for (row, column), cell in sheet.cells.items():
        if cell.kind == "s" and row <= DEEP and len(cell.text) <= 60:
            name, unit = headings_of(cell.text)
            rows.setdefault(row, {})[column] = (name, unit, cell.place)
            if name in known:
                hits.add(row)
    return {row: texts for row, texts in rows.items() if row in hits or row - 1 in hits or row + 1 in hits}


def _tries(sheet: Sheet, row: int, texts: Texts, known: Mapping[str, list[Column]]) -> Iterator[_Heading]:
    top, below = texts[row], texts.get(row + 1, {})
    single = _match(sheet, row, row, [{c: t[0] for c, t in top.items()}], top, known)
    yield single
    joined = {
        c: (top.get(c, ("",))[0] if top.get(c, ("", "", ""))[2] != low[2] else "") + low[0]
        for c, low in below.items()
    }
    names = [joined, {c: t[0] for c, t in below.items()}, {c: t[0] for c, t in top.items()}]
    double = _match(sheet, row, row + 1, names, {**top, **below}, known)
    if len(double.columns) > len(single.columns):
        yield double


def _match(
    sheet: Sheet,
    first: int,
    last: int,
    names: list[dict[int, str]],
    texts: Mapping[int, tuple[str, str, str]],
    known: Mapping[str, list[Column]],
) -> _Heading:
    columns: dict[str, int] = {}
    units: dict[str, str] = {}
    twice: list[tuple[str, int]] = []
    used: set[int] = set()
    for place in sorted({c for each in names for c in each}):
        options = [column for each in names for column in known.get(each.get(place, ""), ())]
        free = next((column for column in options if column.name not in columns), None)
        if free is not None and place not in used:
            columns[free.name], units[free.name] = place, texts[place][1]
            used.add(place)
        elif options and texts[place][2] != _place_of(texts, columns[options[0].name]):
            twice.append((options[0].name, place))
    for row in range(last + 1, last + 3):
        if not columns or not all(_repeats(sheet, row, place) for place in columns.values()):
            break
        last = row
    return _Heading(sheet, first, last, columns, units, tuple(twice))


def _place_of(texts: Mapping[int, tuple[str, str, str]], column: int) -> str:
    return texts[column][2] if column in texts else ""


def _repeats(sheet: Sheet, row: int, column: int) -> bool:
    own, above = sheet.cell(row, column), sheet.cell(row - 1, column)
    return own is not None and above is not None and own.covered and own.place == above.place


def _missing(heading: _Heading, kind: TableKind) -> Iterator[Fault]:
    place = heading.sheet.place(heading.first, min(heading.columns.values()))
    named = "、".join(kind.column(name).header for name in heading.columns)
    for column in kind.columns:
        if column.required and column.name not in heading.columns:
            words = "、".join((column.header, *column.synonyms))
            cure = f"在表头加上“{column.header}”一列，或重新下载《{kind.label}》模板"
            yield Fault(place, f"没有找到“{column.header}”这一列", named, words, column.header, cure)


def _twice(heading: _Heading, kind: TableKind) -> Iterator[Fault]:
    for name, column in heading.twice:
        header = kind.column(name).header
        place = heading.sheet.place(heading.first, column)
        yield Fault(
            place, f"有两列都是“{header}”", header, "每个表头只出现一次", header, "删去或改名多余的一列"
        )


def _rows(heading: _Heading, kind: TableKind, epoch: int) -> Iterator[Row]:
    sheet = heading.sheet
    for number in range(heading.last + 1, sheet.last_row + 1):
        row = _row(heading, kind, number, epoch)
        if row is not None:
            yield row


def _row(heading: _Heading, kind: TableKind, number: int, epoch: int) -> Row | None:
    sheet = heading.sheet
    found = {name: sheet.cell(number, column) for name, column in heading.columns.items()}
    if all(cell is None or cell.covered for cell in found.values()):
        return None
    texts = {cell.text.strip() for cell in found.values() if cell is not None}
    first = next(cell.text.strip() for cell in found.values() if cell is not None)
    if len(texts) == 1 and (first.startswith(_REMARK) or _is_band(found)):
        return None
    cells: dict[str, Read] = {}
    for name, column in heading.columns.items():
        spec = kind.column(name)
        cell, place = found[name], sheet.place(number, column)
        unit = heading.units.get(name, "")
        read = read_value(spec, cell, place, unit=unit, epoch=epoch)
        if cell is not None and cell.covered and spec.value not in (Value.LABEL, Value.TEXT, Value.CODE):
            read = _shared(sheet, spec, read, cell.place)
        cells[name] = read
    total = bool(texts & set(kind.totals))
    return Row(number, sheet.place(number, min(heading.columns.values())), cells, total)


def _is_band(found: Mapping[str, object]) -> bool:
    """Return whether one merged cell covers the whole row: a line between groups."""
    return len(found) > 1 and all(cell is not None for cell in found.values())


def _shared(sheet: Sheet, column: Column, read: Read, anchor: str) -> Read:
    """A figure in a cell merged over several rows or columns belongs to no single one of them."""
    fault = Fault(
        read.place,
        f"“{column.header}”：合并单元格盖住了几格，分不清属于哪一格",
        read.raw,
        "每格一个值",
        column.example or "9.5",
        f"取消 {sheet.name}!{anchor} 的合并，分别填写",
    )
    return Read("", read.raw, place=read.place, fault=fault)


def identify(book: Book, kinds: Iterable[TableKind] = ()) -> TableKind | None:
    """Return the kind the workbook is, by its stamp or by its headings; None if it is none we know."""
    stamped = KINDS.get(book.stamp.get("kind", ""))
    if stamped is not None:
        return stamped
    best, most = None, 0
    for kind in kinds or KINDS.values():
        heading = _heading(book, kind)
        if heading is not None and _weight(heading, kind) > most:
            best, most = kind, _weight(heading, kind)
    return best


def _is_other(book: Book, kind: TableKind, missing: list[Fault]) -> bool:
    """Return whether the workbook is another of the tables brought back, by stamp or by columns it lacks."""
    if kind.name not in KINDS:
        return False
    stamped = book.stamp.get("kind", kind.name)
    other = identify(book) if missing or stamped != kind.name else None
    return other is not None and other.name != kind.name


def _not_found(book: Book, kind: TableKind) -> Fault:
    other = identify(book)
    sheet = book.sheets[0].name if book.sheets else "Sheet1"
    allowed = "、".join(column.header for column in kind.columns if column.required or column.imported)
    cure = f"下载《{kind.label}》模板，填写后上传"
    if other is not None and other.name != kind.name:
        message = f"这是《{other.label}》，这里要的是《{kind.label}》"
        cure = f"{cure}；《{other.label}》请到“{other.where}”上传"
        return Fault(f"{sheet}!A1", message, f"《{other.label}》", f"《{kind.label}》", kind.label, cure)
    return Fault(
        f"{sheet}!A1", f"没有找到《{kind.label}》的表头", book.name, f"表头：{allowed}", allowed, cure
    )
