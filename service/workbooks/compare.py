"""Rows of a workbook beside what stands: every cell new, changed, the same or wrong; nothing is stored here.

- A row is known by its key; without one by its name, if that is unique; in a table that grows it is new.
- Where a case holds no row of a table that grows, every row is new, whatever code it had elsewhere.
- An empty cell where something stands empties it, and is shown as a change. A column that is not in the
  workbook, and a row that is not, stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from service.scoring.quantities import exact, is_exact
from service.workbooks.book import Cell
from service.workbooks.kinds import Column, TableKind, Value
from service.workbooks.table import Row, Table
from service.workbooks.values import Fault, Read, allowed_of, example_of, read_value, same


class State(StrEnum):
    """What becomes of one cell."""

    NEW = "新增"
    CHANGED = "修改"
    SAME = "未变"
    WRONG = "错误"


@dataclass(frozen=True, slots=True)
class Standing:
    """One row as the case holds it.

    Args:
        key: its key joined by "/"; `label` what people call it.
        values: by column, in the text of the column; labels too, for the template.
        locked: why it cannot be changed now, "" if it can.
        most: the highest value a points column takes in this row.
        columns: columns that hold something other than the kind says, for this row alone.
    """

    key: str
    label: str
    values: Mapping[str, str]
    locked: str = ""
    most: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell: where it stands in the workbook, what stood in the case, what will."""

    column: str
    label: str
    place: str
    old: str
    new: str
    raw: str
    state: State
    note: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of the workbook: the key it has, "" if it is new, and its cells."""

    key: str
    label: str
    place: str
    cells: tuple[CellChange, ...]
    fault: Fault | None = None
    new: bool = False

    @property
    def wrong(self) -> bool:
        """Return whether anything keeps it from being taken in."""
        return self.fault is not None or any(cell.state is State.WRONG for cell in self.cells)

    @property
    def changed(self) -> bool:
        """Return whether taking it in changes anything."""
        return any(cell.state in (State.NEW, State.CHANGED) for cell in self.cells)

    def values(self) -> dict[str, str]:
        """Return what the row says in the columns that are imported."""
        return {cell.column: cell.new for cell in self.cells}


@dataclass(frozen=True)
class Comparison:
    """A whole workbook beside the case."""

    kind: TableKind
    rows: tuple[RowChange, ...] = ()
    faults: tuple[Fault, ...] = ()
    unseen: tuple[str, ...] = ()
    total: CellChange | None = None

    @property
    def ready(self) -> bool:
        """Return whether it may be taken in: no fault, and something changes."""
        return not self.faults and self.count > 0

    @property
    def count(self) -> int:
        """Return how many cells change."""
        return sum(1 for cell in self.cells if cell.state in (State.NEW, State.CHANGED))

    @property
    def cells(self) -> tuple[CellChange, ...]:
        """Return every cell, the total last."""
        found = tuple(cell for row in self.rows for cell in row.cells)
        return (*found, self.total) if self.total is not None else found

    @property
    def changed(self) -> tuple[RowChange, ...]:
        """Return the rows that change."""
        return tuple(row for row in self.rows if row.changed)

    def counts(self) -> dict[State, int]:
        """Return how many cells are in each state."""
        return {state: sum(1 for cell in self.cells if cell.state is state) for state in State}


def digest_of(standing: Iterable[Standing], total: str = "") -> str:
    """Return a name of what stands, so that a change by somebody else is noticed."""
    plain = [(row.key, sorted(row.values.items()), row.locked) for row in standing]
    return hashlib.sha256(repr((plain, total)).encode()).hexdigest()[:32]


def compare(
    table: Table, standing: Sequence[Standing], *, total: str | None = None, most_total: str = ""
) -> Comparison:
    """Return what taking in `table` would do to what stands.

    Args:
        total: the sum that stands, None where the kind has none that is kept.
    """
    if not table.rows:
        return Comparison(table.kind, faults=table.faults)
    found = _Known(table, standing)
    rows = tuple(found.rows())
    summed = _total(table, total, most_total) if total is not None else None
    faults = [*table.faults]
    known = {fault.place for fault in faults}
    for row in rows:
        own = [row.fault, *(cell.fault for cell in row.cells)]
        faults += [
            fault for fault in own if fault is not None and (fault is row.fault or fault.place not in known)
        ]
    if summed is not None and summed.fault is not None and summed.fault not in faults:
        faults.append(summed.fault)
    seen = {row.key for row in rows}
    unseen = tuple(row.label for row in standing if row.key not in seen)
    return Comparison(table.kind, rows, tuple(faults), unseen, summed)


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with one column of a row though its form is right."""

    column: str
    message: str
    allowed: str
    cure: str
    example: str = ""


