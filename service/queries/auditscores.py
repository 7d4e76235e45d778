"""Questions about the team's scores: jumps after submission, decisions off the rule, sheets scored alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from service.models.audit import AuditEntry, AuditField
from service.models.evaluation import Evaluation
from service.models.score import Adjustment, LeafResult, ReasonState
from service.queries.auditscope import Scope
from service.queries.auditspots import Answers, Spot, chunked, counted
from service.queries.scorepast import TOTAL, moves, newest_entries, standings
from service.scoring.quantities import exact, exact_text

SHORT, SAME = "short", "same"
WEAK = "weak"
_COUNTING = (ReasonState.SUBMITTED, ReasonState.PENDING)
_TABLE = Adjustment.__tablename__


def jumps(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return the moves of an indicator or of the total that reach the 分 asked for."""
    asked = {case.id: case for case in scope.cases.values() if case.scored}
    found = moves(scope, asked)
    wanted = scope.wanted
    reached = [
        (case, move)
        for case, each in found.items()
        for move in each
        if abs(move.after - move.before) >= (wanted.total if move.code == TOTAL else wanted.limit)
    ]
    places = sorted({move.place for _, move in reached})
    query = select(AuditEntry.leaf_index, AuditEntry.entry_id)
    entries = {row[0]: row[1] for row in chunked(scope.session, query, AuditEntry.leaf_index, places)}
    spots = (
        Spot(
            case,
            entries[move.place],
            place=f"{move.code} {move.name}".strip(),
            before=f"{exact_text(move.before)} 分",
            after=f"{exact_text(move.after)} 分",
            note=signed(move.after - move.before),
        )
        for case, move in reached
    )
    return counted(scope, spots, start=start, size=size)


def signed(points: Fraction) -> str:
    """Return a difference in 分 with its sign."""
    return f"{'+' if points > 0 else '−'}{exact_text(abs(points))} 分"


def deviations(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return the 裁量调整 in force that award something else than the rule gives."""
    spots = list(_deviating(scope))
    return counted(scope, spots, start=start, size=size)


def _deviating(scope: Scope) -> Iterator[Spot]:
    columns = (
        Adjustment.id, Adjustment.evaluation_id, Adjustment.sheet, Adjustment.code, Adjustment.node,
        Adjustment.awarded, Adjustment.reason,
    )  # fmt: skip
    joined = select(*columns).join(Evaluation, Evaluation.id == Adjustment.evaluation_id)
    live = (Adjustment.state.in_(_COUNTING), scope.scored)
    rows = scope.session.execute(joined.where(*live, scope.chosen)).all()
    # The same words elsewhere count wherever they stand, asked for or not.
    others = scope.session.execute(joined.where(*live, scope.visible)).all()
    told = Counter(_told(row.reason) for row in others)
    sheets = standings(scope, {row.evaluation_id for row in rows})
    made = _made(scope, {row.id for row in rows})
    for row in rows:
        code = row.node.partition("/")[0]
        rule = sheets[row.evaluation_id].rule.get((row.sheet, code)) if code == row.node else None
        off = None if rule is None else exact(row.awarded) - rule
        if off == 0 or (off is not None and abs(off) < scope.wanted.limit):
            continue
        marks = list(_marks(row.reason, told, scope.wanted.length))
        yield Spot(
            row.evaluation_id,
            made[row.id],
            kind=" ".join([*marks, *([WEAK] if marks else [])]),
            place=" ".join(filter(None, (row.code, row.sheet, row.node or "总分"))),
            before="—" if rule is None else f"{exact_text(rule)} 分（规则）",
            after=f"{exact_text(exact(row.awarded))} 分（评定）",
            note="；".join([*([] if off is None else [signed(off)]), *(_MARKS[mark] for mark in marks)]),
        )


_MARKS = {SHORT: "理由过短", SAME: "理由与他处相同"}


def _marks(reason: str, told: Counter[str], length: int) -> Iterator[str]:
    text = _told(reason)
    if len(text) < length:
        yield SHORT
    if told[text] > 1:
        yield SAME


def _told(reason: str) -> str:
    """Return what a reason says, without blanks: those make no words different."""
    return "".join(reason.split())


def _made(scope: Scope, keys: set[str]) -> dict[str, str]:
    """Return the entry by which each of these adjustments was made."""
    query = select(AuditField.pk, AuditField.entry_id).where(
        AuditField.table == _TABLE, AuditField.field == "*"
    )
    return {row.pk: row.entry_id for row in chunked(scope.session, query, AuditField.pk, keys)}


def identical(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return the groups of sheets of one case whose indicators have the same points throughout."""
    several = {case.id for case in scope.cases.values() if case.scored and case.sheets}
    found = {case: each.alike for case, each in standings(scope, several).items() if each.alike}
    scored = _last_scored(scope, set(found))
    newest = newest_entries(scope, found)
    spots = (
        Spot(
            case,
            scored.get(case, newest[case]),
            place="、".join(names),
            after=f"{len(names)} 张评分表均为 {exact_text(total) if total is not None else '—'} 分",
        )
        for case, groups in found.items()
        for names, total in groups
    )
    return counted(scope, spots, start=start, size=size)


def _last_scored(scope: Scope, cases: set[str]) -> dict[str, str]:
    """Return the newest entry by which a result of each case was written."""
    query: Any = select(LeafResult.evaluation_id, AuditEntry.id, AuditEntry.entry_id).join(
        AuditEntry, AuditEntry.entry_id == LeafResult.last_audit
    )
    found: dict[str, tuple[int, str]] = {}
    for case, place, entry in chunked(scope.session, query, LeafResult.evaluation_id, cases):
        found[case] = max(found.get(case, (-1, "")), (place, entry))
    return {case: entry for case, (_, entry) in found.items()}
