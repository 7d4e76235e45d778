"""The log grows here: parts of one act become entries at the end of the log, under the head lock.

- The head row is locked last of all rows and kept until the commit: no index is ever given twice.
- The head is moved first and the entries follow; the database refuses any other index.
- The origin never changes while a database lives, so it is read once per engine.
- Every act passes here, so the statements are compiled once per dialect and handed to the driver as they
  are; the one typed value among them, the moment, is put into the stored form here.
"""

# ruff: noqa: S608 - the names in these statements are our own tables and columns
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from blinker import Signal
from sqlalchemy import Connection, Engine, select

from service.audit.leaf import LeafFacts, Part, build_parts
from service.audit.merkle import Frontier
from service.errors import IntegrityFailureError, UnavailableError
from service.models.audit import AuditDisclosure, AuditEntry, AuditField, AuditHead
from service.models.base import new_id

_ORIGIN = select(AuditHead.origin)
_origins: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()

INSERTED = "*"

entry_committed = Signal("the receipt of an entry that a transaction has just committed")
"""Sent with ``receipt: Receipt``, for acts done and refused alike."""


@dataclass(frozen=True, slots=True)
class _Statements:
    """The statements of one dialect as driver text, parameters in the order of their columns."""

    lock: str
    move: str
    entry: str
    disclosure: str
    field: str


def _insert(mark: str, model: type[AuditEntry | AuditDisclosure | AuditField], *columns: str) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {model.__tablename__} ({names}) VALUES ({marks})"


def _statements(mark: str, lock: str) -> _Statements:
    return _Statements(
        lock=f"SELECT origin, size, frontier FROM audit_head{lock}",
        move=f"UPDATE audit_head SET size = {mark}, frontier = {mark}, last_at = {mark}",
        entry=_insert(
            mark, AuditEntry, "id", "leaf_index", "entry_id", "leaf", "leaf_hash",
            "evaluation_id", "actor_id", "role", "action", "outcome", "at",
        ),
        disclosure=_insert(mark, AuditDisclosure, "entry_id", "path", "digest", "salt", "body"),
        field=_insert(mark, AuditField, "entry_id", "evaluation_id", "table", "pk", "field"),
    )  # fmt: skip


_DIALECTS = {"sqlite": _statements("?", ""), "postgresql": _statements("%s", " FOR UPDATE")}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof handed to the actor: id and leaf hash (32 bytes) of the first entry, its index from 0."""

    entry_id: str
    index: int
    leaf_hash: bytes
    at: datetime


def origin_of(connection: Connection) -> str:
    """Return the name of the log in this database.

    Raises:
        UnavailableError: no log was started here.
    """
    found = _origins.get(connection.engine)
    if found is None:
        found = connection.execute(_ORIGIN).scalar_one_or_none()
        if found is None:
            raise UnavailableError("数据库中还没有痕迹日志，请先初始化")
        _origins[connection.engine] = found
    return found


def append(connection: Connection, facts: LeafFacts) -> Receipt:
    """Write the entry of `facts` (several if it is too long) at the end of the log.

    Raises:
        InvalidError: `facts` cannot be an entry.
        IntegrityFailureError: the stored head is damaged or belongs to another log.
    """
    parts = build_parts(facts, new_id)
    statements = _DIALECTS[connection.dialect.name]
    origin, size, packed = connection.exec_driver_sql(statements.lock).one()
    if origin != facts.log:
        _origins.pop(connection.engine, None)
        raise IntegrityFailureError(f"日志名称由 {facts.log} 变为 {origin}")
    frontier = Frontier.unpack(size, bytes(packed))
    frontier.extend(part.hash for part in parts)
    at = _stored(facts.at, connection)
    connection.exec_driver_sql(statements.move, (frontier.size, frontier.pack(), at))
    for number, part in enumerate(parts):
        _store(connection, statements, facts, part=part, index=size + number, at=at)
    return Receipt(facts.entry_id, size, parts[0].hash, facts.at)


def _stored(moment: datetime, connection: Connection) -> datetime | str:
    """Return `moment` as `UtcDateTime` stores it."""
    if connection.dialect.name == "sqlite":
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return moment


def _store(
    connection: Connection,
    statements: _Statements,
    facts: LeafFacts,
    *,
    part: Part,
    index: int,
    at: datetime | str,
) -> None:
    key, case = part.entry_id, facts.evaluation
    entry = (
        index + 1, index, key, part.data, part.hash,
        case, facts.actor.account, facts.actor.role, facts.action, facts.outcome, at,
    )  # fmt: skip
    connection.exec_driver_sql(statements.entry, entry)
    disclosures = [(key, d.path, d.digest, d.salt, d.body) for d in part.disclosures]
    if disclosures:
        connection.exec_driver_sql(statements.disclosure, disclosures)
    fields = [
        (key, case, change.table, change.pk, name)
        for change in part.changes
        for name in ((INSERTED,) if change.op == "insert" else change.fields)
    ]
    if fields:
        connection.exec_driver_sql(statements.field, fields)
