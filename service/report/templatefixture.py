"""A report with one of everything, to see whether a template prints it: once, in order, with figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from docx.oxml.ns import qn

from service.errors import Problem
from service.report import package
from service.report.blocks import (
    Block,
    Cell,
    Chart,
    Cover,
    CoverItem,
    Heading,
    Picture,
    Report,
    Run,
    Table,
    plain_line,
)
from service.report.revisions import parsed
from service.report.styles import FACES

BANNER = "样张・页眉标记"
KINDS = {
    "h1": "一级标题",
    "h2": "二级标题",
    "h3": "三级标题",
    "para": "正文段落",
    "right": "落款",
    "note": "表注",
    "caption": "表题",
    "figure_caption": "图题",
    "title": "附件标题",
    "table": "表格",
    "small_table": "小字表格",
    "chart": "统计图",
    "image": "结构图",
}
"""Kinds of blocks with the words for them; a page break says nothing that could be looked for."""
FIGURE = "f:node.A.rate:pct"
DRAWING = "样张・统计图"
_COPY = "从原模板复制这一部分的标签，或重新下载原模板再改版式"


def whole() -> Report:
    """Return the report with one of everything in abstract, body and appendix."""
    return Report(
        profile="",
        title="样张",
        banner=BANNER,
        cover=Cover(
            ("样张・封面标题",), (CoverItem("样张・项目", "样张・内容"),), "样张・封面单位", "样张・封面日期"
        ),
        abstract=tuple(_blocks("摘要")),
        headings=(Heading(1, "样张・目录一级", "a1"), Heading(2, "样张・目录二级", "a2")),
        body=tuple(_blocks("正文")),
        appendix=tuple(_blocks("附件")),
    )


def bare() -> Report:
    """Return a report that is nothing but one paragraph."""
    return Report("", "样张", "", Cover(("样张",)), body=(Block("para", plain_line("样张・只有一段")),))


def _blocks(part: str) -> Iterator[Block]:
    for kind in KINDS:
        text = f"样张・{part}・{kind}"
        if kind in ("table", "small_table"):
            grid = Table(
                text,
                ((_cell(f"{text}・表头"), _cell("列")),),
                ((_cell(text), _figure()),),
                small=kind != "table",
            )
            yield Block("table", table=grid)
        elif kind == "chart":
            yield Block(kind, chart=Chart(text, (f"{text}・甲",), (Fraction(1, 2),), ("node.A.rate",)))
        elif kind == "image":
            yield Block(kind, picture=Picture(text, boxes=((text,),)))
        else:
            yield Block(kind, plain_line(text))
    yield Block("pagebreak")


def _cell(text: str) -> Cell:
    return Cell(plain_line(text))


def _figure() -> Cell:
    return Cell((Run("12.34%", "node.A.rate", "pct"),))


def printed_problems(content: bytes, used: frozenset[str]) -> Iterator[Problem]:
    """Yield what the rendered sample lacks or says twice.

    Args:
        used: the parts of the report the template names; of one it does not name nothing is expected.
    """
    parts = package.read(content)
    body = parsed(parts["word/document.xml"]).find(qn("w:body"))
    text = "\n".join(_lines(body))
    for part, name in (("摘要", "abstract"), ("正文", "body"), ("附件", "appendix")):
        if name in used:
            yield from _block_problems(text, part, name)
            yield from _chart_problems(parts, part, name)
    wanted = {"cover": ("封面标题",), "contents": ("目录一级", "目录二级")}
    for name, words in wanted.items():
        for word in words if name in used else ():
            if f"样张・{word}" not in text:
                yield Problem(f"模板没有印出{word}", path=name, cure=_COPY)
    yield from _banner_problems(parts)
    figures = sum(1 for tag in body.iter(qn("w:tag")) if tag.get(qn("w:val")) == FIGURE)
    expected = 2 * len(used & {"abstract", "body", "appendix"})
    if figures < expected:
        yield Problem(
            "模板改动了数字的写法",
            path="body",
            value=str(figures),
            allowed=str(expected),
            cure="标签只写 {{ cell }}、{{ block.text }}，不加别的写法",
        )


def _block_problems(text: str, part: str, name: str) -> Iterator[Problem]:
    last = -1
    for kind, words in KINDS.items():
        sample = f"样张・{part}・{kind}"
        found = [m.start() for m in re.finditer(f"{re.escape(sample)}$", text, re.M)]
        if kind == "chart":
            continue
        if len(found) != 1:
            message = "没有印出" if not found else "重复印出"
            yield Problem(f"模板{message}{words}", path=name, value=f"block.kind == '{kind}'", cure=_COPY)
        elif found[0] < last:
            yield Problem(
                f"模板印出{words}的次序不对", path=name, cure="一个循环里依次写各种段落，不要分成几个循环"
            )
        last = max(last, *found, -1)


def _chart_problems(parts: dict[str, bytes], part: str, name: str) -> Iterator[Problem]:
    charts = [
        data for each, data in parts.items() if each.startswith("word/charts/") and each.endswith(".xml")
    ]
    drawn = sum(f"样张・{part}・chart・甲".encode() in data for data in charts)
    if drawn != 1:
        yield Problem("模板没有印出统计图", path=name, value="block.kind == 'chart'", cure=_COPY)


def _banner_problems(parts: dict[str, bytes]) -> Iterator[Problem]:
    root = parsed(parts["word/document.xml"])
    settings = parts.get("word/settings.xml", b"<none/>")
    both = parsed(settings).find(f"{{*}}{'evenAndOddHeaders'}") is not None
    names = {
        each.get("Id"): each.get("Target", "").rpartition("/")[2]
        for each in parsed(parts.get("word/_rels/document.xml.rels", b"<none/>")).iter("{*}Relationship")
    }
    held: dict[str, str] = {}
    for number, section in enumerate(root.iter(qn("w:sectPr")), 1):
        for reference in section.findall(qn("w:headerReference")):
            held[reference.get(qn("w:type"), "default")] = names.get(reference.get(qn("r:id")), "")
        first = section.find(qn("w:titlePg")) is not None
        for kind, word in (
            ("default", "页眉"),
            *((("even", "偶数页页眉"),) if both else ()),
            *((("first", "首页页眉"),) if first else ()),
        ):
            said = parts.get(f"word/{held.get(kind, '')}", b"").decode("utf-8", "replace")
            if BANNER not in said:
                yield Problem(
                    f"{word}里没有 {{{{ banner }}}}",
                    path=f"第 {number} 节",
                    cure="每一种页眉里都要写 {{ banner }}：“演示”“征求意见稿”等字样由它印出",
                )


def _lines(body: object) -> Iterator[str]:
    for paragraph in body.iter(qn("w:p")):  # type: ignore[attr-defined]
        yield "".join(t.text or "" for t in paragraph.iter(qn("w:t"))).strip()


def style_words(names: tuple[str, ...]) -> tuple[Problem, ...]:
    """Return the problems of missing styles."""
    known = {face.name for face in FACES}
    return tuple(
        Problem("缺少样式", path="样式", value=name, cure="从原模板复制该样式")
        for name in names
        if name in known
    )
