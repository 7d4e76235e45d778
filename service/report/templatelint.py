"""A template of an office is looked at before it is accepted; every problem is named with place and cure.

- `lint` is for the shut-in child of `apart`: what it reads is a stranger's. First the package, then the
  tags, at last two samples are set with it: nothing of a report may get lost in it.
- Accepted: our names only, our loops, the styles reports need; no program, no object, no way outside, no
  tag in document properties or attributes, a banner in every header.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from docx.oxml.ns import qn
from docxtpl import DocxTemplate

from service.errors import InvalidError, Problem
from service.report import package, templatefixture
from service.report.blocks import Report
from service.report.revisions import parsed
from service.report.templateparts import MAIN, TAG, label, part_problems, where
from service.report.templatestyles import missing, own_ids
from service.report.templatetags import Fault, read_tags

NEEDED = frozenset({"body", "appendix"})
QUOTES = re.compile(r"\{[{%][^}%]*[“”‘’][^}%]*[}%]\}")
WHOLE = re.compile(r"\{[{%#].*?[}%#]\}")
SPECIAL = re.compile(
    r"\{%\s*(?:vm|hm|colspan|cellbg)\b|\{\{\s*(?:p|tr|tc|r)\s|\{%\s*r\s|\{%-|-%\}|\{\{-|-\}\}"
)
NOT_WORD = Problem("不是 Word 文档", path="template", cure="用 Word 或 WPS 另存为 .docx")
Setting = Callable[[Report, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found: everything against the template, and the parts of a report it prints."""

    problems: tuple[Problem, ...]
    used: frozenset[str] = frozenset()


def lint(content: bytes, setting: Setting) -> Linted:
    """Return what stands against using `content` (.docx bytes) as a template.

    Args:
        setting: sets a report with a template; called only if nothing was found before.
    """
    try:
        parts = package.read(content)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Linted((NOT_WORD,))
    if MAIN not in parts or "[Content_Types].xml" not in parts:
        return Linted((NOT_WORD,))
    found = part_problems(parts)
    if found:
        return Linted(found)
    parts = own_ids(parts)
    styles = templatefixture.style_words(missing(parts))
    used, tags = _tags(parts)
    found = (*styles, *_elsewhere(parts), *tags)
    if found:
        return Linted(found, used)
    return Linted(tuple(_tried(package.write(parts), used, setting)), used)


def _elsewhere(parts: dict[str, bytes]) -> Iterator[Problem]:
    """Yield tags in parts that are not set: there they would be printed as they are."""
    for name, data in parts.items():
        if name in _set(parts) or not name.endswith(".xml"):
            continue
        said = "".join(parsed(data).itertext())
        if TAG.search(said):
            what = "文档属性里有标签" if name.startswith("docProps/") else "这里不能写标签"
            cure = (
                "清空标题、作者、备注等属性" if name.startswith("docProps/") else "把标签移到正文、页眉或页脚"
            )
            yield Problem(what, path=label(name), value=said[TAG.search(said).start() :][:60], cure=cure)  # type: ignore[union-attr]


def _set(parts: dict[str, bytes]) -> tuple[str, ...]:
    """Return the parts whose tags are set: the text, headers and footers."""
    return tuple(n for n in parts if n == MAIN or re.fullmatch(r"word/(header|footer)\d*\.xml", n))


def _tags(parts: dict[str, bytes]) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """Return the parts of a report the tags name, and every problem with them."""
    used: frozenset[str] = frozenset()
    found: list[Problem] = []
    template = DocxTemplate(io.BytesIO(package.write(parts)))
    template.render_init()
    for name in _set(parts):
        root = parsed(parts[name])
        tags = list(_written(name, root))
        found += _ways(tags)
        source = template.patch_xml(template.xml_to_string(root))
        read = read_tags(re.sub(r"<w:p([ >])", r"\n<w:p\1", source))
        used |= read.used
        found += [_placed(fault, name, tags, source) for fault in read.faults]
    found += [
        Problem("缺少必需的标签", path="正文", value=f"for block in {each}", cure="从原模板复制这个循环")
        for each in sorted(NEEDED - used)
    ]
    return used, tuple(dict.fromkeys(found))


def _written(name: str, root: object) -> Iterator[tuple[str, str]]:
    """Yield place and text of every tag as a reader sees it, put together from its runs."""
    for paragraph in root.iter(qn("w:p")):  # type: ignore[attr-defined]
        text = "".join(t.text or "" for t in paragraph.iter(qn("w:t")))
        if TAG.search(text):
            yield from ((where(name, paragraph), tag) for tag in WHOLE.findall(text) or [text[:80]])


def _ways(tags: list[tuple[str, str]]) -> Iterator[Problem]:
    for place, tag in tags:
        if QUOTES.search(tag):
            yield Problem("标签里有中文引号", path=place, value=tag[:80], cure="改用英文引号")
        if SPECIAL.search(tag):
            allowed = "{{ … }}、{% … %}、{%p … %}、{%tr … %}、{%tc … %}"
            yield Problem(
                "这种标签不接受",
                path=place,
                value=tag[:80],
                allowed=allowed,
                cure="合并单元格和底色由程序处理，删去这个标签",
            )


def _placed(fault: Fault, name: str, tags: list[tuple[str, str]], source: str) -> Problem:
    """Return the fault at the tag it was read in, else at the first one that shows what it is about."""
    lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", source).split("\n")
    line = re.sub(r"<[^>]*>", "", lines[fault.line - 1]) if 0 < fault.line <= len(lines) else ""
    here = {_plain(tag) for tag in WHOLE.findall(line)}
    exact = [(place, tag) for place, tag in tags if _plain(tag) in here and fault.needle in tag]
    near = [(place, tag) for place, tag in tags if fault.needle and fault.needle in tag]
    place, tag = (exact or near or [(label(name), line.strip())])[0]
    return Problem(fault.message, path=place, value=tag[:80] or None, allowed=fault.allowed, cure=fault.cure)


def _plain(tag: str) -> str:
    """Return a tag as the engine reads it, without what says how much of the layout goes with it."""
    return re.sub(r"^\{%(p|tr|tc)\s", "{% ", tag).replace("“", '"').replace("”", '"').replace(" ", "")


def _tried(content: bytes, used: frozenset[str], setting: Setting) -> Iterator[Problem]:
    """Yield what two samples set with the template show."""
    samples = (templatefixture.whole(), templatefixture.bare())
    made: list[bytes] = []
    for sample in samples:
        try:
            made.append(setting(sample, content))
        except InvalidError as refused:
            yield from refused.problems
        except Exception:
            # Whatever a stranger's layout breaks in the passes over it is his to mend, with one cure.
            cure = "表格各行保持原模板的写法：循环独占一行，单元格里只有 {{ cell }}"
            yield Problem("试排没有完成", path="正文", cure=cure)
        if len(made) == 1 and sample is samples[0]:
            yield from templatefixture.printed_problems(made[0], used)
