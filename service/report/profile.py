"""A report profile: everything that differs between offices, as data from `profiles/*.yaml`.

Sections, titles, marks, captions, sentences, cover, number formats, tables and appendices are data;
no office needs a change of code. Text in a profile may use figure tokens and, where a node is meant,
``{code}``, ``{name}``, ``{max}``, ``{cn}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from service import yamltext
from service.errors import InvalidError, Problem
from service.report import plain

FOLDER = Path(__file__).parent / "profiles"
FORMAT = "pingji-report/1"
JOINED = ("marks", "ends", "forms", "sentences", "layout")


@dataclass(frozen=True, slots=True)
class CoverLine:
    """One labelled line of the cover; `value` may hold tokens."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class CoverSpec:
    """The cover: `layout` page (own page) or title (title lines above the text)."""

    title: str = "[[case.title]]"
    layout: str = "page"
    items: tuple[CoverLine, ...] = ()
    organisation: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a generated table.

    `figure` is a field of a node (awarded, rate …) shown as a bound figure in `form`; `text` a pattern
    over the node; `level` > 0 takes the ancestor of that level and merges equal neighbours.
    """

    title: str
    width: int = 0
    text: str = ""
    figure: str = ""
    form: str = ""
    level: int = 0
    align: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A generated table: columns, header rows (``^`` above, ``<`` left), total rows and notes."""

    columns: tuple[Column, ...] = ()
    head: tuple[tuple[str, ...], ...] = ()
    caption: str = ""
    total: str = ""
    total_grade: str = ""
    subtotal: str = ""
    block_subtotal: str = ""
    block_rows: bool = True
    bands_note: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """One piece of a section: `kind` names a writer of `sections`; the rest are its options."""

    kind: str
    text: str = ""
    title: str = ""
    nodes: tuple[str, ...] = ()
    groups: bool = False
    chart: bool = False
    blocks: bool = False
    caption: str = ""
    table: TableSpec | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One section; no title means no heading; an optional one without content is left out.

    An appendix title may hold ``{n}``, its place among the appendices kept; `page` starts a new page.
    """

    id: str
    title: str = ""
    parts: tuple[Section, ...] = ()
    content: tuple[Content, ...] = (Content("narrative"),)
    optional: bool = False
    page: bool = False


@dataclass(frozen=True, slots=True)
class OpinionColumn:
    """One column of the 意见采纳情况表: its title, what it shows (see `OPINION_FIELDS`), its width in mm."""

    title: str
    field: str
    width: int = 25


OPINION_FIELDS = (
    "number", "code", "organisation", "date", "by", "place", "text", "verdict", "reason", "effect",
    "before", "now", "proposer", "confirmer", "evidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PublicSpec:
    """What the public version leaves out, and what stands in its place.

    Sections and appendices by id, reasons of indicators by code, names of parties by their
    part, amounts by code or kind (``*`` all), single words.
    """

    sections: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    mask: str = "＊＊"


@dataclass(frozen=True, slots=True)
class Profile:
    """One office's way of writing a report."""

    format: str
    code: str
    name: str
    template: str
    cover: CoverSpec = field(default_factory=CoverSpec)
    abstract: str = ""
    contents: str = ""
    signature: str = "end"
    marks: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    layout: Mapping[str, str] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    appendices: tuple[Section, ...] = ()
    opinions: tuple[OpinionColumn, ...] = ()
    public: PublicSpec = field(default_factory=PublicSpec)

    def section_ids(self) -> tuple[str, ...]:
        """Return every section id a narrative may be written for, in document order."""
        found: list[str] = ["abstract"] if self.abstract else []
        for section in (*self.sections, *self.appendices):
            found += _ids(section)
        return tuple(found)

    @property
    def worded(self) -> bool:
        """Return whether any section holds words written by hand; a report may be nothing but its tables."""
        return bool(self.abstract) or any(map(_worded, (*self.sections, *self.appendices)))


def _worded(section: Section) -> bool:
    return any(item.kind == "narrative" for item in section.content) or any(map(_worded, section.parts))


def _ids(section: Section) -> list[str]:
    return [section.id, *(name for part in section.parts for name in _ids(part))]


def bundled() -> tuple[str, ...]:
    """Return the codes of the profiles that come with the program, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def load(code: str) -> Profile:
    """Return the bundled profile `code`.

    Raises:
        InvalidError: if there is none, or its file has a problem.
    """
    if code not in bundled():
        raise InvalidError(
            Problem("没有这种报告样式", path="profile", value=code, allowed="、".join(bundled()))
        )
    path = FOLDER / f"{code}.yaml"
    return parse(path.read_text(encoding="utf-8"), file=path.name)


def parse(text: str, *, file: str) -> Profile:
    """Return the profile written in `text`.

    Raises:
        InvalidError: naming every unknown field, wrong value and duplicate section id.
    """
    profile = plain.load(Profile, _based(yamltext.read(text, file=file).root), written=True)
    problems: list[Problem] = []
    if profile.format != FORMAT:
        problems.append(Problem("格式不对", path="format", value=profile.format, allowed=FORMAT, file=file))
    ids = profile.section_ids()
    problems += [
        Problem("章节标识重复", path="sections", value=i, file=file)
        for i in sorted(set(ids))
        if ids.count(i) > 1
    ]
    allowed = "、".join(OPINION_FIELDS)
    problems += [
        Problem("意见采纳情况表没有这一项", path="opinions", value=c.field, allowed=allowed, file=file)
        for c in profile.opinions
        if c.field not in OPINION_FIELDS
    ]
    if problems:
        raise InvalidError(problems)
    return profile


def _based(tree: object) -> object:
    """Return `tree` with what it does not say taken from its `base`; mappings of words are joined."""
    if not isinstance(tree, dict) or "base" not in tree:
        return tree
    name = tree["base"]
    path = FOLDER / f"{name}.yaml"
    if name not in bundled():
        raise InvalidError(
            Problem("没有这种报告样式", path="base", value=str(name), allowed="、".join(bundled()))
        )
    base = _based(yamltext.read_file(path).root)
    assert isinstance(base, dict)
    joined = {**base, **{k: v for k, v in tree.items() if k != "base"}}
    for key in JOINED:
        if isinstance(tree.get(key), dict) and isinstance(base.get(key), dict):
            joined[key] = {**base[key], **tree[key]}
    return joined
