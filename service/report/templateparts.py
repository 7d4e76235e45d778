"""What a template's package may hold: text, styles and pictures; no program, no object, no way outside.

Everything is refused that is not known: kinds of parts, relations, fields, elements. Parts are parsed
without entities; a part with a document type is not parsed at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from service.errors import Problem
from service.report.revisions import parsed

MAIN = "word/document.xml"
TAG = re.compile(r"\{[{%#]")
MOST_PART = 8_000_000
EXTENSIONS = (".xml", ".rels", ".png", ".jpg", ".jpeg")
PICTURES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
NO_MACROS = "另存为不含宏的 .docx，删去控件和加载项"
NO_OBJECTS = "删去对象，改为文字、表格或图片"
_PROGRAMS = r"vba|macro|customui|webextension|activex|ctrlprops|customizations"
PARTS = (
    (re.compile(_PROGRAMS, re.IGNORECASE), "宏、控件或加载项", NO_MACROS),
    (re.compile(r"embeddings/|oleobject|afchunk", re.IGNORECASE), "嵌入对象", NO_OBJECTS),
    (re.compile(r"/fonts/|\.odttf$", re.IGNORECASE), "嵌入的字体", "在保存选项里取消“将字体嵌入文件”"),
)
ELEMENTS = {
    "object": ("嵌入对象", NO_OBJECTS),
    "OLEObject": ("嵌入对象", NO_OBJECTS),
    "altChunk": ("嵌入的文件", NO_OBJECTS),
    "subDoc": ("子文档", NO_OBJECTS),
    "movie": ("嵌入的影音", NO_OBJECTS),
    "control": ("控件", NO_MACROS),
    "mailMerge": ("邮件合并的数据源", "在“邮件”选项卡里改回“普通 Word 文档”"),
    "ins": ("修订", "接受全部修订后再上传"),
    "del": ("修订", "接受全部修订后再上传"),
    "moveFrom": ("修订", "接受全部修订后再上传"),
    "moveTo": ("修订", "接受全部修订后再上传"),
    "commentReference": ("批注", "删去全部批注后再上传"),
    "comment": ("批注", "删去全部批注后再上传"),
}
HIDDEN = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
FIELD_KINDS = frozenset(
    {"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION", "TOC", "PAGEREF", "REF", "SEQ", "STYLEREF"}
)
OUTSIDE = {
    "attachedTemplate": "在“开发工具 → 文档模板”里改为 Normal，不附加别的模板",
    "hyperlink": "取消超链接，改为文字",
    "image": "把图片粘贴进文档，不用“链接到文件”",
}
_OFF = ("0", "false", "off")


def label(part: str) -> str:
    """Return what a clerk calls a part of the file."""
    found = re.fullmatch(r"word/(document|header|footer|footnotes|endnotes|comments|styles)(\d*)\.xml", part)
    names = {"document": "正文", "header": "页眉", "footer": "页脚", "footnotes": "脚注", "endnotes": "尾注",
             "comments": "批注", "styles": "样式"}  # fmt: skip
    return f"{names[found[1]]}{found[2]}" if found else part


def part_problems(parts: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Return everything in the package that is not accepted."""
    found: list[Problem] = []
    for name in sorted(parts):
        found += _kind(name, parts[name])
        if name.lower().endswith((".xml", ".rels")):
            found += _content(name, parts[name])
    return tuple(found)


def _kind(name: str, data: bytes) -> Iterator[Problem]:
    for pattern, what, cure in PARTS:
        if pattern.search(name):
            yield Problem(f"模板含{what}", path=name, value=name.rpartition("/")[2], cure=cure)
            return
    ending = f".{name.lower().rpartition('.')[2]}"
    if ending not in EXTENSIONS:
        allowed = "文字、样式，PNG、JPEG 图片"
        yield Problem(
            "模板里有不接受的部件",
            path=name,
            value=ending,
            allowed=allowed,
            cure="删去它；图片改为 PNG 或 JPEG",
        )
    elif ending in PICTURES and not data.startswith(PICTURES[ending]):
        yield Problem("图片的内容与扩展名不符", path=name, cure="重新插入这张图片")