Judge = Callable[[RowChange], Iterable[Objection]]


def judged(found: Comparison, judge: Judge) -> Comparison:
    """Return the comparison with what `judge` says against the rows that change."""
    rows, faults = [], list(found.faults)
    for row in found.rows:
        objections = {o.column: o for o in judge(row)} if row.changed and not row.wrong else {}
        rows.append(replace(row, cells=tuple(_objected(cell, objections) for cell in row.cells)))
        faults += [cell.fault for cell in rows[-1].cells if cell.column in objections and cell.fault]
        known = {cell.column for cell in row.cells}
        rest = [
            _fault(o, row.place, row.label, found.kind) for o in objections.values() if o.column not in known
        ]
        faults += rest
        if rest:
            rows[-1] = replace(rows[-1], fault=rest[0])
    return replace(found, rows=tuple(rows), faults=tuple(faults))


def _objected(cell: CellChange, objections: Mapping[str, Objection]) -> CellChange:
    found = objections.get(cell.column)
    if found is None:
        return cell
    fault = Fault(
        cell.place, f"“{cell.label}”：{found.message}", cell.raw or "空", found.allowed,
        found.example or found.allowed, found.cure,
    )  # fmt: skip
    return replace(cell, state=State.WRONG, fault=fault)


def _fault(found: Objection, place: str, label: str, kind: TableKind) -> Fault:
    example = found.example or found.allowed
    return Fault(
        place, f"{label}：{found.message}", f"《{kind.label}》的这一行", found.allowed, example, found.cure
    )


