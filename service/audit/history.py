"""Two questions the log answers by replay: what was the case then, and who made this field so.

- `asof` gives the rows of one evaluation as they stood after an entry or at a moment, `rows_at` any rows.
- `blame` gives every entry that set one field, oldest first.
- Values come back in the plain form of the log: points, days and moments as text, JSON as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.verifier import opens
from service.errors import IntegrityFailureError, InvalidError, NotFoundError
from service.models.audit import AuditDisclosure, AuditEntry, AuditField

WITHHELD: Final = "（已依法删除）"
_WHOLE_ROW = "*"
_CHUNK = 300
Disclosed = Mapping[tuple[str, str], Any]


@dataclass(slots=True)
class RowThen:
    """A row as it stood: version, id of the entry that last changed it, and its fields.

    A field that was null is absent; an erased text reads `WITHHELD`.
    """

    version: int
    entry: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """An evaluation as it stood after entry `index` (from 0): table → id → row."""

    evaluation: str
    index: int
    entry: str
    at: str
    tables: dict[str, dict[str, RowThen]]


@dataclass(frozen=True, slots=True)
class Touch:
    """One entry that set a field: where it stands in the log, who, what, why, and both values.

    Attributes:
        at: moment, UTC text of `clock.stamp`; `on` is the business date of a replay, ISO.
        actor, on_behalf: account ids; role is the part played.
    """

    index: int
    entry: str
    at: str
    on: str | None
    actor: str
    role: str
    on_behalf: str | None
    action: str
    stage: str | None
    reason: str
    before: Any
    after: Any


def asof(
    session: Session, evaluation_id: str, *, moment: datetime | None = None, index: int | None = None
) -> State:
    """Return the evaluation as it stood at `moment` (aware) or after entry `index`; exactly one is given.

    Raises:
        InvalidError: none or both are given.
        NotFoundError: the evaluation has no entry up to there.
    """
    if (moment is None) == (index is None):
        raise InvalidError("须指明时刻或序号之一")
    limit = AuditEntry.leaf_index <= index if moment is None else AuditEntry.at <= moment
    chosen = (AuditEntry.evaluation_id == evaluation_id) & limit
    found = session.execute(_entries().where(chosen).order_by(AuditEntry.leaf_index)).all()
    if not found:
        raise NotFoundError("此前没有这项评价的记录")
    disclosed = _disclosed(session, chosen & AuditDisclosure.path.startswith("/changes/"))
    tables: dict[str, dict[str, RowThen]] = {}
    for row in found:
        _replay(decode_strict(bytes(row.leaf)), tables, disclosed)
    newest = decode_strict(bytes(found[-1].leaf))
    return State(evaluation_id, found[-1].leaf_index, newest["id"], newest["at"], tables)


def walked(
    session: Session, evaluation_id: str, indexes: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield each of these entries' place, ascending, with the rows of the evaluation as they stood after it.

    The log is replayed once; the rows yielded change with the next step.

    Args:
        indexes: places of entries of this evaluation.
    """
    wanted = frozenset(indexes)
    if not wanted:
        return
    chosen = (AuditEntry.evaluation_id == evaluation_id) & (AuditEntry.leaf_index <= max(wanted))
    disclosed = _disclosed(session, chosen & AuditDisclosure.path.startswith("/changes/"))
    tables: dict[str, dict[str, RowThen]] = {}
    for row in session.execute(_entries().where(chosen).order_by(AuditEntry.leaf_index)).all():
        _replay(decode_strict(bytes(row.leaf)), tables, disclosed)
        if row.leaf_index in wanted:
            yield row.leaf_index, tables


def rows_at(
    session: Session, wanted: Mapping[str, Iterable[str]], *, index: int
) -> dict[str, dict[str, RowThen]]:
    """Return rows by table and id as they stood after entry `index`; those not made by then are absent.

    Args:
        wanted: ids of the rows by table.
    """
    asked = {(table, pk) for table, ids in wanted.items() for pk in ids}
    tables: dict[str, dict[str, RowThen]] = {}
    for chunk in _chunks(sorted(asked)):
        found = session.execute(
            _entries().where(_touching(chunk, index)).order_by(AuditEntry.leaf_index)
        ).all()
        disclosed = _disclosed(session, _touching(chunk, index))
        for row in found:
            _replay(decode_strict(bytes(row.leaf)), tables, disclosed, only=frozenset(chunk))
    return tables


