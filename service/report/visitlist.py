"""The checklist of a visit as a Word file: numbered points, room to write, room for the numbers of photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

FONT = "宋体"
COLUMNS = (
    ("编号", 1.4),
    ("核查点", 8.2),
    ("指标", 3.2),
    ("核查结果与发现", 8.2),
    ("照片编号", 2.6),
    ("单位确认", 2.2),
)
SPARE = 4
"""Empty numbered rows at the end, for what nobody expected."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to check: its printed number, what and where it counts."""

    number: int
    text: str
    nodes: str


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the table."""

    title: str
    code: str
    visit: str
    facts: tuple[tuple[str, str], ...]


def checklist(head: Head, points: Sequence[Point]) -> bytes:
    """Return the checklist as docx; rows are numbered, photos are noted by number."""
    document = Document()
    _page(document)
    _text(document, "现场核查记录表", size=18, middle=True)
    _text(document, head.title, size=12, middle=True)
    _text(document, "　".join(f"{label}：{value or '＿＿＿＿'}" for label, value in head.facts))
    rows = [*points, *(Point(len(points) + n, "", "") for n in range(1, SPARE + 1))]
    _table(document, rows)
    _text(document, "录入发现后按发现编号给照片命名（F3 的照片写作 3-1、3-2），上传时按编号归入。")
    _text(document, "核查人签字：＿＿＿＿＿＿＿＿　　单位陪同人签字：＿＿＿＿＿＿＿＿　　日期：＿＿＿＿＿＿")
    _text(document, f"案卷 {head.code}　核查 {head.visit}", size=8)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(1.9)
    section.top_margin = section.bottom_margin = Cm(1.8)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)


def _text(document: Any, text: str, *, size: float = 10.5, middle: bool = False) -> None:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.bold = middle and size > 14
    if middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(document: Any, rows: Sequence[Point]) -> None:
    table = document.add_table(rows=1, cols=len(COLUMNS))
    table.style = "Table Grid"
    table.autofit = False
    for cell, (label, _) in zip(table.rows[0].cells, COLUMNS, strict=True):
        cell.text = label
    _mark(table.rows[0], "w:tblHeader")
    for point in rows:
        row = table.add_row()
        row.height = Cm(1.6)
        _mark(row, "w:cantSplit")
        for cell, text in zip(row.cells, (str(point.number), point.text, point.nodes), strict=False):
            cell.text = text
    for row in table.rows:
        for cell, (_, width) in zip(row.cells, COLUMNS, strict=True):
            cell.width = Cm(width)


def _mark(row: Any, name: str) -> None:
    """Set a property of a row: its heading repeats, or it is not split between pages."""
    row._tr.get_or_add_trPr().append(OxmlElement(name))
