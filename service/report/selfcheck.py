"""Our own report, read back and recomputed before 定稿.

Checked on the finished .docx: every content control against its figure, charts against the sheet and
their workbooks, leftovers of the template in every part, headings against the model, the score sheet
itself, and the prose rules of `textcheck`. An error bars 定稿; a review item wants a ground; a hint informs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from lxml import etree

from service.report import model, package
from service.report.charts import C, cached
from service.report.facts import Facts, UnknownKeyError
from service.report.profile import Profile, load
from service.report.ratechart import rate_chart
from service.report.resolve import recompute
from service.report.sheetcheck import ERROR, Finding, check_figures
from service.report.snapshot import CaseSnapshot
from service.report.textcheck import Paragraph, check_text, leftovers, texts

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAIN = "word/document.xml"
TEXT_PARTS = re.compile(
    r"word/(document|header\d*|footer\d*|footnotes)\.xml|docProps/core\.xml|word/charts/[^/]+\.xml"
)
CHART = f"{{{C}}}"
__all__ = ["ERROR", "Finding", "check", "errors"]


def check(docx: bytes, snapshot: CaseSnapshot, *, profile: Profile | None = None) -> tuple[Finding, ...]:
    """Return every finding on the report `docx` made of `snapshot`, errors first.

    `profile` is the one it was rendered under, by default the bundled one the snapshot names.

    Raises:
        InvalidError: if the snapshot cannot be turned into a report at all.
    """
    profile = profile or load(snapshot.profile)
    parts = package.read(docx)
    body = _parse(parts[MAIN])
    facts = Facts(snapshot)
    found = [*_controls(body, facts), *_charts(parts, facts), *check_figures(snapshot)]
    own = "\n".join(texts(snapshot.to_plain()))
    for name in sorted(parts):
        if TEXT_PARTS.fullmatch(name):
            text = "".join(_parse(parts[name]).itertext())
            found += leftovers(text, part=name, own=own)
    paragraphs = tuple(_paragraphs(body))
    found += _headings(paragraphs, snapshot, profile)
    found += _contents(body, paragraphs)
    found += check_text(paragraphs, snapshot)
    order = {"error": 0, "review": 1, "hint": 2}
    return tuple(sorted(found, key=lambda f: order[f.severity]))


def errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return only the findings that bar 定稿."""
    return tuple(f for f in findings if f.severity == ERROR)


def _parse(content: bytes) -> Any:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))


def _text(element: Any) -> str:
    pieces: list[str] = []
    for node in element.iter(f"{W}t", f"{W}br", f"{W}tab"):
        pieces.append(node.text or "" if node.tag == f"{W}t" else "\n")
    return "".join(pieces)


def _controls(body: Any, facts: Facts) -> Iterator[Finding]:
    """Return content controls that do not show the recomputed value of their figure."""
    for control in body.iter(f"{W}sdt"):
        tag = control.find(f"{W}sdtPr/{W}tag")
        name = "" if tag is None else tag.get(f"{W}val")
        if not name.startswith("f:"):
            continue
        key, _, form = name[2:].rpartition(":")
        shown = _text(control.find(f"{W}sdtContent"))
        try:
            wanted = recompute(facts, key, form)
        except (UnknownKeyError, KeyError):
            yield Finding(ERROR, "figure", name, shown, "已有的数据项", name)
            continue
        if shown != wanted:
            yield Finding(ERROR, "figure", name, shown, wanted, shown)


def _charts(parts: dict[str, bytes], facts: Facts) -> Iterator[Finding]:
    """Return charts whose cache or workbook differs from the sheet."""
    wanted = {}
    for node in facts.snapshot.framework.nodes:
        chart = rate_chart(facts, node.code)
        if chart is not None:
            wanted[chart.labels] = [cached(v) for v in chart.values]
    for name in sorted(parts):
        if not re.fullmatch(r"word/charts/[^/]+\.xml", name):
            continue
        tree = _parse(parts[name])
        labels = tuple(v.text or "" for v in tree.iterfind(f".//{CHART}cat//{CHART}v"))
        values = [v.text or "" for v in tree.iterfind(f".//{CHART}val//{CHART}v")]
        if wanted.get(labels) != values:
            yield Finding(ERROR, "chart", name, "、".join(labels), str(wanted.get(labels)), str(values))
        book = parts.get(name.replace("charts/", "embeddings/").replace(".xml", ".xlsx"), b"")
        cells = workbook_figures(book) if book else []
        if cells != values:
            yield Finding(ERROR, "workbook", name, "、".join(labels), str(values), str(cells))


def workbook_figures(book: bytes) -> list[str]:
    """Return the figures of a chart's workbook as the chart holds them."""
    sheet = _parse(package.read(book)["xl/worksheets/sheet1.xml"])
    ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return [
        _figure(c.findtext(f"{ns}v") or "")
        for c in sheet.iter(f"{ns}c")
        if c.get("t") is None and c.get("r", "").startswith("B")
    ]


def _figure(text: str) -> str:
    """Return the number as charts hold it: a workbook keeps binary fractions, 0.936 as 0.9360000000000001."""
    try:
        return cached(Fraction(text))
    except ValueError:
        return text


def _paragraphs(body: Any) -> Iterator[Paragraph]:
    for paragraph in body.iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = "" if style is None else style.get(f"{W}val")
        text = _text(paragraph)
        if not text or name.startswith("TOC"):
            continue
        unbound = text
        if paragraph.find(f"{W}sdt") is not None:
            unbound = "".join(_text(child) if child.tag != f"{W}sdt" else "　" for child in paragraph)
        in_table = any(parent.tag == f"{W}tc" for parent in paragraph.iterancestors())
        yield Paragraph(name, text, unbound, in_table)


def _headings(
    paragraphs: tuple[Paragraph, ...], snapshot: CaseSnapshot, profile: Profile
) -> Iterator[Finding]:
    """Return headings of the document that are not those of the model, in order."""
    wanted = [h.text for h in model.build(snapshot, profile).headings]
    styles = ("Heading1", "Heading2", "Heading3", "a2appendix")
    fixed = (profile.abstract, profile.contents)
    shown = [p.text for p in paragraphs if p.style in styles and not p.in_table and p.text not in fixed]
    if shown != wanted:
        first = next(
            (n for n, (a, b) in enumerate(zip(shown, wanted, strict=False)) if a != b),
            min(len(shown), len(wanted)),
        )
        yield Finding(
            ERROR,
            "heading",
            f"第{first + 1}个标题",
            "标题与模型不一致",
            wanted[first] if first < len(wanted) else "",
            shown[first] if first < len(shown) else "",
        )


def _contents(body: Any, paragraphs: tuple[Paragraph, ...]) -> Iterator[Finding]:
    """Return lines of the contents that name no heading of the document."""
    titles = {p.text for p in paragraphs}
    for paragraph in body.iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        if style is not None and style.get(f"{W}val", "").startswith("TOC"):
            title = _text(paragraph).partition("\n")[0]
            if title not in titles:
                yield Finding(ERROR, "contents", "目录", title, "正文中的标题", title)
