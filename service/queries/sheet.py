"""The score sheet of a case, derived anew from results and reasons whenever somebody asks.

- Only `SUBMITTED` and, until the leader submits, `DRAFT` reasons count; `PENDING` and withdrawn ones not.
- A case without an approved plan has no sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from service import frameworks
from service.errors import NotFoundError
from service.models.evaluation import Evaluation, MoneyFact
from service.models.plan import FrameworkVersion
from service.models.score import Adjustment, Deduction, LeafResult, ReasonState
from service.models.selfassessment import Claim
from service.queries.evidence import linked_evidence
from service.queries.once import once, rows_of
from service.queries.workdays import work_calendar
from service.scoring.facts import AdjustmentFact, BonusFact, DeductionFact, ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.joint import declared, joined
from service.scoring.methods.not_stated import NotStated
from service.scoring.quantities import exact, exact_text
from service.scoring.sheet import ScoreSheet, score
from service.workflow.kinds import KINDS, Kind, Result

SCALE = 10**6
_COUNTING = (ReasonState.SUBMITTED, ReasonState.DRAFT)


@dataclass(frozen=True, slots=True)
class CurrentSheet:
    """A derived sheet with what pages need of it."""

    sheet: ScoreSheet
    framework: Framework
    inputs: Mapping[str, LeafInput]

    @property
    def total(self) -> Fraction | None:
        """Return the total in 分, None when it is not computable."""
        return self.sheet.total

    @property
    def total_text(self) -> str | None:
        """Return the total as exact text."""
        return None if self.sheet.total is None else exact_text(self.sheet.total)

    @property
    def grade(self) -> str | None:
        """Return the grade, None when undetermined."""
        return self.sheet.grade


@once
def framework_of(session: Session, case: Evaluation) -> Framework:
    """Return the framework in force.

    Raises:
        NotFoundError: before a plan was approved.
    """
    version = session.get(FrameworkVersion, case.framework_id) if case.framework_id else None
    if version is None:
        raise NotFoundError("评价还没有批准的指标体系")
    return parsed_text(version.sha256, version.body)


@lru_cache(maxsize=64)
def parsed_text(digest: str, body: str) -> Framework:
    """Parse a locked framework once per process; `digest` is of `body`, so equal means equal."""
    return frameworks.parse(body, name="framework")


def needs_input(framework: Framework) -> tuple[str, ...]:
    """Return the codes of leaves that cannot be scored without a result; not those with 来源未载 rules."""
    return tuple(
        node.code
        for node in framework.leaves
        if node.rule is not None and not isinstance(node.rule, NotStated) and not node.share_of
    )


def scoring_facts(session: Session, case: Evaluation, *, sheet: str = "") -> ScoringFacts:
    """Return everything the sheet of this name is computed from."""
    return _facts(session, case, sheet)


@dataclass(frozen=True, slots=True)
class Sources:
    """The rows sheets are computed from, as they are or as they once were.

    Args:
        facts: of the case; `links` the codes of live evidence by kind of target and target.
    """

    kind: Kind
    facts: Mapping[str, Any]
    framework: Framework | None
    results: Sequence[Any]
    deductions: Sequence[Any]
    adjustments: Sequence[Any]
    claims: Sequence[Any]
    money: Sequence[Any]
    links: Mapping[tuple[str, str], tuple[str, ...]]


@once
def _sources(session: Session, case: Evaluation) -> Sources:
    return Sources(
        kind=case.kind,
        facts=case.facts,
        framework=framework_of(session, case) if case.framework_id is not None else None,
        results=rows_of(session, LeafResult, case.id),
        deductions=rows_of(session, Deduction, case.id),
        adjustments=rows_of(session, Adjustment, case.id),
        claims=rows_of(session, Claim, case.id),
        money=rows_of(session, MoneyFact, case.id),
        links=linked_evidence(session, case),
    )


@once
def _facts(session: Session, case: Evaluation, sheet: str) -> ScoringFacts:
    return facts_from(_sources(session, case), sheet)


def facts_from(sources: Sources, sheet: str = "") -> ScoringFacts:
    """Return everything the sheet of this name is computed from, out of these rows.

    Raises:
        NotFoundError: what the unit claims counts, and no plan was approved yet.
    """
    results = _of(sources.results, sheet)
    reasons = [d for d in _of(sources.deductions, sheet) if d.state in _COUNTING]
    claims = {row.node: row.points for row in sources.claims if row.points is not None}
    given = {row.node: LeafInput.from_plain(row.data) for row in results}
    if KINDS[sources.kind].result is Result.CLAIMED and not sheet:
        if sources.framework is None:
            raise NotFoundError("评价还没有批准的指标体系")
        given = claimed_inputs(sources.framework, given, claims)
    return ScoringFacts(
        inputs=given,
        deductions=tuple(
            DeductionFact(**_reason(d, sources.links), amount=d.amount) for d in reasons if not d.bonus
        ),
        bonuses=tuple(
            BonusFact(**_reason(d, sources.links), amount=d.amount or "0") for d in reasons if d.bonus
        ),
        adjustments=tuple(
            AdjustmentFact(
                id=a.code,
                node=a.node,
                target=a.target,
                awarded=a.awarded,
                reason=a.reason,
                author=a.author,
                stage=a.stage.value,
                clause=a.clause,
            )
            for a in _of(sources.adjustments, sheet)
            if a.state in _COUNTING
        ),
        claims=claims,
        money={row.code: row.fen for row in sources.money if row.fen is not None},
        flags=tuple(sources.facts.get("events", ())),
        calendar=work_calendar(),
        rulings=dict(sources.facts.get("rulings", {})),
        input_stages={row.node: row.stage.value for row in results},
    )


def claimed_inputs(
    framework: Framework, given: Mapping[str, LeafInput], claims: Mapping[str, str]
) -> dict[str, LeafInput]:
    """Return the results of a 单位自评: where the unit claims points and gives no others, the claim counts.

    A rule that can be computed keeps its figure; a claim that differs is noted on the line.
    """
    found = dict(given)
    for code, points in claims.items():
        result = found.get(code, LeafInput())
        if code in framework.by_code and not result.awarded:
            found[code] = replace(result, awarded=points)
    return found


def _reason(row: Deduction, links: Mapping[tuple[str, str], tuple[str, ...]]) -> dict[str, Any]:
    return {
        "id": row.code,
        "node": row.node,
        "stage": row.stage.value,
        "reason": row.reason,
        "clause": row.clause,
        "evidence": links.get(("deduction", row.code), ()),
        "author": row.author,
    }


def _of(rows: Sequence[Any], sheet: str) -> Sequence[Any]:
    return [row for row in rows if row.sheet == sheet]


def current_sheet(session: Session, case: Evaluation, *, sheet: str = "") -> CurrentSheet | None:
    """Return the sheet as it follows from what is stored now; None before a plan was approved."""
    return _current(session, case, sheet)


@once
def _current(session: Session, case: Evaluation, sheet: str) -> CurrentSheet | None:
    if case.framework_id is None:
        return None
    framework = framework_of(session, case)
    facts = scoring_facts(session, case, sheet=sheet)
    made = score(framework, facts)
    if case.facts.get("aggregate") and not sheet:
        made = _joined(_sources(session, case), made, framework)
    return CurrentSheet(made, framework, facts.inputs)


def sheet_from(sources: Sources, sheet: str = "") -> ScoreSheet | None:
    """Return the sheet of this name that follows from these rows; None before a plan was approved."""
    if sources.framework is None:
        return None
    made = score(sources.framework, facts_from(sources, sheet))
    if sources.facts.get("aggregate") and not sheet:
        made = _joined(sources, made, sources.framework)
    return made


def _joined(sources: Sources, own: ScoreSheet, framework: Framework) -> ScoreSheet:
    """Return the joint sheet of a case that is scored in several and says how they are joined."""
    names = sources.facts.get("sheets", ())
    sheets = {name: score(framework, facts_from(sources, name)) for name in names}
    rulings = sources.facts.get("rulings", {})
    return joined(own, sheets, framework, declared(sources.facts["aggregate"]), rulings=rulings)


def scaled(total: str | None) -> int | None:
    """Return the total as an integer of millionths of a 分, rounded down, for sorting only."""
    return None if total is None else int(exact(total) * SCALE)
