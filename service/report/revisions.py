"""Tracked changes of a Word document: what it says with all of them accepted, and with all rejected.

- The mark of a paragraph may be tracked itself: where it goes, the paragraph is joined to the next one.
- A row that is tracked comes or goes as a whole. Pictures and charts say their alternative text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from service.report import package

MAIN = "word/document.xml"
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
DRAWN = frozenset({qn("w:drawing"), qn("w:pict"), qn("w:object"), _ALTERNATE})
_OPEN = ("ins", "moveTo", "hyperlink", "smartTag", "customXml", "fldSimple", "dir", "bdo")
_WRAPPERS = frozenset(qn(f"w:{name}") for name in _OPEN)
_GONE = frozenset({qn("w:del"), qn("w:moveFrom")})
_SAID = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


def parsed(content: bytes) -> Any:
    """Return the tree of one part; nothing outside it is read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(content, parser)


def rows(table: Any) -> list[Any]:
    """Return the rows of a table, those in content controls too."""
    return [row for row in _through(table) if row.tag == qn("w:tr")]


def cells(row: Any) -> list[Any]:
    """Return the cells of a row, those in content controls too."""
    return [cell for cell in _through(row) if cell.tag == qn("w:tc")]


def _through(holder: Any) -> Iterator[Any]:
    for child in holder:
        content = child.find(qn("w:sdtContent")) if child.tag == qn("w:sdt") else None
        if content is not None:
            yield from _through(content)
        else:
            yield child


def opened(holder: Any) -> Iterator[Any]:
    """Yield runs and what stands between them; wrappers are opened, tracked deletions left out."""
    for child in holder:
        if child.tag == qn("w:sdt"):
            content = child.find(qn("w:sdtContent"))
            yield from opened(content) if content is not None else ()
        elif child.tag in _WRAPPERS:
            yield from opened(child)
        elif child.tag not in _GONE and isinstance(child.tag, str):
            yield child


def drawn(node: Any) -> str:
    """Return what stands for a picture or chart: its alternative text in brackets."""
    named = next((n for n in node.iter() if str(n.tag).endswith("}docPr")), None)
    return f"〔图：{named.get('descr') or ''}〕" if named is not None else "〔图〕"


def text_of(paragraph: Any) -> str:
    """Return what a paragraph says: text, tabs, breaks, pictures; no field codes, no tracked deletions."""
    said: list[str] = []
    for child in opened(paragraph):
        if child.tag == qn("w:r"):
            said += map(_said, child)
    return "".join(said)


def _said(node: Any) -> str:
    if node.tag in (qn("w:t"), qn("w:delText")):
        return node.text or ""
    return drawn(node) if node.tag in DRAWN else _SAID.get(node.tag, "")


def accepted(content: bytes) -> list[str]:
    """Return the text of a .docx by paragraph with every tracked change accepted."""
    return _settled(content, gone=("w:del", "w:moveFrom"), kept=("w:ins", "w:moveTo"))


def rejected(content: bytes) -> list[str]:
    """Return the text of a .docx by paragraph with every tracked change rejected."""
    return _settled(content, gone=("w:ins", "w:moveTo"), kept=("w:del", "w:moveFrom"))


def _settled(content: bytes, *, gone: tuple[str, ...], kept: tuple[str, ...]) -> list[str]:
    body = parsed(package.read(content)[MAIN]).find(qn("w:body"))
    _drop_rows(body, gone)
    joined = [p for p in body.iter(qn("w:p")) if _ends(p, gone)]
    for node in _marks(body, gone):
        node.getparent().remove(node)
    for node in _marks(body, kept):
        _unwrap(node)
    for paragraph in joined:
        _join(paragraph)
    return [text_of(p) for p in body.iter(qn("w:p"))]


def _drop_rows(body: Any, tags: tuple[str, ...]) -> None:
    for row in list(body.iter(qn("w:tr"))):
        if any(row.find(f"{qn('w:trPr')}/{qn(tag)}") is not None for tag in tags):
            row.getparent().remove(row)
    for table in [each for each in body.iter(qn("w:tbl")) if not rows(each)]:
        table.getparent().remove(table)


def _marks(body: Any, tags: tuple[str, ...]) -> list[Any]:
    """Return the tracked stretches of text, not the marks of paragraphs and rows."""
    ends = (qn("w:rPr"), qn("w:trPr"))
    return [node for node in body.iter(*map(qn, tags)) if node.getparent().tag not in ends]


def _ends(paragraph: Any, tags: tuple[str, ...]) -> bool:
    holder = paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}")
    return holder is not None and any(holder.find(qn(tag)) is not None for tag in tags)


def _unwrap(node: Any) -> None:
    for child in list(node):
        node.addprevious(child)
    node.getparent().remove(node)


def _join(paragraph: Any) -> None:
    """Put what is left of a paragraph whose mark went before the text of the next; alone it stays."""
    left = [child for child in paragraph if child.tag != qn("w:pPr")]
    after = paragraph.getnext()
    if after is None or after.tag != qn("w:p"):
        if not text_of(paragraph) and after is not None and after.tag == qn("w:tbl"):
            paragraph.getparent().remove(paragraph)
        return
    start = 1 if after.find(qn("w:pPr")) is not None else 0
    for offset, child in enumerate(left):
        after.insert(start + offset, child)
    paragraph.getparent().remove(paragraph)
