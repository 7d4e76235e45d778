"""The report section by section, as it will print: what is written by hand and what the data fill in.

Built by the same writers as the report itself, so a figure shown here is the figure printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.errors import InvalidError, Problem
from service.report.blocks import Block, text_of
from service.report.draft import Draft, Where
from service.report.profile import Content, Profile, Section
from service.report.sections import WRITERS, place_thing
from service.report.sheetcheck import Finding
from service.report.snapshot import CaseSnapshot
from service.report.textcheck import Paragraph, check_text

NARRATIVE = "narrative"
LISTS = ("problems", "suggestions")
STYLES = {"h1": "Heading1", "h2": "Heading2", "h3": "Heading3"}
ABSTRACT = "abstract"


@dataclass
class Piece:
    """One section: its place in the tree, what its contents are, and the blocks they print.

    `written` are the blocks of the narrative, `locked` those the data fill in.
    """

    id: str
    title: str
    level: int
    optional: bool
    kinds: tuple[str, ...]
    written: list[Block] = field(default_factory=list)
    locked: list[Block] = field(default_factory=list)

    @property
    def editable(self) -> bool:
        """Return whether a narrative may be written for it."""
        return NARRATIVE in self.kinds


@dataclass(frozen=True, slots=True)
class Outline:
    """All sections in order of print, problems of tokens, findings on the prose by section."""

    pieces: tuple[Piece, ...]
    problems: tuple[Problem, ...]
    findings: tuple[tuple[str, Finding], ...]


def outline(snapshot: CaseSnapshot, profile: Profile) -> Outline:
    """Return the sections of the report of `snapshot`; what is wrong with its words is listed, not raised."""
    draft = Draft(snapshot, profile)
    draft.placer = lambda kind, name, place: place_thing(draft, kind, name, place)
    pieces: list[Piece] = []
    if profile.abstract:
        pieces.append(_abstract(draft))
    for section in (*profile.sections, *profile.appendices):
        pieces += _walk(draft, section, 1)
    return Outline(tuple(pieces), tuple(draft.resolver.problems), tuple(_checked(pieces, snapshot)))


def _abstract(draft: Draft) -> Piece:
    piece = Piece(ABSTRACT, draft.profile.abstract.replace("　", ""), 1, False, (NARRATIVE,))
    text = draft.snapshot.narrative.get(ABSTRACT, "")
    draft.narrative(text, level=3, place=f"narrative.{ABSTRACT}")
    piece.written, draft.blocks = draft.blocks, []
    return piece


def _walk(draft: Draft, section: Section, level: int) -> Iterator[Piece]:
    counts = draft.numbers.save()
    title = section.title.replace("{n}", "")
    if section.title:
        draft.heading(level, title, place=section.id, numbered=section not in draft.profile.appendices)
        title = text_of(draft.blocks[-1].line)
    draft.blocks = []
    kinds = tuple(content.kind for content in section.content)
    piece = Piece(section.id, title or "引言", level, section.optional, kinds)
    yield piece
    for content in section.content:
        _content(draft, content, piece, Where(section.id, level if section.title else level - 1))
    parts = [inner for part in section.parts for inner in _walk(draft, part, level + 1)]
    yield from parts
    empty = not piece.written and not piece.locked and not any(p.written or p.locked for p in parts)
    if empty and (section.optional or not section.title):
        draft.numbers.restore(counts)


def _content(draft: Draft, content: Content, piece: Piece, where: Where) -> None:
    try:
        WRITERS[content.kind](draft, content, where)
    except InvalidError as error:
        draft.resolver.problems += list(error.problems)
    (piece.written if content.kind == NARRATIVE else piece.locked).extend(draft.blocks)
    draft.blocks = []


def _checked(pieces: list[Piece], snapshot: CaseSnapshot) -> Iterator[tuple[str, Finding]]:
    """Yield what the rules of the prose find, with the section it stands in."""
    paragraphs, homes = [], []
    for piece in pieces:
        for block in (*piece.written, *piece.locked):
            if block.kind in ("para", *STYLES) and block.line:
                paragraphs.append(_paragraph(block))
                homes.append(piece.id)
    for finding in check_text(paragraphs, snapshot):
        number = finding.place.removeprefix("第").removesuffix("段")
        if number.isdigit() and finding.rule != "numbering":
            yield homes[int(number) - 1], finding


def _paragraph(block: Block) -> Paragraph:
    unbound = "".join("　" if run.key else run.text for run in block.line)
    return Paragraph(STYLES.get(block.kind, "a3body"), text_of(block.line), unbound, False)
