"""One answer to a question of the auditor: in which case, at which place, from what to what, by which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.audit import AuditEntry
from service.queries.auditscope import CHUNK, Scope


@dataclass(frozen=True, slots=True)
class Spot:
    """One answer, before it is put into words.

    Args:
        case: id of the evaluation, "" if it belongs to none; `entry` id of the entry that made it so.
        kind: which kind of the question it is, "" for the only one.
        place, before, after: in words; for changes of rows they are read out of the entry.
        row: table and id of the row changed, where the words are read out of the entry.
        note: what else the auditor is told.
    """

    case: str
    entry: str
    kind: str = ""
    place: str = ""
    before: str = ""
    after: str = ""
    row: tuple[str, str] = ("", "")
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """How many answers there are, and those of the page asked for, newest first."""

    count: int
    spots: tuple[Spot, ...]


def counted(scope: Scope, spots: Iterable[Spot], *, start: int, size: int | None) -> Answers:
    """Return these answers narrowed to kind and period, newest entry first, cut to the page."""
    kind = scope.wanted.kind
    kept = [spot for spot in spots if not kind or kind in spot.kind.split()]
    places = _places(scope, {spot.entry for spot in kept})
    kept = [spot for spot in kept if spot.entry in places]
    kept.sort(key=lambda spot: (-places[spot.entry], spot.case, spot.place))
    return Answers(len(kept), tuple(cut(kept, start, size)))


def cut(spots: Sequence[Spot], start: int, size: int | None) -> Sequence[Spot]:
    """Return those from `start` on, at most `size`; None for all."""
    return spots[start:] if size is None else spots[start : start + size]


def _places(scope: Scope, entries: set[str]) -> dict[str, int]:
    """Return the places in the log of those entries that were written in the period asked for."""
    found: dict[str, int] = {}
    ordered = sorted(entries)
    for at in range(0, len(ordered), CHUNK):
        query = select(AuditEntry.entry_id, AuditEntry.id).where(
            AuditEntry.entry_id.in_(ordered[at : at + CHUNK]), *scope.in_period()
        )
        found.update((row.entry_id, row.id) for row in scope.session.execute(query))
    return found


def chunked(session: Session, query: Any, column: Any, keys: Iterable[Any]) -> list[Any]:
    """Return the rows of `query` whose `column` is one of the keys, asked for in parts."""
    ordered = sorted(keys)
    found: list[Any] = []
    for at in range(0, len(ordered), CHUNK):
        found += session.execute(query.where(column.in_(ordered[at : at + CHUNK]))).all()
    return found
