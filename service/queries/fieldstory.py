"""Who set one field of one row, when, why, at whose request and on what paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.audit.history import Touch, blame
from service.errors import NotFoundError
from service.models.base import Base, audited_tables
from service.models.evaluation import Evaluation
from service.queries.asof import field_shown, stage_label
from service.queries.history import FieldShown, action_label, role_labels
from service.queries.historyfilter import SCORE_TABLES
from service.queries.rowwords import Names
from service.queries.words import field_label, table_label

_PAPERS = ("origin", "asked_by", "paper")
"""Fields that say at whose request and on what paper a row was changed."""


@dataclass(frozen=True, slots=True)
class TouchShown:
    """One entry that set a field, in words; `asked_by` and `paper` say at whose request and on what paper."""

    index: int
    at: datetime
    on: date | None
    actor: str
    played: str
    roles: str
    action: str
    stage: str
    reason: str
    origin: str
    asked_by: str
    paper: str
    field: FieldShown


@dataclass(frozen=True, slots=True)
class FieldStory:
    """Every entry that set one field, newest first."""

    table: str
    name: str
    label: str
    touches: tuple[TouchShown, ...]


def story_of(
    session: Session, case: Evaluation, table: str, pk: str, field: str, *, scores: bool
) -> FieldStory:
    """Return who set one field of one row, newest first, each time why and on what paper.

    Raises:
        NotFoundError: no such field was ever set in this case, or it may not be shown yet.
    """
    hidden = table in SCORE_TABLES and not scores
    known = table in audited_tables() and field in Base.metadata.tables[table].c
    touches = blame(session, case.id, table, pk, field) if known and not hidden else ()
    if not touches:
        raise NotFoundError("没有这个字段的经过")
    papers = {
        name: blame(session, case.id, table, pk, name)
        for name in _PAPERS
        if name in Base.metadata.tables[table].c
    }
    names = Names(session, [_touched(touch, table, field) for touch in touches])
    shown = [_touch(names, table, field, touch, papers) for touch in reversed(touches)]
    return FieldStory(table, _row_name(session, table, pk), field_label(table, field), tuple(shown))


def _row_name(session: Session, table: str, pk: str) -> str:
    leaf = {"actor": {"id": "", "on_behalf": None}, "changes": [{"t": table, "pk": pk, "f": {}}]}
    return f"{table_label(table)} {Names(session, [leaf]).row(table, pk)}".strip()


def _touch(
    names: Names, table: str, field: str, touch: Touch, papers: Mapping[str, Sequence[Touch]]
) -> TouchShown:
    said = {name: _set_with(touch, found) for name, found in papers.items()}
    return TouchShown(
        index=touch.index,
        at=datetime.fromisoformat(touch.at),
        on=date.fromisoformat(touch.on) if touch.on else None,
        actor=names.account(touch.actor),
        played=names.account(touch.on_behalf) if touch.on_behalf else "",
        roles=role_labels(touch.role),
        action=action_label(touch.action),
        stage=stage_label(touch.stage),
        reason=touch.reason,
        origin=names.value(table, "origin", said.get("origin")),
        asked_by=said.get("asked_by") or "",
        paper=said.get("paper") or "",
        field=field_shown(names, table, field, touch.before, touch.after, made=False),
    )


def _set_with(touch: Touch, found: Sequence[Touch]) -> Any:
    """Return the value of another field of the row after the same entry."""
    upto = [one.after for one in found if one.index <= touch.index]
    return upto[-1] if upto else None


def _touched(touch: Touch, table: str, field: str) -> dict[str, Any]:
    actor = {"id": touch.actor, "on_behalf": touch.on_behalf}
    change = {"t": table, "pk": "", "f": {field: [touch.before, touch.after]}}
    return {"actor": actor, "changes": [change]}
