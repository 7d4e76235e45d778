"""Quotations of a case compared with its figures as they stand now."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, Quotation
from service.queries.figures import figures_of
from service.queries.once import rows_of
from service.queries.unfolding import ScoreTable
from service.quotations.compare import Agree, Differ, Outcome, compare
from service.quotations.quoted import Quoted
from service.report.snapshot import CaseSnapshot, QuotationView

_OVERALL = frozenset({"total", "rate", "grade"})


def quoted_items(session: Session, case: Evaluation) -> tuple[Quoted, ...]:
    """Return the quotations of the case in the order they were entered."""
    rows = rows_of(session, Quotation, case.id)
    return tuple(Quoted.from_plain(r.path, r.printed, r.place, r.body) for r in rows)


def quotation_views(session: Session, case: Evaluation, snapshot: CaseSnapshot) -> tuple[QuotationView, ...]:
    """Return every quotation with what our figures say to it; `snapshot` gives the figures."""
    items = quoted_items(session, case)
    if not items:
        return ()
    outcomes = compare(items, figures_of(snapshot)).outcomes
    return tuple(_view(item, outcome) for item, outcome in zip(items, outcomes, strict=True))


def targets(session: Session, case: Evaluation) -> dict[str, str]:
    """Return the indicator each quotation prints a figure of, by the quotation's path; "" is the total."""
    found = ((item.path, _target(item)) for item in quoted_items(session, case))
    return {path: target for path, target in found if target is not None}


def _target(item: Quoted) -> str | None:
    root, _, rest = item.computed.partition(".")
    if root == "node":
        return rest.rpartition(".")[0]
    return "" if item.computed in _OVERALL else None


def quoted_at(
    session: Session, case: Evaluation, table: ScoreTable
) -> Mapping[str, tuple[QuotationView, ...]]:
    """Return the quotations of figures on this sheet by indicator, "" for the total, compared with it."""
    items = [item for item in quoted_items(session, case) if _target(item) is not None]
    if not items or table.sheet.code:
        return {}
    sheet = CaseSnapshot(
        code=case.code, title=case.title, kind="", framework=table.framework, sheet=table.sheet
    )
    outcomes = compare(items, figures_of(sheet)).outcomes
    found: dict[str, tuple[QuotationView, ...]] = {}
    for item, outcome in zip(items, outcomes, strict=True):
        target = _target(item) or ""
        found[target] = (*found.get(target, ()), _view(item, outcome))
    return found


def _view(item: Quoted, outcome: Outcome) -> QuotationView:
    if isinstance(outcome, Agree):
        return QuotationView(
            path=item.path, printed=item.value, computed=outcome.computed, place=item.place, state="agree"
        )
    if isinstance(outcome, Differ):
        return QuotationView(
            path=item.path,
            printed=item.value,
            computed=outcome.computed,
            place=item.place,
            state="differ",
            kind=outcome.kind,
            cause=outcome.cause,
            declared=outcome.declared,
        )
    return QuotationView(
        path=item.path, printed=item.value, place=item.place, state="uncomputable", cause=outcome.cause
    )
