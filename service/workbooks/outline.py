"""A workbook becomes the outline of an indicator table: levels, points, wording, each with its cell.

- Levels stand in columns (一级指标 … 四级指标), merged downwards, repeated, or left blank under the first.
- Points stand in a column, in brackets behind a name (决策（16）), or in both; below zero they open a block
  that only takes off. A dash says there is nothing.
- What cannot be read is a fault; what can be read and does not agree is a remark. Both name cell, value, rule
  and cure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from service.scoring.quantities import exact, exact_text
from service.workbooks.book import Book, Cell, Sheet
from service.workbooks.outline_head import Heading, heading_in
from service.workbooks.values import ILLEGAL, SAVE_AGAIN, Fault, narrow, seen

DASH = re.compile(r"[\s—–\-－/／\\]*\Z")
_BRACKET = re.compile(
    r"(?P<name>.*?)[(（]\s*(?:共|计|满分)?(?P<points>-?\d+(?:\.\d+)?)\s*(?:分|%)?\s*[)）]\s*\Z", re.S
)
_TOTAL = re.compile(r"(?:合计|总计|小计|总分|得分总计)(?:和等级|及等级|得分)?(?:[(（].*[)）])?[:：]?\Z")
_GRADE_WORDS = ("优", "良", "中", "差", "合格")
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a node, the points printed behind it ("" if none), and its cell."""

    text: str
    points: str
    place: str


@dataclass(frozen=True, slots=True)
class Line:
    """One leaf: the names of all its levels and its texts by field, each field with its cell."""

    path: tuple[Name, ...]
    points: str
    values: Mapping[str, str]
    places: Mapping[str, str]

    @property
    def leaf(self) -> Name:
        """Return the name of the leaf."""
        return self.path[-1]

    def place(self, name: str) -> str:
        """Return the cell of a field, the leaf's own where the table has no such column."""
        return self.places.get(name) or self.leaf.place


@dataclass(frozen=True)
class Outline:
    """An indicator table as read.

    Args:
        levels: headings of the levels.
        each: full marks of every indicator where the heading states them once for all, else "".
        totals: printed sums with the words beside them and their cells.
        grades: the sentence that states the grades, "" without one.
        unread: headings of columns that say nothing of the framework (得分, 评价意见 …).
    """

    sheet: str = ""
    levels: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    each: str = ""
    totals: tuple[tuple[str, str, str], ...] = ()
    grades: str = ""
    unread: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Fault, ...] = ()
    has_points: bool = False


@dataclass
class _Reading:
    """What has been read so far; faults are collected, never raised."""

    sheet: Sheet
    head: Heading
    epoch: int
    lines: list[Line] = field(default_factory=list)
    totals: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)
    above: list[Name] = field(default_factory=list)


def read_outline(book: Book) -> Outline:
    """Return the outline of the indicator table in a workbook; without one a fault says what is wanted."""
    head = heading_in(book)
    if head is None:
        return Outline(faults=(_no_table(book),))
    reading = _Reading(head.sheet, head, book.epoch)
    for number in range(head.last + 1, head.sheet.last_row + 1):
        _row(reading, number)
    lines = tuple(reading.lines)
    if not lines and not reading.faults:
        reading.faults.append(_nothing_below(head))
    return Outline(
        sheet=head.sheet.name,
        levels=head.level_names,
        lines=lines,
        each=head.each,
        totals=tuple(reading.totals),
        grades=_grades(head.sheet),
        unread=head.unread,
        faults=(*head.faults, *reading.faults),
        remarks=tuple(reading.remarks),
        has_points="max" in head.columns or any(one.points for line in lines for one in line.path),
    )


def _row(reading: _Reading, number: int) -> None:
    """Take in one row: a leaf, more of the leaf before, a sum, or nothing."""
    sheet, head = reading.sheet, reading.head
    cells = {column: sheet.cell(number, column) for column in head.used}
    held = [cell for cell in cells.values() if cell is not None]
    if not held or all(cell.covered for cell in held) or _is_band(held, head):
        return
    names = [_name(reading, number, column) for column in head.levels]
    label = next((name.text for name in names if name.text), "")
    if _TOTAL.search(label) or (not label and _TOTAL.search(held[0].text.strip())):
        reading.totals.append(
            (label or held[0].text.strip(), _sum_of(reading, number), sheet.place(number, head.levels[0]))
        )
        return
    if not any(name.text for name in names):
        _orphan(reading, number, held)
        return
    _line(reading, number, _path(reading, names))


