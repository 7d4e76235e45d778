"""What one act left in the log, as its answer: the same words whenever it is asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.models.audit import AuditEntry
from service.models.operational import IdempotencyRecord
from service.queries.words import table_label
from service.workflow.actions import Action

_READING = (Action.EVIDENCE_OPEN.value, Action.HISTORY_EXTRACT.value)
"""Acts that leave an entry and change nothing: nobody has to read the case anew because of them."""


@dataclass(frozen=True, slots=True)
class Touched:
    """One row an act made or changed: its table, id, version afterwards, and its code if it has one."""

    table: str
    label: str
    id: str
    version: int
    made: bool
    code: str


@dataclass(frozen=True, slots=True)
class ActReceipt:
    """One act as the log holds it: entry, place, leaf hash (hex), moment (UTC), what it touched."""

    entry: str
    index: int
    leaf_hash: str
    at: datetime
    action: str
    label: str
    touched: tuple[Touched, ...]


def entry_of_key(session: Session, account: str, key: str) -> str | None:
    """Return the entry of the request with this key, None if it left none."""
    found = session.get(IdempotencyRecord, (account, key))
    return found.entry_id if found is not None else None


def key_used(session: Session, account: str, key: str, digest: str) -> bool:
    """Return whether this very request was done before under this key."""
    found = session.get(IdempotencyRecord, (account, key))
    return found is not None and found.digest == digest


def receipt_of(session: Session, entry: str) -> ActReceipt:
    """Return the receipt of an entry that is in the log."""
    row = session.execute(select(AuditEntry).where(AuditEntry.entry_id == entry)).scalar_one()
    leaf = decode_strict(bytes(row.leaf))
    return ActReceipt(
        entry=row.entry_id,
        index=row.leaf_index,
        leaf_hash=bytes(row.leaf_hash).hex(),
        at=row.at,
        action=row.action,
        label=Action(row.action).label,
        touched=tuple(_touched(change) for change in leaf["changes"]),
    )


def _touched(change: Mapping[str, Any]) -> Touched:
    _, code = change["f"].get("code", ("", ""))
    return Touched(
        table=change["t"],
        label=table_label(change["t"]),
        id=str(change["pk"]),
        version=int(change["rev"]),
        made=change["op"] == "insert",
        code=code if isinstance(code, str) else "",
    )


def state_of(session: Session, evaluation: str) -> str:
    """Return the name of the state a case is in: the entry of the newest act done on it."""
    query = (
        select(AuditEntry.entry_id)
        .where(AuditEntry.evaluation_id == evaluation, AuditEntry.outcome == "done")
        .where(AuditEntry.action.not_in(_READING))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return session.scalar(query) or ""
