"""The neutral report: what is said, in order, without any word of layout.

- A `Line` is a tuple of runs; a run with a `key` is a bound figure and shows the value of that key.
- Blocks are read top to bottom; appendix blocks stand on their own (landscape) pages.
- Nothing here knows of Word, YAML or the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; `key` and `form` name the figure it shows, "" for plain text."""

    text: str
    key: str = ""
    form: str = ""
    strong: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `merge` is "", "restart" (begins a vertical merge), "above" or "left" (continued)."""

    line: Line = ()
    merge: str = ""
    align: str = ""
    strong: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A rectangular grid: header rows, body rows, column widths in mm, `small` type for appendices."""

    id: str
    head: tuple[Row, ...]
    rows: tuple[Row, ...]
    widths: tuple[float, ...] = ()
    small: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One column chart of ratios (0-1): labels, exact values and the keys they come from."""

    id: str
    labels: tuple[str, ...]
    values: tuple[Fraction, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture by content hash, or boxes drawn as a chart of an organisation."""

    id: str
    sha256: str = ""
    alt: str = ""
    boxes: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One block: kind h1 h2 h3 para right note caption figure_caption table chart image pagebreak title.

    `anchor` names the place of a heading for the contents.
    """

    kind: str
    line: Line = ()
    anchor: str = ""
    table: Table | None = None
    chart: Chart | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of the contents: level from 1, text as printed, anchor in the document."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class CoverItem:
    """One labelled line of the cover."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Cover:
    """The title page or title lines: title lines, labelled items, organisation, date."""

    title: tuple[str, ...]
    items: tuple[CoverItem, ...] = ()
    organisation: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report of one snapshot under one profile."""

    profile: str
    title: str
    banner: str
    cover: Cover
    abstract: tuple[Block, ...] = ()
    headings: tuple[Heading, ...] = ()
    body: tuple[Block, ...] = ()
    appendix: tuple[Block, ...] = ()


def text_of(line: Line) -> str:
    """Return the plain text of a line."""
    return "".join(run.text for run in line)


def plain_line(text: str, *, strong: bool = False) -> Line:
    """Return a line of one unbound run; empty text gives the empty line."""
    return (Run(text, strong=strong),) if text else ()
