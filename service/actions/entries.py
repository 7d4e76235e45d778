"""The log grows here: parts of one act become entries at the end of the log, under the head lock.

- The head row is locked last of all rows and kept until the commit: no index is ever given twice.
- The head is moved first and the entries follow; the database refuses any other index.
- The origin never changes while a database lives, so it is read once per engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, insert, select, update

from service.audit.leaf import LeafFacts, Part, build_parts
from service.audit.merkle import Frontier
from service.errors import IntegrityFailureError, UnavailableError
from service.models.audit import AuditDisclosure, AuditEntry, AuditField, AuditHead
from service.models.base import new_id

_ORIGIN = select(AuditHead.origin)
_LOCK = select(AuditHead.origin, AuditHead.size, AuditHead.frontier).with_for_update()
_MOVE = update(AuditHead)
_ENTRY = insert(AuditEntry)
_DISCLOSURE = insert(AuditDisclosure)
_FIELD = insert(AuditField)
_origins: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()

INSERTED = "*"


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
    origin, size, packed = connection.execute(_LOCK).one()
    if origin != facts.log:
        _origins.pop(connection.engine, None)
        raise IntegrityFailureError(f"日志名称由 {facts.log} 变为 {origin}")
    frontier = Frontier.unpack(size, packed)
    frontier.extend(part.hash for part in parts)
    head = {"size": frontier.size, "frontier": frontier.pack(), "last_at": facts.at}
    connection.execute(_MOVE, head)
    _store(connection, facts, parts, first=size)
    return Receipt(facts.entry_id, size, parts[0].hash, facts.at)


def _store(connection: Connection, facts: LeafFacts, parts: Sequence[Part], *, first: int) -> None:
    connection.execute(_ENTRY, [_entry(facts, part, first + n) for n, part in enumerate(parts)])
    disclosures = [
        {"entry_id": part.entry_id, "path": d.path, "digest": d.digest, "salt": d.salt, "body": d.body}
        for part in parts
        for d in part.disclosures
    ]
    if disclosures:
        connection.execute(_DISCLOSURE, disclosures)
    fields = [row for part in parts for row in _fields(facts, part)]
    if fields:
        connection.execute(_FIELD, fields)


def _entry(facts: LeafFacts, part: Part, index: int) -> dict[str, Any]:
    return {
        "id": index + 1,
        "entry_id": part.entry_id,
        "evaluation_id": facts.evaluation,
        "actor_id": facts.actor.account,
        "role": facts.actor.role,
        "action": facts.action,
        "outcome": facts.outcome,
        "at": facts.at,
        "leaf": part.data,
        "leaf_hash": part.hash,
        "leaf_index": index,
    }


def _fields(facts: LeafFacts, part: Part) -> list[dict[str, Any]]:
    return [
        {
            "table": change.table,
            "pk": change.pk,
            "field": name,
            "entry_id": part.entry_id,
            "evaluation_id": facts.evaluation,
        }
        for change in part.changes
        for name in ((INSERTED,) if change.op == "insert" else change.fields)
    ]
