"""Two versions of a report become a .docx tracking the changes: all accepted is the new, rejected the old.

- Paragraphs are aligned first, then tokens inside them; a whole number is one token and never half new.
- Tables are compared row by row and cell by cell; a table of another shape goes and the new one comes.
- A picture or chart counts by its alternative text; the old one is named in words where it went.
- Formatting, bookmarks and fields are those of the new version and are not tracked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from service.report import package
from service.report.revisions import MAIN, cells, parsed, rows, text_of
from service.report.styles import element, put
from service.report.wordatoms import Atom, atoms

TOKEN = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?|[A-Za-z_]+|.", re.DOTALL)
NEAR, MOST_PAIRS, MOST_TOKENS = 0.4, 40_000, 4_000_000
FIRST = 100_000
_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")


def redline(old: bytes, new: bytes, *, author: str, at: datetime) -> bytes:
    """Return the package of `new` (.docx) whose text tracks every change since `old`.

    Raises:
        KeyError, XMLSyntaxError: one of them is no Word document; both are reports of our own.
    """
    before, parts = package.read(old), package.read(new)
    tree = parsed(parts[MAIN])
    body = tree.find(qn("w:body"))
    known = set(re.findall(rb'w:styleId="([^"]*)"', parts.get("word/styles.xml", b"")))
    writer = _Writer(author, at, frozenset(name.decode() for name in known))
    last = body.find(qn("w:sectPr"))
    merged = writer.blocks(_blocks(parsed(before[MAIN]).find(qn("w:body"))), _blocks(body))
    for child in list(body):
        body.remove(child)
    body.extend([*merged, *([last] if last is not None else [])])
    content = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    return package.write({**parts, MAIN: content})


def tokens(text: str) -> list[str]:
    """Return the text in pieces: a number with its sign, points and percent is one, so is a Latin word."""
    return TOKEN.findall(text)


def _blocks(holder: Any) -> list[Any]:
    """Return paragraphs and tables of a body or cell in order; content controls around them are opened."""
    found: list[Any] = []
    for child in holder:
        if child.tag in (_PARAGRAPH, _TABLE):
            found.append(child)
        elif child.tag == qn("w:sdt"):
            content = child.find(qn("w:sdtContent"))
            found += _blocks(content) if content is not None else []
    return found


def _key(block: Any) -> tuple[str, str]:
    """Return what makes two blocks the same: kind, section break, text by paragraph and cell."""
    if block.tag == _TABLE:
        return _TABLE, "\x1e".join("\x1f".join(_words(cell) for cell in cells(row)) for row in rows(block))
    broken = block.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None
    return f"{_PARAGRAPH}{'§' if broken else ''}", text_of(block)


def _words(cell: Any) -> str:
    return "\n".join(text_of(p) for p in cell.iter(_PARAGRAPH))


@dataclass(slots=True)
class _Writer:
    """Makes tracked elements by one author at one moment; `styles` are those the new package knows."""

    author: str
    at: datetime
    styles: frozenset[str]
    number: int = FIRST

    def mark(self, tag: str) -> Any:
        """Return an empty ``w:ins`` or ``w:del``."""
        self.number += 1
        moment = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = element(tag)
        for name, value in (("id", str(self.number)), ("author", self.author), ("date", moment)):
            made.set(qn(f"w:{name}"), value)
        return made

    def blocks(self, old: Sequence[Any], new: Sequence[Any]) -> list[Any]:
        """Return the blocks of both, tracked; the last paragraphs always belong together.

        The mark of the last paragraph of a body or cell cannot be deleted in Word.
        """
        tail: list[Any] = []
        if old and new and old[-1].tag == new[-1].tag == _PARAGRAPH:
            tail = [self.changed(old[-1], new[-1])]
            old, new = old[:-1], new[:-1]
        made: list[Any] = []
        for one, other in aligned(old, new, _key):
            if one is None:
                made.append(self.whole(other, "w:ins"))
            elif other is None:
                made.append(self.whole(one, "w:del"))
            else:
                made += self.pair(one, other)
        return made + tail

    def pair(self, old: Any, new: Any) -> list[Any]:
        """Return two blocks that belong together as one, or both if they cannot be one."""
        if old.tag == _PARAGRAPH:
            return [self.changed(old, new)]
        if _key(old) == _key(new):
            return [deepcopy(new)]
        if len(old.findall(f"{qn('w:tblGrid')}/*")) != len(new.findall(f"{qn('w:tblGrid')}/*")):
            gap = element("w:p")
            return [self.whole(old, "w:del"), self._tracked(gap, "w:ins"), self.whole(new, "w:ins")]
        return [self._table(old, new)]

    def _table(self, old: Any, new: Any) -> Any:
        made = element("w:tbl")
        made.extend(deepcopy(child) for child in new if child.tag != _ROW)
        for one, other in aligned(rows(old), rows(new), _row_key):
            if one is not None and other is not None and len(cells(one)) == len(cells(other)):
                made.append(self._row(one, other))
                continue
            made.extend([self.whole_row(one, "w:del")] if one is not None else [])
            made.extend([self.whole_row(other, "w:ins")] if other is not None else [])
        return made

    def _row(self, old: Any, new: Any) -> Any:
        made = deepcopy(new)
        for before, source, cell in zip(cells(old), cells(new), cells(made), strict=True):
            for child in list(cell):
                if child.tag != qn("w:tcPr"):
                    cell.remove(child)
            cell.extend(self.blocks(_blocks(before), _blocks(source)))
        return made

    def whole(self, block: Any, tag: str) -> Any:
        """Return a block that came or went as a whole."""
        if block.tag == _PARAGRAPH:
            return self._tracked(block, tag)
        made = element("w:tbl")
        made.extend(deepcopy(child) for child in block if child.tag != _ROW)
        made.extend(self.whole_row(row, tag) for row in rows(block))
        self._known(made)
        return made

    def whole_row(self, row: Any, tag: str) -> Any:
        """Return a row that came or went; its last paragraphs keep their marks, the row goes with them."""
        made = element("w:tr")
        properties = row.find(qn("w:trPr"))
        held = deepcopy(properties) if properties is not None else element("w:trPr")
        if not len(held):
            # A mark may not stand alone (ECMA-376 part 1, A.1, CT_TrPr); this says what holds anyway.
            put(held, "w:cantSplit", val="off")
        held.append(self.mark(tag))
        made.append(held)
        for cell in cells(row):
            fresh = element("w:tc")
            shape = cell.find(qn("w:tcPr"))
            fresh.extend([deepcopy(shape)] if shape is not None else [])
            found = _blocks(cell)
            fresh.extend(self.whole(block, tag) for block in found[:-1])
            fresh.extend(
                self._tracked(b, tag, mark=False) if b.tag == _PARAGRAPH else self.whole(b, tag)
                for b in found[-1:]
            )
            made.append(fresh)
        return made

    def _tracked(self, paragraph: Any, tag: str, *, mark: bool = True) -> Any:
        """Return a paragraph all of whose text, and with `mark` its end, came or went."""
        made = element("w:p")
        properties = paragraph.find(qn("w:pPr"))
        held = deepcopy(properties) if properties is not None else element("w:pPr")
        if tag == "w:del":
            for broken in held.findall(qn("w:sectPr")):
                held.remove(broken)
            self._known(held)
        if mark:
            self._end(held, tag)
        made.append(held)
        found = [atom for atom in atoms(paragraph, TOKEN) if atom.text or tag == "w:ins"]
        made.extend(self._runs([(tag, atom) for atom in found]))
        return made

    def _end(self, properties: Any, tag: str) -> None:
        run = properties.find(qn("w:rPr"))
        if run is None:
            run = element("w:rPr")
            later = [c for c in properties if c.tag in (qn("w:sectPr"), qn("w:pPrChange"))]
            if later:
                later[0].addprevious(run)
            else:
                properties.append(run)
        run.insert(0, self.mark(tag))

    def changed(self, old: Any, new: Any) -> Any:
        """Return the new paragraph with what changed inside it tracked."""
        if text_of(old) == text_of(new):
            return deepcopy(new)
        made = element("w:p")
        properties = new.find(qn("w:pPr"))
        made.extend([deepcopy(properties)] if properties is not None else [])
        made.extend(self._runs(list(_matched(atoms(old, TOKEN), atoms(new, TOKEN)))))
        return made

    def _runs(self, told: Sequence[tuple[str, Atom]]) -> Iterator[Any]:
        """Yield runs and tracked runs; neighbours of one kind and one face are one run."""
        holder, kind = None, ""
        for tag, atom in told:
            tag = "" if not atom.text else tag
            if tag == "w:del" and atom.rpr is not None:
                self._known(atom.rpr)
            if not tag:
                holder, kind = None, ""
                if atom.text or atom.node is not None:
                    yield atom.run(deleted=False)
                continue
            if holder is None or kind != tag:
                holder, kind = self.mark(tag), tag
                yield holder
            atom.join(holder, deleted=tag == "w:del")

    def _known(self, held: Any) -> None:
        """Drop references to styles the new package does not have."""
        for tag in ("w:pStyle", "w:rStyle", "w:tblStyle"):
            for style in list(held.iter(qn(tag))):
                if style.get(qn("w:val")) not in self.styles:
                    style.getparent().remove(style)


def _matched(old: Sequence[Atom], new: Sequence[Atom]) -> Iterator[tuple[str, Atom]]:
    """Yield the atoms of both in order; what says nothing (fields, bookmarks) comes from the new alone."""
    old = [atom for atom in old if atom.text]
    said = [atom for atom in new if atom.text]
    silent: dict[int, list[Atom]] = {}
    count = 0
    for atom in new:
        if atom.text:
            count += 1
        else:
            silent.setdefault(count, []).append(atom)
    at = 0
    for kind, a, b, c, d in _opcodes([x.text for x in old], [x.text for x in said]):
        if kind in ("replace", "delete"):
            yield from (("w:del", atom) for atom in old[a:b])
        for atom in said[c:d]:
            yield from (("", quiet) for quiet in silent.pop(at, ()))
            yield ("" if kind == "equal" else "w:ins"), atom
            at += 1
    for rest in silent.values():
        yield from (("", quiet) for quiet in rest)


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > MOST_TOKENS:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


Key = Callable[[Any], tuple[str, str]]


def aligned(old: Sequence[Any], new: Sequence[Any], key: Key) -> Iterator[tuple[Any | None, Any | None]]:
    """Yield pairs in an order that keeps both sides; equal ones first, then the most alike between them."""
    one, other = [key(x) for x in old], [key(x) for x in new]
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(old[a:b], new[c:d], strict=True)
        else:
            for left, right in alike(one[a:b], other[c:d]):
                yield (
                    old[a + left] if left is not None else None,
                    new[c + right] if right is not None else None,
                )


def alike(
    old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]
) -> Iterator[tuple[int | None, int | None]]:
    """Yield the places of the best pairing in order: pairs of one kind that share enough characters."""
    if len(old) * len(new) > MOST_PAIRS:
        yield from ((n, None) for n in range(len(old)))
        yield from ((None, n) for n in range(len(new)))
        return
    left, right = [Counter(text) for _, text in old], [Counter(text) for _, text in new]
    near = [
        [_near(left[i], right[j]) if old[i][0] == new[j][0] else 0.0 for j in range(len(new))]
        for i in range(len(old))
    ]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            paired = near[i][j] + best[i + 1][j + 1] if near[i][j] >= NEAR else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < len(old) or j < len(new):
        if (
            i < len(old)
            and j < len(new)
            and near[i][j] >= NEAR
            and best[i][j] == near[i][j] + best[i + 1][j + 1]
        ):
            yield i, j
            i, j = i + 1, j + 1
        elif i < len(old) and (j == len(new) or best[i][j] == best[i + 1][j]):
            yield i, None
            i += 1
        else:
            yield None, j
            j += 1


def _near(one: Counter[str], other: Counter[str]) -> float:
    """Return the share of characters two texts have in common, 0 to 1; two empty ones have all."""
    whole = one.total() + other.total()
    return 2 * (one & other).total() / whole if whole else 1.0


def _row_key(row: Any) -> tuple[str, str]:
    return _ROW, "\x1f".join(_words(cell) for cell in cells(row))
