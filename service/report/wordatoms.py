"""A paragraph of a Word document as the smallest pieces a comparison may move.

Text is cut by the pattern given; a tab, a line break or a picture is one piece; what says nothing (fields,
bookmarks) is a piece without text and keeps its element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from service.report.revisions import DRAWN, drawn, opened
from service.report.styles import element

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_SKIPPED = frozenset({qn("w:pPr"), qn("w:commentRangeStart"), qn("w:commentRangeEnd"), qn("w:proofErr")})
_DROPPED = frozenset({qn("w:lastRenderedPageBreak"), qn("w:commentReference"), qn("w:rPr")})


@dataclass(slots=True)
class Atom:
    """One piece: what it says, the face of its run, and its element unless it is plain text."""

    text: str
    rpr: Any = None
    node: Any = None

    def run(self, *, deleted: bool) -> Any:
        """Return the piece as a run, or as itself where it stands outside runs."""
        if self.node is not None and self.node.tag.endswith(("}bookmarkStart", "}bookmarkEnd")):
            return deepcopy(self.node)
        made = element("w:r")
        if self.rpr is not None:
            made.append(deepcopy(self.rpr))
        made.append(self._content(deleted=deleted))
        return made

    def join(self, holder: Any, *, deleted: bool) -> None:
        """Add the piece to `holder`: to its last run if both are plain text of one face."""
        last = holder[-1] if len(holder) else None
        tag = qn("w:delText" if deleted else "w:t")
        if self.node is None and last is not None and last[-1].tag == tag and _same(last, self.rpr):
            last[-1].text += self.text
            return
        holder.append(self.run(deleted=deleted))

    def _content(self, *, deleted: bool) -> Any:
        if self.node is not None and not (deleted and self.node.tag in DRAWN):
            return deepcopy(self.node)
        made = element("w:delText" if deleted else "w:t")
        made.text = self.text
        made.set(SPACE, "preserve")
        return made


def _same(run: Any, rpr: Any) -> bool:
    held = run.find(qn("w:rPr"))
    if held is None or rpr is None:
        return held is None and rpr is None
    return _plain(held) == _plain(rpr)


def _plain(rpr: Any) -> list[tuple[Any, list[Any]]]:
    return [(child.tag, sorted(child.attrib.items())) for child in rpr]


def atoms(paragraph: Any, pattern: re.Pattern[str]) -> list[Atom]:
    """Return the pieces of a paragraph without tracked deletions; content controls are opened."""
    found: list[Atom] = []
    for child in opened(paragraph):
        if child.tag in _SKIPPED:
            continue
        found += _of_run(child, pattern) if child.tag == qn("w:r") else [Atom("", node=child)]
    return found


def _of_run(run: Any, pattern: re.Pattern[str]) -> Iterator[Atom]:
    rpr = run.find(qn("w:rPr"))
    for child in run:
        if child.tag == qn("w:t"):
            yield from (Atom(part, deepcopy(rpr)) for part in pattern.findall(child.text or ""))
        elif child.tag in _BREAKS:
            yield Atom(_BREAKS[child.tag], deepcopy(rpr), child)
        elif child.tag in DRAWN:
            yield Atom(drawn(child), deepcopy(rpr), child)
        elif child.tag not in _DROPPED:
            yield Atom("", deepcopy(rpr), child)
