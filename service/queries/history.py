"""The log of one case for people: each entry as who did what, why, and which fields changed how.

- Everything is read out of the hashed leaf; texts behind commitments are shown only if they open them.
- Account ids become duties, stored words become Chinese, rows get the number or name a reader knows.
- Entries about scores are listed without their contents for who may not see the scores yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import case as sa_case
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.verifier import opens
from service.models.audit import AuditCheckpoint, AuditDisclosure, AuditEntry
from service.models.evaluation import Evaluation
from service.queries.historyfilter import SCORE_TABLES, HistoryFilter, conditions
from service.queries.redactions import redactions
from service.queries.rowwords import LONG, Names
from service.queries.textdiff import Difference, Shape, compare
from service.queries.words import field_label, table_label
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage

PAGE = 40
UNEXPLAINED = "（文字缺失，留痕中没有说明，请核验）"
BROKEN = "（与留痕不符，请核验）"
_SCORE_SUBJECTS = frozenset({"score", "deduction", "adjustment"})
Leaf = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field before and after as text, "" where there was nothing, and how the two differ."""

    label: str
    before: str
    after: str
    diff: Difference


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """One row made or changed: table, what a reader calls it, version afterwards, fields."""

    table: str
    name: str
    made: bool
    version: int
    fields: tuple[FieldShown, ...]


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One entry of the log.

    Args:
        index: place in the log from 0; `digest` the RFC 6962 leaf hash in hex.
        actor: duty of who is answerable; `played` whose part was played, "" if the own one.
        roles: Chinese names of the parts that counted.
        on: business date of a replay.
        problems: why it was refused; empty if it was done.
        hidden: whether contents are kept back until the team submits its scores.
    """

    index: int
    entry: str
    digest: str
    at: datetime
    on: date | None
    actor: str
    played: str
    roles: str
    action: str
    stage: str
    reason: str
    refused: bool
    problems: tuple[str, ...]
    changes: tuple[ChangeShown, ...]
    files: tuple[tuple[str, int, str], ...]
    source: str
    part: str
    hidden: bool
    sealed: bool

    @property
    def about(self) -> tuple[str, ...]:
        """Return what the entry concerns, as a reader calls it, each thing once."""
        named = (f"{change.table} {change.name}".strip() for change in self.changes if change.name)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of the entries asked for, newest first, in runs of one stage; `page` counts from 1.

    Args:
        total: entries of the case, asked for or not; `waiting`: how many of them no checkpoint covers yet.
        sealed_at: when the newest checkpoint was made, None before the first.
    """

    entries: tuple[EntryShown, ...]
    found: int
    total: int
    waiting: int
    sealed_at: datetime | None
    page: int
    pages: int

    @property
    def runs(self) -> tuple[tuple[str, tuple[EntryShown, ...]], ...]:
        """Return stage and entries of each run of neighbours in one stage."""
        grouped = groupby(self.entries, key=lambda entry: entry.stage)
        return tuple((stage, tuple(run)) for stage, run in grouped)


def history_page(session: Session, case: Evaluation, wanted: HistoryFilter, *, scores: bool) -> HistoryPage:
    """Return one page of the log of a case; `scores` says whether contents of scoring may be shown."""
    mine = AuditEntry.evaluation_id == case.id
    newest = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)).first()
    sealed = newest.size if newest is not None else 0
    open_ends = func.coalesce(func.sum(sa_case((AuditEntry.leaf_index >= sealed, 1), else_=0)), 0)
    total, waiting = session.execute(select(func.count(), open_ends).where(mine)).one()
    query = select(AuditEntry).where(mine, *conditions(session, case, wanted, scores=scores))
    found = total
    if wanted.active:
        found = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-found // PAGE))
    page = min(max(1, wanted.page), pages)
    rows = session.scalars(query.order_by(AuditEntry.id.desc()).limit(PAGE).offset((page - 1) * PAGE)).all()
    reading = Reading(session, rows, scores=scores, sealed=sealed)
    entries = tuple(reading.entry(row) for row in rows)
    at = newest.at if newest is not None else None
    return HistoryPage(entries, found, total, int(waiting), at, page, pages)


def page_holding(session: Session, case: Evaluation, place: str) -> int | None:
    """Return the page of the unfiltered log with the entry of this number, None for no number."""
    if not (place.isascii() and place.isdigit() and len(place) < 12):
        return None
    later = (AuditEntry.evaluation_id == case.id) & (AuditEntry.leaf_index > int(place))
    return (session.scalar(select(func.count()).where(later)) or 0) // PAGE + 1


