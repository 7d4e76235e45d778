"""Page numbers of the contents against the bookmarks of the PDF that comes out."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

from service.report import pdf, profile, render


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_contents_name_the_pages_on_which_headings_stand(s3, tmp_path: Path) -> None:
    out = tmp_path / "x.docx"
    result = render.render(s3, profile.load(s3.profile), out, paginate=pdf.paginate)
    content = pdf.convert(out)
    pages = [squeeze(page.extract_text()) for page in PdfReader(BytesIO(content)).pages]
    first = next(number for number, text in enumerate(pages, 1) if "—1—" in text)
    physical = {squeeze(h.text): h.page for h in pdf.outline(content)}
    for heading in result.headings:
        title = squeeze(heading.text)
        if heading.level <= 2:
            listed = re.search(re.escape(title) + r"\.+(\d+)", "".join(pages[: first - 1]))
            assert listed, title
            assert int(listed[1]) == physical[title] - first + 1, title
