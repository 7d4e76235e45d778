"""Figures of a report that follow from others, and wrong ones in their stead, chosen by a seed.

A site is found by its words alone, not by asking the checker what it would compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from service.lint.document import Cell, Document, Paragraph, Spot, Table

NUMBER = r"\d[\d,]*(?:\.\d+)?"
IN_SENTENCES = {
    "rate": re.compile(rf"得分率为({NUMBER})%"),
    "score": re.compile(rf"分值{NUMBER}分，(?:评价)?得分({NUMBER})分，得分率"),
    "amount": re.compile(rf"(?:预算金额|实际支出)[^，。；\d]{{0,4}}({NUMBER})万元(?=[^。]*预算执行率)"),
    "count": re.compile(r"包括(\d+)个二级指标"),
    "grade": re.compile(r"等级为“?([优良中差])”?(?=[。，])"),
}
TOTAL = re.compile(r"合计|总得分|总计")
GRADES = "优良中差"


@dataclass(frozen=True)
class Site:
    """One figure: its kind, where it stands, and which part of the text it is."""

    kind: str
    spot: Spot
    start: int
    end: int


def sites(document: Document) -> tuple[Site, ...]:
    return (*_in_sentences(document), *_in_tables(document))


def _in_sentences(document: Document) -> Iterator[Site]:
    for block, paragraph in document.paragraphs():
        for kind, pattern in IN_SENTENCES.items():
            for found in pattern.finditer(paragraph.text):
                yield Site(kind, Spot(block), found.start(1), found.end(1))


def _in_tables(document: Document) -> Iterator[Site]:
    for block, table in document.tables():
        titles = [c.text.replace("\n", "") for c in table.rows[0]]
        totalled = any(TOTAL.search(row[0].text + row[-1].text) for row in table.rows)
        for r, row in enumerate(table.rows[1:], 1):
            label = "".join(c.text for c in row[:3])
            for c, cell in enumerate(row):
                kind = _kind(titles[c], label, totalled)
                if kind and not cell.covered and re.fullmatch(rf"{NUMBER}%?", cell.text):
                    end = len(cell.text.rstrip("%"))
                    yield Site(kind, Spot(block, r, c), 0, end)


def figures(document: Document) -> tuple[Site, ...]:
    """Every figure with 分, % or 万元 in sentences, and every cell that is a number with decimals or percent."""
    found = [
        Site(m[2], Spot(block), m.start(1), m.end(1))
        for block, paragraph in document.paragraphs()
        for m in re.finditer(rf"(?<![\d.])({NUMBER})(分|%|万元)(?!钟)", paragraph.text)
    ]
    for block, table in document.tables():
        for r, row in enumerate(table.rows):
            for c, cell in enumerate(row):
                if not cell.covered and re.fullmatch(rf"\d[\d,]*\.\d+|{NUMBER}%", cell.text):
                    found.append(Site("cell", Spot(block, r, c), 0, len(cell.text.rstrip("%"))))
    return tuple(found)


def _kind(title: str, label: str, totalled: bool) -> str:
    if title == "得分率":
        return "rate"
    if not totalled:
        return ""
    if title in ("得分", "评价得分", "评价分值"):
        return "sum" if TOTAL.search(label) else "score"
    if title.startswith(("预算", "支出")):
        return "sum" if TOTAL.search(label) else "amount"
    return ""


def mutated(document: Document, site: Site, random: Random) -> tuple[Document, str, str]:
    """The document with another figure at `site`, what stood there and what stands there now."""
    text = _text(document, site.spot)
    old = text[site.start : site.end]
    new = _other(old, site.kind, random)
    return _with(document, site.spot, text[: site.start] + new + text[site.end :]), old, new


def _other(old: str, kind: str, random: Random) -> str:
    if kind == "grade":
        return random.choice([g for g in GRADES if g != old])
    if kind == "count":
        return str(int(old) + random.choice([-1, 1, 2]) or 9)
    places = len(old.partition(".")[2])
    value = int(old.replace(",", "").replace(".", ""))
    # At least one unit of the last decimal for rates, a visible slip for the rest.
    step = (
        random.randint(1, 40) if kind == "rate" else random.choice([1, 5, 10, 50]) * 10 ** max(places - 1, 0)
    )
    changed = value - step if random.random() < 0.5 and value > step else value + step
    digits = str(changed).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _text(document: Document, spot: Spot) -> str:
    block = document.blocks[spot.block]
    return block.text if isinstance(block, Paragraph) else block.rows[spot.row][spot.column].text


def _with(document: Document, spot: Spot, text: str) -> Document:
    block = document.blocks[spot.block]
    changed: Paragraph | Table
    if isinstance(block, Paragraph):
        changed = replace(block, text=text)
    else:
        rows = [list(row) for row in block.rows]
        rows[spot.row][spot.column] = Cell(text)
        changed = replace(block, rows=tuple(map(tuple, rows)))
    blocks = [*document.blocks]
    blocks[spot.block] = changed
    return Document(document.name, document.kind, tuple(blocks))
