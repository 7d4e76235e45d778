"""Quotations of a case compared with its figures as they stand now."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, Quotation
from service.queries.figures import figures_of
from service.quotations.compare import Agree, Differ, Outcome, compare
from service.quotations.quoted import Quoted
from service.report.snapshot import CaseSnapshot, QuotationView


def quoted_items(session: Session, case: Evaluation) -> tuple[Quoted, ...]:
    """Return the quotations of the case in the order they were entered."""
    rows = session.scalars(select(Quotation).where(Quotation.evaluation_id == case.id).order_by(Quotation.id))
    return tuple(Quoted.from_plain(r.path, r.printed, r.place, r.body) for r in rows)


def quotation_views(session: Session, case: Evaluation, snapshot: CaseSnapshot) -> tuple[QuotationView, ...]:
    """Return every quotation with what our figures say to it; `snapshot` gives the figures."""
    items = quoted_items(session, case)
    if not items:
        return ()
    outcomes = compare(items, figures_of(snapshot)).outcomes
    return tuple(_view(item, outcome) for item, outcome in zip(items, outcomes, strict=True))


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
