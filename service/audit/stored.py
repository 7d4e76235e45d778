"""Reading the log out of the database, and anchoring it outside.

- A verification reads through a connection of its own, in one snapshot: what others commit meanwhile
  does not disturb it.
- Values are read as the driver gives them, because a value put there by another hand may not have the
  form its type promises; a row that cannot be read at all is handed on as unreadable, not as an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from sqlalchemy import Connection, Row, insert, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from service.audit.bundle import BundleSource, StoredDisclosure
from service.audit.canonical import decode_strict
from service.audit.checkpoint import Checkpoint, split_note
from service.audit.merkle import Frontier
from service.audit.proofs import growth_file, inclusion_file
from service.audit.signer_client import Signing
from service.audit.ways import Way
from service.errors import IntegrityFailureError, NotFoundError, Problem, UnavailableError
from service.models.audit import (
    AuditAttestation,
    AuditCheckpoint,
    AuditDisclosure,
    AuditEntry,
    AuditField,
    AuditHead,
)
from service.models.base import new_id

BATCH = 500
UNREADABLE = (ValueError, TypeError, LookupError, SQLAlchemyError)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One row of the log as found; any value may be of any type."""

    id: int
    values: Mapping[str, Any]


@contextmanager
def snapshot(session: Session) -> Iterator[Connection]:
    """Open a connection beside `session` that sees one moment of the database, for reading."""
    engine = session.get_bind().engine
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            yield connection.execution_options(**options)
            return
        driver: Any = connection.connection.driver_connection
        driver.text_factory = _lenient
        try:
            yield connection
        finally:
            driver.text_factory = str


def _lenient(data: bytes) -> str:
    """Return a text of SQLite, which checks nothing; what is no UTF-8 differs from whatever was logged."""
    return data.decode("utf-8", "replace")


def paged(connection: Connection, query: Any, key: Any) -> Iterator[list[tuple[Any, Row[Any] | None]]]:
    """Yield the rows of `query` in pages ordered by `key`, each with its key; None if unreadable.

    `query` must select `key` under the label ``page_key``.
    """
    last: Any = None
    while True:
        keys = select(key).order_by(key).limit(BATCH)
        if last is not None:
            keys = keys.where(key > last)
        found = connection.scalars(keys).all()
        if not found:
            return
        last = found[-1]
        yield _page(connection, query, key, found)


def _page(
    connection: Connection, query: Any, key: Any, keys: Sequence[Any]
) -> list[tuple[Any, Row[Any] | None]]:
    try:
        rows = connection.execute(query.where(key.in_(keys)).order_by(key)).all()
        return [(row.page_key, row) for row in rows]
    except UNREADABLE:
        return [(each, _single(connection, query.where(key == each))) for each in keys]


def _single(connection: Connection, query: Any) -> Row[Any] | None:
    try:
        return connection.execute(query).one()
    except UNREADABLE:
        return None


def raw(columns: Iterable[Any]) -> list[Any]:
    """Return `columns` to be selected as the driver gives them."""
    return [type_coerce(column, NullType()).label(column.name) for column in columns]


def entries(connection: Connection) -> Iterator[list[StoredEntry]]:
    """Yield the rows of the log in order of id, in pages; values are empty if unreadable."""
    table = AuditEntry.__table__
    key = table.c.id
    query = select(type_coerce(key, NullType()).label("page_key"), *raw(table.c))
    for page in paged(connection, query, key):
        yield [StoredEntry(number, row._asdict() if row is not None else {}) for number, row in page]


def disclosures(connection: Connection, ids: Sequence[Any]) -> dict[tuple[str, str], Row[Any]]:
    """Return the stored disclosures of some entries by (entry, path)."""
    table = AuditDisclosure.__table__
    rows = connection.execute(select(*raw(table.c)).where(table.c.entry_id.in_(ids)))
    return {(row.entry_id, row.path): row for row in rows}


class BlameRows:
    """The blame index read once, in order of the entries, as (entry, table, pk, field, evaluation).

    It is kept by row and field, not by entry: asking for some entries at a time would read it all each time.
    """

    def __init__(self, connection: Connection) -> None:
        c, entry = AuditField.__table__.c, AuditEntry.__table__
        place = type_coerce(entry.c.id, NullType()).label("place")
        query = (
            select(*raw((c.entry_id, c.table, c.pk, c.field, c.evaluation_id)), place)
            .join(entry, entry.c.entry_id == c.entry_id)
            .order_by(entry.c.id)
        )
        self._rows = iter(connection.execute(query.execution_options(yield_per=BATCH)))
        self._ahead = next(self._rows, None)

    def until(self, last: int) -> set[tuple[Any, ...]]:
        """Return the rows of the entries up to the id `last` that were not returned before."""
        found: set[tuple[Any, ...]] = set()
        while self._ahead is not None and self._ahead.place <= last:
            found.add(tuple(self._ahead[:-1]))
            self._ahead = next(self._rows, None)
        return found


def leaf_hashes(connection: Connection) -> Callable[[int, int], Iterator[bytes]]:
    """Return what the signer asks for: a function giving the leaf hashes from index `start` to `end`."""
    table = AuditEntry.__table__

    def between(start: int, end: int) -> Iterator[bytes]:
        place = (table.c.leaf_index >= start) & (table.c.leaf_index < end)
        query = select(table.c.leaf_hash).where(place).order_by(table.c.leaf_index)
        for row in connection.execute(query.execution_options(yield_per=10_000)):
            yield bytes(row.leaf_hash)

    return between


