"""The history views of a case: as it stood at a moment, what differs between two, who set a field."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request

from service.audit.history import State
from service.errors import InvalidError, Problem
from service.extensions import db
from service.queries.asof import (
    Moment,
    TableShown,
    differences,
    moment_of,
    moments,
    names_of,
    state_at,
    tables_shown,
)
from service.queries.fieldstory import story_of
from service.queries.history import ChangeShown
from service.queries.reader import OpenCase
from service.queries.restored import restored
from service.queries.unfolding import ScoreTable, score_table
from service.web.access import access
from service.web.cases import case_page
from service.workflow.actions import Action
from service.workflow.stages import Stage, Status

pages = Blueprint("timetravel", __name__)
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Sheets:
    """A score sheet at one moment and what a page says of it."""

    total: str | None
    grade: str | None
    awarded: dict[str, str | None]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """A case at one moment: the moments around it, its head, its score sheet and every row."""

    moment: Moment
    earlier: Moment | None
    later: Moment | None
    title: str
    stage: Stage
    status: Status
    table: ScoreTable | None
    tables: tuple[TableShown, ...]


@dataclass(frozen=True, slots=True)
class MovedLine:
    """One indicator whose awarded points differ between two moments."""

    code: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two moments, the earlier first: both sheets if scores may be seen, and every row that differs."""

    old: Moment
    new: Moment
    scored: tuple[Sheets, Sheets] | None
    lines: tuple[MovedLine, ...]
    changes: tuple[ChangeShown, ...]


@pages.get("/cases/<case>/asof")
@access(Action.HISTORY_READ)
def show(case: OpenCase) -> str:
    """Show the whole case as it stood at a moment: particulars, score sheet, every row."""
    known = moments(db.session(), case.row)
    return case_page("history_asof", case, known=known, past=past(case, known))


def past(case: OpenCase, known: tuple[Moment, ...] | None = None) -> Past:
    """Return the case at the moment the address names; without one the newest.

    Raises:
        InvalidError: nobody can mean this moment, or the case did not exist then.
    """
    known = moments(db.session(), case.row) if known is None else known
    moment = _asked(known, "on" if typed("on").strip() else "at")
    state = state_at(db.session(), case.row, moment)
    places = {row.entry: row.index for row in known}
    with restored(db.session(), state) as (then, row_then):
        table = score_table(then, row_then) if case.scores else None
        tables = tables_shown(then, state, places, scores=case.scores)
        return Past(
            moment, *_around(known, moment), row_then.title, row_then.stage, row_then.status, table, tables
        )


@pages.get("/cases/<case>/compare")
@access(Action.HISTORY_READ)
def compare(case: OpenCase) -> str:
    """Show what differs between two moments of a case: scores and every field."""
    known = moments(db.session(), case.row)
    return case_page("history_compare", case, known=known, found=compared(case, known))


def compared(case: OpenCase, known: tuple[Moment, ...] | None = None) -> Compared:
    """Return what differs between the moments the address names; without any the first and the newest.

    Raises:
        InvalidError: as `past`.
    """
    known = moments(db.session(), case.row) if known is None else known
    old, new = _asked(known, "old", first=True), _asked(known, "new")
    if old.index > new.index:
        old, new = new, old
    before, after = (state_at(db.session(), case.row, moment) for moment in (old, new))
    changes = differences(names_of(db.session(), before, after), before, after, scores=case.scores)
    scored = (_sheet(before), _sheet(after)) if case.scores else None
    return Compared(old, new, scored, tuple(_moved(*scored)) if scored else (), changes)


@pages.get("/cases/<case>/story")
@access(Action.HISTORY_READ)
def story(case: OpenCase) -> str:
    """Show every entry that set one field of one row: who, when, why, at whose request, on what paper."""
    asked = [typed(name) for name in ("table", "row", "field")]
    found = story_of(db.session(), case.row, *asked, scores=case.scores)
    return case_page("history_story", case, story=found)


def typed(name: str) -> str:
    """Return what the address says under a name, cut to what anything of ours may be long."""
    return request.args.get(name, "")[:LONGEST]


def _asked(known: tuple[Moment, ...], name: str, *, first: bool = False) -> Moment:
    """Return the moment the address names; without one the first or the newest.

    Raises:
        InvalidError: the case has no history to look at.
    """
    if not known:
        raise InvalidError(Problem("这个案卷还没有留痕"))
    asked = typed(name)
    return moment_of(known, asked) if asked.strip() else known[0 if first else -1]


def _around(known: tuple[Moment, ...], moment: Moment) -> tuple[Moment | None, Moment | None]:
    """Return the moments just before and after."""
    place = known.index(moment)
    before = known[place - 1] if place else None
    after = known[place + 1] if place + 1 < len(known) else None
    return before, after


def _sheet(state: State) -> Sheets:
    with restored(db.session(), state) as (then, row):
        table: ScoreTable | None = score_table(then, row)
    if table is None:
        return Sheets(None, None, {}, {})
    awarded = {line.line.code: line.line.awarded for line in table.lines}
    names = {line.line.code: line.line.name for line in table.lines}
    return Sheets(table.sheet.total, table.sheet.grade, awarded, names)


def _moved(old: Sheets, new: Sheets) -> list[MovedLine]:
    """Return every indicator whose points differ."""
    names = old.names | new.names
    lines = [
        MovedLine(code, name, old.awarded.get(code), new.awarded.get(code)) for code, name in names.items()
    ]
    return [line for line in lines if line.before != line.after]
