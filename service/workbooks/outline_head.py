"""The heading of an indicator table: up to three rows high, in any order, under usual names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.workbooks.book import Book, Sheet
from service.workbooks.table import headings_of
from service.workbooks.values import Fault

DEEP, HIGH = 60, 3
_LEVEL = re.compile(r"第?([一二三四五1-5])级(?:评价|考核|绩效|指标)*(?:指标)?(?:名称|内容)?\Z")
_NUMBER = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_LEAF = (
    "指标名称",
    "指标",
    "评价指标",
    "考核指标",
    "绩效指标",
    "评价项目",
    "考核项目",
    "评分项目",
    "指标内容",
    "具体指标",
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "max": (
        "分值",
        "权重",
        "满分",
        "标准分",
        "标准分值",
        "指标分值",
        "分数",
        "权重分",
        "权重值",
        "指标权重",
        "满分值",
    ),
    "explanation": (
        "指标说明",
        "指标解释",
        "指标内涵",
        "指标含义",
        "说明",
        "解释",
        "评价要点",
        "评价内容",
        "考核内容",
        "考察内容",
        "指标定义",
    ),
    "criteria": (
        "评分标准",
        "评分规则",
        "评分细则",
        "评分办法",
        "评分方法",
        "计分标准",
        "计分方法",
        "计分办法",
        "计分规则",
        "评价标准",
        "打分标准",
        "评分说明",
        "扣分标准",
        "评分依据",
        "考核标准",
        "评分要求",
    ),
    "target": (
        "指标值",
        "目标值",
        "标准值",
        "年度指标值",
        "年度目标值",
        "预期指标值",
        "预期值",
        "绩效目标值",
        "计划值",
        "指标标准",
    ),
    "source": ("指标出处", "指标来源", "标准来源", "数据来源", "依据", "评价依据", "出处", "指标依据"),
    "evidence": ("佐证材料", "证明材料", "所需资料", "评价资料", "佐证", "取数来源", "证据来源"),
    "unit": ("计量单位", "单位"),
}
"""The fields of a leaf and what their columns may be called."""
_PER = re.compile(r"每个?(?:指标|项)?(?:均)?(?:按|以)(\d{2,3})分(?:计|制)?")
_KNOWN = {name: key for key, names in FIELDS.items() for name in names}


@dataclass(frozen=True)
class Heading:
    """Where the heading stands and what its columns mean.

    Args:
        levels: columns of the levels, first level first; `level_names` their headings.
        columns: columns by field; two under one merged heading belong together.
    """

    sheet: Sheet
    last: int
    levels: tuple[int, ...]
    level_names: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    headers: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...] = ()
    each: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def used(self) -> tuple[int, ...]:
        """Return every column that is read."""
        return (*self.levels, *(column for columns in self.columns.values() for column in columns))


def heading_in(book: Book) -> Heading | None:
    """Return the heading that names most of an indicator table, on any shown sheet; None without one."""
    best: tuple[int, Heading] | None = None
    for sheet in sorted(book.sheets, key=lambda each: each.hidden):
        for row in range(1, min(DEEP, sheet.last_row) + 1):
            for high in range(1, HIGH + 1):
                found = _heading(sheet, row, high)
                weight = len(found.levels) * 2 + len(found.columns) * 3 if found is not None else 0
                if found is not None and (best is None or weight > best[0]):
                    best = (weight, found)
    return best[1] if best is not None else None


def _heading(sheet: Sheet, row: int, high: int) -> Heading | None:
    levels: dict[float, list[int]] = {}
    columns: dict[str, list[int]] = {}
    headers: dict[str, list[str]] = {}
    unread: list[str] = []
    for column in range(1, sheet.last_column + 1):
        texts = _stack(sheet, row, high, column)
        meaning = next((found for text in texts if (found := _meaning(text)) is not None), None)
        if isinstance(meaning, str):
            columns.setdefault(meaning, []).append(column)
            headers.setdefault(meaning, []).append(texts[0])
        elif meaning is not None:
            levels.setdefault(meaning, []).append(column)
        elif texts:
            unread.append(texts[0])
    if not levels or not columns or not {"max", "criteria", "target"} & columns.keys():
        return None
    return _made(sheet, row + high - 1, levels, columns, headers, unread)


def _stack(sheet: Sheet, row: int, high: int, column: int) -> list[str]:
    """Return the heading's texts over a column, the lowest first, without what repeats."""
    texts: list[str] = []
    for number in range(row + high - 1, row - 1, -1):
        cell = sheet.cell(number, column)
        if cell is not None and cell.kind == "s" and len(cell.text) <= 80 and cell.text.strip() not in texts:
            texts.append(cell.text.strip())
    return texts


def _meaning(text: str) -> str | float | None:
    """Return the field a heading means, the number of a level (9: the leaf), or None."""
    plain = headings_of(text)[0]
    if found := _LEVEL.match(plain):
        return float(_NUMBER.get(found.group(1)) or int(found.group(1)))
    return 9.0 if plain in _LEAF else _KNOWN.get(plain)


def _made(
    sheet: Sheet,
    last: int,
    levels: Mapping[float, list[int]],
    columns: Mapping[str, list[int]],
    headers: Mapping[str, list[str]],
    unread: list[str],
) -> Heading:
    order = [found for number in sorted(levels) for found in levels[number][:1]]
    names = tuple(_called(sheet, last, column) for column in order)
    twice = [*_twice(sheet, last, levels.values())]
    words = " ".join(cell.text for (row, _), cell in sheet.cells.items() if row <= last and cell.kind == "s")
    each = _PER.search(words)
    return Heading(
        sheet, last, tuple(order), names, {k: tuple(v) for k, v in columns.items()},
        {k: tuple(v) for k, v in headers.items()}, tuple(dict.fromkeys(unread)),
        each.group(1) if each and "max" not in columns else "", tuple(twice),
    )  # fmt: skip


def _called(sheet: Sheet, last: int, column: int) -> str:
    texts = _stack(sheet, max(last - HIGH + 1, 1), min(HIGH, last), column)
    return next((text for text in texts if isinstance(_meaning(text), float)), f"第 {column} 列")


def _twice(sheet: Sheet, last: int, levels: Iterable[list[int]]) -> Iterator[Fault]:
    for found in levels:
        for column in found[1:]:
            header = _called(sheet, last, column)
            cure = "删去或改名多余的一列"
            yield Fault(
                sheet.place(last, column), f"有两列都是“{header}”", header, "每级指标只有一列", header, cure
            )
