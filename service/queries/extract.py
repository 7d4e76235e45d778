"""The changes of a case between two moments, entry by entry, in the words of a 变更说明."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import LOCAL
from service.errors import InvalidError, Problem
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.queries.asof import Moment
from service.queries.history import ChangeShown, EntryShown, Reading
from service.queries.historyfilter import REFUSED
from service.queries.words import field_label, table_label

MOST = 5000
CUT = 300
_CHUNK = 200
_ASKED = tuple(field_label("deduction", name) for name in ("origin", "asked_by", "paper"))
"""Labels of the fields that say at whose request and on what paper something was changed."""

_REASONED = (table_label("deduction"), table_label("adjustment"))


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as an extract tells it: who, what, why, on what ground, and each change on a line."""

    index: int
    entry: str
    digest: str
    when: str
    stage: str
    who: str
    action: str
    reason: str
    ground: str
    changes: tuple[str, ...]


def extract_of(
    session: Session, case: Evaluation, old: Moment, new: Moment, *, scores: bool
) -> tuple[Told, ...]:
    """Return what was done after `old` up to `new`, oldest first; refused attempts changed nothing.

    Raises:
        InvalidError: there is more than fits into one paper.
    """
    query = (
        select(AuditEntry)
        .where(AuditEntry.evaluation_id == case.id, AuditEntry.outcome != REFUSED)
        .where(AuditEntry.leaf_index > old.index, AuditEntry.leaf_index <= new.index)
        .order_by(AuditEntry.leaf_index)
    )
    rows = session.scalars(query.limit(MOST + 1)).all()
    if len(rows) > MOST:
        raise InvalidError(Problem("条目过多", value="所选区间", allowed=f"{MOST} 条以内", cure="分段取得"))
    found = []
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        reading = Reading(session, part, scores=scores, sealed=0)
        found += [_told(reading.entry(row)) for row in part]
    return tuple(found)


def by_stage(told: tuple[Told, ...]) -> tuple[tuple[str, tuple[Told, ...]], ...]:
    """Return stage and entries of each run of neighbours in one stage."""
    return tuple((stage, tuple(run)) for stage, run in groupby(told, key=lambda one: one.stage))


def _told(entry: EntryShown) -> Told:
    at = entry.at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    who = entry.played or entry.actor
    return Told(
        index=entry.index,
        entry=entry.entry,
        digest=entry.digest,
        when=f"{at}（业务日期 {entry.on.isoformat()}）" if entry.on else at,
        stage=entry.stage or "建档",
        who=f"{who}（{entry.roles}）" if entry.roles not in ("", who) else who,
        action=entry.action,
        reason="（评价组提交评分之前，内容不予显示）" if entry.hidden else entry.reason,
        ground="\n".join(dict.fromkeys(line for change in entry.changes for line in _ground(change))),
        changes=tuple(line for change in entry.changes for line in _lines(change)),
    )


def _told_apart(change: ChangeShown) -> tuple[str, ...]:
    """Return the labels of the fields told as ground; elsewhere a field may have the same label."""
    return _ASKED if change.table in _REASONED else ()


def _ground(change: ChangeShown) -> Iterator[str]:
    said = {field.label: field.after for field in change.fields}
    for label in _told_apart(change):
        if said.get(label):
            yield f"{label}：{said[label]}"


def _lines(change: ChangeShown) -> Iterator[str]:
    name = f"{change.table} {change.name}".strip()
    apart = _told_apart(change)
    if change.made:
        words = "；".join(f"{f.label} {_short(f.after)}" for f in change.fields if f.label not in apart)
        yield f"新增{name}：{words}" if words else f"新增{name}"
        return
    for field in change.fields:
        if field.label not in apart:
            yield f"{name} {field.label}：{_short(field.before)} → {_short(field.after)}"


def _short(text: str) -> str:
    if not text:
        return "（空）"
    return text if len(text) <= CUT else f"{text[:CUT]}…（共 {len(text)} 字，全文见留痕）"
