"""A copy for reading is marked across every page; what is not a copy stays the same to the byte."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import openxml_audit
import pytest
from docx.oxml.ns import qn
from pypdf import PageObject, PdfReader

from service.report import pdf, profile
from service.report.render import render
from service.report.watermark import HEADER, stamped

LINE = "初稿　第2稿　7F3A-91C2　某局组长（el）<&\"'"


@pytest.fixture
def plain(s3, tmp_path: Path) -> bytes:
    out = tmp_path / "plain.docx"
    render(s3, profile.load(s3.profile), out)
    return out.read_bytes()


def test_every_header_of_every_section_carries_the_mark_once(plain: bytes, tmp_path: Path) -> None:
    made = stamped(plain, LINE)
    with ZipFile(BytesIO(made)) as package:
        heads = [name for name in package.namelist() if HEADER.fullmatch(name)]
        assert len(heads) >= 8
        assert all(package.read(name).count(b"PingjiWaterMark") == 1 for name in heads)
    (tmp_path / "made.docx").write_bytes(made)
    audit = openxml_audit.OpenXmlValidator().validate(str(tmp_path / "made.docx"))
    assert audit.is_valid, audit.errors
    document = docx.Document(BytesIO(made))
    for section in document.sections:
        kinds = {each.get(qn("w:type")) for each in section._sectPr.findall(qn("w:headerReference"))}
        assert {"default", "even"} <= kinds
        assert not section.different_first_page_header_footer
    texts = document.sections[0].header._element.xpath(".//@string")
    assert texts == [LINE]


def test_equal_content_gives_equal_bytes_and_the_rest_of_the_file_is_untouched(plain: bytes) -> None:
    made = stamped(plain, LINE)
    assert made == stamped(plain, LINE)
    with ZipFile(BytesIO(plain)) as before, ZipFile(BytesIO(made)) as after:
        changed = [n for n in before.namelist() if before.read(n) != after.read(n)]
        assert before.namelist() == after.namelist()
    assert changed
    assert all(HEADER.fullmatch(name) for name in changed)


def test_every_page_of_the_pdf_shows_it(plain: bytes) -> None:
    before, after = (PdfReader(BytesIO(pdf.convert(each))) for each in (plain, stamped(plain, LINE)))
    assert len(before.pages) == len(after.pages) > 10
    more = [drawn_on(marked) - drawn_on(bare) for bare, marked in zip(before.pages, after.pages, strict=True)]
    assert set(more) == {1}, "one drawing more on every page"


def drawn_on(page: PageObject) -> int:
    return page.get_contents().get_data().count(b" Do")  # type: ignore[union-attr]