def _content(name: str, data: bytes) -> Iterator[Problem]:
    if len(data) > MOST_PART:
        yield Problem(
            "模板的一个部件过大",
            path=label(name),
            value=f"{len(data)} 字节",
            allowed=f"不超过 {MOST_PART} 字节",
            cure="删去大段内容；模板只放版式和标签",
        )
        return
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data[:64]:
        yield Problem(
            "模板里有文档类型声明或别的编码", path=label(name), cure="用 Word 或 WPS 打开后另存为 .docx"
        )
        return
    try:
        root = parsed(data)
    except etree.XMLSyntaxError:
        yield Problem("模板的一个部件损坏", path=label(name), cure="用 Word 或 WPS 打开后另存为 .docx")
        return
    if name.endswith(".rels"):
        yield from _relations(name, root)
    elif name == "[Content_Types].xml":
        if b"macroenabled" in data.lower():
            yield Problem("模板是启用宏的文档", path=name, cure=NO_MACROS)
    else:
        yield from _elements(name, root)
        yield from _fields(name, root)


def _relations(name: str, root: Any) -> Iterator[Problem]:
    for relation in root.iter("{*}Relationship"):
        target, kind = relation.get("Target", ""), relation.get("Type", "").rpartition("/")[2]
        outside = relation.get("TargetMode", "").lower() == "external"
        if outside or "://" in target or target.startswith(("\\\\", "file:")):
            cure = OUTSIDE.get(kind, "断开链接，把内容放进文档")
            yield Problem(
                "模板引用了外部内容", path=name, value=target[:80], allowed="全部内容在文件之内", cure=cure
            )


def _elements(name: str, root: Any) -> Iterator[Problem]:
    seen: set[str] = set()
    for node in root.iter():
        if not isinstance(node.tag, str):
            if TAG.search(node.text or ""):
                yield Problem(
                    "标签写在注释里", path=label(name), value=(node.text or "")[:60], cure="删去这个标签"
                )
            continue
        local = etree.QName(node).localname
        hidden = local == "vanish" and HIDDEN.fullmatch(name) and node.get(qn("w:val"), "1") not in _OFF
        what, cure = (
            ELEMENTS.get(local, ("", "")) if not hidden else ("隐藏的文字", "取消隐藏，或删去这些文字")
        )
        if what and what not in seen:
            seen.add(what)
            yield Problem(f"模板含{what}", path=where(name, node), cure=cure)
        written = [value for value in node.attrib.values() if TAG.search(value)]
        if written:
            yield Problem(
                "标签写在属性里",
                path=where(name, node),
                value=written[0][:60],
                cure="标签只写在文字里；删去题注、替代文字、书签里的标签",
            )


def where(name: str, node: Any) -> str:
    """Return part and paragraph with the beginning of its text."""
    paragraph = next((each for each in (node, *node.iterancestors()) if each.tag == qn("w:p")), None)
    if paragraph is None:
        return label(name)
    text = "".join(t.text or "" for t in paragraph.iter(qn("w:t")))[:20]
    number = list(paragraph.getroottree().getroot().iter(qn("w:p"))).index(paragraph) + 1
    return f"{label(name)}第 {number} 段{f'“{text}”' if text else ''}"


def _fields(name: str, root: Any) -> Iterator[Problem]:
    for node, code in _codes(root):
        kind = code.split()[0].upper() if code.split() else ""
        if kind not in FIELD_KINDS or TAG.search(code):
            allowed = "、".join(sorted(FIELD_KINDS))
            yield Problem(
                "模板含不许用的域",
                path=where(name, node),
                value=code.strip()[:60],
                allowed=allowed,
                cure="删去这个域，改为文字",
            )


def _codes(root: Any) -> Iterator[tuple[Any, str]]:
    """Yield the codes of the fields of a part, put together from the runs they are spread over."""
    for node in root.iter(qn("w:fldSimple")):
        yield node, node.get(qn("w:instr"), "")
    opened: list[_Code] = []
    for node in root.iter(qn("w:fldChar"), qn("w:instrText"), qn("w:delInstrText")):
        kind = node.get(qn("w:fldCharType")) if node.tag == qn("w:fldChar") else ""
        if kind == "begin":
            opened.append(_Code(node))
        elif kind == "end" and opened:
            yield opened[-1].place, opened.pop().text
        elif not kind and opened:
            opened[-1].text += node.text or ""
        elif not kind:
            yield node, node.text or ""
    yield from ((each.place, each.text) for each in opened)


@dataclass(slots=True)
class _Code:
    """One field being read."""

    place: Any
    text: str = ""
