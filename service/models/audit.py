"""The log and what hangs on it; every table here is appended to and never changed, but the one head.

- `AuditEntry.leaf` holds the hashed bytes; every other column of it is derived and re-checked.
- `leaf_index` counts 0, 1, 2 … without gaps; `id` is `leaf_index + 1`.
- `AuditField` only speeds up blame: it can be rebuilt from the leaves.
- `AuditDisclosure` holds what a salted commitment in a leaf hides; only salt and body may be nulled.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import ID_LENGTH, Base, Log
from service.models.types import UtcDateTime

LEAF_LIMIT = 60_000
HASH_BYTES = 32
_REFUSED = text("outcome = 'refused'")
_Number = BigInteger().with_variant(Integer, "sqlite")


class AuditEntry(Log, Base):
    """One act: who, what, why, and every field it changed, as hashed bytes."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("id = leaf_index + 1", name="no_gap"),
        CheckConstraint(f"length(leaf) <= {LEAF_LIMIT}", name="leaf_length"),
        CheckConstraint(f"length(leaf_hash) = {HASH_BYTES}", name="hash_length"),
        Index("ix_audit_entry_evaluation", "evaluation_id", "id"),
        Index("ix_audit_entry_actor", "actor_id", "id"),
        Index("ix_audit_entry_refused", "id", sqlite_where=_REFUSED, postgresql_where=_REFUSED),
    )
    id: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    evaluation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    actor_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    role: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_index: Mapped[int] = mapped_column(_Number)


class AuditHead(Log, Base):
    """The one row that orders the log: its size and the frontier of its tree."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(_Number)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditDisclosure(Log, Base):
    """The value behind one salted commitment of an entry; `salt` and `body` are NULL once withheld."""

    __tablename__ = "audit_disclosure"
    __table_args__ = ({"sqlite_with_rowid": False},)
    entry_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("audit_entry.entry_id"), primary_key=True
    )
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str | None] = mapped_column(Text)


class AuditField(Log, Base):
    """Which entry touched which field of which row; ``field`` is ``*`` where the row was inserted."""

    __tablename__ = "audit_field"
    __table_args__ = ({"sqlite_with_rowid": False},)
    table: Mapped[str] = mapped_column(String(80), primary_key=True)
    pk: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    entry_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("audit_entry.entry_id"), primary_key=True
    )
    evaluation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class AuditCheckpoint(Log, Base):
    """One signed checkpoint of the log, kept for ever."""

    __tablename__ = "audit_checkpoint"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    size: Mapped[int] = mapped_column(_Number, index=True)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditAttestation(Log, Base):
    """Somebody outside has received or countersigned a checkpoint; `body` is what came back, if anything.

    `id` is derived from way, name and note: the same witness vouches for the same note once.
    """

    __tablename__ = "audit_attestation"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    way: Mapped[str] = mapped_column(String(16), index=True)
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(_Number)
    note_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
