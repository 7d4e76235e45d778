"""Reads a Word document into plain paragraphs and tables; the program of a shut-in child: ``python -I
readdocx.py SOURCE TARGET``.

- The text is that with all tracked changes accepted; contents pages, headers and comments are left out.
- Numbers that Word counts itself are put before their paragraphs as it would show them.

TARGET is JSON: ``{"blocks": [["p", text] | ["t", [[[text, columns, continues], …], …]]]}``; `continues`
tells that a cell belongs to the merged one above. Exit code 0 if TARGET was written.
"""

from __future__ import annotations

import json
import sys
import zipfile
from typing import Any

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MOST_BYTES, MOST_BLOCKS, MOST_CELLS, MOST_SPAN = 80_000_000, 60_000, 200_000, 100
_SKIPPED = frozenset(
    {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{MC}Fallback", f"{W}pPr", f"{W}rPr", f"{W}delText"}
)
_CN = "零一二三四五六七八九"


class Reader:
    """Walks one document; `blocks` is what it holds."""

    def __init__(self, box: zipfile.ZipFile) -> None:
        self.styles = _Styles(_part(box, "word/styles.xml"))
        self.numbers = _Numbering(_part(box, "word/numbering.xml"))
        self.blocks: list[Any] = []
        self.cells = 0

    def walk(self, holder: Any) -> None:
        """Read what stands in `holder`, in order."""
        for node in holder:
            if node.tag == f"{W}p":
                text = self.paragraph(node)
                if text.strip():
                    self.blocks.append(["p", text])
            elif node.tag == f"{W}tbl":
                self.blocks.append(["t", [self._row(row) for row in _rows(node)]])
            elif isinstance(node.tag, str) and node.tag not in _SKIPPED:
                self.walk(node)
            if len(self.blocks) > MOST_BLOCKS:
                raise ValueError("too many blocks")

    def paragraph(self, node: Any) -> str:
        """Return the text of a paragraph with its number; "" for a line of the contents."""
        style = node.find(f"{W}pPr/{W}pStyle")
        name = style.get(f"{W}val", "") if style is not None else ""
        if self.styles.names.get(name, name).lower().startswith("toc"):
            return ""
        pieces: list[str] = []
        _gather(node, pieces)
        text = "".join(pieces)
        return self.numbers.label(node, self.styles, name) + text if text.strip() else ""

    def _row(self, row: Any) -> list[list[Any]]:
        cells = []
        for cell in row.iterchildren(f"{W}tc", f"{W}sdt"):
            for own in [cell] if cell.tag == f"{W}tc" else cell.iterfind(f"{W}sdtContent/{W}tc"):
                span = own.find(f"{W}tcPr/{W}gridSpan")
                merge = own.find(f"{W}tcPr/{W}vMerge")
                wide = min(max(int(span.get(f"{W}val", "1")), 1), MOST_SPAN) if span is not None else 1
                self.cells += wide
                if self.cells > MOST_CELLS:
                    raise ValueError("too many cells")
                text = "\n".join(filter(str.strip, (self.paragraph(p) for p in own.iter(f"{W}p"))))
                cells.append(
                    [text, wide, merge is not None and merge.get(f"{W}val", "continue") == "continue"]
                )
        return cells


def _rows(table: Any) -> Any:
    for node in table:
        if node.tag == f"{W}tr":
            yield node
        elif node.tag == f"{W}sdt":
            yield from node.iterfind(f"{W}sdtContent/{W}tr")


def _gather(holder: Any, pieces: list[str]) -> None:
    for node in holder:
        if node.tag == f"{W}t":
            pieces.append(node.text or "")
        elif node.tag in (f"{W}br", f"{W}cr"):
            pieces.append("\n")
        elif node.tag == f"{W}tab":
            pieces.append(" ")
        elif node.tag == f"{W}noBreakHyphen":
            pieces.append("-")
        elif isinstance(node.tag, str) and node.tag not in _SKIPPED:
            _gather(node, pieces)


class _Styles:
    """Names of styles and the numbering they bring."""

    def __init__(self, root: Any) -> None:
        self.names: dict[str, str] = {}
        self.numbered: dict[str, Any] = {}
        for style in () if root is None else root.iterfind(f"{W}style"):
            key = style.get(f"{W}styleId", "")
            name = style.find(f"{W}name")
            self.names[key] = name.get(f"{W}val", "") if name is not None else key
            numbered = style.find(f"{W}pPr/{W}numPr")
            if numbered is not None:
                self.numbered[key] = numbered


class _Numbering:
    """The lists of a document and how far each has counted."""

    def __init__(self, root: Any) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.count: dict[str, dict[int, int]] = {}
        kinds: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.base: dict[str, str] = {}
        for kind in () if root is None else root.iterfind(f"{W}abstractNum"):
            kinds[kind.get(f"{W}abstractNumId", "")] = {
                int(level.get(f"{W}ilvl", "0")): (
                    _value(level, "numFmt"),
                    _value(level, "lvlText"),
                    int(_value(level, "start") or 1),
                )
                for level in kind.iterfind(f"{W}lvl")
            }
        for number in () if root is None else root.iterfind(f"{W}num"):
            own, base = number.get(f"{W}numId", ""), _value(number, "abstractNumId")
            self.levels[own], self.base[own] = kinds.get(base, {}), base

    def label(self, node: Any, styles: _Styles, style: str) -> str:
        """Return the number Word shows before a paragraph and count it."""
        numbered = node.find(f"{W}pPr/{W}numPr")
        numbered = styles.numbered.get(style) if numbered is None else numbered
        if numbered is None:
            return ""
        own, level = _value(numbered, "numId"), int(_value(numbered, "ilvl") or 0)
        levels = self.levels.get(own, {})
        if own == "0" or level not in levels:
            return ""
        count = self.count.setdefault(self.base[own], {})
        count[level] = count.get(level, levels[level][2] - 1) + 1
        for deeper in [n for n in count if n > level]:
            del count[deeper]
        text = levels[level][1]
        for place in range(level + 1):
            if f"%{place + 1}" in text and place in levels:
                shown = count.get(place, levels[place][2])
                text = text.replace(f"%{place + 1}", _shown(shown, levels[place][0]))
        return text if levels[level][0] != "bullet" else ""


def _value(node: Any, name: str) -> str:
    found = node.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def _shown(number: int, form: str) -> str:
    if form.startswith(("chinese", "ideograph", "japanese", "taiwanese")):
        tens, ones = divmod(number, 10)
        head = "" if not tens else "十" if tens == 1 else _CN[tens % 10] + "十"
        return head + (_CN[ones] if ones or not tens else "")
    if form == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if form in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        return chr((97 if form == "lowerLetter" else 65) + number - 1)
    return str(number)


def _part(box: zipfile.ZipFile, name: str) -> Any:
    """Return the root of a part, None if there is none; entities are never expanded."""
    try:
        with box.open(name) as stream:
            content = stream.read(MOST_BYTES + 1)
    except KeyError:
        return None
    if len(content) > MOST_BYTES or b"<!DOCTYPE" in content[:4096]:
        raise ValueError("refused")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    return etree.fromstring(content, parser)


def main(source: str, target: str) -> None:
    """`target` holds the blocks of the document `source`."""
    with zipfile.ZipFile(source) as box:
        root = _part(box, "word/document.xml")
        reader = Reader(box)
        reader.walk(root.find(f"{W}body"))
    with open(target, "w", encoding="utf-8") as output:
        json.dump({"blocks": reader.blocks}, output)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
