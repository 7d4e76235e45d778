"""What a form may offer on a case: values with their Chinese words, by name of the list.

Each list holds only rows of the case itself, so a form never shows what another case contains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.consultation import Disposition, Opinion
from service.models.evaluation import Evaluation
from service.models.fieldwork import Finding, FindingState, Supplement, SupplementState, Visit
from service.models.organisation import Account, ConflictDeclaration, Organisation
from service.models.score import Adjustment, Deduction, ReasonState
from service.queries.consultation import opinions_with_dispositions
from service.queries.evidence import pieces_with_links
from service.queries.extensions import extensions, periods
from service.queries.once import rows_of
from service.queries.parties import parties_in
from service.queries.selfparts import PART_LABELS, SUBPROJECTS, SURVEY, TEXTS
from service.queries.sheet import framework_of
from service.queries.templates import offered_to
from service.report import profile as profiles
from service.scoring.facts import TOTAL_NAMES
from service.scoring.methods.checklist import Checklist
from service.workflow.kinds import KINDS
from service.workflow.roles import FIRM_ROLES, TEAM_ROLES, Role

Options = list[tuple[str, str]]
LONG = 40
STOCK = "stock"
"""The choice of the template that comes with the report profile."""
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


def _lines(session: Session, case: Evaluation) -> Options:
    """Every indicator a reason may hang on, upper levels with their level's name."""
    if case.framework_id is None:
        return []
    framework = framework_of(session, case)
    found = []
    for node in framework.walk():
        level = framework.levels[node.level - 1] if node.level <= len(framework.levels) else "上级指标"
        found.append((node.code, f"{node.code} {node.name}" + ("" if node.leaf else f"（{level}）")))
    return found


def _scored(session: Session, case: Evaluation) -> Options:
    return [*_lines(session, case), *TOTALS]


def _adjusted(session: Session, case: Evaluation) -> Options:
    """Return the lines, the elements of checklists after their indicator, and the total."""
    if case.framework_id is None:
        return []
    rules = {node.code: node.rule for node in framework_of(session, case).walk() if node.leaf}
    found: Options = []
    for code, label in _lines(session, case):
        found.append((code, label))
        rule = rules.get(code)
        if isinstance(rule, Checklist):
            found += [(f"{code}/{e.code}", f"{label} · 要点 {e.name or e.code}") for e in rule.elements]
    return [*found, *TOTALS]


def adjusted_level(session: Session, case: Evaluation, node: str) -> str:
    """Return what an adjustment at `node` moves: element, leaf, level or total."""
    if node in TOTAL_NAMES:
        return "total"
    if "/" in node:
        return "element"
    return "leaf" if node in dict(_nodes(session, case)) else "level"


def _templates(session: Session, case: Evaluation) -> Options:
    """The profile's own layout, and the approved templates that have places for all the profile prints."""
    found = offered_to(session, case, profiles.load(case.profile))
    return [(STOCK, "报告样式自带的版式"), *((ref, label) for ref, label, lacking in found if not lacking)]


def _evidence(session: Session, case: Evaluation) -> Options:
    rows = pieces_with_links(session, case)
    return [(row.code, f"{row.code} {_cut(row.name)}") for row in rows if not row.void]


def _by_code(session: Session, model: Any, case: Evaluation) -> list[Any]:
    return sorted(rows_of(session, model, case.id), key=lambda row: row.code)


def _reasons(model: Any, *states: ReasonState) -> Callable[[Session, Evaluation], Options]:
    def rows(session: Session, case: Evaluation) -> Options:
        found = [row for row in _by_code(session, model, case) if row.state in states]
        return [(row.code, f"{row.code} {row.node} {_cut(row.reason)}") for row in found]

    return rows


def _supplements(*states: SupplementState) -> Callable[[Session, Evaluation], Options]:
    def rows(session: Session, case: Evaluation) -> Options:
        found = [row for row in _by_code(session, Supplement, case) if row.state in states]
        return [(row.code, f"{row.code} {_cut('；'.join(map(str, row.items)))}") for row in found]

    return rows


