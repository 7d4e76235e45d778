"""Facts of material review and site work."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, StageMode, StageTrack
from service.models.fieldwork import Finding, FindingState, ReviewItem, Supplement, SupplementState, Visit
from service.queries.facts_asked import asks, guards_of
from service.queries.once import rows_of
from service.workflow import guards as g
from service.workflow.actions import Action

_DONE = {SupplementState.CONFIRMED, SupplementState.CLOSED}
_GUARDS = (
    g.REVIEWED, g.NO_OPEN_SUPPLEMENT, g.ROUNDS_LEFT, g.PASS_PROPOSED, g.UNIT_EVIDENCE, g.VISITED_OR_WAIVED,
    g.VISITS_CLOSED, g.ON_VISIT_LIST, g.FINDINGS_SETTLED, g.WAIVER_GROUND,
)  # fmt: skip


def needed(action: Action) -> bool:
    """Return whether a rule of this act asks for review, visits, findings or waivers."""
    return asks(action, *_GUARDS) or any(guard.waives for guard in guards_of(action))


def gather(session: Session, case: Evaluation, *, person: str) -> dict[str, Any]:
    """Return the facts of review and visits by field name of `Facts`."""
    waivers = _waivers(session, case)
    visits = _visits(session, case, person=person, waived=waivers["visit_waived"])
    return {**_review(session, case), **visits, **waivers}


def _review(session: Session, case: Evaluation) -> dict[str, Any]:
    requests = rows_of(session, Supplement, case.id)
    judged = {row.subject for row in rows_of(session, ReviewItem, case.id)}
    demanded = case.facts.get("documents", ())
    missing = tuple(d for d in demanded if d not in judged)
    sent = [r for r in requests if r.state is not SupplementState.DRAFT]
    return {
        "documents_unreviewed": missing if demanded else (() if judged else ("自评材料",)),
        "open_supplements": tuple(r.code for r in sent if r.mandatory and r.state not in _DONE),
        "open_supplement_exists": any(r.state is SupplementState.SENT for r in sent),
        "supplement_rounds": max((r.round for r in sent), default=0),
        "pass_proposed": case.review_passed_by is not None,
    }


def _visits(session: Session, case: Evaluation, *, person: str, waived: bool) -> dict[str, Any]:
    """Return the facts of the visits; where the stage is held off site the team stands in for a list."""
    visits, findings = rows_of(session, Visit, case.id), rows_of(session, Finding, case.id)
    return {
        "visits_open": tuple(v.code for v in visits if not v.closed),
        "visits_held": len(visits),
        "on_visit_list": waived or any(person in v.team for v in visits),
        "findings_unconfirmed": tuple(f.code for f in findings if f.state is FindingState.RECORDED),
        "findings_unanswered": tuple(f.code for f in findings if f.state is FindingState.OBJECTED),
    }


def _waivers(session: Session, case: Evaluation) -> dict[str, Any]:
    tracks = rows_of(session, StageTrack, case.id)
    track = next((row for row in tracks if row.stage is case.stage and row.left_on is None), None)
    waived = track is not None and track.mode is not StageMode.HELD
    return {
        "visit_waived": waived,
        "stage_waived": waived,
        "consent_recorded": waived or bool(case.facts.get("waiver_consent", False)),
    }
