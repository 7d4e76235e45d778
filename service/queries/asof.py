"""A case at an earlier moment for people: its rows in words, and what differs between two moments.

- A moment is the place in the log after which the case is looked at; each entry of the case is one.
- Rows about scores are left out for who may not see the scores yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import clock
from service.audit.canonical import decode_strict
from service.audit.history import RowThen, State, asof
from service.errors import InvalidError, Problem
from service.models.audit import AuditEntry
from service.models.base import Base
from service.models.evaluation import Evaluation
from service.queries.history import ChangeShown, FieldShown, action_label
from service.queries.historyfilter import SCORE_TABLES
from service.queries.rowwords import Names
from service.queries.textdiff import Shape, compare
from service.queries.words import field_label, table_label
from service.workflow.stages import Stage

ORDER = (
    "evaluation", "party", "money_fact", "stage_track", "plan", "framework_version", "self_assessment",
    "claim", "review_item", "supplement", "visit", "finding", "evidence", "evidence_version",
    "evidence_link", "leaf_result", "deduction", "adjustment", "draft_issue", "opinion", "disposition",
    "narrative", "quotation", "report_version", "approval",
)  # fmt: skip
"""Tables in the order of a case's life; others follow by name."""
_OWNER = "evaluation_id"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in the log of a case: after which entry, when it was written, what was done, in which stage."""

    index: int
    entry: str
    at: datetime
    on: date | None
    action: str
    stage: str

    @property
    def day(self) -> date:
        """Return the day it counts on."""
        return self.on or clock.local_date(self.at)


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a row: its stored name, its label and its value as text."""

    field: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row as it stood: id, what a reader calls it, version, and the place of its last change."""

    pk: str
    name: str
    version: int
    changed: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TableShown:
    """All rows of one table as they stood."""

    table: str
    label: str
    rows: tuple[RowShown, ...]


def moments(session: Session, case: Evaluation) -> tuple[Moment, ...]:
    """Return every moment of the case, oldest first; what was refused changed nothing and is none."""
    done = (AuditEntry.evaluation_id == case.id, AuditEntry.outcome == "done")
    columns = select(AuditEntry.leaf_index, AuditEntry.at, AuditEntry.leaf)
    found = session.execute(columns.where(*done).order_by(AuditEntry.leaf_index))
    read = ((row.leaf_index, row.at, decode_strict(bytes(row.leaf))) for row in found)
    # An act too long for one entry stands in several; only after the last of them was it done.
    return tuple(_moment(*one) for one in read if "part" not in one[2] or len(set(one[2]["part"]["n"])) == 1)


def _moment(index: int, at: datetime, leaf: Mapping[str, Any]) -> Moment:
    on = date.fromisoformat(leaf["on"]) if leaf.get("on") else None
    cited = leaf["part"]["of"] if "part" in leaf else leaf["id"]
    return Moment(index, cited, at, on, action_label(leaf["action"]), stage_label(leaf["stage"]))


def moment_of(known: Sequence[Moment], asked: str) -> Moment:
    """Return the moment asked for: a number of the log, or the end of a day; the newest up to there.

    A replayed entry counts on its business day, any other on the day in China on which it was written.

    Raises:
        InvalidError: it is neither, or the case did not exist then.
    """
    wanted = asked.strip()
    if wanted.isascii() and wanted.isdigit() and len(wanted) < _DIGITS:
        before = [one for one in known if one.index <= int(wanted)]
    else:
        day = _day(wanted)
        before = [one for one in known if one.day <= day]
    if not before:
        raise InvalidError(Problem("那时还没有这个案卷", path="at", value=asked, cure="选一个更晚的时刻"))
    return before[-1]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        allowed = "留痕的序号，或日期如 2025-03-05"
        raise InvalidError(Problem("看不懂这个时刻", path="at", value=text, allowed=allowed)) from None


def state_at(session: Session, case: Evaluation, moment: Moment) -> State:
    """Return the rows of the case as they stood at this moment."""
    return asof(session, case.id, index=moment.index)


def tables_shown(
    session: Session, state: State, moments_known: Mapping[str, int], *, scores: bool
) -> tuple[TableShown, ...]:
    """Return every row as it stood, in words; `session` is one on the restored case.

    Args:
        moments_known: place in the log by entry id.
    """
    names = Names(session, [_cited(state.tables)])
    found = []
    for table in _ordered(state.tables, scores=scores):
        rows = sorted(state.tables[table].items())
        shown = tuple(_row(names, table, pk, row, moments_known.get(row.entry, 0)) for pk, row in rows)
        found.append(TableShown(table, table_label(table), shown))
    return tuple(found)


def differences(names: Names, old: State, new: State, *, scores: bool) -> tuple[ChangeShown, ...]:
    """Return what was made or changed between two states of one case, by table; nothing is ever deleted."""
    found = []
    for table in _ordered(new.tables, scores=scores):
        before = old.tables.get(table, {})
        for pk, row in sorted(new.tables[table].items()):
            change = _between(names, table, pk, before.get(pk), row)
            if change is not None:
                found.append(change)
    return tuple(found)


def names_of(session: Session, *states: State) -> Names:
    """Return the names of everything these states cite, as they are now."""
    return Names(session, [_cited(state.tables) for state in states])


def _between(names: Names, table: str, pk: str, old: RowThen | None, new: RowThen) -> ChangeShown | None:
    if old is not None and old.version == new.version:
        return None
    before = old.fields if old is not None else {}
    fields = [
        field_shown(names, table, name, before.get(name), new.fields.get(name), made=old is None)
        for name in _fields_of(table)
        if before.get(name) != new.fields.get(name)
    ]
    told = tuple(field for field in fields if field.before != field.after)
    if not told and old is not None:
        return None
    return ChangeShown(table_label(table), names.row(table, pk), old is None, new.version, told)


def field_shown(names: Names, table: str, name: str, before: Any, after: Any, *, made: bool) -> FieldShown:
    """Return one field before and after in words, and how the two differ."""
    old, new = names.value(table, name, before), names.value(table, name, after)
    shape = Shape.WORD if made else names.shape(table, name)
    return FieldShown(field_label(table, name), old, new, compare(old, new, shape))


def _row(names: Names, table: str, pk: str, row: RowThen, changed: int) -> RowShown:
    cells = (
        Cell(name, field_label(table, name), text)
        for name in _fields_of(table)
        if (text := names.value(table, name, row.fields.get(name)))
    )
    return RowShown(pk, names.row(table, pk), row.version, changed, tuple(cells))


def _ordered(tables: Iterable[str], *, scores: bool) -> Iterator[str]:
    shown = [table for table in tables if scores or table not in SCORE_TABLES]
    last = len(ORDER)
    yield from sorted(shown, key=lambda table: (ORDER.index(table) if table in ORDER else last, table))


def _columns(table: str) -> Sequence[str]:
    return [column.name for column in Base.metadata.tables[table].c]


def _fields_of(table: str) -> Iterator[str]:
    """Yield the logged fields in the order of the table, without whose they are."""
    for column in Base.metadata.tables[table].c:
        if column.name not in (_OWNER, "id", "version", "last_audit") and column.info.get("audit") != "skip":
            yield column.name


def _cited(tables: Mapping[str, Mapping[str, RowThen]]) -> dict[str, Any]:
    """Return the rows in the form of one entry, so that everything they cite is looked up at once."""
    changes = [
        {"t": table, "pk": pk, "f": {name: [None, value] for name, value in row.fields.items()}}
        for table, rows in tables.items()
        for pk, row in rows.items()
    ]
    return {"actor": {"id": "", "on_behalf": None}, "changes": changes}


def stage_label(value: str | None) -> str:
    """Return the Chinese name of a logged stage, "" for none."""
    return Stage(value).label if value else ""