def _chunks(keys: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def _touching(keys: Sequence[tuple[str, str]], index: int) -> Any:
    """Return the condition of entries up to `index` that changed one of these rows."""
    tables = sorted({table for table, _ in keys})
    ids = sorted({pk for _, pk in keys})
    touched = select(AuditField.entry_id).where(AuditField.table.in_(tables), AuditField.pk.in_(ids))
    return AuditEntry.entry_id.in_(touched) & (AuditEntry.leaf_index <= index)


def blame(
    session: Session, evaluation_id: str | None, table: str, pk: str, field_name: str
) -> tuple[Touch, ...]:
    """Return every entry of the evaluation that set the field, oldest first; empty if none did.

    Args:
        evaluation_id: None for rows that belong to no evaluation, such as accounts.
        table, pk, field_name: as in the leaf: table name, row id, column name.
    """
    touched = select(AuditField.entry_id).where(
        AuditField.table == table,
        AuditField.pk == pk,
        AuditField.field.in_((field_name, _WHOLE_ROW)),
        AuditField.evaluation_id.is_not_distinct_from(evaluation_id),
    )
    chosen = AuditEntry.entry_id.in_(touched)
    disclosed = _disclosed(session, chosen)
    found = session.execute(_entries().where(chosen).order_by(AuditEntry.leaf_index)).all()
    return tuple(touch for row in found for touch in _touches(row, disclosed, (table, pk, field_name)))


def _entries() -> Select[int, bytes]:
    return select(AuditEntry.leaf_index, AuditEntry.leaf)


def _disclosed(session: Session, chosen: Any) -> dict[tuple[str, str], Any]:
    """Return the proven values behind the commitments of the chosen entries."""
    columns = (AuditDisclosure.entry_id, AuditDisclosure.path, AuditDisclosure.digest)
    query = (
        select(*columns, AuditDisclosure.salt, AuditDisclosure.body)
        .join(AuditEntry, AuditEntry.entry_id == AuditDisclosure.entry_id)
        .where(chosen)
    )
    found: dict[tuple[str, str], Any] = {}
    for row in session.execute(query):
        if row.body is None:
            continue
        if not opens(row.digest, row.salt, row.body):
            raise IntegrityFailureError(f"记录 {row.entry_id} 的文字 {row.path} 与承诺不符，请运行核验")
        found[row.entry_id, row.path] = (row.digest, json.loads(row.body))
    return found


def _value(leaf: Mapping[str, Any], path: str, value: Any, disclosed: Disclosed) -> Any:
    """Return an inline value, or what the commitment hides."""
    if not isinstance(value, dict):
        return value
    digest, told = disclosed.get((leaf["id"], path), (value["#"], WITHHELD))
    if digest != value["#"]:
        raise IntegrityFailureError(f"记录 {leaf['id']} 的文字 {path} 与承诺不符，请运行核验")
    return told


def _replay(
    leaf: Mapping[str, Any],
    tables: dict[str, dict[str, RowThen]],
    disclosed: Disclosed,
    only: frozenset[tuple[str, str]] | None = None,
) -> None:
    """Apply the changes of one entry to `tables`, those of `only` if given."""
    cited = leaf["part"]["of"] if "part" in leaf else leaf["id"]
    for number, change in enumerate(leaf["changes"]):
        if only is not None and (change["t"], change["pk"]) not in only:
            continue
        row = tables.setdefault(change["t"], {}).setdefault(change["pk"], RowThen(0, cited))
        row.version, row.entry = change["rev"], cited
        for name, pair in change["f"].items():
            after = _value(leaf, f"/changes/{number}/f/{name}/1", pair[1], disclosed)
            if after is None:
                row.fields.pop(name, None)
            else:
                row.fields[name] = after


def _touches(row: Row[int, bytes], disclosed: Disclosed, place: tuple[str, str, str]) -> Iterator[Touch]:
    """Yield the touch of the field by one entry, if it is among its changes."""
    leaf = decode_strict(bytes(row.leaf))
    table, pk, name = place
    for number, change in enumerate(leaf["changes"]):
        if (change["t"], change["pk"]) != (table, pk) or name not in change["f"]:
            continue
        path = f"/changes/{number}/f/{name}"
        before, after = change["f"][name]
        yield Touch(
            index=row.leaf_index,
            entry=leaf["id"],
            at=leaf["at"],
            on=leaf.get("on"),
            actor=leaf["actor"]["id"],
            role=leaf["actor"]["role"],
            on_behalf=leaf["actor"]["on_behalf"],
            action=leaf["action"],
            stage=leaf["stage"],
            reason=_value(leaf, "/reason", leaf["reason"], disclosed) or "",
            before=_value(leaf, f"{path}/0", before, disclosed),
            after=_value(leaf, f"{path}/1", after, disclosed),
        )
