"""The one pass over the rendered document: markers become structure, and none stays behind.

Bound figures become locked content controls (w:sdt, tag ``f:key:format``), merge markers become
vMerge and gridSpan, anchors become bookmarks, links become lines of a contents field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn

from service.report import marks
from service.report.styles import element, put

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
PIECE = re.compile(
    f"{marks.FIGURE}([^{marks.SPLIT}]*){marks.SPLIT}([^{marks.SPLIT}]*){marks.SPLIT}([^{marks.END}]*){marks.END}"
    f"|([{marks.ANCHOR}{marks.LINK}{marks.CHART}{marks.IMAGE}{marks.WIDTHS}])([^{marks.END}]*){marks.END}"
)
SHORT = 160
TOGETHER = 9
STRONG_STYLE = {"a5cell": "a5head", "a6cell": "a6head"}


@dataclass(slots=True)
class Finisher:
    """Works on one body element; `chart` and `image` return the XML or elements for a name."""

    chart: Callable[[str, int], str]
    image: Callable[[str, int], list[Any] | str]
    pages: dict[str, str] = field(default_factory=dict)
    number: int = 100
    bookmarks: dict[str, int] = field(default_factory=dict)

    def work(self, body: Any) -> None:
        """Turn every marker under `body` into structure.

        Raises:
            ValueError: if a marker is left over, which is a fault of the template.
        """
        for table in list(body.iter(qn("w:tbl"))):
            _table(table)
        for paragraph in list(body.iter(qn("w:p"))):
            self._paragraph(paragraph)
        _contents_field(body)
        # What a row tells of itself may be left out but not be empty (ECMA-376 part 1, 17.4.82).
        for properties in [each for each in body.iter(qn("w:trPr")) if not len(each)]:
            properties.getparent().remove(properties)
        left = [t.text for t in body.iter(qn("w:t")) if t.text and marks.ANY.search(t.text)]
        if left:
            raise ValueError(f"模板留下了未处理的标记：{left[0][:40]!r}")

    def _paragraph(self, paragraph: Any) -> None:
        strong = 0
        for run in list(paragraph.iter(qn("w:r"))):
            for holder in list(run.findall(qn("w:t"))):
                if holder.text and marks.ANY.search(holder.text):
                    strong = self._run(paragraph, run, strong=strong)
                    break
                if strong:
                    _bold(run)

    def _run(self, paragraph: Any, run: Any, *, strong: int) -> int:
        """Replace one run by the pieces its markers ask for; return whether emphasis goes on."""
        made: list[Any] = []
        for child in run:
            if child.tag == qn("w:rPr"):
                continue
            if child.tag != qn("w:t"):
                made.append(_copy(run, deepcopy(child), strong=strong))
                continue
            text = child.text or ""
            end = 0
            for match in PIECE.finditer(text):
                strong = self._plain(run, text[end : match.start()], made, strong)
                if match[4]:
                    made += self._named(paragraph, match[4], match[5])
                else:
                    made.append(_control(run, match[1], match[2], match[3], strong=bool(strong)))
                end = match.end()
            strong = self._plain(run, text[end:], made, strong)
        for piece in made:
            run.addprevious(piece)
        run.getparent().remove(run)
        return strong

    def _plain(self, run: Any, text: str, made: list[Any], strong: int) -> int:
        for part in re.split(f"([{marks.BOLD}{marks.END}])", text):
            if part == marks.BOLD:
                strong = 1
            elif part == marks.END:
                strong = 0
            elif part.replace(marks.NOTHING, ""):
                holder = element("w:t")
                holder.text = part.replace(marks.NOTHING, "")
                holder.set(SPACE, "preserve")
                made.append(_copy(run, holder, strong=strong))
        return strong

    def _named(self, paragraph: Any, mark: str, name: str) -> list[Any]:
        if mark == marks.ANCHOR:
            return self._bookmark(name)
        if mark == marks.LINK:
            return _page_reference(name, self.pages.get(name, ""))
        self.number += 1
        if mark == marks.CHART:
            return [_drawing_run(self.chart(name, self.number))]
        content = self.image(name, self.number) if mark == marks.IMAGE else []
        if isinstance(content, str):
            return [_drawing_run(content)]
        for piece in content:
            paragraph.addprevious(piece)
        paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}").set(qn("w:val"), "a7gap")
        return []

    def _bookmark(self, name: str) -> list[Any]:
        number = len(self.bookmarks) + 1
        self.bookmarks[name] = number
        start, end = element("w:bookmarkStart"), element("w:bookmarkEnd")
        start.set(qn("w:id"), str(number))
        start.set(qn("w:name"), f"_Toc{name}")
        end.set(qn("w:id"), str(number))
        return [start, end]


def _copy(run: Any, child: Any, *, strong: int) -> Any:
    fresh = element("w:r")
    properties = run.find(qn("w:rPr"))
    if properties is not None:
        fresh.append(deepcopy(properties))
    fresh.append(child)
    if strong:
        _bold(fresh)
    return fresh


def _bold(run: Any) -> None:
    properties = run.find(qn("w:rPr"))
    if properties is None:
        properties = element("w:rPr")
        run.insert(0, properties)
    if properties.find(qn("w:b")) is None:
        put(properties, "w:b")
        put(properties, "w:bCs")


def _control(run: Any, key: str, form: str, text: str, *, strong: bool) -> Any:
    control = element("w:sdt")
    properties = put(control, "w:sdtPr")
    put(properties, "w:alias", val=key[:64])
    put(properties, "w:tag", val=f"f:{key}:{form}"[:64])
    put(properties, "w:lock", val="sdtContentLocked")
    put(properties, "w:text")
    holder = element("w:t")
    holder.text = text.replace(marks.NOTHING, "")
    holder.set(SPACE, "preserve")
    put(control, "w:sdtContent").append(_copy(run, holder, strong=strong))
    return control


def _drawing_run(xml: str) -> Any:
    run = element("w:r")
    run.append(parse_xml(xml))
    return run


def _field(kind: str, text: str = "") -> Any:
    run = element("w:r")
    if kind == "instr":
        holder = put(run, "w:instrText")
        holder.text = text
        holder.set(SPACE, "preserve")
    elif kind == "text":
        put(run, "w:t").text = text
    else:
        put(run, "w:fldChar", fldCharType=kind)
    return run


def _page_reference(name: str, page: str) -> list[Any]:
    """Return the tab and the page number of a contents line; without a number the field stays empty."""
    tab = element("w:r")
    put(tab, "w:tab")
    return [
        tab,
        _field("begin"),
        _field("instr", f" PAGEREF _Toc{name} \\h "),
        _field("separate"),
        _field("text", page),
        _field("end"),
    ]


def _contents_field(body: Any) -> None:
    """Wrap the contents lines into one TOC field, so Word can refresh them."""
    lines = [p for p in body.iter(qn("w:p")) if _style(p).startswith("TOC")]
    if not lines:
        return
    start = lines[0].find(qn("w:pPr"))
    place = list(lines[0]).index(start) + 1 if start is not None else 0
    for offset, run in enumerate(
        (_field("begin"), _field("instr", ' TOC \\o "1-2" \\h \\z \\u '), _field("separate"))
    ):
        lines[0].insert(place + offset, run)
    lines[-1].append(_field("end"))


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return "" if style is None else str(style.get(qn("w:val")))


def _table(table: Any) -> None:
    """Set widths, merges, alignment and row breaks of one rendered table."""
    first = "".join(t.text or "" for t in table.iter(qn("w:t")))
    found = re.search(f"{marks.WIDTHS}([^{marks.END}]*){marks.END}", first)
    if not found:
        return
    widths = [int(w) for w in found[1].split()]
    for holder in table.iter(qn("w:t")):
        if holder.text and marks.WIDTHS in holder.text:
            holder.text = re.sub(f"{marks.WIDTHS}[^{marks.END}]*{marks.END}", "", holder.text)
    size = _first(_first(table, "w:tblPr"), "w:tblW", after="w:tblStyle")
    size.set(qn("w:w"), str(sum(widths)))
    size.set(qn("w:type"), "dxa")
    grid = table.find(qn("w:tblGrid"))
    for column in list(grid):
        grid.remove(column)
    for width in widths:
        put(grid, "w:gridCol", w=width)
    rows = table.findall(qn("w:tr"))
    for row in rows:
        _row(row, widths)
    if len(rows) <= TOGETHER:
        _keep(rows[:-1])


def _keep(rows: list[Any]) -> None:
    """Keep short tables on one page: every row but the last stays with the next."""
    for row in rows:
        for properties in row.iterfind(f"{qn('w:tc')}/{qn('w:p')}/{qn('w:pPr')}"):
            if properties.find(qn("w:keepNext")) is None:
                _first(properties, "w:keepNext", after="w:pStyle")


def _row(row: Any, widths: list[int]) -> None:
    owner: Any = None
    for cell, width in zip(row.findall(qn("w:tc")), widths, strict=True):
        flags = _take_flags(cell)
        properties = _first(cell, "w:tcPr")
        size = _first(properties, "w:tcW", after="w:cnfStyle")
        if marks.LEFT in flags and owner is not None:
            _widen(owner, width)
            row.remove(cell)
            continue
        owner = cell
        size.set(qn("w:w"), str(width))
        size.set(qn("w:type"), "dxa")
        if marks.ABOVE in flags or marks.RESTART in flags:
            merge = element("w:vMerge")
            merge.set(qn("w:val"), "restart" if marks.RESTART in flags else "continue")
            size.addnext(merge)
        _dress(cell, flags)
    text = sum(len(t.text or "") for t in row.iter(qn("w:t")))
    properties = _first(row, "w:trPr", after="w:tblPrEx")
    if text <= SHORT and properties.find(qn("w:cantSplit")) is None:
        put(properties, "w:cantSplit")


def _take_flags(cell: Any) -> str:
    """Return the cell's markers and remove them from its text."""
    flags = ""
    wanted = marks.ABOVE + marks.RESTART + marks.LEFT + marks.ALIGN_LEFT + marks.ALIGN_RIGHT + marks.STRONG
    for holder in cell.iter(qn("w:t")):
        found = "".join(c for c in holder.text or "" if c in wanted)
        if found:
            flags += found
            holder.text = "".join(c for c in holder.text if c not in wanted)
    return flags


