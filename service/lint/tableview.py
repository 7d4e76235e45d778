"""A table understood: headings, columns of numbers, rows of totals, how deep each row stands. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from service.lint.document import Table
from service.lint.marks import depth_of
from service.lint.numbers import Number, cell_number, is_blank

_TOTAL = re.compile(
    r"(?:[一二三四五六七八九十]{1,2}、)?[^。；]{0,12}(?:合计|总计|小计|共计|总得分|总分|综合得分|得分合计|合计得分)(?:和等级)?(?:[（(].{0,12}[）)])?"
)
_SUB = re.compile(r"小计")
_DECIDED = re.compile(r"总分(?:[（(].{0,12}[）)])?")
_REASON = re.compile(r"理由|原因")
_EXTRA = re.compile(r"加分|附加分|奖励分")
_PART = re.compile(r"(?:其中|含|内)[:：]?")
_MOST_HEADS = 5
_UNIT = re.compile(r"亿元|万元|千元|元")
_NOT_ADDED = re.compile(
    r"率|占比|比例|比重|进度|单价|均|序号|编号|年份|年度$|排名|名次|系数|指数|日期|时间|文号|电话|邮编|标准$|指标值|目标值|完成值|实际值"
)
MAX = re.compile(r"分值|满分|权重|标准分|应得分|设定分")
SCORE = re.compile(r"得分(?!率|比)|评价分值|评价分(?!值)|实得|评分$|自评分|复评分|专家评分|打分")
RATE = re.compile(r"得分率|得分比")
SERIAL = re.compile(r"序号|编号|^号$")
REMARK = re.compile(r"备注|说明|原因|意见")


class Kind(Enum):
    """What a row is."""

    HEAD = "head"
    ITEM = "item"
    TOTAL = "total"
    SUBTOTAL = "subtotal"
    NOTE = "note"


@dataclass(frozen=True)
class View:
    """A table with its meaning; rows and columns are numbered from 0 as in the table."""

    table: Table
    caption: str = ""

    @cached_property
    def heads(self) -> int:
        """How many rows at the top are headings."""
        rows = self.table.rows
        for number, row in enumerate(rows[:_MOST_HEADS]):
            numeric = sum(cell_number(c.text) is not None for c in row if not c.covered)
            if numeric or (number and _TOTAL.fullmatch(self.raw_label(number))):
                return max(number, 1) if len(rows) > 1 else 0
        return 1 if len(rows) > 1 else 0

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """Heading of each column, the rows of a heading of several rows joined."""
        found = []
        for column in range(self.table.width):
            pieces: list[str] = []
            for row in self.table.rows[: self.heads]:
                text = re.sub(r"\s", "", row[column].text)
                if text and text not in pieces:
                    pieces.append(text)
            found.append("".join(pieces))
        return tuple(found)

    @cached_property
    def unit(self) -> str:
        """Unit of money the caption names."""
        found = _UNIT.search(self.caption)
        return found[0] if found else ""

    @cached_property
    def grid(self) -> tuple[tuple[Number | None, ...], ...]:
        """The number each cell consists of; covered cells hold none."""
        units = [m[0] if (m := _UNIT.search(title)) else "" for title in self.titles]
        return tuple(
            tuple(None if c.covered else cell_number(c.text, units[n]) for n, c in enumerate(row))
            for row in self.table.rows
        )

    def raw_label(self, row: int) -> str:
        """Return the first text of a row that is not a number."""
        for cell in self.table.rows[row]:
            text = re.sub(r"\s", "", cell.text)
            if text and cell_number(text) is None:
                return text
        return ""

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """What each row is."""
        return tuple(self._kind(row) for row in range(len(self.table.rows)))

    def _kind(self, row: int) -> Kind:
        if row < self.heads:
            return Kind.HEAD
        label = self.raw_label(row)
        if _TOTAL.fullmatch(label) and not self._decided(row, label):
            return Kind.SUBTOTAL if _SUB.search(label) else Kind.TOTAL
        texts = {c.text for c in self.table.rows[row] if c.text.strip()}
        return Kind.NOTE if len(texts) <= 1 and len(self.table.rows[row]) > 1 else Kind.ITEM

    def _decided(self, row: int, label: str) -> bool:
        """Return whether a row is a decision on the total: one more number in a list of reasons.

        A total that adds up the rows above it carries no number of its own.
        """
        if not _DECIDED.fullmatch(label) or not any(_REASON.search(title) for title in self.titles):
            return False
        own, before = self.serial(row), self.serial(row - 1) if row > self.heads else "0"
        return own.isdigit() and before.isdigit() and int(own) == int(before) + 1

    @cached_property
    def body(self) -> tuple[int, ...]:
        """Numbers of the rows that are items."""
        return tuple(n for n, kind in enumerate(self.kinds) if kind is Kind.ITEM)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """How deep each row stands."""
        return tuple(depth_of(self.raw_label(n), self.serial(n)) for n in range(len(self.table.rows)))

    def serial(self, row: int) -> str:
        """Return the serial number printed in the first cell, "" if there is none."""
        first = self.table.rows[row][0]
        text = re.sub(r"\s", "", first.text)
        return text if not first.covered and re.fullmatch(r"[\d.]{1,8}", text) else ""

    def is_extra(self, row: int) -> bool:
        """Return whether a row gives points beyond the full marks (加分)."""
        return bool(_EXTRA.search(self.raw_label(row)))

    def is_part(self, row: int) -> bool:
        """Return whether a row only says how much of another one it is (其中)."""
        return bool(_PART.match(self.raw_label(row)))

    @cached_property
    def numeric(self) -> tuple[int, ...]:
        """Columns most of whose filled cells are numbers."""
        found = []
        for column in range(self.table.width):
            filled = [
                r
                for r in range(self.heads, len(self.table.rows))
                if not is_blank(self.table.rows[r][column].text) and not self.table.rows[r][column].covered
            ]
            held = sum(self.grid[r][column] is not None for r in filled)
            if held and held * 3 >= len(filled) * 2:
                found.append(column)
        return tuple(found)

    @cached_property
    def additive(self) -> tuple[int, ...]:
        """Columns of numbers whose rows may be added up."""
        return tuple(
            c
            for c in self.numeric
            if not any((n := row[c]) is not None and n.unit == "%" for row in self.grid)
            and not _NOT_ADDED.search(
                re.sub("得分率|评分标准", "", self.titles[c])
                if SCORE.search(self.titles[c])
                else self.titles[c]
            )
            and not self._counts_rows(c)
        )

    def _percent(self, column: int) -> bool:
        held = [n for row in self.grid if (n := row[column]) is not None]
        return sum(n.unit == "%" for n in held) * 2 > len(held)

    def _counts_rows(self, column: int) -> bool:
        """A first column 1, 2, 3 … is a serial number, whatever its heading."""
        held = [n.value for r in self.body if (n := self.grid[r][column]) is not None]
        return column == 0 and len(held) > 1 and held == list(range(1, len(held) + 1))

    @cached_property
    def percents(self) -> tuple[int, ...]:
        """Columns of percentages."""
        return tuple(c for c in self.numeric if self._percent(c))

    def column(self, pattern: re.Pattern[str], *, among: tuple[int, ...] | None = None) -> int | None:
        """Return the only column whose heading matches, None if there is none or more than one."""
        found = [c for c in (among or range(self.table.width)) if pattern.search(self.titles[c])]
        return found[0] if len(found) == 1 else None
