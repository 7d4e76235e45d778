"""Tables of a report as grids of cells: free tables as written, node tables from the score sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.report.blocks import Cell, Line, Row, Run, Table, plain_line, text_of
from service.report.draft import Draft
from service.report.figures import cn, exact, num
from service.report.profile import Column, TableSpec
from service.report.snapshot import FreeTable, NodeView

ABOVE, LEFT = "^", "<"


def grid(
    rows: Sequence[Sequence[Line]], *, aligns: Sequence[str] = (), strong: frozenset[int] = frozenset()
) -> tuple[Row, ...]:
    """Return rows of cells; a cell written ``^`` or ``<`` continues its neighbour.

    `strong` holds indexes of emphasised rows. A ``^`` in the first row or ``<`` in the first column
    has nothing to continue and stays empty.
    """
    cells = [
        [
            Cell(line, align=aligns[c] if c < len(aligns) else "", strong=r in strong)
            for c, line in enumerate(row)
        ]
        for r, row in enumerate(rows)
    ]
    for r, row in enumerate(cells):
        for c, cell in enumerate(row):
            word = text_of(cell.line)
            if word == ABOVE:
                cells[r][c] = Cell(merge="above" if r else "")
            elif word == LEFT:
                cells[r][c] = Cell(merge="left" if c else "")
    for r, row in enumerate(cells):
        for c, cell in enumerate(row):
            below = cells[r + 1][c] if r + 1 < len(cells) and c < len(cells[r + 1]) else None
            if cell.merge == "" and below is not None and below.merge == "above":
                cells[r][c] = replace(cell, merge="restart")
    return tuple(tuple(row) for row in cells)


def free(draft: Draft, table: FreeTable, *, small: bool = False) -> Table:
    """Return a table of the narrative; its cells may hold figure tokens."""
    rows = [[draft.line(cell, place=f"tables.{table.id}") for cell in row] for row in table.rows]
    strong = frozenset((*table.bands, *table.totals))
    head = grid([[draft.line(c) for c in table.columns]])
    widths = tuple(map(float, table.widths)) or shares(table.columns, table.rows)
    return Table(table.id, head, grid(rows, aligns=table.align or sides(table), strong=strong), widths, small)


def shares(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, room: float = 156.0
) -> tuple[float, ...]:
    """Return column widths in mm that follow the length of what stands in each column.

    Every column gets room for its longest text up to five characters; the rest is shared by the mean
    and the longest text, at most twenty-two characters.
    """
    floors: list[float] = []
    weights: list[float] = []
    for place, title in enumerate(columns):
        texts = [row[place] for row in rows if place < len(row) and row[place] not in (ABOVE, LEFT)]
        sizes = [max((len(part) for part in text.split("\n")), default=0) for text in texts] or [0]
        longest = max(len(title), *sizes)
        floors.append(4.0 * min(5, longest) + 3)
        weights.append(min(22.0, 0.6 * sum(sizes) / len(sizes) + 0.4 * longest))
    rest = room - sum(floors)
    if rest < 0 or not sum(weights):
        return tuple(round(room * floor / sum(floors), 1) for floor in floors)
    return tuple(round(f + rest * w / sum(weights), 1) for f, w in zip(floors, weights, strict=True))


def sides(table: FreeTable) -> tuple[str, ...]:
    """Return "left" for columns of running text, "" (centred) for short ones."""
    found: list[str] = []
    for place in range(len(table.columns)):
        texts = [row[place] for row in table.rows if place < len(row) and row[place] not in (ABOVE, LEFT)]
        long = [text for text in texts if len(text) > 12 or "\n" in text]
        found.append("left" if len(long) * 2 > len(texts) else "")
    return tuple(found)


class NodeTable:
    """A table whose rows are nodes of the framework, drawn by the columns of a `TableSpec`."""

    def __init__(self, draft: Draft, spec: TableSpec) -> None:
        self._draft = draft
        self._spec = spec
        self._nodes = {n.code: n for n in draft.snapshot.framework.nodes}
        self._reasons: dict[str, list[str]] = {}
        for deduction in draft.snapshot.deductions:
            self._reasons.setdefault(deduction.node, []).append(deduction.reason)
        self._grounds: dict[str, list[str]] = {}
        for adjustment in draft.snapshot.adjustments:
            self._grounds.setdefault(adjustment.node, []).append(f"裁量调整：{adjustment.reason}")

    def chain(self, node: NodeView) -> list[NodeView]:
        """Return the ancestors of `node` from the root down, `node` last."""
        chain = [node]
        while chain[0].parent in self._nodes:
            chain.insert(0, self._nodes[chain[0].parent])
        return chain

    def words(self, node: NodeView, number: int) -> dict[str, str]:
        """Return what the placeholders of a column's text pattern stand for."""
        reasons = self._reasons.get(node.code, [])
        reasons = [*reasons, *self._grounds.get(node.code, [])]
        opinion = (
            "\n".join(f"{i}.{r}" for i, r in enumerate(reasons, 1)) if len(reasons) > 1 else "".join(reasons)
        )
        top = exact(node.max)
        return {
            "cn": cn(number),
            "n": str(number),
            "code": node.code,
            "name": node.name,
            "max": "" if top is None else num(top),
            "explanation": node.explanation,
            "criteria": node.criteria,
            "source": node.source,
            "standard": node.standard,
            "target": node.target,
            "actual": node.actual,
            "unit": node.unit,
            "nature": node.nature,
            "clause": node.clause,
            "opinion": opinion,
        }

    def cell(self, column: Column, node: NodeView, number: int) -> Line:
        """Return the content of one cell of a node's row."""
        if column.figure:
            return (self._figure(column, f"node.{node.code}.{column.figure}"),)
        if column.level:
            return self._label(column, node)
        text = column.text.format(**self.words(node, number))
        return plain_line(text)

    def _figure(self, column: Column, key: str) -> Run:
        run = self._draft.resolver.figure(key, column.form)
        return run if self._draft.facts.get(key).number is not None else Run("")

    def _label(self, column: Column, node: NodeView) -> Line:
        chain = self.chain(node)
        deepest = max(c.level for c in self._spec.columns)
        if column.level == deepest:
            return plain_line(column.text.format(**self.words(chain[-1], 1)))
        if column.level > len(chain) - 1:
            return plain_line(LEFT if column.level > 1 else "")
        return plain_line(column.text.format(**self.words(chain[column.level - 1], 1)))

    def leaf_rows(self, leaves: Sequence[NodeView]) -> list[list[Line]]:
        """Return one row per leaf; equal labels of merged level columns become continuations."""
        rows: list[list[Line]] = []
        before: list[str] = []
        deepest = max((c.level for c in self._spec.columns), default=0)
        for number, leaf in enumerate(leaves, 1):
            chain = [n.code for n in self.chain(leaf)]
            row = [self.cell(column, leaf, number) for column in self._spec.columns]
            for place, column in enumerate(self._spec.columns):
                same = chain[: column.level] == before[: column.level] and len(chain) > column.level
                if 0 < column.level < deepest and same and text_of(row[place]) != LEFT:
                    row[place] = plain_line(ABOVE)
            rows.append(row)
            before = chain
        return rows

    def summary(self, label: str, figures: dict[str, str]) -> list[Line]:
        """Return a total row: label over the leading text columns, `figures` maps field to key."""
        row: list[Line] = []
        seen = False
        for place, column in enumerate(self._spec.columns):
            key = figures.get(column.figure, "")
            if key:
                seen = True
                row.append((self._figure(column, key),))
            elif not place:
                row.append(plain_line(label))
            elif not seen and not column.figure:
                row.append(plain_line(LEFT))
            else:
                row.append(())
        return row

    def head(self) -> tuple[Row, ...]:
        """Return the header rows: as the profile spells them, or one row of column titles."""
        rows = self._spec.head or (tuple(c.title for c in self._spec.columns),)
        return grid([[plain_line(cell) for cell in row] for row in rows])

    def table(self, name: str, rows: list[list[Line]], strong: set[int]) -> Table:
        """Return the finished grid under this spec's header, widths and alignment."""
        aligns = [c.align for c in self._spec.columns]
        widths = tuple(float(c.width) for c in self._spec.columns)
        return Table(
            name,
            self.head(),
            grid(rows, aligns=aligns, strong=frozenset(strong)),
            widths if all(widths) else (),
            self._spec.small,
        )


def band_note(draft: Draft) -> str:
    """Return the sentence that lists the grade bands, "" if the framework has none."""
    bands = draft.snapshot.framework.bands
    top = exact(draft.snapshot.framework.max or draft.snapshot.sheet.max) or exact("100")
    parts: list[str] = []
    above = "" if top is None else num(top)
    for place, band in enumerate(bands):
        low = exact(band.low)
        if low is None:
            continue
        if place == len(bands) - 1 and low <= 0:
            parts.append(f"{above}分以下为{band.name}")
        else:
            parts.append(f"{num(low)}（含）-{above}分为{band.name}")
        above = num(low)
    return f"绩效等级：{'；'.join(parts)}。" if parts else ""