def _is_band(held: list[Cell], head: Heading) -> bool:
    """Return whether one merged cell covers the row: a line between groups or a remark."""
    return len(held) > 2 and len({cell.place for cell in held}) == 1


def _name(reading: _Reading, number: int, column: int) -> Name:
    """Return the name in a level's cell; a dash is none."""
    cell = reading.sheet.cell(number, column)
    place = f"{reading.sheet.name}!{cell.place}" if cell is not None else reading.sheet.place(number, column)
    text = _text(reading, cell, reading.sheet.place(number, column))
    text = re.sub(r"[^\S\n]*\n\s*", "", text)
    if DASH.match(text):
        return Name("", "", place)
    found = _BRACKET.match(text)
    if found and found["name"]:
        return Name(found["name"], narrow(found["points"]), place)
    return Name(text, "", place)


def _text(reading: _Reading, cell: Cell | None, place: str) -> str:
    """Return the words of a cell; one that cannot be read is a fault and empty."""
    if cell is None:
        return ""
    if cell.kind in ("f", "e"):
        message = "公式没有保存计算结果" if cell.kind == "f" else "单元格是错误值"
        cure = SAVE_AGAIN if cell.kind == "f" else "改正公式，或填写文字"
        if not cell.covered:
            reading.faults.append(Fault(place, message, cell.text, "文字或数字", "立项依据充分性", cure))
        return ""
    text = seen(cell, reading.epoch).replace("\r\n", "\n").replace("\r", "\n").strip()
    bad = ILLEGAL.search(text)
    if bad or len(text) > _LONGEST:
        message = "含有不能保存的字符" if bad else f"共 {len(text)} 字"
        if not cell.covered:
            cure = "删去这个字符" if bad else "写短，或分成几个指标"
            reading.faults.append(Fault(place, message, text[:60], f"文字，不超过 {_LONGEST} 字", "", cure))
        return ""
    return text


def _path(reading: _Reading, names: list[Name]) -> tuple[Name, ...]:
    """Return the names from the first level to the leaf; what is blank above continues the row before."""
    deepest = max(n for n, name in enumerate(names) if name.text)
    first = min(n for n, name in enumerate(names) if name.text)
    path: list[Name] = []
    for n in range(deepest + 1):
        if names[n].text:
            path.append(names[n])
        elif n < first and n < len(reading.above) and reading.above[n].text:
            path.append(reading.above[n])
        else:
            path.append(Name("", "", names[n].place))
    reading.above = [*path]
    kept = tuple(name for name in path if name.text)
    if any(not name.text for name in path[:first]):
        allowed = f"“{reading.head.level_names[0]}”一列写明上级"
        cure = "填上上级指标的名称，或与上面一格合并"
        missing = next(name for name in path if not name.text)
        reading.faults.append(Fault(missing.place, "这一行没有上级指标", "空", allowed, "决策（16）", cure))
    return kept


def _line(reading: _Reading, number: int, path: tuple[Name, ...]) -> None:
    values: dict[str, str] = {}
    places: dict[str, str] = {}
    fresh = False
    for name, columns in reading.head.columns.items():
        texts = []
        for column in columns:
            cell = reading.sheet.cell(number, column)
            text = _text(reading, cell, reading.sheet.place(number, column))
            if text and text not in texts:
                texts.append(text)
            fresh = fresh or (cell is not None and not cell.covered)
            places.setdefault(
                name, f"{reading.sheet.name}!{cell.place}" if cell else reading.sheet.place(number, column)
            )
        values[name] = "" if DASH.match("".join(texts)) and name != "target" else "\n".join(texts)
    points = _points(reading, values.pop("max", ""), places.get("max", ""), path[-1])
    line = Line(path, points, values, places)
    if reading.lines and reading.lines[-1].leaf.place == path[-1].place:
        reading.lines[-1] = _joined(reading, reading.lines[-1], line)
    else:
        reading.lines.append(line)


