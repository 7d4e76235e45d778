"""变更说明 as a Word file: who changed what, when, why and on what paper, one table per run of a stage.

Every page carries the short code of the content and, across it, who took the copy and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from service.report.opinionlist import FONT, cleaned, wide_page, written
from service.report.package import canonical
from service.report.watermark import stamped

NAME = "变更说明"
COLUMNS = (
    ("留痕号", 16), ("时间", 30), ("办理人", 34), ("事项", 26), ("理由", 44), ("来由和文件", 36),
    ("由何改为何", 81),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangePart:
    """One run of entries in a stage: its heading and the rows, one cell per column."""

    title: str
    rows: tuple[tuple[str, ...], ...]


def change_document(notes: Sequence[str], parts: Sequence[ChangePart], *, code: str, mark: str) -> bytes:
    """Return the paper as .docx, A4 landscape.

    Args:
        code: short code of the content, in the foot of every page; `mark` goes across every page.
    """
    document = Document()
    wide_page(document)
    section = document.sections[0]
    section.header.is_linked_to_previous = False
    section.header.paragraphs[0].text = ""
    _foot(section.footer, code)
    written(document, NAME, size=18, middle=True)
    for note in notes:
        written(document, note, size=10.5)
    for part in parts:
        _heading(document, part.title)
        _table(document, part.rows)
    if not parts:
        written(document, "这一段时间没有变更。", size=10.5)
    out = BytesIO()
    document.save(out)
    return stamped(canonical(out.getvalue()), mark)


def _heading(document: Any, text: str) -> None:
    """One more heading stands at the end, in the face of the text, and stays with its table."""
    heading = document.add_heading(cleaned(text), level=2)
    heading.paragraph_format.keep_with_next = True
    for run in heading.runs:
        run.font.name, run.font.size, run.font.color.rgb = FONT, Pt(12), RGBColor(0, 0, 0)
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)


def _table(document: Any, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(COLUMNS))
    table.style, table.autofit = "Table Grid", False
    for cell, (title, _) in zip(table.rows[0].cells, COLUMNS, strict=True):
        cell.text = title
        cell.paragraphs[0].runs[0].font.bold = True
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = cleaned(text)
    _set(table)


def _set(table: Any) -> None:
    """The columns of the table are as wide as said, its words small."""
    # Word goes by the cells, others by the columns.
    for column, (_, width) in zip(table.columns, COLUMNS, strict=True):
        column.width = Mm(width)
    for line in table.rows:
        for cell, (_, width) in zip(line.cells, COLUMNS, strict=True):
            cell.width = Mm(width)
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(9)


def _foot(footer: Any, code: str) -> None:
    """The foot says the short code and the page."""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(f"{NAME}　核对码 {code}　第 ")
    _field(paragraph, "PAGE")
    paragraph.add_run(" 页，共 ")
    _field(paragraph, "NUMPAGES")
    paragraph.add_run(" 页")


def _field(paragraph: Any, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    paragraph._p.append(field)
