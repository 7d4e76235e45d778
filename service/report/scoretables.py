"""The two tables made of the score sheet: the first level with rates, and the full indicator table."""

from __future__ import annotations

from service.report.blocks import Line, plain_line
from service.report.draft import Draft, Where
from service.report.profile import Content, TableSpec
from service.report.tables import NodeTable, band_note

TOTAL = {"max": "total.max", "awarded": "total.awarded", "rate": "total.rate"}


def score_table(draft: Draft, content: Content, where: Where) -> None:
    """Write the table of the first level: maxima, points, rates, ± blocks, total."""
    spec = content.table
    if spec is None or draft.snapshot.sheet.total is None:
        return
    maker = NodeTable(draft, spec)
    tops = [n for n in draft.snapshot.framework.nodes if not n.parent]
    rows: list[list[Line]] = []
    for number, node in enumerate(tops, 1):
        if node.block and not spec.block_rows:
            continue
        row = [maker.cell(c, node, number) for c in spec.columns]
        if node.block:
            row = [() if c.figure == "rate" else cell for c, cell in zip(spec.columns, row, strict=True)]
        rows.append(row)
    strong: set[int] = set()
    if spec.total:
        strong.add(len(rows))
        rows.append(
            maker.summary(spec.total, {"max": "total.max", "awarded": "total.awarded", "rate": "total.rate"})
        )
    draft.table(maker.table("scores", rows, strong), spec.caption)
    if spec.bands_note:
        draft.add("note", draft.line(band_note(draft)))


def indicator_table(draft: Draft, content: Content, where: Where) -> None:
    """Write the full indicator table: merged levels, leaves, sub-totals, ± block, total and grade."""
    spec = content.table
    if spec is None:
        return
    maker = NodeTable(draft, spec)
    nodes = [n for n in draft.snapshot.framework.nodes if n.leaf]
    main, extra = [n for n in nodes if not n.block], [n for n in nodes if n.block]
    rows = maker.leaf_rows(main)
    strong: set[int] = set()
    if spec.subtotal and extra:
        strong.add(len(rows))
        rows.append(_positive_row(draft, maker, spec.subtotal))
    if spec.block_rows:
        rows += maker.leaf_rows(extra)
        for block in draft.snapshot.sheet.blocks if spec.block_subtotal else ():
            strong.add(len(rows))
            bonus = block.kind == "bonus"
            top = f"node.{block.code}.max" if bonus else f"block.{block.code}.floor"
            label = f"{block.name}得分合计" if bonus else spec.block_subtotal
            rows.append(maker.summary(label, {"max": top, "awarded": f"block.{block.code}.awarded"}))
    if spec.total and draft.snapshot.sheet.total is not None:
        strong.add(len(rows))
        rows.append(_total_row(draft, maker, spec))
    draft.table(maker.table("indicators", rows, strong), spec.caption)
    if spec.bands_note:
        draft.add("note", draft.line(band_note(draft)))


def _total_row(draft: Draft, maker: NodeTable, spec: TableSpec) -> list[Line]:
    row = maker.summary(spec.total, {"max": "total.max", "awarded": "total.awarded", "rate": "total.rate"})
    empty = [
        n for n, (cell, column) in enumerate(zip(row, spec.columns, strict=True)) if not cell and column.text
    ]
    if spec.total_grade and empty:
        row[empty[0]] = draft.line(spec.total_grade)
        for place in empty[1:]:
            if place - 1 in empty:
                row[place] = plain_line("<")
    return row


def _positive_row(draft: Draft, maker: NodeTable, label: str) -> list[Line]:
    return maker.summary(
        label, {"max": "positive.max", "awarded": "positive.awarded", "rate": "positive.rate"}
    )