def _findings(*states: FindingState) -> Callable[[Session, Evaluation], Options]:
    def rows(session: Session, case: Evaluation) -> Options:
        found = [row for row in _by_code(session, Finding, case) if row.state in states]
        return [(row.code, f"{row.code} {_cut(row.text)}") for row in found]

    return rows


def _paper_targets(session: Session, case: Evaluation) -> Options:
    """What the unit may answer on paper: requests its head has to confirm, findings it has not answered."""
    return [
        *((code, f"补正 {text}") for code, text in LISTS["answered_supplements"](session, case)),
        *((code, f"发现 {text}") for code, text in LISTS["recorded_findings"](session, case)),
    ]


def _periods(session: Session, case: Evaluation) -> Options:
    return [(one.what, f"{one.label}，{one.due_on} 止") for one in periods(session, case)]


def _waiting_extensions(session: Session, case: Evaluation) -> Options:
    found = (one for one in extensions(session, case) if one.waits)
    return [(one.code, f"{one.code} {one.label}延到 {one.until}：{_cut(one.reason)}") for one in found]


def _visits(session: Session, case: Evaluation) -> Options:
    return [(row.code, f"{row.code} {row.on}") for row in _by_code(session, Visit, case) if not row.closed]


def _opinions(session: Session, case: Evaluation) -> Options:
    """Opinions that object and whose disposition is not confirmed."""
    return [
        (opinion.code, f"{opinion.code} {_cut(opinion.text)}")
        for opinion, given in _unconfirmed(session, case)
        if not opinion.lapsed and not opinion.agrees
    ]


def _unconfirmed(session: Session, case: Evaluation) -> list[tuple[Opinion, Disposition | None]]:
    pairs = opinions_with_dispositions(session, case.id)
    waiting = [(o, given) for o, given in pairs if given is None or given.confirmed_by is None]
    return sorted(waiting, key=lambda pair: pair[0].code)


def _proposed(session: Session, case: Evaluation) -> Options:
    """Opinions whose disposition is proposed and waits for confirmation."""
    return [
        (opinion.code, f"{opinion.code} {_cut(opinion.text)} → {given.verdict.label}")
        for opinion, given in _unconfirmed(session, case)
        if given is not None
    ]


def _addressees(session: Session, case: Evaluation) -> Options:
    asked = ("evaluated", "supervisor")
    return [(org.id, org.name) for party, org in parties_in(session, case.id) if party.part in asked]


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
    for kind, word, read, words in _LINKED:
        rows = read(session, case)
        known = (row for row in rows if getattr(row, "state", None) is not SupplementState.DRAFT)
        found += [(f"{kind}:{row.code}", f"{word} {row.code} {_cut(words(row))}") for row in known]
    return found + [(f"stage:{stage.value}", f"阶段 {stage.label}") for stage in KINDS[case.kind].stages]


def _opinions_by_code(session: Session, case: Evaluation) -> list[Opinion]:
    pairs = opinions_with_dispositions(session, case.id)
    return sorted((opinion for opinion, _ in pairs), key=lambda opinion: opinion.code)


def _asked(row: Supplement) -> str:
    return "；".join(map(str, row.items))


_LINKED: tuple[tuple[str, str, Callable[[Session, Evaluation], list[Any]], Callable[[Any], str]], ...] = (
    ("supplement", "补正", lambda session, case: _by_code(session, Supplement, case), _asked),
    ("finding", "核查发现", lambda session, case: _by_code(session, Finding, case), lambda row: row.text),
    ("opinion", "意见", _opinions_by_code, lambda row: row.text or row.place),
)


def _linked_to(session: Session, case: Evaluation) -> Options:
    """Return what some piece of evidence speaks for now, of the kinds that may be unlinked alone."""
    found = pieces_with_links(session, case).items()
    linked = {f"{one.target_kind}:{one.target}" for piece, links in found for one in links if not piece.void}
    return [(value, text) for value, text in _link_targets(session, case) if value in linked]


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
    "adjusted": _adjusted,
    "evidence": _evidence,
    "templates": _templates,
    "link_targets": _link_targets,
    "linked_to": _linked_to,
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
    "paper_targets": _paper_targets,
    "periods": _periods,
    "waiting_extensions": _waiting_extensions,
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
