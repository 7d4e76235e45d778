"""The words of a report as a Word file to edit outside: every piece in a marked place, every figure locked.

- A piece stands between two lines with locked content controls ``s:N`` and ``e:N``, a figure in a locked one
  ``f:N``; bookmarks ``pjs_N``, ``pje_N``, ``pjf_N`` around them say the same to programs that lose the
  controls' tags. N is the place in `WorkCopy.pieces` or `.figures`.
- No control holds whole paragraphs: LibreOffice 7.4 writes the text of such a one three times.
- The kind of a row (小标题, 条目 …) is its paragraph style; numbers are set when the report is printed.
- What the data fill in stands between the pieces, locked, for reading only.
- The file carries the id of the copy in a property no page shows, and the mark in every header.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from lxml import etree

from service.report import builder, marks, package
from service.report.blocks import Block, text_of
from service.report.draft import LEAD, PLACED
from service.report.facts import Facts
from service.report.outline import Piece, outline
from service.report.profile import Profile
from service.report.resolve import TOKEN, Resolver
from service.report.snapshot import CaseSnapshot
from service.report.styles import element, put

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
BODY, LOCKED, TITLE = "报告正文", "评迹说明", "评迹题目"
ROWS = {"## ": "评迹小标题", "- ": "评迹条目", "* ": "评迹列项", "+ ": "评迹序列"}
"""Paragraph style by the marker a row begins with; plain rows have `BODY`."""
HERE = "（在此撰写）"
PROPERTY = "PingjiCopy"
HINT = (
    "本文件用于在 Word、WPS 中修改文字：只改各节方框内的文字；标题、编号、图表由系统生成；"
    "数字由数据填入，改动数字不会被接受，应回到系统改数据。批注和修订会随文件带回。"
)
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


@dataclass(frozen=True, slots=True)
class Words:
    """One stored piece to be edited: kind section, problem or suggestion; only the latter have a title."""

    kind: str
    section: str
    body: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One marked place: which piece, and whether it holds its title instead of its body."""

    kind: str
    section: str
    title: bool = False


@dataclass(slots=True)
class WorkCopy:
    """What was made: the file, its places in order, and each figure's token as it was written."""

    content: bytes = b""
    pieces: list[Place] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


def make(
    snapshot: CaseSnapshot,
    profile: Profile,
    items: Mapping[str, Sequence[Words]],
    *,
    mark: str,
    identity: str,
) -> WorkCopy:
    """Return the copy of the words of `snapshot`.

    Args:
        items: stored problems and suggestions by kind of list, in order.
        mark: stands at the top of every page.
        identity: of the copy; found again in the file when it comes back.
    """
    document = Document(str(builder.path(profile)))
    _styles(document)
    writer = _Writer(snapshot, profile)
    writer.write(items)
    body = document.element.body
    section = body.find(qn("w:sectPr"))
    for child in list(body):
        body.remove(child)
    body.extend([*writer.made, *([section] if section is not None else [])])
    _headers(document, mark)
    document.core_properties.title = marks.ANY.sub("", marks.clean(f"{snapshot.title}（修改稿）"))[:250]
    buffer = io.BytesIO()
    document.save(buffer)
    writer.copy.content = package.write(_identified(package.read(buffer.getvalue()), identity))
    return writer.copy


class _Writer:
    """Writes the pieces one after another; `made` are the blocks of the document."""

    def __init__(self, snapshot: CaseSnapshot, profile: Profile) -> None:
        self.snapshot, self.profile = snapshot, profile
        self.resolver = Resolver(Facts(snapshot), forms=dict(profile.forms))
        self.captions = {t.id: t.caption for t in snapshot.tables} | {
            i.id: i.caption for i in snapshot.images
        }
        self.copy = WorkCopy()
        self.made: list[Any] = []
        self.marked = 0

    def write(self, items: Mapping[str, Sequence[Words]]) -> None:
        """Write every piece of the report in order of print."""
        self._locked([HINT])
        for piece in outline(self.snapshot, self.profile).pieces:
            lists = [each for kind in piece.kinds for each in items.get(kind, ())]
            self._locked([piece.title], style=f"heading {min(piece.level, 3)}")
            if piece.editable:
                text = self.snapshot.narrative.get(piece.id, "")
                self._place(Place("section", piece.id), piece.title, list(self._rows(text)))
            for each in lists:
                self._place(Place(each.kind, each.section, True), each.title, [self._row(TITLE, each.title)])
                self._place(Place(each.kind, each.section), each.title, list(self._rows(each.body)))
            if not lists:
                self._locked(_read_only(piece))
        self._locked(["（完）"])

    def _place(self, place: Place, name: str, rows: list[Any]) -> None:
        number = len(self.copy.pieces)
        self.copy.pieces.append(place)
        what = "标题" if place.title else "正文"
        self.made.append(self._edge(f"s:{number}", f"▼ {what}从下一行起（{name or '本节'}）"))
        self.made += rows or [self._row(BODY, HERE)]
        self.made.append(self._edge(f"e:{number}", f"▲ {what}到上一行止"))

    def _edge(self, tag: str, text: str) -> Any:
        paragraph = _paragraph(LOCKED)
        paragraph.extend(self._fixed(text, tag, name=text))
        return paragraph

    def _fixed(self, text: str, tag: str, *, name: str, strong: bool = False) -> list[Any]:
        """Return text nobody may change, in a control and a bookmark of the same name."""
        control, content = _control(name, tag)
        content.append(_run(text, strong=strong))
        self.marked += 1
        start, end = element("w:bookmarkStart"), element("w:bookmarkEnd")
        start.set(qn("w:id"), str(self.marked))
        start.set(qn("w:name"), f"pj{tag.replace(':', '_')}")
        end.set(qn("w:id"), str(self.marked))
        return [start, control, end]

    def _locked(self, lines: Sequence[str], style: str = LOCKED) -> None:
        """Write lines for reading."""
        for line in lines:
            if line.strip():
                paragraph = _paragraph(style)
                control, content = _control("由系统生成", "")
                content.append(_run(line))
                paragraph.append(control)
                self.made.append(paragraph)

    def _rows(self, text: str) -> Iterator[Any]:
        for raw in text.split("\n"):
            row = raw.strip()
            if row:
                mark = next((mark for mark in ROWS if row.startswith(mark)), "")
                yield self._row(ROWS.get(mark, BODY), row[len(mark) :], lead=mark in ("", "- "))

    def _row(self, style: str, text: str, *, lead: bool = False) -> Any:
        paragraph = _paragraph(style)
        found = LEAD.fullmatch(text) if lead else None
        parts = ((found[1], True), (found[2], False)) if found else ((text, False),)
        for part, strong in parts:
            end = 0
            for match in TOKEN.finditer(part):
                paragraph.extend(_runs(part[end : match.start()], strong=strong))
                paragraph.extend(self._figure(match, whole=text, strong=strong))
                end = match.end()
            paragraph.extend(_runs(part[end:], strong=strong))
        return paragraph

    def _figure(self, match: Any, *, whole: str, strong: bool) -> list[Any]:
        """Return one figure, or the place of a table or picture, locked; what is not known stays text."""
        placed = PLACED.fullmatch(whole)
        if placed:
            shown, key = f"〔此处排{self.captions.get(placed[2]) or placed[2]}〕", placed[2]
        else:
            known = len(self.resolver.problems)
            run = self.resolver.figure(match[1].strip(), (match[2] or "").strip())
            shown, key = run.text, match[1]
            if len(self.resolver.problems) > known:
                return _runs(match[0], strong=strong)
        number = len(self.copy.figures)
        self.copy.figures.append(match[0])
        return self._fixed(shown, f"f:{number}", name=key, strong=strong)


