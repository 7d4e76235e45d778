"""The words, tables and money of a case file as the report's plain values. Pure."""

from __future__ import annotations

from service.cases.facts import fen_of
from service.cases.model import Case, Money
from service.cases.model_report import Figure, Table
from service.report.snapshot import FreeTable, ImageView, MoneyFact

FULL_WIDTH = "<"


def printed_money(money: Money) -> str:
    """Return the sum with its unit as the source prints it; 来源未载 if it does not."""
    return "来源未载" if money.amount is None else f"{money.amount}{money.unit}"


def money_facts(case: Case) -> tuple[MoneyFact, ...]:
    """Return every sum with its amount in 分."""
    return tuple(
        MoneyFact(
            code=m.code,
            name=m.name,
            kind=m.kind,
            fen=None if m.amount is None else fen_of(m.amount, m.unit),
            printed=printed_money(m),
            source=m.place,
            group=m.group,
        )
        for m in case.money
    )


def free_table(table: Table) -> FreeTable:
    """Return the table with its bands over the full width."""
    width = len(table.columns)
    rows = [row.cells if len(row.cells) == width else (*row.cells, *[FULL_WIDTH] * width)[:width]
            for row in table.rows]  # fmt: skip
    return FreeTable(
        id=table.id,
        caption=table.caption,
        columns=table.columns,
        rows=tuple(tuple(row) for row in rows),
        widths=tuple(int(w) for w in table.widths),
        align=table.align,
        bands=tuple(i for i, row in enumerate(table.rows) if row.kind == "band"),
        totals=tuple(i for i, row in enumerate(table.rows) if row.kind == "total"),
        section=table.section,
        note=table.note,
    )


def free_tables(case: Case) -> tuple[FreeTable, ...]:
    """Return every free table of the case."""
    return tuple(free_table(table) for table in case.tables)


def picture(figure: Figure) -> ImageView:
    """Return a structure drawn as boxes."""
    boxes = tuple(row.cells for row in figure.boxes)
    return ImageView(
        id=figure.id, caption=figure.caption, alt=figure.alt, boxes=boxes, section=figure.section
    )
