"""The report while it is being written: blocks so far, counters, bound figures, problems.

`Draft` knows how this profile numbers, ends and captions; writers in `sections` only say what comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from service.report.blocks import Block, Chart, Heading, Line, Picture, Run, Table, text_of
from service.report.facts import Facts
from service.report.numbering import Numberer
from service.report.profile import Content, Profile
from service.report.resolve import Resolver, quoted
from service.report.snapshot import CaseSnapshot

PLACED = re.compile(r"\[\[(table|chart|image):([^\[\]|]{1,80})\]\]")
LEAD = re.compile(r"\*\*(.+?)\*\*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Where:
    """The section being written: its id and heading level (0 = no heading above)."""

    id: str
    level: int


class Draft:
    """One report in the making; `blocks` and `headings` grow as writers call it."""

    def __init__(self, snapshot: CaseSnapshot, profile: Profile) -> None:
        self.snapshot = snapshot
        self.profile = profile
        self.facts = Facts(snapshot)
        self.resolver = Resolver(self.facts, forms=dict(profile.forms))
        self.numbers = Numberer(profile.marks)
        self.blocks: list[Block] = []
        self.headings: list[Heading] = []
        self.placed: set[str] = set()
        self.placer: Callable[[str, str, str], None] = lambda kind, name, place: None

    def sentence(self, key: str, /, **words: str) -> str:
        """Return the profile's sentence `key` with `{code}` and the like filled in, "" if it has none.

        Words are text of others: a ``[[`` in them stays text and is never read as a token.
        """
        pattern = self.profile.sentences.get(key, "")
        return pattern.format(**{k: quoted(v) for k, v in words.items()}) if words else pattern

    def sentence_raw(self, name: str) -> str:
        """Return the profile's sentence `name` with its placeholders untouched."""
        return self.profile.sentences.get(name, "")

    def line(self, text: str, *, place: str = "", strong: bool = False) -> Line:
        """Return `text` with its figure tokens bound."""
        return self.resolver.line(text, place=place, strong=strong)

    def heading(self, level: int, title: str, *, place: str = "", numbered: bool = True) -> None:
        """Add a numbered heading of `level` 1..3 (deeper ones become run-in paragraphs)."""
        mark = self.numbers.next(level) if numbered else ""
        end = self.profile.ends.get(f"h{level}", "")
        line = self.line(f"{mark}{title}{'' if not end or title.endswith(end) else end}", place=place)
        if level > 3:
            self.add("para", tuple(Run(r.text, r.key, r.form, True) for r in line))
            return
        anchor = f"h{len(self.headings) + 1:03d}"
        self.headings.append(Heading(level, text_of(line), anchor))
        self.blocks.append(Block(f"h{level}", line, anchor=anchor))

    def title(self, text: str, *, anchor: bool = True) -> None:
        """Add an unnumbered centred title (附件 and the like), listed in the contents on level 1."""
        name = f"h{len(self.headings) + 1:03d}"
        if anchor:
            self.headings.append(Heading(1, text, name))
        self.blocks.append(Block("title", self.line(text), anchor=name if anchor else ""))

    def add(self, kind: str, line: Line) -> None:
        """Add a block of plain kind (para, right, note)."""
        if line:
            self.blocks.append(Block(kind, line))

    def para(self, text: str, *, place: str = "") -> None:
        """Add one paragraph of text with tokens; nothing for empty text."""
        self.add("para", self.line(text, place=place))

    def item(self, level: int, lead: str, text: str, *, place: str = "") -> None:
        """Add a numbered paragraph: mark, emphasised lead, text."""
        mark = self.numbers.next(level)
        strong = level <= 3 and bool(lead)
        first = (Run(mark, strong=strong), *self.line(lead, place=place, strong=strong))
        self.add("para", (*first, *self.line(text, place=place)))

    def table(self, table: Table, caption: str = "") -> None:
        """Add a table with its caption above; without a caption pattern the caption is left out."""
        pattern = self.profile.captions.get("table", "")
        if pattern and caption:
            label = self.numbers.caption("table", pattern)
            self.blocks.append(Block("caption", self.line(label + caption)))
        self.blocks.append(Block("table", table=table))

    def chart(self, chart: Chart, caption: str) -> None:
        """Add a chart with its caption below."""
        self.blocks.append(Block("chart", chart=chart))
        self._figure_caption(caption)

    def picture(self, picture: Picture, caption: str) -> None:
        """Add a picture with its caption below."""
        self.blocks.append(Block("image", picture=picture))
        self._figure_caption(caption)

    def figure_label(self) -> str:
        """Return the label the next figure will carry, without taking it."""
        pattern = self.profile.captions.get("figure", "")
        return self.numbers.caption("figure", pattern, peek=True).strip(" 　:：") if pattern else ""

    def _figure_caption(self, caption: str) -> None:
        pattern = self.profile.captions.get("figure", "")
        if pattern and caption:
            label = self.numbers.caption("figure", pattern)
            self.blocks.append(Block("figure_caption", self.line(label + caption)))

    def narrative(self, text: str, *, level: int, place: str) -> None:
        """Add narrative text; `level` is that of the section it stands in (its own heads go below).

        Items (``- ``) take the third level under a first or second level heading, else the fourth.
        """
        depth = level
        for raw in text.split("\n"):
            row = raw.strip()
            if row.startswith("## ") or LEAD.fullmatch(row):
                depth = level + 1
            if row:
                self._narrative_row(row, level, 3 if depth in (1, 2) else 4, place)

    def _narrative_row(self, row: str, level: int, item: int, place: str) -> None:
        placed = PLACED.fullmatch(row)
        lead = LEAD.fullmatch(row)
        if placed:
            self.placer(placed[1], placed[2], place)
        elif row.startswith("## "):
            self.heading(level + 1, row[3:], place=place)
        elif lead:
            self.item(level + 1, lead[1], lead[2], place=place)
        elif row.startswith("- "):
            inner = LEAD.fullmatch(row[2:])
            self.item(item, inner[1] if inner else "", inner[2] if inner else row[2:], place=place)
        elif row.startswith("* "):
            self.item(5, "", row[2:], place=place)
        elif row.startswith("+ "):
            self.item(3, "", row[2:], place=place)
        else:
            self.para(row, place=place)


Writer = Callable[[Draft, Content, Where], None]
