"""Every kind of file becomes the same document; what is hostile is refused in bounded time."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook

from service.errors import InvalidError
from service.lint import lint_report
from service.lint.document import Document, Paragraph, Table
from service.lint.engine import check
from service.lint.reading import read_report
from service.report.pdf import Converter

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SLOWEST = 5.0
"""Seconds of CPU a rule may at most take for a paragraph of one thing said over and over."""


def docx(body: str, **parts: str) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as target:
        target.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        target.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, text in parts.items():
            target.writestr(f"word/{name}.xml", text)
    return box.getvalue()


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_numbers_word_counts_itself_are_read() -> None:
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
        '<w:lvlText w:val="（%1）"/></w:lvl></w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr>'
    content = docx(
        paragraph("背景", numbered) + paragraph("说明") + paragraph("资金", numbered), numbering=numbering
    )
    found = [block.text for block in read_report("a.docx", content).blocks if isinstance(block, Paragraph)]
    assert found == ["（一）背景", "说明", "（二）资金"]


def test_merged_cells_are_unfolded_and_deleted_text_is_not_read() -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

    rows = [
        cell("组", '<w:vMerge w:val="restart"/>') + cell("甲") + cell("1"),
        cell("", "<w:vMerge/>") + cell("乙") + cell("2"),
        cell("合计", '<w:gridSpan w:val="2"/>') + cell("3"),
    ]
    table = "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    deleted = (
        '<w:p><w:r><w:t>留</w:t></w:r><w:del w:id="1"><w:r><w:delText>删</w:delText></w:r></w:del></w:p>'
    )
    held, text = read_report("a.docx", docx(table + deleted)).blocks
    assert isinstance(held, Table)
    assert [[(c.text, c.covered) for c in row] for row in held.rows] == [
        [("组", False), ("甲", False), ("1", False)],
        [("组", True), ("乙", False), ("2", False)],
        [("合计", False), ("合计", True), ("3", False)],
    ]
    assert isinstance(text, Paragraph)
    assert text.text == "留"


def test_a_workbook_is_checked_by_its_cells() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["指标", "分值", "得分", "得分率"],
        ["决策", 20, 18, 0.9],
        ["过程", 30, 27, 0.85],
        ["合计", 50, 46, 0.9],
    ):
        sheet.append(row)
    for cell in sheet["D"]:
        cell.number_format = "0%"
    output = io.BytesIO()
    book.save(output)
    checked = lint_report("评分表.xlsx", output.getvalue())
    places = {(f.rule, checked.document.place(f.spot)) for f in checked.findings}
    assert places == {("rate.table", "Sheet!D3"), ("sum.total", "Sheet!C4"), ("rate.table", "Sheet!D4")}


def test_a_pdf_says_what_the_word_file_says(rendered: Mapping[str, bytes], root: Path) -> None:
    """LibreOffice sets our S2 report; its ruled tables and paragraphs come back from the PDF."""
    name = "s2-shanghai-platform-2018"
    written = read_report("a.docx", rendered[name])
    printed = read_report("a.pdf", Converter(fonts=root / ".fonts").convert(rendered[name]))
    assert {f.rule for f in check(printed)} == {f.rule for f in check(written)}
    scores = [
        t for d in (written, printed) for _, t in d.tables() if "得分率" in "".join(c.text for c in t.rows[0])
    ]
    grids = [[[c.text for c in row if not c.covered] for row in t.rows] for t in scores]
    assert len(grids) >= 2
    assert grids[0] == grids[len(grids) // 2]


def test_text_in_the_national_encoding_is_read() -> None:
    document = read_report("a.txt", "该指标分值5分，评价得分4分，得分率为70%。".encode("gb18030"))
    assert [f.rule for f in check(document)] == ["rate.stated"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.doc", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
        ("a.exe", b"MZ" + bytes(100)),
        ("a.docx", b"PK\x03\x04" + bytes(200)),
        ("a.docx", docx("<w:p>")),
        ("a.docx", docx("").replace(b"document.xml", b"documant.xml")),
        ("a.pdf", b"%PDF-1.4\n" + b"1 0 obj\n<<>>\nendobj\n" * 50 + b"%%EOF"),
        ("a.txt", b"\x00\xff\x00\xff" * 50),
        ("a.txt", ("很长的一段" * 5000).encode()),
        ("a.txt", b"x\n" * (5 << 20)),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(name: str, content: bytes) -> None:
    with pytest.raises(InvalidError) as refused:
        read_report(name, content)
    assert all(problem.message and (problem.path or problem.value) for problem in refused.value.problems)


def test_entities_are_never_expanded() -> None:
    bomb = f'<!DOCTYPE w:document [<!ENTITY a "{"x" * 1000}">]><w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>'
    box = io.BytesIO(docx(""))
    with zipfile.ZipFile(box) as source, zipfile.ZipFile(out := io.BytesIO(), "w") as target:
        for name in source.namelist():
            target.writestr(name, bomb if name.endswith("document.xml") else source.read(name))
    with pytest.raises(InvalidError):
        read_report("a.docx", out.getvalue())


@pytest.mark.parametrize(
    "piece",
    [
        "（", "《", "“", "1.", "①", "得分", "分值5分，", "得分率为5%，", "1万元、", "其中1万元，", "共计1万元，", "由1增加到", "平均1%",
        "1+", "(1", "=1", "包括甲、", "一是", "100分为优；", "预算1万元支出1万元执行率1%", "X月", "《甲》（财预〔2020〕1号）",
        "2023年1月1日至", "12个单位未超过", "扣1分", "的",
    ],
)  # fmt: skip
def test_no_text_makes_a_rule_run_away(piece: str) -> None:
    text = piece * (3000 // len(piece))
    table = "\n".join("\t".join([piece * 20] * 6) for _ in range(6))
    began = time.process_time()
    check(read_report("a.txt", f"{text}\n{table}".encode()))
    assert time.process_time() - began < SLOWEST


def test_an_empty_document_has_nothing_to_say() -> None:
    assert check(Document("a", "txt", ())) == ()
