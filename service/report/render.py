"""A snapshot under a profile becomes a .docx: same snapshot, same profile, same bytes.

Stock docxtpl in a sandbox with autoescape, StrictUndefined and our `finalize`; the result is parsed
strictly; one pass (`finish`) sets structure; the package is written canonically.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from docx.image.image import Image
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.errors import InvalidError, Problem, UnavailableError
from service.report import builder, charts, marks, model
from service.report.blocks import Block, Chart, Heading, Picture, Report, Table, text_of
from service.report.boxes import box_elements
from service.report.finish import Finisher
from service.report.package import canonical
from service.report.profile import Profile
from service.report.snapshot import CaseSnapshot
from service.report.styles import put, twips

Paginate = Callable[[bytes], dict[str, int]]
Files = Callable[[str], bytes]
PORTRAIT, LANDSCAPE = 156.0, 247.0
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class RenderResult:
    """One rendered report: file, SHA-256 (hex), headings in order, bound figures (key, format, text)."""

    path: Path
    sha256: str
    headings: tuple[Heading, ...]
    figures: tuple[tuple[str, str, str], ...]
    report: Report


@dataclass(frozen=True, slots=True)
class Entry:
    """One contents line or cover item as the template sees it."""

    level: int
    text: marks.Marked
    label: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class RowView:
    """One table row as the template sees it."""

    cells: tuple[marks.Marked, ...]


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block as the template sees it."""

    kind: str
    text: marks.Marked
    head: tuple[RowView, ...] = ()
    rows: tuple[RowView, ...] = ()


@dataclass(frozen=True, slots=True)
class CoverView:
    """The cover as the template sees it."""

    heading: str
    entries: tuple[Entry, ...]
    organisation: str
    date: str


def environment() -> ImmutableSandboxedEnvironment:
    """Return a fresh sandbox in which templates are rendered."""
    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=marks.finalize)


def render(
    snapshot: CaseSnapshot,
    profile: Profile,
    out_path: Path,
    *,
    paginate: Paginate | None = None,
    files: Files | None = None,
    template: bytes | None = None,
) -> RenderResult:
    """Write the report to `out_path` and return what it is.

    Args:
        paginate: gives the physical page (from 1) of each heading of a .docx, by its text; without it
            the contents carry no page numbers and Word fills them on request.
        files: gives the bytes of a picture by SHA-256.
        template: .docx bytes instead of the committed template of the profile.

    Raises:
        InvalidError: unknown tokens, tables, pictures; a template that does not give well-formed XML.
        UnavailableError: a picture is wanted and `files` is missing.
    """
    report = model.build(snapshot, profile)
    source = template if template is not None else builder.path(profile).read_bytes()
    content = _document(report, source, files=files, pages={})
    if paginate is not None and profile.contents:
        probe = _document(report, source, files=files, pages={}, probe=True)
        content = _document(report, source, files=files, pages=_pages(report, paginate(probe)))
    out_path.write_bytes(content)
    return RenderResult(out_path, hashlib.sha256(content).hexdigest(), report.headings, bound(report), report)


def bound(report: Report) -> tuple[tuple[str, str, str], ...]:
    """Return every bound figure of a report in document order: key, format, text shown."""
    found: list[tuple[str, str, str]] = []
    for block in (*report.abstract, *report.body, *report.appendix):
        lines = [block.line]
        if block.table is not None:
            lines += [cell.line for row in (*block.table.head, *block.table.rows) for cell in row]
        found += [(r.key, r.form, r.text) for line in lines for r in line if r.key]
    return tuple(found)


def _pages(report: Report, physical: dict[str, int]) -> dict[str, str]:
    """Return printed page numbers by anchor; the body starts at page 1."""
    by_text = {_squeeze(text): page for text, page in physical.items()}
    first = by_text.get(_squeeze(text_of(report.body[0].line))) if report.body else None
    if first is None:
        return {}
    return {h.anchor: str(by_text[_squeeze(h.text)] - first + 1)
            for h in report.headings if _squeeze(h.text) in by_text}


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)[:60]


def _document(
    report: Report, source: bytes, *, files: Files | None, pages: dict[str, str], probe: bool = False
) -> bytes:
    template = DocxTemplate(io.BytesIO(source))
    template.render_init()
    sandbox = environment()
    context = _context(report)
    body = _strict(template.build_xml(context, sandbox))
    if probe:
        _mark_start(body, report)
    parts = _Parts(template.docx.part, report, files)
    Finisher(parts.chart, parts.image, pages).work(body)
    if not report.appendix:
        _drop_last_section(body)
    template.map_tree(body)
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        for relation, xml in template.build_headers_footers_xml(context, uri, sandbox):
            template.map_headers_footers_xml(relation, xml)
    template.render_properties(context, sandbox)
    template.render_footnotes(context, sandbox)
    template.docx.core_properties.title = marks.ANY.sub("", marks.clean(report.title))[:250]
    buffer = io.BytesIO()
    template.docx.save(buffer)
    return canonical(buffer.getvalue())


def _strict(xml: str) -> Any:
    try:
        return parse_xml(xml)
    except SyntaxError as error:
        raise InvalidError(Problem("模板渲染结果不是正确的 XML", value=str(error), cure="重新生成或检查模板")) from None