def _points(reading: _Reading, text: str, place: str, leaf: Name) -> str:
    """Return the points of a leaf as exact text; the bracket behind its name stands for an empty cell."""
    if not text:
        return leaf.points
    plain = narrow(text).removesuffix("分").removesuffix("%")
    if not re.fullmatch(r"[+-]?\d{1,6}(\.\d{1,6})?", plain):
        header = "、".join(reading.head.headers.get("max", ("分值",)))
        reading.faults.append(
            Fault(place, f"“{header}”不是数字", text[:60], "分数（数字）", "4.5", "改为分数")
        )
        return ""
    found = exact_text(exact(plain.removeprefix("+")))
    if leaf.points and exact(leaf.points) != exact(found):
        words = f"名称后面括号里是 {leaf.points}，分值一栏是 {found}"
        reading.remarks.append(Fault(place, words, text, "两处相同", leaf.points, "改成一致；现按分值一栏"))
    return found


def _joined(reading: _Reading, old: Line, new: Line) -> Line:
    """Return a leaf whose standard goes on in the next row."""
    values = {}
    for name in {*old.values, *new.values}:
        first, second = old.values.get(name, ""), new.values.get(name, "")
        values[name] = (
            first if second in ("", first) or second in first.split("\n") else f"{first}\n{second}".strip()
        )
    points = old.points or new.points
    if old.points and new.points and old.points != new.points and old.place("max") != new.place("max"):
        points = exact_text(exact(old.points) + exact(new.points))
        message = f"“{old.leaf.text}”占几行，各有分值"
        cure = "合并分值一栏，或给各行写上自己的名称"
        reading.remarks.append(
            Fault(new.place("max"), message, new.points, "一个指标一个分值", points, f"{cure}；现按相加")
        )
    return Line(old.path, points, values, old.places)


def _sum_of(reading: _Reading, number: int) -> str:
    """Return the figure of a row of sums: of the column of points, else the only figure of the row."""
    for column in reading.head.columns.get("max", ()):
        cell = reading.sheet.cell(number, column)
        plain = narrow(cell.text) if cell is not None else ""
        if re.fullmatch(r"-?\d+(\.\d+)?(分|%)?", plain):
            return exact_text(exact(plain.rstrip("分%")))
    return ""


def _orphan(reading: _Reading, number: int, held: list[Cell]) -> None:
    text = held[0].text.strip()
    if len(text) > 30 or any(word in text for word in ("注", "说明", "等级", "备注")):
        return
    place = f"{reading.sheet.name}!{held[0].place}"
    cure = "填上指标名称，或删去这一行；同一指标的几行请合并名称一格"
    reading.faults.append(
        Fault(
            place,
            "这一行没有指标名称",
            text[:60] or "空",
            "各级指标栏中至少一格有名称",
            "立项依据充分性",
            cure,
        )
    )


def _grades(sheet: Sheet) -> str:
    """Return the words that state the grades, wherever they stand on the sheet."""
    for cell in sheet.cells.values():
        named = sum(1 for word in _GRADE_WORDS if word in cell.text)
        if not cell.covered and cell.kind == "s" and named >= 3 and len(re.findall(r"\d{2}", cell.text)) >= 3:
            return cell.text
    return ""


def _no_table(book: Book) -> Fault:
    sheet = book.sheets[0].name if book.sheets else "Sheet1"
    wanted = "一级指标、二级指标、三级指标、分值（权重）、指标说明、评分标准"
    first = next(iter(book.sheets[0].cells.values()), None) if book.sheets else None
    value = first.text[:60] if first is not None else "空"
    cure = f"给表格加上表头：{wanted}；至少要有一级指标栏，并有分值、评分标准、指标值中的一栏"
    return Fault(f"{sheet}!A1", "没有找到指标表的表头", value, f"表头：{wanted}", "三级指标", cure)


def _nothing_below(head: Heading) -> Fault:
    place = head.sheet.place(head.last + 1, head.levels[0])
    return Fault(place, "表头下面没有指标", "空", "每个末级指标一行", "立项依据充分性", "填写后重新上传")
