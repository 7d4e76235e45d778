"""Questions the log answers by itself, in one query each: late changes, and what was refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from service.models.audit import AuditDisclosure, AuditEntry, AuditField
from service.models.consultation import DraftIssue
from service.models.evaluation import Evaluation
from service.queries.auditscope import Scope
from service.queries.auditspots import Answers, Spot
from service.queries.historyfilter import REFUSED, SCORE_TABLES
from service.workflow.facts import Facts
from service.workflow.guards import ANSWERER, NOT_SELF

FACT_TABLES = frozenset({"claim", "money_fact", "finding", "framework_version"})
EVIDENCE_TABLES = frozenset({"evidence", "evidence_version"})
_TABLES = {"scores": SCORE_TABLES, "facts": FACT_TABLES, "evidence": EVIDENCE_TABLES}
_SCORE_ACTS = ("score.", "deduction.", "adjustment.")
_PROBLEMS = "/problems"
# Written out: an index of refusals alone serves no parameter.
_WAS_REFUSED = AuditEntry.outcome == literal_column(f"'{REFUSED}'")
_OWN = Facts(target_mine=True, target_is_actor=True)
SELF_WORDS = ("不能是同一人", *(words for guard in (NOT_SELF, ANSWERER) for words in guard.check(_OWN)))
"""What a refusal says when somebody would have decided on his own matter."""


def late(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return the rows made or changed after the first 征求意见稿 of their case had gone out."""
    first = (
        select(AuditField.evaluation_id.label("case"), func.min(AuditEntry.id).label("entry"))
        .join(AuditEntry, AuditEntry.entry_id == AuditField.entry_id)
        .where(AuditField.table == DraftIssue.__tablename__, AuditField.field == "*")
        .group_by(AuditField.evaluation_id)
        .subquery()
    )
    tables = _TABLES.get(scope.wanted.kind) or frozenset().union(*_TABLES.values())
    shown = or_(AuditField.table.not_in(SCORE_TABLES), scope.scored)
    query: Any = (
        select(AuditEntry.evaluation_id, AuditEntry.entry_id, AuditEntry.id, AuditField.table, AuditField.pk)
        .join(AuditField, AuditField.entry_id == AuditEntry.entry_id)
        .join(first, first.c.case == AuditEntry.evaluation_id)
        .join(Evaluation, Evaluation.id == AuditEntry.evaluation_id)
        .where(AuditField.table.in_(sorted(tables)), AuditEntry.id > first.c.entry, shown)
        .where(AuditEntry.outcome != REFUSED, scope.chosen, *scope.in_period())
        .distinct()
    )
    order = (AuditEntry.id.desc(), AuditField.table, AuditField.pk)
    found = _page(scope, query, order, start=start, size=size)
    kinds = {table: kind for kind, named in _TABLES.items() for table in named}
    spots = (
        Spot(row.evaluation_id, row.entry_id, kinds[row.table], row=(row.table, row.pk)) for row in found[1]
    )
    return Answers(found[0], tuple(spots))


def refused(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return what the system refused to do in the cases asked, and outside of any where that may be read.

    Entries about scores only where these show.
    """
    own = exists().where(
        AuditDisclosure.entry_id == AuditEntry.entry_id,
        AuditDisclosure.path == _PROBLEMS,
        or_(*(AuditDisclosure.body.contains(words, autoescape=True) for words in SELF_WORDS)),
    )
    alone = AuditEntry.evaluation_id.is_(None)
    kinds: dict[str, ColumnElement[bool]] = {
        "self": own,
        "outside": and_(~own, alone),
        "other": and_(~own, ~alone),
    }
    shown = or_(and_(*(~AuditEntry.action.startswith(act) for act in _SCORE_ACTS)), scope.scored)
    query: Any = (
        select(
            AuditEntry.evaluation_id,
            AuditEntry.entry_id,
            AuditEntry.id,
            case((own, literal("self")), (alone, literal("outside")), else_=literal("other")).label("kind"),
        )
        .outerjoin(Evaluation, Evaluation.id == AuditEntry.evaluation_id)
        .where(_WAS_REFUSED, or_(and_(shown, scope.chosen), scope.outside), *scope.in_period())
        .where(kinds.get(scope.wanted.kind, true()))
    )
    count, rows = _page(scope, query, (AuditEntry.id.desc(),), start=start, size=size)
    return Answers(count, tuple(Spot(row.evaluation_id or "", row.entry_id, row.kind) for row in rows))


def _page(
    scope: Scope, query: Any, order: tuple[Any, ...], *, start: int, size: int | None
) -> tuple[int, list[Any]]:
    """Return how many rows there are and those of the page; a size of nought only counts."""
    count = scope.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if size == 0 or not count:
        return count, []
    return count, list(scope.session.execute(query.order_by(*order).limit(size).offset(start)))
