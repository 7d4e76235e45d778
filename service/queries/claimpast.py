"""What a 自评 said when it was first sent, beside what it says now, line by line; told by the log alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.models.selfassessment import Claim
from service.queries.once import rows_of
from service.queries.pastacts import told
from service.workflow.actions import Action

FIELDS = {
    "target": "年度目标值",
    "actual": "实际完成值",
    "points": "自评分",
    "deviation": "偏差原因及改进措施",
}
Leaf = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """One field of a line that was changed after the 自评 was first sent; "" where nothing stood."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One line changed since: its fields, and the entry of the newest change."""

    fields: tuple[ClaimChange, ...]
    entry: str


def changed_claims(session: Session, case: Evaluation) -> dict[str, ChangedLine]:
    """Return the lines changed after the first 报送, by indicator; empty before it."""
    first: dict[str, dict[str, Any]] = {}
    newest: dict[str, str] = {}
    for leaf, pk, fields in _changes(session, case):
        for name, before in fields.items():
            first.setdefault(pk, {}).setdefault(name, before)
        newest[pk] = leaf
    if not newest:
        return {}
    rows = {row.id: row for row in rows_of(session, Claim, case.id)}
    found = {}
    for pk, entry in newest.items():
        row = rows.get(pk)
        compared = tuple(_compared(row, first[pk])) if row is not None else ()
        if row is not None and compared:
            found[row.node] = ChangedLine(compared, entry)
    return found


def _compared(row: Claim, before: Mapping[str, Any]) -> Iterator[ClaimChange]:
    for name, label in FIELDS.items():
        now = str(getattr(row, name) or "")
        was = str(before[name] or "") if name in before else now
        if was != now:
            yield ClaimChange(label, was, now)


def _changes(session: Session, case: Evaluation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield entry, line and what stood before, of every edit after the first 报送, oldest first."""
    mine = (AuditEntry.evaluation_id == case.id, AuditEntry.outcome == "done")
    sent = session.scalar(
        select(func.min(AuditEntry.id)).where(*mine, AuditEntry.action == Action.SELF_SUBMIT.value)
    )
    if sent is None:
        return
    query = select(AuditEntry.leaf).where(
        *mine, AuditEntry.id > sent, AuditEntry.action == Action.SELF_EDIT.value
    )
    for body in session.scalars(query.order_by(AuditEntry.id)):
        leaf = decode_strict(bytes(body))
        for number, change in enumerate(leaf["changes"]):
            if change["t"] == Claim.__tablename__:
                path = f"/changes/{number}/f"
                before = {
                    name: told(session, leaf, f"{path}/{name}/0", pair[0])
                    for name, pair in change["f"].items()
                }
                yield str(leaf["id"]), str(change["pk"]), before