def stored_frontier(connection: Connection) -> tuple[str, Frontier]:
    """Return origin and frontier of the head.

    Raises:
        UnavailableError: no log was started here.
        IntegrityFailureError: the head contradicts itself.
    """
    row = connection.execute(select(AuditHead.origin, AuditHead.size, AuditHead.frontier)).one_or_none()
    if row is None:
        raise UnavailableError("数据库中还没有痕迹日志，请先初始化")
    return row.origin, Frontier.unpack(row.size, bytes(row.frontier))


def anchor(connection: Connection, signer: Signing, *, at: datetime) -> str:
    """Let `signer` sign the committed log, copy what it signed into the database, return the note.

    The caller opens and commits the transaction of `connection`, and has written nothing else in it:
    what is signed must be durable already. Copies a crash has lost are added.

    Raises:
        IntegrityFailureError: the log is not a continuation of what was signed, or of another name.
    """
    origin, frontier = stored_frontier(connection)
    if origin != signer.origin:
        raise IntegrityFailureError(f"数据库中的日志是 {origin}，签署器属于 {signer.origin}")
    note = signer.sign(frontier.size, frontier.root(), leaf_hashes(connection), at=at)
    copy_checkpoints(connection, signer)
    return note


def copy_checkpoints(connection: Connection, signer: Signing) -> int:
    """Add every signed note the database has no copy of, and return how many."""
    present = set(connection.scalars(select(AuditCheckpoint.note)))
    lacking = []
    for moment, note in signer.notes():
        if note not in present:
            checkpoint = Checkpoint.parse(split_note(note)[0])
            row = {"id": new_id(), "size": checkpoint.size, "root": checkpoint.root, "note": note}
            lacking.append({**row, "at": datetime.fromisoformat(moment)})
    if lacking:
        connection.execute(insert(AuditCheckpoint), lacking)
    return len(lacking)


def proven_entry(connection: Connection, signer: Signing, entry: str, *, enclosed: bool) -> str:
    """Return the proof file of the entry with this id under the newest checkpoint.

    Args:
        enclosed: whether the entry itself goes with it.

    Raises:
        NotFoundError: the log has no such entry.
        UnavailableError: no checkpoint covers it yet.
    """
    table = AuditEntry.__table__.c
    wanted = select(table.leaf_index, table.leaf).where(table.entry_id == entry)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFoundError(Problem("留痕中没有这条记录", value=entry, cure="照回执抄录编号"))
    note = _newest(signer)
    leaves = _signed_leaves(connection, note)
    if row.leaf_index >= len(leaves):
        cure = "先运行 pingji audit checkpoint"
        raise UnavailableError(Problem("这条记录还没有被检查点覆盖", value=entry, cure=cure))
    return inclusion_file(note, leaves, row.leaf_index, entry=bytes(row.leaf) if enclosed else None)


def proven_growth(connection: Connection, signer: Signing, old: Checkpoint) -> str:
    """Return the proof file that the newest checkpoint grew out of `old`."""
    note = _newest(signer)
    return growth_file(note, _signed_leaves(connection, note), old)


def _signed_leaves(connection: Connection, note: str) -> list[bytes]:
    size = Checkpoint.parse(split_note(note)[0]).size
    return list(leaf_hashes(connection)(0, size))


def _newest(signer: Signing) -> str:
    note = signer.newest()
    if note is None:
        raise UnavailableError("还没有签署过检查点，先运行 pingji audit checkpoint")
    return note


def bundle_source(
    connection: Connection, signer: Signing, *, open_blob: Callable[[str], IO[bytes] | None] | None = None
) -> BundleSource:
    """Return the whole log up to the newest checkpoint as the source of a bundle.

    Read it while `connection` (see `snapshot`) is open.

    Raises:
        UnavailableError: nothing was signed yet.
    """
    note, history = _newest(signer), signer.history()
    signed = {hashlib.sha256(decode_strict(line.encode())["note"].encode()).hexdigest() for line in history}
    stamped, countersigned = _attestations(connection, note)
    return BundleSource(
        note=note,
        leaves=(bytes(each.values["leaf"]) for page in entries(connection) for each in page),
        history=history,
        disclosures=_all_disclosures(connection),
        open_blob=open_blob,
        timestamps={name: token for name, token in stamped.items() if name in signed},
        cosignatures=countersigned,
    )


def _attestations(connection: Connection, note: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return every time stamp by the SHA-256 of its note, and the countersignatures under `note`."""
    row = AuditAttestation.__table__.c
    stamps = select(row.note_sha256, row.body).where(row.way == Way.TSA.value).order_by(row.at, row.id)
    of_note = row.note_sha256 == hashlib.sha256(note.encode()).hexdigest()
    seen = select(row.body).where(row.way == Way.WITNESS.value, of_note).order_by(row.name)
    return (
        {each.note_sha256: bytes(each.body) for each in connection.execute(stamps)},
        tuple(bytes(each).decode() for each in connection.scalars(seen)),
    )


def _all_disclosures(connection: Connection) -> Iterator[StoredDisclosure]:
    for page in entries(connection):
        ids = [each.values["entry_id"] for each in page]
        for (entry, path), row in sorted(disclosures(connection, ids).items()):
            yield StoredDisclosure(entry, path, row.digest, row.salt, row.body)