def _widen(cell: Any, width: int) -> None:
    properties = cell.find(qn("w:tcPr"))
    size = properties.find(qn("w:tcW"))
    size.set(qn("w:w"), str(int(size.get(qn("w:w"))) + width))
    span = properties.find(qn("w:gridSpan"))
    if span is None:
        span = element("w:gridSpan")
        span.set(qn("w:val"), "1")
        size.addnext(span)
    span.set(qn("w:val"), str(int(span.get(qn("w:val"))) + 1))


def _dress(cell: Any, flags: str) -> None:
    for paragraph in cell.findall(qn("w:p")):
        properties = _first(paragraph, "w:pPr")
        style = _first(properties, "w:pStyle")
        if marks.STRONG in flags:
            style.set(qn("w:val"), STRONG_STYLE.get(style.get(qn("w:val")), style.get(qn("w:val"))))
        side = "left" if marks.ALIGN_LEFT in flags else "right" if marks.ALIGN_RIGHT in flags else ""
        if side:
            _aligned(properties, side)


AFTER_ALIGNMENT = tuple(
    qn(f"w:{tag}")
    for tag in (
        "textDirection",
        "textAlignment",
        "textboxTightWrap",
        "outlineLvl",
        "divId",
        "cnfStyle",
        "rPr",
        "sectPr",
        "pPrChange",
    )
)


def _aligned(properties: Any, side: str) -> None:
    """Give a paragraph its alignment in the place the schema has for it, over the one it had."""
    held = properties.find(qn("w:jc"))
    if held is None:
        held = element("w:jc")
        after = next((child for child in properties if child.tag in AFTER_ALIGNMENT), None)
        if after is None:
            properties.append(held)
        else:
            after.addprevious(held)
    held.set(qn("w:val"), side)


def _first(holder: Any, tag: str, *, after: str = "") -> Any:
    """Return the child `tag`, made at the beginning of `holder` if Word saved the template without it."""
    found = holder.find(qn(tag))
    if found is None:
        found = element(tag)
        before = holder.find(qn(after)) if after else None
        if before is None:
            holder.insert(0, found)
        else:
            before.addnext(found)
    return found