class _Known:
    """What the rows of a workbook are looked up in."""

    def __init__(self, table: Table, standing: Sequence[Standing]) -> None:
        self._table, self._kind = table, table.kind
        self._by_key = {row.key: row for row in standing}
        names: dict[str, list[Standing]] = {}
        for row in standing:
            names.setdefault(row.values.get(self._kind.named, ""), []).append(row)
        self._by_name = {name: rows[0] for name, rows in names.items() if name and len(rows) == 1}
        self._first: dict[str, str] = {}

    def rows(self) -> Iterator[RowChange]:
        for row in self._table.rows:
            if not row.total:
                yield self._row(row)

    def _row(self, row: Row) -> RowChange:
        key = "/".join(row.value(name) for name in self._kind.key)
        blank = not key.strip("/")
        held = self._by_key.get(key) if not blank else None
        if held is None and blank and self._kind.named:
            held = self._by_name.get(row.value(self._kind.named))
        fault = self._fault(row, key, held, blank=blank)
        if fault is None and held is not None:
            self._first.setdefault(held.key, row.place)
        elif fault is None and not blank:
            self._first.setdefault(key, row.place)
        new = held is None and fault is None
        cells = tuple(self._cells(row, held)) if fault is None else ()
        label = held.label if held is not None else self._label(row, key)
        return RowChange(held.key if held is not None else key, label, row.place, cells, fault, new)

    def _label(self, row: Row, key: str) -> str:
        named = row.value(self._kind.named) if self._kind.named else ""
        return named or key.strip("/") or f"第 {row.number} 行（新增）"

    def _fault(self, row: Row, key: str, held: Standing | None, *, blank: bool) -> Fault | None:
        kind = self._kind
        column = kind.column(kind.key[0])
        place = row.cells[column.name].place if column.name in row.cells else row.place
        own = held.key if held is not None else key
        if own.strip("/") and own in self._first:
            value = row.value(kind.named) or own
            cure = "只保留一行"
            return Fault(place, f"与 {self._first[own]} 是同一行", value, "每个编号只出现一行", own, cure)
        fresh = kind.grows and not kind.keyed and (blank or not self._by_key)
        if held is not None or fresh or (kind.names_rows and not blank):
            return None
        value = key.strip("/") or row.value(kind.named) or "空"
        known = [each.key for each in self._by_key.values()]
        what = "这里没有这个编号" if not blank else "认不出这一行是哪一项"
        some = "、".join(known[:8]) + ("…" if len(known) > 8 else "")
        cure = "按模板填写编号" + ("；新增的行把编号留空" if kind.grows and not kind.keyed else "")
        return Fault(place, what, value, some or "先有评价方案", known[0] if known else column.header, cure)

    def _cells(self, row: Row, held: Standing | None) -> Iterator[CellChange]:
        for column in self._kind.columns:
            read = row.cells.get(column.name)
            if read is None or not (column.imported or (held is None and column.value is Value.CODE)):
                continue
            if column.value is Value.CODE and not self._kind.names_rows:
                continue
            yield _cell(column, read, held)


def _cell(column: Column, read: Read, held: Standing | None) -> CellChange:
    own = held.columns.get(column.name) if held is not None else None
    if own is not None and read.fault is None and read.raw:
        column, read = own, read_value(own, Cell("s", read.raw), read.place)
    old = held.values.get(column.name, "") if held is not None else ""
    fault = read.fault or _beyond(column, read, held)
    new = read.value
    if fault is None and same(column, old, new) and (held is not None or new or not column.needed):
        return CellChange(column.name, column.header, read.place, old, old, read.raw, State.SAME, read.note)
    if fault is None and column.needed and not new:
        fault = Fault(
            read.place,
            f"“{column.header}”没有填写",
            "空",
            allowed_of(column),
            example_of(column),
            "填写后重新上传",
        )
    if fault is None and held is not None and held.locked:
        cure = "恢复原来的内容，或等可以修改时再上传"
        fault = Fault(
            read.place, held.locked, read.raw or "空", f"原来的内容：{old or '空'}", old or "空", cure
        )
    state = State.WRONG if fault is not None else State.CHANGED if old else State.NEW
    return CellChange(column.name, column.header, read.place, old, new, read.raw, state, read.note, fault)


def _beyond(column: Column, read: Read, held: Standing | None) -> Fault | None:
    most = held.most.get(column.name, "") if held is not None else ""
    if not read.value or not most or column.value is not Value.POINTS or not is_exact(most):
        return None
    if not is_exact(read.value):
        return None
    full = exact(most)
    if full < 0 or 0 <= exact(read.value) <= full:
        return None
    allowed = f"0 至 {most} 分"
    return Fault(
        read.place, f"“{column.header}”超出范围", read.raw, allowed, most, f"改为{allowed}之间的分数"
    )


def _total(table: Table, old: str, most: str) -> CellChange | None:
    row = table.total
    points = next((c for c in table.kind.columns if c.value is Value.POINTS), None)
    if row is None or points is None or not row.cells.get(points.name, Read()).raw:
        return None
    read = row.cells[points.name]
    held = Standing("", "总分", {points.name: old}, most={points.name: most})
    cell = _cell(points, read, held)
    return CellChange(
        "total", "自评总分", cell.place, cell.old, cell.new, cell.raw, cell.state, cell.note, cell.fault
    )
