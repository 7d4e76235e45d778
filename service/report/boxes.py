"""An organisation chart as rows of bordered boxes joined by strokes, editable in Word."""

from __future__ import annotations

from typing import Any

from docx.oxml.ns import qn

from service.report.marks import ANY, clean
from service.report.styles import element, put, twips

BOX, GAP = 46.0, 6.0


def box_elements(rows: tuple[tuple[str, ...], ...]) -> list[Any]:
    """Return one table per row of boxes (text may break lines), strokes between them, top first."""
    made: list[Any] = []
    for number, row in enumerate(rows):
        if number:
            made.append(_stroke())
        made.append(_row(row))
    return made


def _stroke() -> Any:
    paragraph = element("w:p")
    put(put(paragraph, "w:pPr"), "w:pStyle", val="a5cell")
    put(put(paragraph, "w:r"), "w:t").text = "│"
    return paragraph


def _row(texts: tuple[str, ...]) -> Any:
    box = min(BOX, (156.0 - GAP * (len(texts) - 1)) / max(1, len(texts)))
    widths = [box if n % 2 == 0 else GAP for n in range(2 * len(texts) - 1)]
    table = element("w:tbl")
    properties = put(table, "w:tblPr")
    put(properties, "w:tblW", w=sum(twips(w) for w in widths), type="dxa")
    put(properties, "w:jc", val="center")
    put(properties, "w:tblLayout", type="fixed")
    put(properties, "w:tblLook", val="0000")
    grid = put(table, "w:tblGrid")
    for width in widths:
        put(grid, "w:gridCol", w=twips(width))
    row = put(table, "w:tr")
    put(put(row, "w:trPr"), "w:cantSplit")
    for number, width in enumerate(widths):
        _cell(row, width, texts[number // 2] if number % 2 == 0 else None)
    return table


def _cell(row: Any, width: float, text: str | None) -> None:
    cell = put(row, "w:tc")
    properties = put(cell, "w:tcPr")
    put(properties, "w:tcW", w=twips(width), type="dxa")
    if text is not None:
        borders = put(properties, "w:tcBorders")
        for edge in ("top", "left", "bottom", "right"):
            put(borders, f"w:{edge}", val="single", sz=6, space=0, color="auto")
    put(properties, "w:vAlign", val="center")
    paragraph = put(cell, "w:p")
    put(put(paragraph, "w:pPr"), "w:pStyle", val="a5cell")
    for number, part in enumerate(ANY.sub("", clean(text or "")).split("\n")):
        run = put(paragraph, "w:r")
        if number:
            put(run, "w:br")
        holder = put(run, "w:t")
        holder.text = part
        holder.set(qn("xml:space"), "preserve")
