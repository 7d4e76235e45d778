"""A report as the checker sees it, whatever file it came in: paragraphs and tables with their places.
Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.workbooks.parse import letters


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands: number of the block from 0, in a table also row and column from 0, else -1."""

    block: int
    row: int = -1
    column: int = -1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: its text without idle blanks, page and line of the file (0: not known)."""

    text: str
    page: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid; `covered` if it lies under a merged cell and only repeats it."""

    text: str
    covered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table as a full grid: every row has a cell for every column.

    Args:
        name: caption if one stands right before it, else "".
        sheet: name of the worksheet, for workbooks; cells then are named as there.
        lines: line of the file of each row, for texts; else empty.
    """

    rows: tuple[tuple[Cell, ...], ...]
    name: str = ""
    page: int = 0
    sheet: str = ""
    lines: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else 0


Block = Paragraph | Table


@dataclass(frozen=True)
class Document:
    """One report: its blocks in reading order, and the numbers of its tables and paragraphs."""

    name: str
    kind: str
    blocks: tuple[Block, ...]
    _ordinals: dict[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        paragraphs = tables = 0
        for number, block in enumerate(self.blocks):
            if isinstance(block, Table):
                tables += 1
                self._ordinals[number] = tables
            else:
                paragraphs += 1
                self._ordinals[number] = paragraphs

    def paragraphs(self) -> Iterator[tuple[int, Paragraph]]:
        """Yield every paragraph with the number of its block."""
        return ((n, b) for n, b in enumerate(self.blocks) if isinstance(b, Paragraph))

    def tables(self) -> Iterator[tuple[int, Table]]:
        """Yield every table with the number of its block."""
        return ((n, b) for n, b in enumerate(self.blocks) if isinstance(b, Table))

    def context(self, spot: Spot) -> str:
        """Return the paragraph or the whole row a spot stands in, "" if it is the report as a whole."""
        if spot.block < 0:
            return ""
        block = self.blocks[spot.block]
        if isinstance(block, Paragraph):
            return block.text
        return "".join(c.text for c in block.rows[max(spot.row, 0)] if not c.covered)

    def place(self, spot: Spot) -> str:
        """Return in Chinese where a spot is: page, paragraph, line, or table, row and column."""
        if spot.block < 0:
            return "全文"
        block = self.blocks[spot.block]
        pieces = [f"第{block.page}页"] if block.page else []
        if isinstance(block, Paragraph):
            pieces.append(f"第{self._ordinals[spot.block]}段")
            return "，".join(pieces) + (f"（第{block.line}行）" if block.line else "")
        if block.sheet:
            return f"{block.sheet}!{letters(max(spot.column, 0) + 1)}{max(spot.row, 0) + 1}"
        pieces.append(f"第{self._ordinals[spot.block]}张表" + (f"“{block.name}”" if block.name else ""))
        if spot.row >= 0:
            pieces.append(f"第{spot.row + 1}行" + (f"第{spot.column + 1}列" if spot.column >= 0 else ""))
        line = block.lines[spot.row] if 0 <= spot.row < len(block.lines) else 0
        return "，".join(pieces) + (f"（第{line}行）" if line else "")