class Reading:
    """Turns the leaves of one page into words, with everything they cite looked up at once."""

    def __init__(self, session: Session, rows: Sequence[AuditEntry], *, scores: bool, sealed: int) -> None:
        self._scores, self._sealed = scores, sealed
        self._leaves = {row.entry_id: decode_strict(bytes(row.leaf)) for row in rows}
        self._told = _disclosures(session, list(self._leaves))
        self._names = Names(session, self._leaves.values())
        self._session = session

    def entry(self, row: AuditEntry) -> EntryShown:
        """Return one of the entries in words."""
        leaf = self._leaves[row.entry_id]
        actor, hidden = leaf["actor"], not self._scores and _of_scores(leaf)
        return EntryShown(
            index=row.leaf_index,
            entry=row.entry_id,
            digest=bytes(row.leaf_hash).hex(),
            at=row.at,
            on=date.fromisoformat(leaf["on"]) if leaf.get("on") else None,
            actor=self._names.account(actor["id"]),
            played=self._names.account(actor["on_behalf"]) if actor["on_behalf"] else "",
            roles=role_labels(actor["role"]),
            action=action_label(leaf["action"]),
            stage=Stage(leaf["stage"]).label if leaf["stage"] else "",
            reason="" if hidden else self._text(leaf, "/reason", leaf["reason"]),
            refused=leaf["outcome"] == "refused",
            problems=() if hidden else self._problems(leaf),
            changes=() if hidden else tuple(self._changes(leaf)),
            files=tuple((f["sha256"], f["size"], f["type"]) for f in leaf["files"]),
            source=leaf["source"] or "",
            part="{}/{}".format(*leaf["part"]["n"]) if "part" in leaf else "",
            hidden=hidden,
            sealed=row.leaf_index < self._sealed,
        )

    def _value(self, leaf: Leaf, path: str, value: Any) -> Any:
        """Return an inline value, or what the commitment hides if it opens it."""
        if not isinstance(value, dict):
            return value
        told = self._told.get((leaf["id"], path))
        if told is None:
            # Asked only where a text is missing, which is rare.
            erased = redactions(self._session).get((leaf["id"], path))
            return UNEXPLAINED if erased is None else f"（已依法删除，见留痕第 {erased} 号）"
        digest, salt, body = told
        if digest != value["#"] or not opens(digest, salt, body):
            return BROKEN
        return json.loads(body)

    def _text(self, leaf: Leaf, path: str, value: Any) -> str:
        found = self._value(leaf, path, value)
        return "" if found is None else str(found)

    def _problems(self, leaf: Leaf) -> tuple[str, ...]:
        found = self._value(leaf, "/problems", leaf.get("problems"))
        return tuple(map(str, found)) if isinstance(found, list) else (str(found),) if found else ()

    def change(self, row: AuditEntry, table: str, pk: str) -> ChangeShown | None:
        """Return what one of the entries did to one row, None if nothing."""
        leaf = self._leaves[row.entry_id]
        for number, change in enumerate(leaf["changes"]):
            if (change["t"], change["pk"]) == (table, pk):
                return self._change(leaf, number, change)
        return None

    def _changes(self, leaf: Leaf) -> Iterator[ChangeShown]:
        for number, change in enumerate(leaf["changes"]):
            yield self._change(leaf, number, change)

    def _change(self, leaf: Leaf, number: int, change: Mapping[str, Any]) -> ChangeShown:
        table, values = change["t"], {}
        for name, (before, after) in change["f"].items():
            path = f"/changes/{number}/f/{name}"
            values[name] = (self._value(leaf, f"{path}/0", before), self._value(leaf, f"{path}/1", after))
        shown = (
            self._field(table, name, *pair, made=change["op"] == "insert")
            for name, pair in values.items()
            if name != "evaluation_id"
        )
        return ChangeShown(
            table=table_label(table),
            name=self._names.row(table, change["pk"]),
            made=change["op"] == "insert",
            version=change["rev"],
            fields=tuple(field for field in shown if field.before != field.after),
        )

    def _field(self, table: str, name: str, before: Any, after: Any, *, made: bool) -> FieldShown:
        limit = LONG if made else None
        old, new = (self._names.value(table, name, value, limit=limit) for value in (before, after))
        shape = Shape.WORD if made else self._names.shape(table, name)
        return FieldShown(field_label(table, name), _cut(old), _cut(new), compare(old, new, shape))


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}…（共 {len(text)} 字）"


def _of_scores(leaf: Leaf) -> bool:
    subject = leaf["action"].partition(".")[0]
    return subject in _SCORE_SUBJECTS or any(change["t"] in SCORE_TABLES for change in leaf["changes"])


def _disclosures(session: Session, entries: Sequence[str]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return digest, salt and body by entry and path, of what was not withheld."""
    query = select(AuditDisclosure).where(AuditDisclosure.entry_id.in_(entries))
    return {
        (row.entry_id, row.path): (row.digest, row.salt, row.body)
        for row in session.scalars(query)
        if row.salt is not None and row.body is not None
    }


def role_labels(joined: str) -> str:
    """Return the Chinese names of logged parts."""
    known = {role.value: role.label for role in Role}
    return "、".join(known.get(each, each) for each in joined.split("+") if each)


def action_label(value: str) -> str:
    """Return the Chinese name of a logged act, the stored word of one that exists no more."""
    known = {action.value: action.label for action in Action}
    return known.get(value, value)
