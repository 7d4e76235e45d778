"""The parts of a snapshot that record work: reasons, findings, reviews, opinions, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import Finding, ReviewItem, Supplement, Visit
from service.models.score import Adjustment, Deduction, ReasonState
from service.queries.consultation import opinions_with_dispositions
from service.queries.evidence import linked_evidence, newest_versions, pieces_with_links
from service.queries.names import duties, organisation_names
from service.queries.once import rows_of
from service.queries.sheet import CurrentSheet, current_sheet
from service.report.snapshot import (
    AdjustmentView,
    DeductionView,
    EvidenceView,
    FindingView,
    OpinionView,
    ReviewView,
    SupplementView,
    VisitView,
)
from service.scoring.quantities import exact_text

_COUNTING = (ReasonState.SUBMITTED, ReasonState.DRAFT, ReasonState.PENDING)


def _rows(session: Session, model: Any, case: Evaluation) -> Sequence[Any]:
    return rows_of(session, model, case.id)


def deductions(session: Session, case: Evaluation) -> tuple[DeductionView, ...]:
    """Return the deductions that were not withdrawn."""
    links, authors = linked_evidence(session, case), duties(session)
    return tuple(
        DeductionView(
            code=d.code,
            node=d.node,
            reason=d.reason,
            stage=d.stage.label,
            amount=d.amount,
            clause=d.clause,
            evidence=links.get(("deduction", d.code), ()),
            author=authors.get(d.author, ""),
            state=d.state.value,
            sheet=d.sheet,
        )
        for d in _rows(session, Deduction, case)
        if d.state in _COUNTING
    )


def adjustments(
    session: Session, case: Evaluation, current: CurrentSheet | None
) -> tuple[AdjustmentView, ...]:
    """Return the adjustments that were not withdrawn, each with the rule's figure beside it."""
    authors = duties(session)
    return tuple(
        AdjustmentView(
            code=a.code,
            node=a.node,
            awarded=a.awarded,
            reason=a.reason,
            rule=_rule_points(current_sheet(session, case, sheet=a.sheet) if a.sheet else current, a.node),
            clause=a.clause,
            author=authors.get(a.author, ""),
            sheet=a.sheet,
        )
        for a in _rows(session, Adjustment, case)
        if a.state in _COUNTING
    )


def _rule_points(current: CurrentSheet | None, node: str) -> str | None:
    if current is None or not node:
        return None
    code = node.partition("/")[0]
    line = next((line for line in current.sheet.lines if line.code == code), None)
    return None if line is None or line.rule_points is None else exact_text(line.rule_points)


def reasons_standing(session: Session, case: Evaluation) -> tuple[int, int]:
    """Return how many deductions and how many adjustments were not withdrawn."""
    found = [[row.state in _COUNTING for row in _rows(session, m, case)] for m in (Deduction, Adjustment)]
    return sum(found[0]), sum(found[1])


def findings(session: Session, case: Evaluation) -> tuple[FindingView, ...]:
    """Return the findings with the place and day of their visit."""
    visits_ = {v.id: v for v in _rows(session, Visit, case)}
    views = []
    for finding in _rows(session, Finding, case):
        visit = visits_.get(finding.visit_id)
        views.append(
            FindingView(
                code=finding.code,
                text=finding.text,
                node="、".join(finding.nodes),
                place=visit.place if visit else "",
                on=visit.on if visit else None,
                state=finding.state.value,
            )
        )
    return tuple(views)


def visits(session: Session, case: Evaluation) -> tuple[VisitView, ...]:
    """Return the visits and interviews in order."""
    return tuple(
        VisitView(
            code=v.code,
            place=v.place,
            method=v.method,
            on=v.on,
            people=(v.people,) if v.people else (),
            note=v.content or v.on_printed,
        )
        for v in _rows(session, Visit, case)
    )


def reviews(session: Session, case: Evaluation) -> tuple[ReviewView, ...]:
    """Return every verdict of every round."""
    return tuple(
        ReviewView(item=r.subject, verdict=r.verdict.label, round=r.round, note=r.note)
        for r in _rows(session, ReviewItem, case)
    )


def supplements(session: Session, case: Evaluation) -> tuple[SupplementView, ...]:
    """Return the requests for correction; late = answered after the due date."""
    return tuple(
        SupplementView(
            code=s.code,
            items=tuple(s.items),
            round=s.round,
            asked_on=s.requested_on,
            due_on=s.due_on,
            answered_on=s.answered_on,
            late=s.answered_on is not None and s.answered_on > s.due_on,
        )
        for s in _rows(session, Supplement, case)
    )


def opinions(session: Session, case: Evaluation) -> tuple[OpinionView, ...]:
    """Return opinions and recorded silences with their dispositions."""
    names, by_account = organisation_names(session), duties(session)
    return tuple(
        OpinionView(
            code=o.code,
            organisation=names.get(o.organisation_id, ""),
            text="逾期未反馈" if o.lapsed else o.text,
            place=o.place,
            disposition=d.verdict.label if d else "",
            reason=d.reason if d else "",
            effect=d.effect or None if d else None,
            author=by_account.get(d.proposed_by, "") if d else "",
            on=o.received_on,
        )
        for o, d in opinions_with_dispositions(session, case.id)
    )


def evidence(session: Session, case: Evaluation) -> tuple[EvidenceView, ...]:
    """Return live evidence with the digest of its newest version and the nodes it is linked to."""
    links = linked_evidence(session, case)
    versions = newest_versions(session, case)
    return tuple(
        EvidenceView(
            code=e.code,
            name=e.name,
            kind=e.klass,
            source=e.source,
            proves=e.proves,
            sha256=versions[e.id].sha256 if e.id in versions else "",
            nodes=tuple(t for (k, t), codes in links.items() if k == "node" and e.code in codes),
        )
        for e in pieces_with_links(session, case)
        if not e.void
    )
