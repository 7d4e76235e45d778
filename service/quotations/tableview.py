"""Find cells of a table by row and column as written in paths ``table.<id>.<row>.<col>``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from service.quotations.printed import read_operand
from service.quotations.rows import Row


@dataclass(frozen=True, slots=True)
class TableView:
    """A table to look into.

    Args:
        columns: headings.
        rows: rows of text; bands and totals keep their kind.
        keys: other names of rows by index, e.g. node codes.
        exact: exact numbers behind cells by (row, column); otherwise the text is read.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    keys: Mapping[str, int] = field(default_factory=dict)
    exact: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)

    def column(self, name: str) -> int | None:
        """Return the index of a column by heading or ``#n`` (from 1)."""
        if name.startswith("#") and name[1:].isdigit():
            index = int(name[1:]) - 1
            return index if 0 <= index < len(self.columns) else None
        wanted = "".join(name.split())
        return next((i for i, c in enumerate(self.columns) if "".join(c.split()) == wanted), None)

    def found_rows(self, name: str) -> list[int]:
        """Return the indexes of the rows named by key, first cell, ``#n``, ``1~20`` or ``*``."""
        body = [i for i, row in enumerate(self.rows) if row.kind == "body"]
        if name == "*":
            return body
        if name in self.keys:
            return [self.keys[name]]
        if name.startswith("#") and name[1:].isdigit():
            return [body[int(name[1:]) - 1]] if 0 < int(name[1:]) <= len(body) else []
        if "~" in name:
            low, high = (read_operand(end) for end in name.split("~", 1))
            numbers = ((i, read_operand(self.cell(i, 0))) for i in body)
            return [
                i
                for i, n in numbers
                if n is not None and low is not None and high is not None and low <= n <= high
            ]
        wanted = "".join(name.split())
        return [i for i, row in enumerate(self.rows) if "".join(row.cells[0].split()) == wanted][:1]

    def cell(self, row: int, column: int) -> str:
        """Return the text of a cell; ``^`` and ``<`` give the cell they continue."""
        cells = self.rows[row].cells
        text = cells[column] if column < len(cells) else ""
        if text == "^" and row > 0:
            return self.cell(row - 1, column)
        if text == "<" and column > 0:
            return self.cell(row, column - 1)
        return text

    def continues(self, row: int, column: int) -> bool:
        """Return whether a cell is only the continuation of the one above."""
        cells = self.rows[row].cells
        return column < len(cells) and cells[column] == "^"

    def number(self, row: int, column: int) -> Fraction | None:
        """Return the exact number of a cell; None when it is not a number."""
        exact = self.exact.get((row, column))
        return exact if exact is not None else read_operand(self.cell(row, column))


Tables = Mapping[str, TableView]


def split_path(path: str) -> tuple[str, str, str]:
    """Return table id, row and column of ``table.<id>.<row>[.<col>]``; missing parts are empty.

    The column is what follows the last dot, the row what lies between (it may hold dots).
    """
    _, _, rest = path.partition(".")
    table, _, rest = rest.partition(".")
    row, dot, column = rest.rpartition(".")
    return (table, row, column) if dot else (table, rest, "")
