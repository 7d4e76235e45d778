"""A snapshot under a profile becomes a .docx: same snapshot, same profile, same bytes.

Stock docxtpl in a sandbox with autoescape, StrictUndefined and our `finalize`; the result is parsed
strictly; one pass (`finish`) sets structure; the package is written canonically.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docxtpl import DocxTemplate

from service.errors import InvalidError, Problem, UnavailableError
from service.report import apart, builder, marks, model
from service.report.blocks import Heading, Report, text_of
from service.report.context import context
from service.report.finish import Finisher
from service.report.media import Files, Parts
from service.report.package import canonical
from service.report.profile import Profile
from service.report.sandbox import environment
from service.report.snapshot import CaseSnapshot
from service.report.styles import put

Paginate = Callable[[bytes], dict[str, int]]


@dataclass(frozen=True, slots=True)
class RenderResult:
    """One rendered report: file, SHA-256 (hex), headings in order, bound figures (key, format, text)."""

    path: Path
    sha256: str
    headings: tuple[Heading, ...]
    figures: tuple[tuple[str, str, str], ...]
    report: Report


def render(
    snapshot: CaseSnapshot,
    profile: Profile,
    out_path: Path,
    *,
    paginate: Paginate | None = None,
    files: Files | None = None,
    template: bytes | None = None,
    own: bytes | None = None,
    mark: str = "",
) -> RenderResult:
    """Write the report to `out_path` and return what it is.

    Args:
        paginate: gives the physical page (from 1) of each heading of a .docx, by its text; without it
            the contents carry no page numbers and Word fills them on request.
        files: gives the bytes of a picture by SHA-256.
        template: .docx bytes of ours instead of the committed template of the profile.
        own: .docx bytes of an organisation's template, which is set in a shut-in child.
        mark: stands at the top of every page besides what the snapshot demands.

    Raises:
        InvalidError: unknown tokens, tables, pictures; a template that does not give well-formed XML.
        UnavailableError: a picture is wanted and `files` is missing.
    """
    report = model.build(snapshot, profile)
    report = replace(report, banner="　".join(filter(None, (report.banner, mark))))
    source = template if template is not None else builder.path(profile).read_bytes()
    put_in = _setting(report, source, own, files)
    pages: dict[str, str] = {}
    if paginate is not None and profile.contents:
        pages = _pages(report, paginate(put_in({}, True)))
    content = put_in(pages, False)
    out_path.write_bytes(content)
    return RenderResult(out_path, hashlib.sha256(content).hexdigest(), report.headings, bound(report), report)


def _setting(
    report: Report, source: bytes, own: bytes | None, files: Files | None
) -> Callable[[dict[str, str], bool], bytes]:
    """Return what sets the report, given the page numbers and whether it is only to count pages."""
    if own is None:
        return lambda pages, probe: document(report, source, files=files, pages=pages, probe=probe)
    blocks = (*report.abstract, *report.body, *report.appendix)
    wanted = {b.picture.sha256 for b in blocks if b.picture is not None and b.picture.sha256}
    if wanted and files is None:
        raise UnavailableError(Problem("报告要用的图片取不到", path="images"))
    pictures = {sha256: files(sha256) for sha256 in wanted} if files is not None else {}
    return lambda pages, probe: apart.typeset(report, own, pictures=pictures, pages=pages, probe=probe)


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
    return {
        h.anchor: str(by_text[_squeeze(h.text)] - first + 1)
        for h in report.headings
        if _squeeze(h.text) in by_text
    }


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)[:60]


def document(
    report: Report, source: bytes, *, files: Files | None, pages: dict[str, str], probe: bool = False
) -> bytes:
    """Return `report` set with the template `source` in this process.

    Args:
        pages: printed page numbers by anchor.
        probe: the first body paragraph gets an outline level, so that its page can be asked for.

    Raises:
        InvalidError: the template does not give well-formed XML.
    """
    template = DocxTemplate(io.BytesIO(source))
    template.render_init()
    sandbox = environment()
    words = context(report)
    body = _strict(template.build_xml(words, sandbox))
    if probe:
        _mark_start(body, report)
    parts = Parts(template.docx.part, report, files)
    Finisher(parts.chart, parts.image, pages).work(body)
    if not report.appendix:
        _drop_last_section(body)
    template.map_tree(body)
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        for relation, xml in template.build_headers_footers_xml(words, uri, sandbox):
            template.map_headers_footers_xml(relation, xml)
    template.render_properties(words, sandbox)
    template.render_footnotes(words, sandbox)
    template.docx.core_properties.title = marks.ANY.sub("", marks.clean(report.title))[:250]
    buffer = io.BytesIO()
    template.docx.save(buffer)
    return canonical(buffer.getvalue())


def _strict(xml: str) -> Any:
    try:
        return parse_xml(xml)
    except SyntaxError as error:
        raise InvalidError(
            Problem("模板渲染结果不是正确的 XML", value=str(error), cure="重新生成或检查模板")
        ) from None


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
    """Let the body's section end the document when nothing stands after its break."""
    breaks = [p for p in body.iter(qn("w:p")) if p.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None]
    if not breaks or any(_says(after) for after in breaks[-1].itersiblings()):
        return
    section = breaks[-1].find(f"{qn('w:pPr')}/{qn('w:sectPr')}")
    body.replace(body.find(qn("w:sectPr")), section)
    breaks[-1].getparent().remove(breaks[-1])


def _says(block: Any) -> bool:
    return any(True for _ in block.iter(qn("w:drawing"), qn("w:tbl"))) or any(
        t.text for t in block.iter(qn("w:t"))
    )
