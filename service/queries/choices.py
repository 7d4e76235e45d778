"""What a form may offer on a case: values with their Chinese words, by name of the list.

Each list holds only rows of the case itself, so a form never shows what another case contains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.consultation import Disposition, Opinion
from service.models.evaluation import Evaluation, Party
from service.models.evidence import Evidence
from service.models.fieldwork import Finding, FindingState, Supplement, SupplementState, Visit
from service.models.organisation import Account, ConflictDeclaration, Organisation
from service.models.score import Adjustment, Deduction, ReasonState
from service.queries.selfparts import PART_LABELS, SUBPROJECTS, SURVEY, TEXTS
from service.queries.sheet import framework_of
from service.workflow.kinds import KINDS
from service.workflow.roles import FIRM_ROLES, TEAM_ROLES, Role

Options = list[tuple[str, str]]
LONG = 40
TOTALS = (("total", "总分"),)


def options(session: Session, case: Evaluation, name: str, *, scores: bool = False) -> Options:
    """Return the list called `name` for this case; KeyError for a list nobody knows.

    Args:
        scores: whether the person may see the team's scores; some lists are longer then.
    """
    found = LISTS[name](session, case)
    return found + SCORED[name](session, case) if scores and name in SCORED else found


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONG else f"{flat[:LONG]}…"


def _nodes(session: Session, case: Evaluation) -> Options:
    if case.framework_id is None:
        return []
    walked = [node for node in framework_of(session, case).walk() if node.leaf]
    return [(node.code, f"{node.code} {node.name}") for node in walked]


def _self_parts(session: Session, case: Evaluation) -> Options:
    """Lines and parts of a 自评 a request for correction may open."""
    return [*_nodes(session, case), *((p, PART_LABELS[p]) for p in (SUBPROJECTS, SURVEY, TEXTS))]


def _scored(session: Session, case: Evaluation) -> Options:
    return [*_nodes(session, case), *TOTALS]


def _evidence(session: Session, case: Evaluation) -> Options:
    query = select(Evidence).where(Evidence.evaluation_id == case.id, Evidence.void.is_(False))
    rows = session.scalars(query.order_by(Evidence.id))
    return [(row.code, f"{row.code} {_cut(row.name)}") for row in rows]


def _reasons(model: Any, *states: ReasonState) -> Callable[[Session, Evaluation], Options]:
    def rows(session: Session, case: Evaluation) -> Options:
        query = select(model).where(model.evaluation_id == case.id, model.state.in_(states))
        found = session.scalars(query.order_by(model.code))
        return [(row.code, f"{row.code} {row.node} {_cut(row.reason)}") for row in found]

    return rows


def _supplements(*states: SupplementState) -> Callable[[Session, Evaluation], Options]:
    def rows(session: Session, case: Evaluation) -> Options:
        query = select(Supplement).where(Supplement.evaluation_id == case.id, Supplement.state.in_(states))
        found = session.scalars(query.order_by(Supplement.code))
        return [(row.code, f"{row.code} {_cut('；'.join(map(str, row.items)))}") for row in found]

    return rows


def _findings(*states: FindingState) -> Callable[[Session, Evaluation], Options]:
    def rows(session: Session, case: Evaluation) -> Options:
        query = select(Finding).where(Finding.evaluation_id == case.id, Finding.state.in_(states))
        found = session.scalars(query.order_by(Finding.code))
        return [(row.code, f"{row.code} {_cut(row.text)}") for row in found]

    return rows


def _visits(session: Session, case: Evaluation) -> Options:
    query = select(Visit).where(Visit.evaluation_id == case.id, Visit.closed.is_(False))
    return [(row.code, f"{row.code} {row.on}") for row in session.scalars(query.order_by(Visit.code))]


def _opinions(session: Session, case: Evaluation) -> Options:
    """Opinions that object and whose disposition is not confirmed."""
    query = (
        select(Opinion)
        .outerjoin(Disposition, Disposition.opinion_id == Opinion.id)
        .where(Opinion.evaluation_id == case.id, Opinion.lapsed.is_(False), Opinion.agrees.is_(False))
        .where(Disposition.confirmed_by.is_(None))
        .order_by(Opinion.code)
    )
    return [(row.code, f"{row.code} {_cut(row.text)}") for row in session.scalars(query)]


def _proposed(session: Session, case: Evaluation) -> Options:
    """Opinions whose disposition is proposed and waits for confirmation."""
    query = (
        select(Opinion, Disposition)
        .join(Disposition, Disposition.opinion_id == Opinion.id)
        .where(Opinion.evaluation_id == case.id, Disposition.confirmed_by.is_(None))
        .order_by(Opinion.code)
    )
    found = session.execute(query)
    return [
        (opinion.code, f"{opinion.code} {_cut(opinion.text)} → {d.verdict.label}") for opinion, d in found
    ]


def _addressees(session: Session, case: Evaluation) -> Options:
    query = (
        select(Organisation)
        .join(Party, Party.organisation_id == Organisation.id)
        .where(Party.evaluation_id == case.id, Party.part.in_(("evaluated", "supervisor")))
        .order_by(Party.id)
    )
    return [(row.id, row.name) for row in session.scalars(query)]


def _accounts(session: Session, case: Evaluation) -> Options:
    """Everybody who could be on the team; the duty and the organisation tell who it is."""
    query = (
        select(Account, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .where(Account.active)
        .order_by(Organisation.name, Account.login)
    )
    return [(row.id, f"{row.duty}（{row.login}，{where or '—'}）") for row, where in session.execute(query)]


def _conflicted(session: Session, case: Evaluation) -> Options:
    query = (
        select(Account)
        .join(ConflictDeclaration, ConflictDeclaration.account_id == Account.id)
        .where(
            ConflictDeclaration.evaluation_id == case.id,
            ConflictDeclaration.conflict,
            ConflictDeclaration.overridden_by.is_(None),
        )
    )
    return [(row.id, f"{row.duty}（{row.login}）") for row in session.scalars(query)]


def _team_roles(session: Session, case: Evaluation) -> Options:
    held = KINDS[case.kind].roles
    return [(r.value, r.label) for r in Role if r in (TEAM_ROLES | FIRM_ROLES) and r in held]


def _earlier(session: Session, case: Evaluation) -> Options:
    return [(stage.value, stage.label) for stage in KINDS[case.kind].earlier(case.stage)]


def _link_targets(session: Session, case: Evaluation) -> Options:
    """What a piece of evidence may speak for, as ``kind:code``."""
    found = [(f"node:{code}", f"指标 {label}") for code, label in _nodes(session, case)]
    for kind, word, model, words in _LINKED:
        rows = session.scalars(select(model).where(model.evaluation_id == case.id).order_by(model.code))
        known = (row for row in rows if getattr(row, "state", None) is not SupplementState.DRAFT)
        found += [(f"{kind}:{row.code}", f"{word} {row.code} {_cut(words(row))}") for row in known]
    return found + [(f"stage:{stage.value}", f"阶段 {stage.label}") for stage in KINDS[case.kind].stages]


def _asked(row: Supplement) -> str:
    return "；".join(map(str, row.items))


_LINKED: tuple[tuple[str, str, Any, Callable[[Any], str]], ...] = (
    ("supplement", "补正", Supplement, _asked),
    ("finding", "核查发现", Finding, lambda row: row.text),
    ("opinion", "意见", Opinion, lambda row: row.text or row.place),
)


def _link_reasons(session: Session, case: Evaluation) -> Options:
    deductions = _reasons(Deduction, *_LIVE)(session, case)
    adjustments = _reasons(Adjustment, *_LIVE)(session, case)
    return [
        *((f"deduction:{code}", f"扣分 {label}") for code, label in deductions),
        *((f"adjustment:{code}", f"裁量调整 {label}") for code, label in adjustments),
    ]


_LIVE = (ReasonState.DRAFT, ReasonState.SUBMITTED, ReasonState.PENDING)
LISTS: Mapping[str, Callable[[Session, Evaluation], Options]] = {
    "nodes": _nodes,
    "self_parts": _self_parts,
    "scored": _scored,
    "evidence": _evidence,
    "link_targets": _link_targets,
    "deductions": _reasons(Deduction, *_LIVE),
    "draft_deductions": _reasons(Deduction, ReasonState.DRAFT),
    "pending_deductions": _reasons(Deduction, ReasonState.PENDING),
    "adjustments": _reasons(Adjustment, *_LIVE),
    "draft_adjustments": _reasons(Adjustment, ReasonState.DRAFT),
    "pending_adjustments": _reasons(Adjustment, ReasonState.PENDING),
    "draft_supplements": _supplements(SupplementState.DRAFT),
    "sent_supplements": _supplements(SupplementState.SENT),
    "answered_supplements": _supplements(SupplementState.ANSWERED),
    "open_supplements": _supplements(
        SupplementState.SENT, SupplementState.ANSWERED, SupplementState.CONFIRMED
    ),
    "recorded_findings": _findings(FindingState.RECORDED),
    "objected_findings": _findings(FindingState.OBJECTED),
    "open_visits": _visits,
    "open_opinions": _opinions,
    "proposed_dispositions": _proposed,
    "addressees": _addressees,
    "accounts": _accounts,
    "conflicted": _conflicted,
    "team_roles": _team_roles,
    "earlier_stages": _earlier,
}
SCORED: Mapping[str, Callable[[Session, Evaluation], Options]] = {"link_targets": _link_reasons}
"""What a list holds besides, for who may see the team's scores."""
