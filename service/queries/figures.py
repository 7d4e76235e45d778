"""Every figure of a snapshot that a quotation or expectation may name by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from service.quotations.lookup import Figures
from service.quotations.rows import Row
from service.quotations.tableview import TableView
from service.report.snapshot import CaseSnapshot, FrameworkView, FreeTable, LineView, SheetView
from service.scoring.quantities import exact, exact_text

FEN_PER_UNIT = {"元": 100, "万元": 1_000_000, "亿元": 10_000_000_000}
SUMMARY_COLUMNS = ("名称", "分值", "得分", "得分率")
INDICATOR_COLUMNS = ("名称", "分值", "自评", "细则", "扣分", "调整", "得分", "得分率")


def _number(text: str | None) -> Fraction | None:
    return None if text is None else exact(text)


def figures_of(snapshot: CaseSnapshot) -> Figures:
    """Return the figures of the main sheet, the money, the framework's counts and all tables."""
    sheet = snapshot.sheet
    return Figures(
        total=_number(sheet.total),
        rate=_number(sheet.rate),
        grade=sheet.grade,
        nodes={line.code: _node(line) for line in sheet.lines},
        blocks={b.code: {"awarded": _number(b.awarded), "max": _number(b.floor)} for b in sheet.blocks},
        money={m.code: _money(m.fen, m.printed) for m in snapshot.money},
        framework=counts(snapshot.framework),
        tables={
            **{table.id: free_table(table) for table in snapshot.tables},
            "summary": summary(sheet),
            "indicators": indicators(sheet),
        },
    )


def _node(line: LineView) -> Mapping[str, Fraction | None]:
    return {
        "awarded": _number(line.awarded),
        "rule": _number(line.rule_points),
        "claimed": _number(line.claimed),
        "rate": _number(line.rate),
        "max": _number(line.max),
        "deducted": _number(line.deductions),
    }


def _money(fen: int | None, printed: str) -> Fraction | None:
    """Return the amount in the unit it is printed in; 万元 when no unit is printed."""
    if fen is None:
        return None
    unit = next((u for u in ("亿元", "万元", "元") if printed.endswith(u)), "万元")
    return Fraction(fen, FEN_PER_UNIT[unit])


def counts(framework: FrameworkView) -> dict[str, int]:
    """Return leaves, nodes per level and nodes per level under each code, by path behind ``framework.``."""
    tree = [n for n in framework.nodes if not n.block]
    found = {"leaves": sum(n.leaf for n in tree)}
    parents = {n.code: n.parent for n in tree}
    for node in tree:
        _count(found, f"level.{node.level}")
        above = node.parent
        while above:
            _count(found, f"under.{above}.{node.level}")
            above = parents.get(above, "")
    return found


def _count(found: dict[str, int], key: str) -> None:
    found[key] = found.get(key, 0) + 1


def free_table(table: FreeTable) -> TableView:
    """Return a table of the narrative as quotations look into it."""

    def kind(index: int) -> str:
        return "band" if index in table.bands else "total" if index in table.totals else "body"

    return TableView(table.columns, tuple(Row(cells, kind(i)) for i, cells in enumerate(table.rows)))


def _grid(columns: tuple[str, ...], lines: Sequence[tuple[str, tuple[str | None, ...]]]) -> TableView:
    """Return a computed table; `lines` are (key, cells), numbers among the cells stay exact."""
    rows = tuple(Row(tuple("" if c is None else c for c in cells)) for _, cells in lines)
    exact_cells = {
        (i, j): exact(cell)
        for i, (_, cells) in enumerate(lines)
        for j, cell in enumerate(cells)
        if j and cell is not None
    }
    return TableView(columns, rows, keys={key: i for i, (key, _) in enumerate(lines)}, exact=exact_cells)


def summary(sheet: SheetView) -> TableView:
    """Return the table ``summary``: first-level lines, blocks and 合计, each with its rate."""
    lines: list[tuple[str, tuple[str | None, ...]]] = [
        (line.code, (line.name, line.max, line.awarded, line.rate))
        for line in sheet.lines
        if line.level == 1 and not line.block
    ]
    lines += [(b.code, (b.name, b.floor, b.awarded, None)) for b in sheet.blocks]
    lines.append(("合计", ("合计", sheet.max, sheet.total, sheet.rate)))
    return _grid(SUMMARY_COLUMNS, lines)


def indicators(sheet: SheetView) -> TableView:
    """Return the table ``indicators``: one row per line of the sheet."""
    return _grid(
        INDICATOR_COLUMNS,
        [
            (
                line.code,
                (
                    line.name,
                    line.max,
                    line.claimed,
                    line.rule_points,
                    line.deductions,
                    line.adjustment,
                    line.awarded,
                    line.rate,
                ),
            )
            for line in sheet.lines
        ],
    )


def as_text(value: Fraction | None) -> str | None:
    """Return exact text of a figure, None when there is none."""
    return None if value is None else exact_text(value)
