"""A template an office edited in Word is looked at before it is accepted; every problem is named.

Accepted: our names only, our loops, the styles reports need, no program, no outside link, no tag in
document properties. Nothing is rendered here; a fixture report and the Word audit come after.
"""

from __future__ import annotations

import io
import re
import zipfile

from defusedxml import ElementTree
from docxtpl import DocxTemplate
from jinja2 import TemplateError, meta

from service.errors import Problem
from service.report import package
from service.report.render import environment
from service.report.styles import FACES

NAMES = frozenset({"banner", "cover", "contents", "abstract", "body", "appendix"})
NEEDED = frozenset({"body", "appendix"})
METHODS = re.compile(r"\.(items|keys|values|copy|get|pop|update|format|format_map)\b")
FORBIDDEN_PARTS = re.compile(r"vbaProject|activeX|oleObject|/embeddings/.*\.bin$", re.IGNORECASE)
TAG = re.compile(r"\{[{%#]")
QUOTES = re.compile(r"\{[{%][^}%]*[“”‘’][^}%]*[}%]\}")


def lint(content: bytes) -> tuple[Problem, ...]:
    """Return what stands against using `content` (.docx bytes) as a template; empty if nothing does."""
    try:
        parts = package.read(content)
        document = parts["word/document.xml"].decode("utf-8")
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        return (Problem("不是 Word 文档", path="template", cure="用 Word 或 WPS 另存为 .docx"),)
    return (*_parts(parts), *_styles(parts), *_properties(parts), *_tags(content, document))


def _parts(parts: dict[str, bytes]) -> list[Problem]:
    found = [Problem("模板含宏或嵌入对象", path=n, cure="删去") for n in parts if FORBIDDEN_PARTS.search(n)]
    for name, data in parts.items():
        if name.endswith(".rels") and b'TargetMode="External"' in data:
            found.append(Problem("模板含外部链接", path=name, cure="取消链接，改为文字"))
    return found


def _styles(parts: dict[str, bytes]) -> list[Problem]:
    tree = ElementTree.fromstring(parts.get("word/styles.xml", b"<none/>"))
    ids = {v for e in tree.iter() for k, v in e.attrib.items() if k.endswith("}styleId")}
    return [
        Problem(
            "缺少样式", path="word/styles.xml", value=f"{face.name}（{face.id}）", cure="从原模板复制该样式"
        )
        for face in FACES
        if face.id not in ids
    ]


def _properties(parts: dict[str, bytes]) -> list[Problem]:
    core = parts.get("docProps/core.xml", b"").decode("utf-8", "replace")
    return (
        [Problem("文档属性里有标签", path="docProps/core.xml", cure="清空标题、作者、备注")]
        if TAG.search(core)
        else []
    )


def _tags(content: bytes, document: str) -> list[Problem]:
    """Return problems of the tags of body, headers and footers."""
    template = DocxTemplate(io.BytesIO(content))
    template.render_init()
    sources = {"正文": template.patch_xml(template.get_xml())}
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        for relation, part in template.get_headers_footers(uri):
            sources[f"页眉页脚 {relation}"] = template.patch_xml(template.get_part_xml(part))
    found: list[Problem] = []
    used: set[str] = set()
    for place, source in sources.items():
        used |= _names(source, place, found)
        for match in re.findall(r"\{[{%].*?[}%]\}", source):
            if re.search(r"\|\s*safe\b", match) or METHODS.search(match) or "__" in match:
                found.append(Problem("标签里有不许用的写法", path=place, value=match[:80], cure="只写字段名"))
    found += [Problem("缺少必需的标签", path="正文", value=name) for name in sorted(NEEDED - used)]
    if QUOTES.search(document):
        found.append(Problem("标签里有中文引号", path="正文", cure="改用英文引号"))
    return found


def _names(source: str, place: str, found: list[Problem]) -> set[str]:
    try:
        names = meta.find_undeclared_variables(environment().parse(source))
    except TemplateError as error:
        found.append(
            Problem(
                "标签写法有误", path=place, value=str(error), cure="检查 for 与 endfor、if 与 endif 是否成对"
            )
        )
        return set()
    allowed = "、".join(sorted(NAMES))
    found += [Problem("没有这个字段", path=place, value=n, allowed=allowed) for n in sorted(names - NAMES)]
    return names