def _mark_start(body: Any, report: Report) -> None:
    """Give the first body paragraph an outline level, so that its page can be asked for."""
    wanted = _squeeze(text_of(report.body[0].line)) if report.body else ""
    for paragraph in body.iter(qn("w:p")):
        text = marks.ANY.sub("", "".join(t.text or "" for t in paragraph.iter(qn("w:t"))))
        properties = paragraph.find(qn("w:pPr"))
        style = properties.find(qn("w:pStyle")) if properties is not None else None
        if wanted and wanted in _squeeze(text) and style is not None and style.get(qn("w:val")) == "a3body":
            put(properties, "w:outlineLvl", val=0)
            return


def _drop_last_section(body: Any) -> None:
    """Let the body's section end the document when there is no appendix."""
    breaks = [p for p in body.iter(qn("w:p")) if p.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None]
    if breaks:
        holder = breaks[-1].find(qn("w:pPr"))
        section = holder.find(qn("w:sectPr"))
        last = body.find(qn("w:sectPr"))
        body.replace(last, section)
        breaks[-1].getparent().remove(breaks[-1])


def _context(report: Report) -> dict[str, object]:
    cover = CoverView(
        "\n".join(report.cover.title),
        tuple(Entry(0, marks.Marked(""), i.label, i.value) for i in report.cover.items),
        report.cover.organisation, report.cover.date)
    contents = tuple(
        Entry(h.level, marks.Marked(marks.clean(h.text) + marks.named(marks.LINK, h.anchor)))
        for h in report.headings if h.level <= 2)
    return {
        "banner": report.banner, "cover": cover, "contents": contents,
        "abstract": tuple(_block(b, PORTRAIT) for b in report.abstract),
        "body": tuple(_block(b, PORTRAIT) for b in report.body),
        "appendix": tuple(_block(b, LANDSCAPE) for b in report.appendix),
    }


def _block(block: Block, room: float) -> BlockView:
    before = marks.named(marks.ANCHOR, block.anchor) if block.anchor else ""
    if block.table is not None:
        head, rows = _rows(block.table, room)
        return BlockView("small_table" if block.table.small else "table", marks.Marked(""), head, rows)
    if block.chart is not None:
        return BlockView("chart", marks.Marked(marks.named(marks.CHART, block.chart.id)))
    if block.picture is not None:
        return BlockView("image", marks.Marked(marks.named(marks.IMAGE, block.picture.id)))
    return BlockView(block.kind, marks.line(block.line, before=before))


def _rows(table: Table, room: float) -> tuple[tuple[RowView, ...], tuple[RowView, ...]]:
    count = max((len(row) for row in (*table.head, *table.rows)), default=1)
    widths = table.widths if len(table.widths) == count else (room / count,) * count
    total = sum(widths)
    scale = min(1.0, room / total)
    mark = marks.named(marks.WIDTHS, " ".join(str(twips(w * scale)) for w in widths))
    views: list[RowView] = []
    for number, row in enumerate((*table.head, *table.rows)):
        padded = (*row, *([marks.Cell()] * (count - len(row))))
        views.append(RowView(tuple(
            marks.cell(c, widths=mark if not number and not place else "") for place, c in enumerate(padded))))
    return tuple(views[:len(table.head)]), tuple(views[len(table.head):])


class _Parts:
    """Adds the chart and picture parts of one document as they are asked for."""

    def __init__(self, part: Any, report: Report, files: Files | None) -> None:
        self._part = part
        self._files = files
        blocks = (*report.abstract, *report.body, *report.appendix)
        self._charts: dict[str, Chart] = {marks.clean(b.chart.id): b.chart for b in blocks if b.chart}
        self._pictures: dict[str, Picture] = {marks.clean(b.picture.id): b.picture for b in blocks if b.picture}

    def chart(self, name: str, number: int) -> str:
        """Add the chart part and its workbook; return the drawing."""
        chart = self._charts[name]
        package = self._part.package
        book = Part(PackURI(f"/word/embeddings/chart{number}.xlsx"), XLSX_TYPE, charts.workbook(chart), package)
        part = Part(PackURI(f"/word/charts/chart{number}.xml"), CHART_TYPE, b"", package)
        part._blob = charts.chart_xml(chart, data=part.relate_to(book, RT.PACKAGE))
        relation = self._part.relate_to(part, RT.CHART)
        return charts.drawing(charts.chart_graphic(relation), number=number, name=f"图{number}", alt=charts.alt_text(chart))

    def image(self, name: str, number: int) -> list[Any] | str:
        """Return boxes as tables, or add the picture part and return its drawing."""
        picture = self._pictures[name]
        if not picture.sha256:
            return box_elements(picture.boxes)
        if self._files is None:
            raise UnavailableError(Problem("报告要用的图片取不到", path=f"images.{name}", value=picture.sha256[:16]))
        content = self._files(picture.sha256)
        relation, _ = self._part.get_or_add_image(io.BytesIO(content))
        image = Image.from_blob(content)
        width = min(150 * charts.EMU, int(image.width))
        height = int(Fraction(width, int(image.width)) * int(image.height))
        graphic = charts.picture_graphic(relation, number=number, width=width, height=height)
        return charts.drawing(graphic, number=number, name=f"图{number}", alt=picture.alt, width=width, height=height)
