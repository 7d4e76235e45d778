"""What an adopted opinion did to the points, found by the number its change of points names.

- A change answers an opinion if its origin is 异议 and 提出人 or 文件 names the number of the opinion (Y3).
- It counts only once it is in force: a submitted reason, one another reason has replaced since, or an
  earlier reason withdrawn because of the opinion.
- A disposition that begins with 不影响得分 needs no change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.audit import AuditEntry, AuditField
from service.models.consultation import Disposition, DispositionVerdict, Opinion
from service.models.score import Adjustment, Deduction, ReasonState
from service.queries.once import rows_of
from service.workflow.stages import Stage

NO_EFFECT = "不影响得分"
OBJECTION = "异议"
_NUMBER = re.compile(r"(?<![0-9A-Za-z])Y[0-9]+(?![0-9A-Za-z])")


def effects_unapplied(
    session: Session, evaluation: str, pairs: Sequence[tuple[Opinion, Disposition | None]]
) -> tuple[str, ...]:
    """Return the codes of adopted opinions whose effect on the points is neither made nor denied."""
    waiting = {opinion.code: given for opinion, given in pairs if given is not None and _moves(given)}
    if not waiting:
        return ()
    answered = _answered(session, evaluation)
    first = _proposed_at(session, [given.id for given in waiting.values()])
    return tuple(code for code, given in waiting.items() if answered.get(code, -1) <= first[given.id])


def _moves(given: Disposition) -> bool:
    adopted = given.verdict is not DispositionVerdict.REJECTED
    return adopted and not given.effect.strip().startswith(NO_EFFECT)


def _answered(session: Session, evaluation: str) -> Mapping[str, int]:
    """Return, by opinion, the place in the log of the newest change in force that names it."""
    rows: list[Deduction | Adjustment] = [
        *rows_of(session, Deduction, evaluation),
        *rows_of(session, Adjustment, evaluation),
    ]
    named = [row for row in rows if row.origin == OBJECTION and _in_force(row, rows)]
    places = _places(session, [row.last_audit for row in named])
    found: dict[str, int] = {}
    for row in named:
        for code in answers(row):
            found[code] = max(places[row.last_audit], found.get(code, -1))
    return found


def answers(row: Deduction | Adjustment) -> tuple[str, ...]:
    """Return the codes of the opinions this change of points names."""
    return tuple(_NUMBER.findall(f"{row.paper} {row.asked_by}"))


def _in_force(row: Deduction | Adjustment, rows: Sequence[Deduction | Adjustment]) -> bool:
    """Return whether the row has its effect: it counts, was replaced, or is one the opinion took away.

    A reason made in 征求意见 itself and withdrawn without a successor has none.
    """
    if row.state is ReasonState.SUBMITTED:
        return True
    if row.state is not ReasonState.WITHDRAWN:
        return False
    return row.stage.before(Stage.CONSULTATION) or any(other.revises == row.id for other in rows)


def _places(session: Session, entries: Sequence[str]) -> Mapping[str, int]:
    query = select(AuditEntry.entry_id, AuditEntry.leaf_index).where(AuditEntry.entry_id.in_(entries))
    return {row.entry_id: row.leaf_index for row in session.execute(query)}


def _proposed_at(session: Session, dispositions: Sequence[str]) -> Mapping[str, int]:
    """Return the place in the log where each disposition was first proposed."""
    query = (
        select(AuditField.pk, func.min(AuditEntry.leaf_index))
        .join(AuditEntry, AuditEntry.entry_id == AuditField.entry_id)
        .where(AuditField.table == Disposition.__tablename__, AuditField.pk.in_(dispositions))
        .group_by(AuditField.pk)
    )
    return {row[0]: row[1] for row in session.execute(query)}
