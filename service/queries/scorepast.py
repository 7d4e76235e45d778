"""How the scores of a case moved once they had been submitted, and what stands in its sheets now.

- The log is replayed once per case; a sheet is computed only where an entry touched what it is made of.
- What was found stays in memory under the newest entry of the case: the log behind that never changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from service.audit.history import RowThen, walked
from service.models.audit import AuditEntry, AuditField
from service.models.base import Base
from service.models.evaluation import Evaluation
from service.models.plan import FrameworkVersion
from service.models.selfassessment import SelfAssessment
from service.queries.auditscope import Asked, Scope
from service.queries.auditspots import chunked
from service.queries.restored import value_of
from service.queries.sheet import Sources, current_sheet, parsed_text, sheet_from
from service.scoring.framework import Framework
from service.scoring.sheet import ScoreSheet
from service.workflow.kinds import Kind

ROWS = ("leaf_result", "deduction", "adjustment", "claim", "money_fact")
_FACTS = ("events", "rulings", "sheets", "aggregate")
TOTAL = ""
MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Move:
    """One entry moved one figure; `code` is the indicator, `TOTAL` for the total."""

    place: int
    code: str
    name: str
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True)
class Standing:
    """What the sheets of a case say now: the rule's figure by (sheet, node), and sheets scored all alike.

    Args:
        alike: names of the sheets of each group whose leaves have the same points, with the total.
    """

    rule: Mapping[tuple[str, str], Fraction | None]
    alike: tuple[tuple[tuple[str, ...], Fraction | None], ...]


_MOVES: dict[tuple[str, str], tuple[Move, ...]] = {}
_STANDINGS: dict[tuple[str, str], Standing] = {}


def newest_entries(scope: Scope, cases: Iterable[str]) -> dict[str, str]:
    """Return the id of the newest entry of each case."""
    inner = aliased(AuditEntry)
    newest = select(func.max(inner.id)).where(inner.evaluation_id == Evaluation.id).scalar_subquery()
    query = select(AuditEntry.evaluation_id, AuditEntry.entry_id).join(Evaluation, AuditEntry.id == newest)
    found = chunked(scope.session, query, Evaluation.id, cases)
    return {row.evaluation_id: row.entry_id for row in found}


def moves(scope: Scope, asked: Mapping[str, Asked]) -> dict[str, tuple[Move, ...]]:
    """Return every move of a figure after the first submission, by case; cases without any are left out."""
    places = _touching(scope, asked)
    newest = newest_entries(scope, places)
    found: dict[str, tuple[Move, ...]] = {}
    for case, indexes in places.items():
        key = case, newest[case]
        if key not in _MOVES:
            _keep(_MOVES, key, tuple(_moves(scope.session, asked[case], indexes)))
        found[case] = _MOVES[key]
    return found


def _keep(kept: dict[tuple[str, str], Any], key: tuple[str, str], value: Any) -> None:
    """Keep one more answer; with too many the oldest goes."""
    if len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)), None)
    kept[key] = value


def _touching(scope: Scope, asked: Mapping[str, Asked]) -> dict[str, list[int]]:
    """Return by case the place of the first submission and of every later entry that may move a figure."""
    first = _submissions().subquery()
    touched = or_(
        AuditField.table.in_(ROWS),
        and_(AuditField.table == "evaluation", AuditField.field.in_(("facts", "framework_id"))),
    )
    query = (
        select(AuditEntry.evaluation_id, AuditEntry.leaf_index, first.c.entry)
        .join(AuditField, AuditField.entry_id == AuditEntry.entry_id)
        .join(first, first.c.case == AuditEntry.evaluation_id)
        .join(Evaluation, Evaluation.id == AuditEntry.evaluation_id)
        .where(touched, AuditEntry.id > first.c.entry, scope.chosen, scope.scored)
        .distinct()
    )
    found: dict[str, set[int]] = {}
    for case, place, submitted in scope.session.execute(query):
        if case in asked:
            # `id` counts from 1, places from 0.
            found.setdefault(case, {submitted - 1}).add(place)
    return {case: sorted(places) for case, places in found.items()}


def _submissions() -> Select[Any]:
    """Return case and entry of the first submission: of the scores, or of a 单位自评 to the reviewer."""
    team = (
        select(AuditField.pk.label("case"), func.min(AuditEntry.id).label("entry"))
        .join(AuditEntry, AuditEntry.entry_id == AuditField.entry_id)
        .where(AuditField.table == "evaluation", AuditField.field == "scores_submitted")
        .group_by(AuditField.pk)
    )
    unit = (
        select(SelfAssessment.evaluation_id.label("case"), func.min(AuditEntry.id).label("entry"))
        .join(AuditField, (AuditField.table == "self_assessment") & (AuditField.pk == SelfAssessment.id))
        .join(AuditEntry, AuditEntry.entry_id == AuditField.entry_id)
        .join(Evaluation, Evaluation.id == SelfAssessment.evaluation_id)
        .where(AuditField.field == "submitted_on", Evaluation.kind == Kind.UNIT_SELF)
        .group_by(SelfAssessment.evaluation_id)
    )
    both = union_all(team, unit).subquery()
    return select(both.c.case, both.c.entry)


def _moves(session: Session, case: Asked, places: Sequence[int]) -> Iterator[Move]:
    old: ScoreSheet | None = None
    seen: dict[str, Any] = {}
    for place, tables in walked(session, case.id, places):
        now = {name: {pk: row.version for pk, row in tables.get(name, {}).items()} for name in ROWS}
        now["evaluation"] = {name: tables["evaluation"][case.id].fields.get(name) for name in _MOVING}
        if now == seen:
            continue
        seen = now
        new = sheet_from(_sources(session, case.kind, tables, case.id))
        if old is not None and new is not None:
            yield from _between(place, old, new)
        old = new


_MOVING = ("facts", "framework_id")


def _between(place: int, old: ScoreSheet, new: ScoreSheet) -> Iterator[Move]:
    before = {line.code: line.awarded for line in old.lines if line.leaf}
    for line in new.lines:
        was = before.get(line.code) if line.leaf else None
        if was is not None and line.awarded is not None and was != line.awarded:
            yield Move(place, line.code, line.name, was, line.awarded)
    if old.total is not None and new.total is not None and old.total != new.total:
        yield Move(place, TOTAL, "总分", old.total, new.total)


def _sources(session: Session, kind: Kind, tables: Mapping[str, Mapping[str, RowThen]], case: str) -> Sources:
    """Return what sheets are computed from, as these rows say."""
    fields = tables["evaluation"][case].fields
    facts = json.loads(fields.get("facts") or "{}")
    rows = {name: [_row(name, row) for _, row in sorted(tables.get(name, {}).items())] for name in ROWS}
    return Sources(
        kind=kind,
        facts={name: facts[name] for name in _FACTS if name in facts},
        framework=_framework(session, fields.get("framework_id")),
        results=rows["leaf_result"],
        deductions=rows["deduction"],
        adjustments=rows["adjustment"],
        claims=rows["claim"],
        money=rows["money_fact"],
        # Which materials are linked changes no figure, only what stands beside it.
        links={},
    )


def _row(table: str, row: RowThen) -> SimpleNamespace:
    columns = Base.metadata.tables[table].c
    return SimpleNamespace(**{c.name: value_of(c, row.fields.get(c.name)) for c in columns})


def _framework(session: Session, key: str | None) -> Framework | None:
    version = session.get(FrameworkVersion, key) if key else None
    return None if version is None else parsed_text(version.sha256, version.body)


def standings(scope: Scope, cases: Iterable[str]) -> dict[str, Standing]:
    """Return what the sheets of these cases say now, by case."""
    wanted = set(cases)
    newest = newest_entries(scope, wanted)
    lacking = [case for case in wanted if (case, newest[case]) not in _STANDINGS]
    for row in chunked(scope.session, select(Evaluation), Evaluation.id, lacking):
        _keep(_STANDINGS, (row[0].id, newest[row[0].id]), _standing(scope.session, row[0]))
    return {case: _STANDINGS[case, newest[case]] for case in wanted}


def _standing(session: Session, case: Evaluation) -> Standing:
    names = ("", *case.facts.get("sheets", ()))
    rule: dict[tuple[str, str], Fraction | None] = {}
    groups: dict[tuple[Any, ...], list[str]] = {}
    totals: dict[tuple[Any, ...], Fraction | None] = {}
    for name in names:
        current = current_sheet(session, case, sheet=name)
        if current is None:
            continue
        rule |= {(name, line.code): line.rule_points for line in current.sheet.lines}
        points = tuple((line.code, line.awarded) for line in current.sheet.lines if line.leaf)
        if name and points and all(awarded is not None for _, awarded in points):
            groups.setdefault(points, []).append(name)
            totals[points] = current.total
    alike = tuple((tuple(found), totals[key]) for key, found in groups.items() if len(found) > 1)
    return Standing(rule, alike)
