"""What a question of the auditor finds, in words, a page at a time, with how many answers each question has.

- Every answer names its case, its place, what was before and after, who, when and which entry made it so.
- Two questions are one query of the log; the others ask the rows first and replay only cases that may answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.audit import AuditCheckpoint, AuditEntry
from service.models.evaluation import Evaluation
from service.queries.auditclaims import ahead, full
from service.queries.auditlog import late, refused
from service.queries.auditquestions import PAGE, AuditSearch, Question
from service.queries.auditscope import Scope
from service.queries.auditscores import deviations, identical, jumps
from service.queries.auditspots import Answers, Spot, chunked
from service.queries.caselist import units_of
from service.queries.history import ChangeShown, EntryShown, FieldShown, Reading
from service.queries.words import field_label

_ASKED: dict[Question, Callable[..., Answers]] = {
    Question.LATE: late,
    Question.JUMP: jumps,
    Question.DEVIATION: deviations,
    Question.REFUSED: refused,
    Question.IDENTICAL: identical,
    Question.FULL: full,
    Question.AHEAD: ahead,
}
_TOLD_FIELDS = 4
_NO_CASE = SimpleNamespace(code="", title="")
_TELLING = {
    field_label(table, name): place
    for place, (table, name) in enumerate((
        ("deduction", "amount"), ("adjustment", "awarded"), ("leaf_result", "data"), ("claim", "points"),
        ("claim", "actual"), ("claim", "target"), ("money_fact", "printed"), ("money_fact", "fen"),
        ("finding", "text"), ("evidence", "name"), ("evidence_version", "filename"),
        ("framework_version", "label"), ("deduction", "state"), ("deduction", "void"),
        ("deduction", "origin"), ("deduction", "asked_by"), ("deduction", "paper"),
    ))
}  # fmt: skip
"""Labels of the fields that tell most of what a row is about, the most telling first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer in words; code and title are "" for what belongs to no case.

    Args:
        kind: words of its kind, "" if the question has none.
        sealed: whether a checkpoint covers the entry, so that it can be proven.
    """

    code: str
    title: str
    unit: str
    kind: str
    place: str
    before: str
    after: str
    note: str
    entry: str
    index: int
    at: datetime
    on: date | None
    actor: str
    roles: str
    action: str
    reason: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page of answers; `counts` says of each question how many it has under the same filter.

    Args:
        cases: how many cases were asked; `outside`: also what belongs to none, where the question has that.
    """

    hits: tuple[Hit, ...]
    count: int
    page: int
    pages: int
    cases: int
    counts: tuple[tuple[Question, int], ...]
    outside: bool = False


def search(session: Session, account: str, wanted: AuditSearch, *, today: date) -> Found:
    """Return the page of answers to the question asked, of the cases whose history the person may read."""
    scope = Scope(session, account, wanted, today=today)
    answers = _answers(scope, start=(wanted.page - 1) * PAGE, size=PAGE)
    pages = max(1, -(-answers.count // PAGE))
    page = min(max(1, wanted.page), pages)
    if page != wanted.page:
        answers = _answers(scope, start=(page - 1) * PAGE, size=PAGE)
    counts = tuple(
        (
            each,
            answers.count
            if each is wanted.question and not wanted.kind
            else _count(scope, account, each, today),
        )
        for each in Question
    )
    hits = _told(session, answers.spots)
    return Found(hits, answers.count, page, pages, scope.count(), counts, scope.reaches_outside)


def everything(session: Session, account: str, wanted: AuditSearch, *, today: date) -> tuple[Spot, ...]:
    """Return every answer to the question asked, newest first, to draw from."""
    return _answers(Scope(session, account, wanted, today=today), start=0, size=None).spots


def told(session: Session, spots: Sequence[Spot]) -> tuple[Hit, ...]:
    """Return these answers in words."""
    return _told(session, spots)


def _answers(scope: Scope, *, start: int, size: int | None) -> Answers:
    return _ASKED[scope.wanted.question](scope, start=start, size=size)


def _count(scope: Scope, account: str, question: Question, today: date) -> int:
    other = Scope(scope.session, account, scope.wanted.asking(question), today=today)
    return _answers(other, start=0, size=0).count


def _told(session: Session, spots: Sequence[Spot]) -> tuple[Hit, ...]:
    ids = {spot.entry for spot in spots}
    rows = [row[0] for row in chunked(session, select(AuditEntry), AuditEntry.entry_id, ids)]
    newest = session.scalars(
        select(AuditCheckpoint.size).order_by(AuditCheckpoint.size.desc()).limit(1)
    ).first()
    reading = Reading(session, rows, scores=True, sealed=newest or 0)
    by_id = {row.entry_id: row for row in rows}
    cases = {"": _NO_CASE, **_cases(session, {spot.case for spot in spots if spot.case})}
    units = units_of(session, [each for each in cases if each])
    return tuple(
        _hit(spot, reading, by_id[spot.entry], cases[spot.case], units.get(spot.case, "")) for spot in spots
    )


def _cases(session: Session, ids: set[str]) -> dict[str, Any]:
    query = select(Evaluation.id, Evaluation.code, Evaluation.title)
    return {row.id: row for row in chunked(session, query, Evaluation.id, ids)}


def _hit(spot: Spot, reading: Reading, row: AuditEntry, case: Any, unit: str) -> Hit:
    entry = reading.entry(row)
    place, before, after = _words(spot, entry, reading.change(row, *spot.row) if spot.row[0] else None)
    return Hit(
        code=case.code,
        title=case.title,
        unit=unit,
        kind=_kind(spot),
        place=place,
        before=before,
        after=after,
        note=spot.note,
        entry=entry.entry,
        index=entry.index,
        at=entry.at,
        on=entry.on,
        actor=entry.played or entry.actor,
        roles=entry.roles,
        action=entry.action,
        reason=entry.reason,
        sealed=entry.sealed,
    )


def _telling(change: ChangeShown) -> list[FieldShown]:
    """Return the few fields that tell what was changed; of a new row only those that say what it is about."""
    last = len(_TELLING)
    fields = sorted(change.fields, key=lambda field: _TELLING.get(field.label, last))
    known = [field for field in fields if field.label in _TELLING]
    return (known or fields if change.made else fields)[:_TOLD_FIELDS]


def _kind(spot: Spot) -> str:
    words = {value: label for question in Question for value, label in question.kinds}
    return words.get(spot.kind, "")


def _words(spot: Spot, entry: EntryShown, change: ChangeShown | None) -> tuple[str, str, str]:
    """Return place, before and after; of a change of a row as the entry has it, of a refusal its reasons."""
    if entry.refused:
        return entry.action, "", "\n".join(entry.problems)
    if change is None:
        return spot.place, spot.before, spot.after
    place = f"{change.table} {change.name}".strip()
    fields = _telling(change)
    more = [f"另 {len(change.fields) - len(fields)} 项见留痕"] if len(change.fields) > len(fields) else []
    after = "\n".join([*(f"{field.label}：{field.after or '（空）'}" for field in fields), *more])
    if change.made:
        return place, "（新增）", after
    return place, "\n".join(f"{field.label}：{field.before or '（空）'}" for field in fields), after