def _read_only(piece: Piece) -> list[str]:
    return [line for block in piece.locked for line in [_said(block)] if line]


def _said(block: Block) -> str:
    if block.table is not None:
        return f"〔表：{len(block.table.rows)} 行，由数据生成〕"
    return "〔图：由数据生成〕" if block.chart or block.picture else text_of(block.line)


def _control(name: str, tag: str) -> tuple[Any, Any]:
    control = element("w:sdt")
    properties = put(control, "w:sdtPr")
    put(properties, "w:alias", val=marks.ANY.sub("", marks.clean(name)).replace("\n", " ")[:64])
    if tag:
        put(properties, "w:tag", val=tag)
    put(properties, "w:lock", val="sdtContentLocked")
    return control, put(control, "w:sdtContent")


def _paragraph(style: str) -> Any:
    paragraph = element("w:p")
    put(put(paragraph, "w:pPr"), "w:pStyle", val=_IDS.get(style, style))
    return paragraph


def _runs(text: str, *, strong: bool) -> list[Any]:
    return [_run(text, strong=strong)] if text else []


def _run(text: str, *, strong: bool = False) -> Any:
    run = element("w:r")
    if strong:
        put(put(run, "w:rPr"), "w:b")
    holder = put(run, "w:t")
    holder.text = marks.ANY.sub("", marks.clean(text))
    holder.set(SPACE, "preserve")
    return run


_IDS = {
    BODY: "a3body",
    "heading 1": "Heading1",
    "heading 2": "Heading2",
    "heading 3": "Heading3",
    LOCKED: "pjlocked",
    TITLE: "pjtitle",
    **{style: f"pjrow{number}" for number, style in enumerate(ROWS.values())},
}


def _styles(document: Any) -> None:
    base = next(s for s in document.styles if s.style_id == _IDS[BODY])
    for name in (LOCKED, TITLE, *ROWS.values()):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.element.set(qn("w:styleId"), _IDS[name])
        style.base_style = base
        style.font.bold = name in (TITLE, ROWS["## "])
        if name == LOCKED:
            style.font.size, style.font.color.rgb = Pt(12), RGBColor(0x7F, 0x7F, 0x7F)


def _headers(document: Any, mark: str) -> None:
    for part in document.part.package.iter_parts():
        if "/header" in str(part.partname):
            for holder in part.element.iter(qn("w:t")):
                if "banner" in (holder.text or ""):
                    holder.text = marks.ANY.sub("", marks.clean(mark))


def _identified(parts: dict[str, bytes], identity: str) -> dict[str, bytes]:
    """Return the package with the identity as a custom property."""
    spaces: Any = {None: _CUSTOM, "vt": _VALUES}
    root = etree.Element(f"{{{_CUSTOM}}}Properties", nsmap=spaces)
    held = etree.SubElement(root, f"{{{_CUSTOM}}}property", fmtid=_FORMAT_ID, pid="2", name=PROPERTY)
    etree.SubElement(held, f"{{{_VALUES}}}lpwstr").text = identity
    types = etree.fromstring(parts["[Content_Types].xml"])
    etree.SubElement(types, f"{{{_TYPES}}}Override", PartName="/docProps/custom.xml", ContentType=_TYPE)
    relations = etree.fromstring(parts["_rels/.rels"])
    etree.SubElement(
        relations, f"{{{_RELS}}}Relationship", Id="rIdPingji", Type=_RELATION, Target="docProps/custom.xml"
    )
    made = {"[Content_Types].xml": types, "_rels/.rels": relations, "docProps/custom.xml": root}
    return parts | {
        name: etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
        for name, tree in made.items()
    }
