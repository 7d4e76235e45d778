"""Paragraph styles and page sizes of a report template, after GB/T 9704-2012.

- No document grid: exact line heights of 28 pt give 22 lines a page in every program, a grid does not.
- The office font names stay in the file; a converter without these fonts maps them itself.
- Lengths: millimetres for pages, points for type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docx.document import Document as DocumentObject
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

SONG, HEI, KAI, FANG = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
LATIN = "Times New Roman"
LINE = 28


@dataclass(frozen=True, slots=True)
class Face:
    """One paragraph style: font, size in pt, exact line height in pt (0 = single), spacing in pt."""

    id: str
    name: str
    font: str
    size: float
    line: float
    align: str = "both"
    before: float = 0
    after: float = 0
    first_line: bool = False
    bold: bool = False
    outline: int | None = None
    keep_next: bool = False
    left: float = 0
    latin: str = LATIN
    tab_mm: float = 0
    right_chars: int = 0


FACES = (
    Face("a0cover", "封面标题", SONG, 26, 44, "center"),
    Face("a1cover", "封面项目", FANG, 16, 36, "left"),
    Face("Title", "Title", SONG, 22, 36, "center", after=18),
    Face("a2title", "栏目标题", HEI, 18, 32, "center", after=12, keep_next=True),
    Face("a2appendix", "附件标题", HEI, 18, 32, "center", after=12, outline=0, keep_next=True),
    Face("Heading1", "heading 1", HEI, 16, LINE, first_line=True, outline=0, keep_next=True),
    Face("Heading2", "heading 2", KAI, 16, LINE, first_line=True, outline=1, keep_next=True),
    Face("Heading3", "heading 3", FANG, 16, LINE, first_line=True, bold=True, outline=2, keep_next=True),
    Face("a3body", "报告正文", FANG, 16, LINE, first_line=True),
    Face("a3right", "落款", FANG, 16, LINE, "right", right_chars=4, keep_next=True),
    Face("a4caption", "表题", HEI, 12, 22, "center", before=4, after=2, keep_next=True),
    Face("a4figure", "图题", HEI, 12, 22, "center", before=2, after=4),
    Face("a5head", "表头", HEI, 10.5, 16, "center"),
    Face("a5cell", "表格正文", FANG, 10.5, 16, "center"),
    Face("a6head", "小表头", HEI, 9, 13, "center"),
    Face("a6cell", "表格小字", FANG, 9, 13, "center"),
    Face("a7note", "表注", FANG, 10.5, 16, "both", before=2, after=4),
    Face("a7gap", "表后", FANG, 5, 6, "left"),
    Face("a8image", "图片", FANG, 10.5, 0, "center", before=6, keep_next=True),
    Face("a9page", "页码", "宋体", 14, 0, "left", latin="宋体"),
    Face("a9banner", "页眉标记", HEI, 10.5, 0, "center"),
    Face("TOC1", "toc 1", HEI, 14, 26, "left", tab_mm=156),
    Face("TOC2", "toc 2", FANG, 14, 26, "left", left=14, tab_mm=156),
)


def apply(document: DocumentObject) -> None:
    """Give `document` exactly the styles of `FACES` on top of a 仿宋 default without grid."""
    _defaults(document)
    for face in FACES:
        _style(document, face)
    _character(document, "CommentReference", "annotation reference")


def fonts(east: str, latin: str = LATIN) -> Any:
    """Return w:rFonts with every script named."""
    named = OxmlElement("w:rFonts")
    for attribute, value in (("ascii", latin), ("hAnsi", latin), ("eastAsia", east), ("cs", latin)):
        named.set(qn(f"w:{attribute}"), value)
    return named


def element(tag: str) -> Any:
    """Return an empty element `tag` (prefix w:)."""
    return OxmlElement(tag)


def put(parent: Any, tag: str, **attributes: object) -> Any:
    """Append a child `tag` with w: attributes and return it."""
    child = OxmlElement(tag)
    for name, value in attributes.items():
        child.set(qn(f"w:{name}"), str(value))
    parent.append(child)
    return child


def _defaults(document: DocumentObject) -> None:
    styles = document.styles.element
    defaults = styles.find(qn("w:docDefaults"))
    for child in list(defaults):
        defaults.remove(child)
    run = put(put(defaults, "w:rPrDefault"), "w:rPr")
    run.append(fonts(FANG))
    put(run, "w:sz", val=32)
    put(run, "w:szCs", val=32)
    put(run, "w:lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA")
    put(put(defaults, "w:pPrDefault"), "w:pPr")
    wanted = {"Normal", "Default Paragraph Font", "Normal Table", "No List"}
    for style in list(document.styles):
        if style.name not in wanted:
            styles.remove(style.element)
    normal = document.styles["Normal"].element
    for child in list(normal):
        if child.tag in (qn("w:rPr"), qn("w:pPr")):
            normal.remove(child)
    put(put(normal, "w:pPr"), "w:widowControl", val=0)


def _style(document: DocumentObject, face: Face) -> None:
    style = document.styles.add_style(face.name, WD_STYLE_TYPE.PARAGRAPH).element
    style.set(qn("w:styleId"), face.id)
    for child in list(style):
        if child.tag != qn("w:name"):
            style.remove(child)
    if face.id.startswith(("Heading", "TOC", "Title")) and style.get(qn("w:customStyle")):
        del style.attrib[qn("w:customStyle")]
    put(style, "w:basedOn", val="Normal")
    put(style, "w:qFormat")
    _paragraph(put(style, "w:pPr"), face)
    run = put(style, "w:rPr")
    run.append(fonts(face.font, face.latin))
    if face.bold:
        put(run, "w:b")
        put(run, "w:bCs")
    put(run, "w:sz", val=round(face.size * 2))
    put(run, "w:szCs", val=round(face.size * 2))


def _paragraph(properties: Any, face: Face) -> None:
    if face.keep_next:
        put(properties, "w:keepNext")
    put(properties, "w:widowControl", val=0)
    if face.tab_mm:
        put(put(properties, "w:tabs"), "w:tab", val="right", leader="dot", pos=twips(face.tab_mm))
    put(properties, "w:snapToGrid", val=0)
    spacing = put(properties, "w:spacing", before=round(face.before * 20), after=round(face.after * 20))
    if face.line:
        spacing.set(qn("w:line"), str(round(face.line * 20)))
        spacing.set(qn("w:lineRule"), "exact")
    if face.first_line:
        put(properties, "w:ind", firstLineChars=200, firstLine=round(face.size * 40))
    elif face.right_chars:
        put(
            properties,
            "w:ind",
            rightChars=face.right_chars * 100,
            right=round(face.size * 20 * face.right_chars),
        )
    elif face.left:
        put(properties, "w:ind", left=round(face.left * 20))
    put(properties, "w:jc", val=face.align)
    if face.outline is not None:
        put(properties, "w:outlineLvl", val=face.outline)


def _character(document: DocumentObject, style_id: str, name: str) -> None:
    style = document.styles.add_style(name, WD_STYLE_TYPE.CHARACTER).element
    style.set(qn("w:styleId"), style_id)
    run = style.find(qn("w:rPr"))
    put(run if run is not None else put(style, "w:rPr"), "w:sz", val=21)


def twips(mm: float) -> int:
    """Return millimetres as twentieths of a point."""
    return round(mm * 1440 / 25.4)
