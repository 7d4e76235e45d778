"""Small real reports for the signing tests: built by python-docx, converted once per session."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle

from service.report.freeze import Frozen, freeze
from service.report.keys import DemoKeys
from service.report.pdf import Converter
from service.report.seal import Mark
from service.report.sign import Seal, sign
from service.report.signatories import WITH_ORGANISER, Part, fields
from service.report.verify import VerifyReport, verify

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


AT = datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC)
ON = date(2022, 8, 31)
TITLE = "某某项目绩效评价报告"
SCORES: dict[str, object] = {
    "total": "78",
    "grade": "中",
    "lines": [
        {"code": "A", "name": "决策", "level": 1, "awarded": "11"},
        {"code": "B", "name": "过程", "level": 1, "awarded": "45/2"},
        {"code": "B1", "name": "资金管理", "level": 2, "awarded": "3"},
    ],
}
CHECKPOINT: dict[str, object] = {"origin": "pingji/demo/0123456789abcdef", "size": 41, "root": "ab" * 32}
PARTIES = {Part.LEAD_EVALUATOR: "评价机构", Part.AGENCY_SEAL: "评价机构", Part.ORGANISER: "委托方"}


@pytest.fixture(scope="session")
def at() -> datetime:
    """The moment everything is frozen and signed."""
    return AT


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DemoKeys:
    """Demo keys in a folder of their own."""
    return DemoKeys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def frozen(plain_pdf: bytes) -> Frozen:
    """The two-page report, frozen with three fields."""
    return freeze(
        plain_pdf, title=TITLE, at=AT, scores=SCORES, checkpoint=CHECKPOINT, fields=fields(WITH_ORGANISER)
    )


@pytest.fixture(scope="session")
def seal_of(keys: DemoKeys) -> Callable[..., Seal]:
    """Make the act of signing of one part, with demo keys unless others are given."""

    def make(part: Part, ring: DemoKeys = keys) -> Seal:
        mark = Mark(part=part, party=PARTIES[part], on=ON)
        return Seal(signer=ring.signer(part, at=AT), mark=mark, at=AT)

    return make


@pytest.fixture(scope="session")
def signed(frozen: Frozen, seal_of: Callable[..., Seal], converter: Converter) -> bytes:
    """The frozen report, signed by all three parts."""
    seals = [seal_of(part) for part in WITH_ORGANISER]
    return sign(frozen.content, seals, frozen_sha256=frozen.sha256, fonts=converter.fonts).content


@pytest.fixture(scope="session")
def roots(keys: DemoKeys) -> tuple[x509.Certificate, ...]:
    """The root the demo keys hang on."""
    return (keys.root(at=AT),)


@pytest.fixture
def check(tmp_path: Path, roots: tuple[x509.Certificate, ...]) -> Callable[..., VerifyReport]:
    """Verify bytes as if they had come in a file."""

    def run(content: bytes, name: str = "report.pdf", **known: Any) -> VerifyReport:
        path = tmp_path / name
        path.write_bytes(content)
        return verify(path, **{"trust_roots": roots, "at": AT, **known})

    return run
