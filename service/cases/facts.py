"""The scoring facts a case file holds, as they stand at its end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from service.cases.model import Case
from service.cases.source import CaseFile
from service.queries.issuing import DUE, PUBLICITY, SECRECY
from service.queries.sheet import claimed_inputs
from service.queries.workdays import work_calendar
from service.quotations.printed import exact_spelling
from service.scoring.facts import AdjustmentFact, DeductionFact, ScoringFacts
from service.scoring.inputs import LeafInput
from service.workflow.kinds import KINDS, Kind, Result

FEN = {"元": 100, "万元": 1_000_000, "亿元": 10_000_000_000}


def fen_of(amount: str, unit: str) -> int:
    """Return the sum in 分, rounded to the nearest; `amount` is a decimal in `unit`."""
    return int(Fraction(amount) * FEN[unit] + Fraction(1, 2))


def money_of(case: Case) -> dict[str, int]:
    """Return the stated sums in 分 by code."""
    return {m.code: fen_of(m.amount, m.unit) for m in case.money if m.amount is not None}


def rulings_of(case: Case) -> dict[str, str]:
    """Return the recorded ruling on the grade with its ground; empty if there is none."""
    return {"grade": case.ruling.grade, "ground": case.ruling.ground} if case.ruling else {}


def not_stated_of(case: Case) -> list[str]:
    """Return what 下达 needs and the case does not state, by the names the process asks for it."""
    due = case.self_assessment.due_on if case.self_assessment else None
    stated = {DUE: due is not None, SECRECY: bool(case.secrecy), PUBLICITY: bool(case.publicity)}
    return [name for name, given in stated.items() if not given]


def claims_of(case: Case) -> dict[str, str]:
    """Return the claimed points by node code; what is not stated is left out."""
    own = case.self_assessment
    if own is None:
        return {}
    lines = {code: line.points for code, line in own.lines.items()}
    return {code: points for code, points in {**lines, **own.points}.items() if points}


def scoring_facts(file: CaseFile, sheet: str = "") -> ScoringFacts:
    """Return what the sheet of this name is computed from: every revision, effect and withdrawal applied."""
    case = file.case
    results: Mapping[str, Any] = case.sheet_results.get(sheet, {}) if sheet else case.results
    given = {code: LeafInput.from_plain(plain) for code, plain in results.items()}
    if KINDS[Kind(case.kind)].result is Result.CLAIMED and not sheet:
        given = claimed_inputs(file.framework, given, claims_of(case))
    return ScoringFacts(
        inputs=given,
        deductions=tuple(d for d in _deductions(file, sheet)),
        adjustments=tuple(_adjustments(case, sheet)),
        claims=claims_of(case),
        money=money_of(case),
        flags=tuple(e.code for e in case.events if e.happened),
        calendar=work_calendar(),
        rulings=rulings_of(case),
    )


def _deductions(file: CaseFile, sheet: str) -> list[DeductionFact]:
    effects = _effects(file.case)
    found = []
    for item in file.case.deductions:
        if item.sheet != sheet or item.withdrawn is not None:
            continue
        amount, reason = item.amount, item.reason
        if item.awarded is not None:
            node = file.framework.by_code[item.node]
            amount = exact_spelling((node.max or Fraction(0)) - Fraction(item.awarded))
        own = [change for change in item.revisions if change.origin == "team"]
        later = [change for change in item.revisions if change.origin != "team"]
        for change in own:
            amount, reason = (amount if change.amount == "" else change.amount), change.reason
        amount = effects.get(item.code, amount)
        for change in later:
            amount, reason = (amount if change.amount == "" else change.amount), change.reason
        if amount is None or item.code not in effects or Fraction(amount) != 0:
            found.append(
                DeductionFact(
                    item.code, item.node, item.stage, amount, reason, item.clause, item.evidence, item.by
                )
            )
    return found


def _effects(case: Case) -> dict[str, str]:
    opinions = case.consultation.opinions if case.consultation else ()
    return {
        effect.deduction: effect.amount or "0"
        for opinion in opinions
        if opinion.disposition
        for effect in opinion.disposition.points
    }


def _adjustments(case: Case, sheet: str) -> list[AdjustmentFact]:
    found = []
    for item in case.adjustments:
        if item.sheet != sheet or item.withdrawn is not None:
            continue
        awarded = item.awarded or "0"
        for change in item.revisions:
            awarded = change.amount or awarded
        node = "" if item.target == "total" else item.node
        found.append(
            AdjustmentFact(
                item.code,
                node,
                item.target,
                awarded,
                item.reason,
                item.by,
                element=item.element,
                stage=item.stage,
                clause=item.clause,
            )
        )
    return found
