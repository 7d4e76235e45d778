"""Small real reports for the signing tests: built by python-docx, converted once per session."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle

from service.report.pdf import Converter

ROOT = Path(__file__).resolve().parents[3]
STYLES = {
    "Title": ("方正小标宋简体", 22, False),
    "Heading 1": ("黑体", 16, False),
    "Heading 2": ("楷体_GB2312", 16, False),
    "Heading 3": ("仿宋_GB2312", 16, True),
    "Normal": ("仿宋_GB2312", 16, False),
}


def build_docx(*, pages: int = 2, total: str = "78.00", rare: str = "喆垚燚赟") -> bytes:
    """Return a small report in the office font names, with a score table and a closing line."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    for name, (face, size, bold) in STYLES.items():
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        faces = style.element.get_or_add_rPr().get_or_add_rFonts()
        faces.attrib.clear()  # the default template names theme fonts, which would win
        style.font.name, style.font.size, style.font.bold = "Times New Roman", Pt(size), bold
        faces.set(qn("w:eastAsia"), face)
    document.add_paragraph("某某项目绩效评价报告", style="Title")
    document.add_paragraph("一、基本情况", style="Heading 1")
    document.add_paragraph("（一）项目概况", style="Heading 2")
    document.add_paragraph(f"本项目预算安排 5823.00 万元，{rare}等人参加访谈。")
    for _ in range(pages - 1):
        document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        document.add_paragraph("本页为正文，用于占满版面。" * 8)
    document.add_paragraph("二、评价结论", style="Heading 1")
    document.add_paragraph("1.综合得分", style="Heading 3")
    document.add_paragraph(f"综合得分为 {total} 分，评价等级为“中”。")
    rows = [
        ("一级指标", "分值", "评价得分"),
        ("决策", "16", "11"),
        ("过程", "30", "22.5"),
        ("合计", "100", total),
    ]
    table = document.add_table(rows=0, cols=3)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph("评价机构（盖章）")
    document.add_paragraph("2022年8月31日")
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def make_docx() -> Callable[..., bytes]:
    """Builds a report; see `build_docx`."""
    return build_docx


@pytest.fixture(scope="session")
def docx() -> bytes:
    """A two-page report."""
    return build_docx()


@pytest.fixture(scope="session")
def converter() -> Converter:
    """The converter with the fonts this machine has."""
    return Converter(
        soffice=os.environ.get("PINGJI_SOFFICE") or "soffice",
        fonts=Path(os.environ.get("PINGJI_FONTS") or ROOT / ".fonts"),
    )


@pytest.fixture(scope="session")
def plain_pdf(docx: bytes, converter: Converter) -> bytes:
    """The two-page report as PDF, as the exporter wrote it."""
    return converter.convert(docx)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Write bytes under a name and return the path."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
