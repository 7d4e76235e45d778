"""意见采纳情况表 as a Word file; its columns, their names and widths are data of the report profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from service.report import marks
from service.report.package import canonical
from service.report.profile import OpinionColumn

FONT = "宋体"
NAME = "意见采纳情况表"
WIDE = 267


def table_rows(
    columns: Sequence[OpinionColumn], opinions: Sequence[Mapping[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the table; ``number`` counts them from 1."""
    return tuple(
        tuple(str(number) if column.field == "number" else each.get(column.field, "") for column in columns)
        for number, each in enumerate(opinions, 1)
    )


def opinion_document(
    notes: Sequence[str], columns: Sequence[OpinionColumn], rows: Sequence[Sequence[str]]
) -> bytes:
    """Return the table as .docx, A4 landscape, its heading repeated on every page."""
    document = Document()
    wide_page(document)
    written(document, NAME, size=18, middle=True)
    for note in notes:
        written(document, note, size=10.5)
    table = document.add_table(rows=1, cols=len(columns))
    table.style, table.autofit = "Table Grid", False
    for cell, column in zip(table.rows[0].cells, columns, strict=True):
        cell.text = column.title
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = cleaned(text)
    whole = sum(column.width for column in columns)
    for line in table.rows:
        for cell, column in zip(line.cells, columns, strict=True):
            cell.width = Mm(column.width * min(1, WIDE / whole))
    if not rows:
        written(document, "没有反馈意见。", size=10.5)
    out = BytesIO()
    document.save(out)
    return canonical(out.getvalue())


def cleaned(text: str) -> str:
    """Return the text without signs that Word or our own marks would take for something else."""
    return marks.ANY.sub("", marks.clean(text))


def wide_page(document: Any) -> None:
    """The document is A4 landscape, set in the usual face."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin = section.bottom_margin = Mm(18)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)


def written(document: Any, text: str, *, size: float, middle: bool = False) -> None:
    """One more paragraph of this size in points stands at the end; `middle` is a heading."""
    paragraph = document.add_paragraph()
    run = paragraph.add_run(cleaned(text))
    run.font.size, run.font.bold = Pt(size), middle
    if middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
