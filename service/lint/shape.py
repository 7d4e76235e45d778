"""Lines of a text become paragraphs and tables: page numbers dropped, broken lines joined, blanks
squeezed. Pure.

Two ways in which programs write tables into a text are read: a row a line with tabs between its cells; a
cell a line after a leading tab, rows apart by an empty line, further paragraphs of a cell without the
tab.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.lint.document import Block, Paragraph, Table
from service.lint.grid import grid_of

_FULL = str.maketrans("０１２３４５６７８９％＋", "0123456789%+")
_POINT = re.compile(r"(?<=\d)．(?=\d)")
_IDLE = re.compile(r"(?<=[^\x00-\x7f])[ \u00a0\u3000]+(?=\S)|(?<=\S)[ \u00a0\u3000]+(?=[^\x00-\x7f])")
_MARKUP = re.compile(r"\[bookmark: [^\]]{0,80}\]|^\s{0,8}#{1,6}\s|\*\*|^\s{0,8}[-*+]\s+(?=\S)|\\(?=\*)")
_PAGE = re.compile(
    r"\s{0,80}(?:[—–-]\s?\d{1,4}\s?[\s*]{0,6}[—–-]|第\s?\d{1,4}\s?页(?:\s?共\s?\d{1,4}\s?页)?|\d{1,4}\s?/\s?\d{1,4})\s{0,80}"
)
_ENDED = tuple("。！？；：:;.!?”》】〕…")
_MARK = re.compile(
    r"\s{0,80}(?:第?[一二三四五六七八九十]{1,3}[、.．章节]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.、．](?!\d)|[①-⑳]|"
    r"表\s?\d|图\s?\d|附件|摘\s?要|目\s?录|[\u4e00-\u9fff]{2,8}[：:])"
)
CAPTION = re.compile(
    r"(?:附?表)\s?(?:\d{1,2}(?:[-－—–.]\d{1,2})?)\s{0,4}[:：]?.{0,60}|附件\s?\d{0,2}[:：].{0,60}"
)
_CELL = re.compile(r"( *)\t([^\t]*)")
_OPEN = ("，", ",", "、", "（", "(", "《")
_SHORT, _HEADING = 18, 60


def squeeze(text: str) -> str:
    """Return `text` with Western digits and without the blanks that stand beside Chinese characters."""
    return _IDLE.sub("", _POINT.sub(".", text.translate(_FULL))).strip()


@dataclass(slots=True)
class _Shaping:
    blocks: list[Block] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    page: int = 0
    table_page: int = 0

    def row(self, line: int, cells: list[str]) -> None:
        if not self.rows:
            self.table_page = self.page
        self.rows.append(cells)
        self.lines.append(line)

    def flush(self) -> None:
        """What was read of a table becomes one."""
        if self.rows:
            name = caption_of(self.blocks)
            rows = [[squeeze_cell(cell) for cell in row] for row in self.rows]
            rows, lines = mended(rows, self.lines)
            self.blocks.append(Table(grid_of(rows), name, self.table_page, lines=tuple(lines)))
        self.rows, self.lines = [], []

    def paragraph(self, text: str, line: int, *, fresh: bool) -> None:
        last = self.blocks[-1] if self.blocks else None
        if not fresh and isinstance(last, Paragraph) and _goes_on(last.text, text):
            self.blocks[-1] = Paragraph(squeeze(last.text + " " + text), last.page, last.line)
        else:
            self.blocks.append(Paragraph(text, self.page, line))


def mended(rows: list[list[str]], lines: Sequence[int]) -> tuple[list[list[str]], list[int]]:
    """Return rows with those put together that a page break cut: the first cell empty, a title or
    bracket begun above."""
    kept: list[list[str]] = []
    numbers: list[int] = []
    for row, line in zip(rows, lines, strict=True):
        above = kept[-1] if kept else []
        if (
            above
            and not row[0]
            and len(row) <= len(above)
            and any(_begun(a, b) for a, b in zip(above, row, strict=False))
        ):
            kept[-1] = [a + (row[n] if n < len(row) else "") for n, a in enumerate(above)]
        else:
            kept.append(row)
            numbers.append(line)
    return kept, numbers


def _begun(above: str, below: str) -> bool:
    return above.count("《") > above.count("》") and below.count("》") > below.count("《")


def squeeze_cell(text: str) -> str:
    """Return the text of a cell, its paragraphs kept apart."""
    return "\n".join(filter(None, (squeeze(_MARKUP.sub("", part)) for part in text.split("\n"))))


def caption_of(blocks: Sequence[Block]) -> str:
    """Return the caption that stands right before the next block, "" if there is none."""
    for block in reversed(blocks[-2:]):
        if isinstance(block, Table):
            return ""
        if CAPTION.fullmatch(block.text):
            return block.text
    return ""


def shape(lines: Sequence[str], *, pages: Sequence[int] = ()) -> tuple[Block, ...]:
    """Return the blocks of a text given line by line.

    Args:
        pages: page of each line, where known.
    """
    shaping = _Shaping()
    number = 0
    cut = False
    while number < len(lines):
        shaping.page = pages[number] if pages else 0
        line = lines[number]
        if _CELL.fullmatch(line):
            shaping.flush()
            number = _tabbed_cells(lines, number, shaping)
            shaping.flush()
            cut = False
        elif line.strip() and ("\t" in line.strip() or line.count("\t") > 1):
            shaping.row(number + 1, line.split("\t"))
            number += 1
        else:
            number, cut = _plain_line(lines, number, shaping, cut)
    shaping.flush()
    return tuple(shaping.blocks)


def _plain_line(lines: Sequence[str], number: int, shaping: _Shaping, cut: bool) -> tuple[int, bool]:
    line = lines[number]
    bare = _MARKUP.sub("", line)
    if not bare.strip() or _PAGE.fullmatch(bare):
        return number + 1, True
    shaping.flush()
    text = squeeze(bare)
    if text:
        shaping.paragraph(text, number + 1, fresh=bool(_MARK.match(text)))
    return number + 1, False


def _goes_on(before: str, after: str) -> bool:
    """Return whether `after` is the rest of the sentence `before` was cut in."""
    return (
        len(before) > _SHORT
        and not before.endswith(_ENDED)
        and not (
            _MARK.match(before)
            and "。" not in before
            and not before.endswith(_OPEN)
            and len(before) < _HEADING
        )
        and not (before.endswith(("）", ")")) and len(before) < 60)
        and not CAPTION.fullmatch(before)
        and bool(after)
    )


def _tabbed_cells(lines: Sequence[str], number: int, shaping: _Shaping) -> int:
    """Read a table written a cell a line, from its first cell; return the number of the line after it."""
    row: list[str] = []
    first = number
    blanks = 0
    while number < len(lines):
        line = lines[number]
        found = _CELL.fullmatch(line)
        if found:
            if row and (blanks or found[1]):
                shaping.row(first + 1, row)
                row, first = [], number
            row.append(found[2])
            blanks = 0
        elif not line.strip():
            blanks += 1
        elif "\t" in line or blanks > 1 or not row:
            break
        else:
            row[-1] += "\n" + line
            blanks = 0
        number += 1
    if row:
        shaping.row(first + 1, row)
    return number


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield each sentence of a paragraph with its start, closing mark included."""
    start = 0
    for found in re.finditer(r"[。！？\n]", text):
        yield start, text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield start, text[start:]
