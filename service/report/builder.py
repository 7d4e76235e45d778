"""A profile becomes a Word template: pages, styles and text tags, each tag in one run of its own.

The template holds no figure and no sentence, only places for them; an office may restyle it in Word.
Built twice it gives the same bytes; the built files are committed beside the html templates.
"""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml.ns import qn
from docx.section import Section as DocxSection
from docx.shared import Mm

from service.report import styles
from service.report.package import canonical
from service.report.profile import Profile, bundled, load
from service.report.styles import put, twips

FOLDER = Path(__file__).parents[1] / "templates" / "report"
BLOCKS = {
    "h1": "Heading1",
    "h2": "Heading2",
    "h3": "Heading3",
    "para": "a3body",
    "right": "a3right",
    "note": "a7note",
    "caption": "a4caption",
    "figure_caption": "a4figure",
    "title": "a2appendix",
    "chart": "a8image",
    "image": "a8image",
}
BORDER, INNER = 8, 4
GREY = "7F7F7F"


def build(profile: Profile) -> bytes:
    """Return the template of `profile` as .docx bytes, the same for the same profile."""
    document = Document()
    styles.apply(document)
    _clear(document)
    if profile.cover.layout == "page":
        _cover(document)
        _break(document, kind="cover")
    if profile.abstract or profile.contents:
        _front(document, profile)
        _break(document, kind="front")
    if profile.cover.layout == "title":
        _text(document, "Title", "{{ cover.heading }}")
    _blocks(document, "body")
    if profile.sections:
        _break(document, kind="body")
    _blocks(document, "appendix")
    _section(document.sections[-1], kind="appendix")
    _settings(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return canonical(buffer.getvalue())


def path(profile: Profile) -> Path:
    """Return where the committed template of `profile` lies."""
    return FOLDER / f"{profile.template}.docx"


def write_all() -> None:
    """Write the templates of all bundled profiles to their places."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for code in bundled():
        profile = load(code)
        path(profile).write_bytes(build(profile))


def _clear(document: DocumentObject) -> None:
    body = document.element.body
    for child in list(body):
        if child.tag != qn("w:sectPr"):
            body.remove(child)


def _text(document: Any, style: str, text: str = "") -> Any:
    paragraph = document.add_paragraph()
    properties = paragraph._p.get_or_add_pPr()
    properties.insert(0, _style_of(style))
    if text:
        paragraph.add_run(text)
    return paragraph


def _style_of(style: str) -> Any:
    holder = styles.element("w:pStyle")
    holder.set(qn("w:val"), style)
    return holder


def _tag(document: Any, text: str) -> None:
    _text(document, "a3body", f"{{%p {text} %}}")


def _cover(document: DocumentObject) -> None:
    _gaps(document, "upper")
    _text(document, "a0cover", "{{ cover.heading }}")
    _gaps(document, "middle")
    _tag(document, "if cover.entries")
    _cover_table(document)
    _tag(document, "endif")
    _gaps(document, "lower")
    for name in ("organisation", "date"):
        _tag(document, f"if cover.{name}")
        _centre(_text(document, "a1cover", f"{{{{ cover.{name} }}}}"))
        _tag(document, "endif")


def _gaps(document: DocumentObject, place: str) -> None:
    """Write the empty lines of one place of the cover, as many as the room allows."""
    _tag(document, f"for gap in cover.{place}")
    _text(document, "a1cover")
    _tag(document, "endfor")


def _centre(paragraph: Any) -> None:
    put(paragraph._p.get_or_add_pPr(), "w:jc", val="center")


def _cover_table(document: DocumentObject) -> None:
    table = _table(document, [34, 8, 96], borders=False)
    _row(table, ["{%tr for entry in cover.entries %}", "", ""], "a1cover")
    row = _row(table, ["{{ entry.label }}", "：", "{{ entry.value }}"], "a1cover")
    cells = row.findall(qn("w:tc"))
    label = cells[0].find(qn("w:p")).find(qn("w:pPr"))
    put(label, "w:jc", val="distribute")
    edge = styles.element("w:tcBorders")
    cells[2].find(qn("w:tcPr")).find(qn("w:tcW")).addnext(edge)
    put(edge, "w:bottom", val="single", sz=6, space=0, color="auto")
    _row(table, ["{%tr endfor %}", "", ""], "a1cover")


def _front(document: DocumentObject, profile: Profile) -> None:
    if profile.abstract:
        _text(document, "a2title", profile.abstract)
        _blocks(document, "abstract")
    if profile.contents:
        title = _text(document, "a2title", profile.contents)
        if profile.abstract:
            properties = title._p.get_or_add_pPr()
            properties.insert(1, styles.element("w:pageBreakBefore"))
        _tag(document, "for entry in contents")
        for level, style in ((1, "TOC1"), (2, "TOC2")):
            _tag(document, f"{'if' if level == 1 else 'elif'} entry.level == {level}")
            _text(document, style, "{{ entry.text }}")
        _tag(document, "endif")
        _tag(document, "endfor")


def _blocks(document: DocumentObject, name: str) -> None:
    _tag(document, f"for block in {name}")
    for place, (kind, style) in enumerate(BLOCKS.items()):
        _tag(document, f"{'elif' if place else 'if'} block.kind == '{kind}'")
        _text(document, style, "{{ block.text }}")
    _tag(document, "elif block.kind == 'pagebreak'")
    paragraph = _text(document, "a7gap")
    put(paragraph.add_run()._r, "w:br", type="page")
    for kind, head, cell in (("table", "a5head", "a5cell"), ("small_table", "a6head", "a6cell")):
        _tag(document, f"elif block.kind == '{kind}'")
        _grid(document, head, cell)
        _text(document, "a7gap")
    _tag(document, "endif")
    _tag(document, "endfor")


def _grid(document: DocumentObject, head: str, cell: str) -> None:
    table = _table(document, [52, 52, 52], borders=True)
    for rows, style in (("head", head), ("rows", cell)):
        _row(table, [f"{{%tr for row in block.{rows} %}}", "", ""], style)
        row = _row(table, ["{%tc for cell in row.cells %}", "{{ cell }}", "{%tc endfor %}"], style)
        properties = row.find(qn("w:trPr"))
        if rows == "head":
            put(properties, "w:cantSplit")
            put(properties, "w:tblHeader")
        _row(table, ["{%tr endfor %}", "", ""], style)


def _table(document: DocumentObject, widths: list[int], *, borders: bool) -> Any:
    table = styles.element("w:tbl")
    body = document.element.body
    body.insert(len(body) - 1, table)
    properties = put(table, "w:tblPr")
    put(properties, "w:tblW", w=twips(sum(widths)), type="dxa")
    put(properties, "w:jc", val="center")
    if borders:
        edges = put(properties, "w:tblBorders")
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV"):
            size = INNER if edge.startswith("inside") else BORDER
            put(edges, f"w:{edge}", val="single", sz=size, space=0, color="auto")
    put(properties, "w:tblLayout", type="fixed")
    margins = put(properties, "w:tblCellMar")
    for edge, mm in (("top", 0.5), ("left", 1), ("bottom", 0.5), ("right", 1)):
        put(margins, f"w:{edge}", w=twips(mm), type="dxa")
    put(properties, "w:tblLook", val="0000")
    grid = put(table, "w:tblGrid")
    for width in widths:
        put(grid, "w:gridCol", w=twips(width))
    return table


def _row(table: Any, texts: list[str], style: str) -> Any:
    row = put(table, "w:tr")
    put(row, "w:trPr")
    widths = [g.get(qn("w:w")) for g in table.find(qn("w:tblGrid"))]
    for text, width in zip(texts, widths, strict=True):
        cell = put(row, "w:tc")
        properties = put(cell, "w:tcPr")
        put(properties, "w:tcW", w=width, type="dxa")
        put(properties, "w:vAlign", val="center")
        paragraph = put(cell, "w:p")
        put(put(paragraph, "w:pPr"), "w:pStyle", val=style)
        if text:
            holder = put(put(paragraph, "w:r"), "w:t")
            holder.text = text
            holder.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return row


def _break(document: DocumentObject, *, kind: str) -> None:
    document.add_section(WD_SECTION.NEW_PAGE)
    _section(document.sections[-2], kind=kind)
    holder = document.element.body.findall(qn("w:p"))[-1]
    holder.get_or_add_pPr().insert(0, _style_of("a7gap"))


def _section(section: DocxSection, *, kind: str) -> None:
    wide = kind == "appendix"
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if wide else (Mm(210), Mm(297))
    top, right, bottom, left = (28, 25, 26, 25) if wide else (37, 26, 35, 28)
    section.top_margin, section.right_margin = Mm(top), Mm(right)
    section.bottom_margin, section.left_margin = Mm(bottom), Mm(left)
    section.header_distance, section.footer_distance = Mm(15), Mm(17 if wide else 25)
    element = section._sectPr
    for tag in ("w:docGrid", "w:pgNumType"):
        for child in element.findall(qn(tag)):
            element.remove(child)
    numbers = {"front": {"fmt": "upperRoman", "start": 1}, "body": {"fmt": "decimal", "start": 1}}
    if kind in numbers:
        place = element.find(qn("w:cols"))
        assert place is not None
        child = styles.element("w:pgNumType")
        for name, value in numbers[kind].items():
            child.set(qn(f"w:{name}"), str(value))
        place.addprevious(child)
    _edges(section, numbered=kind != "cover")


def _edges(section: DocxSection, *, numbered: bool) -> None:
    for header in (section.header, section.even_page_header):
        header.is_linked_to_previous = False
        _refill(header, "a9banner", "{{ banner }}")
        put(header.paragraphs[0].runs[0]._r.get_or_add_rPr(), "w:color", val=GREY)
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        paragraph = _refill(footer, "a9page", "")
        put(paragraph._p.pPr, "w:ind", **{f"{side}Chars": 100, side: 280})
        put(paragraph._p.pPr, "w:jc", val=side)
        if numbered:
            _page_number(paragraph)


def _refill(part: Any, style: str, text: str) -> Any:
    paragraph = part.paragraphs[0]
    for child in list(paragraph._p):
        paragraph._p.remove(child)
    paragraph._p.get_or_add_pPr().insert(0, _style_of(style))
    if text:
        paragraph.add_run(text)
    return paragraph


def _page_number(paragraph: Any) -> None:
    paragraph.add_run("— ")
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), ("text", "1"), ("end", "")):
        run = paragraph.add_run(text if kind == "text" else "")._r
        if kind in ("begin", "separate", "end"):
            put(run, "w:fldChar", fldCharType=kind)
        elif not kind:
            instruction = put(run, "w:instrText")
            instruction.text = text
            instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    paragraph.add_run(" —")


def _settings(document: DocumentObject) -> None:
    document.settings.odd_and_even_pages_header_footer = True
    properties = document.core_properties
    properties.title = properties.subject = properties.comments = properties.keywords = ""
    properties.author, properties.last_modified_by = "评迹", "评迹"
    properties.created = properties.modified = datetime(2020, 1, 1)  # noqa: DTZ001 - the format stores no zone
    properties.revision = 1
    package = document.part.package
    for relation in list(document.part.rels.values()):
        if relation.reltype.endswith("/stylesWithEffects"):
            del document.part.rels[relation.rId]
    assert package is not None
