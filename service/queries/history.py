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
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.verifier import opens
from service.models.audit import AuditDisclosure, AuditEntry
from service.queries.rowwords import Names
from service.queries.words import field_label, table_label
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage

PAGE = 40
WITHHELD = "（已隐去）"
BROKEN = "（与留痕不符，请核验）"
_SCORE_SUBJECTS = frozenset({"score", "deduction", "adjustment"})
_SCORE_TABLES = frozenset({"leaf_result", "deduction", "adjustment"})
Leaf = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field before and after as text; "" where there was nothing."""

    label: str
    before: str
    after: str


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


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of the case's entries, newest first; `page` counts from 1."""

    entries: tuple[EntryShown, ...]
    found: int
    page: int
    pages: int


def history_page(session: Session, evaluation: str, *, page: int, scores: bool) -> HistoryPage:
    """Return one page of the log of a case; `scores` says whether contents of scoring may be shown."""
    mine = AuditEntry.evaluation_id == evaluation
    found = session.scalar(select(func.count()).select_from(AuditEntry).where(mine)) or 0
    pages = max(1, -(-found // PAGE))
    page = min(max(1, page), pages)
    query = select(AuditEntry).where(mine).order_by(AuditEntry.id.desc())
    rows = session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()
    reading = _Reading(session, rows, scores=scores)
    return HistoryPage(tuple(reading.entry(row) for row in rows), found, page, pages)


class _Reading:
    """Turns the leaves of one page into words, with everything they cite looked up at once."""

    def __init__(self, session: Session, rows: Sequence[AuditEntry], *, scores: bool) -> None:
        self._scores = scores
        self._leaves = {row.entry_id: decode_strict(bytes(row.leaf)) for row in rows}
        self._told = _disclosures(session, list(self._leaves))
        self._names = Names(session, self._leaves.values())

    def entry(self, row: AuditEntry) -> EntryShown:
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
            roles=_roles(actor["role"]),
            action=_action(leaf["action"]),
            stage=Stage(leaf["stage"]).label if leaf["stage"] else "",
            reason="" if hidden else self._text(leaf, "/reason", leaf["reason"]),
            refused=leaf["outcome"] == "refused",
            problems=() if hidden else self._problems(leaf),
            changes=() if hidden else tuple(self._changes(leaf)),
            files=tuple((f["sha256"], f["size"], f["type"]) for f in leaf["files"]),
            source=leaf["source"] or "",
            part="{}/{}".format(*leaf["part"]["n"]) if "part" in leaf else "",
            hidden=hidden,
        )

    def _value(self, leaf: Leaf, path: str, value: Any) -> Any:
        """Return an inline value, or what the commitment hides if it opens it."""
        if not isinstance(value, dict):
            return value
        told = self._told.get((leaf["id"], path))
        if told is None:
            return WITHHELD
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

    def _changes(self, leaf: Leaf) -> Iterator[ChangeShown]:
        for number, change in enumerate(leaf["changes"]):
            table, values = change["t"], {}
            for name, (before, after) in change["f"].items():
                path = f"/changes/{number}/f/{name}"
                values[name] = (
                    self._value(leaf, f"{path}/0", before),
                    self._value(leaf, f"{path}/1", after),
                )
            shown = (
                FieldShown(
                    field_label(table, name),
                    self._names.value(table, name, before),
                    self._names.value(table, name, after),
                )
                for name, (before, after) in values.items()
                if name != "evaluation_id"
            )
            yield ChangeShown(
                table=table_label(table),
                name=self._names.row(table, change["pk"]),
                made=change["op"] == "insert",
                version=change["rev"],
                fields=tuple(field for field in shown if field.before != field.after),
            )


def _of_scores(leaf: Leaf) -> bool:
    subject = leaf["action"].partition(".")[0]
    return subject in _SCORE_SUBJECTS or any(change["t"] in _SCORE_TABLES for change in leaf["changes"])


def _disclosures(session: Session, entries: Sequence[str]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return digest, salt and body by entry and path, of what was not withheld."""
    query = select(AuditDisclosure).where(AuditDisclosure.entry_id.in_(entries))
    return {
        (row.entry_id, row.path): (row.digest, row.salt, row.body)
        for row in session.scalars(query)
        if row.salt is not None and row.body is not None
    }


def _roles(joined: str) -> str:
    known = {role.value: role.label for role in Role}
    return "、".join(known.get(each, each) for each in joined.split("+") if each)


def _action(value: str) -> str:
    known = {action.value: action.label for action in Action}
    return known.get(value, value)
