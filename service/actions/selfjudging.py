"""What a 自评表 of a batch is worth: lines scored by their rules, checks, its number among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from typing import Any

from service import frameworks
from service.actions.intakes import Outcome, refused
from service.errors import Problem
from service.frameworks.fromclaims import ADJUSTED, PAID, framework_text, results_of
from service.models.operational import ItemState
from service.queries.intakes import LISTED, Item
from service.queries.sheet import SCALE
from service.scoring.claimchecks import (
    PLACES,
    ZERO,
    Asked,
    Finding,
    Norm,
    at_stake,
    claimed_sum,
    findings,
    number,
)
from service.scoring.claims import ClaimForm
from service.scoring.facts import ScoringFacts
from service.scoring.inputs import LeafInput
from service.scoring.quantities import exact, exact_text, show
from service.scoring.rounding import round_points
from service.scoring.sheet import score

CAPS, AHEAD, SLACK, YEAR = "caps", "ahead", "slack", "year"
"""Names of the settings of a batch."""


@dataclass(frozen=True)
class Judged:
    """What the checks found: columns and data of the item."""

    columns: Mapping[str, Any]
    data: Mapping[str, Any]


def norm_of(settings: Mapping[str, Any]) -> Norm:
    """Return what a batch asks for; what its settings leave out is as everywhere."""
    usual = Norm()
    caps = settings.get(CAPS)
    return Norm(
        caps=usual.caps if caps is None else tuple((exact(below), exact(most)) for below, most in caps),
        ahead=exact(settings[AHEAD]) if AHEAD in settings else usual.ahead,
        slack=exact(settings[SLACK]) if SLACK in settings else usual.slack,
    )


def judged(form: ClaimForm, settings: Mapping[str, Any]) -> Judged:
    """Return the form scored and checked.

    Raises:
        InvalidError: its lines make no framework; with every fault.
    """
    norm = norm_of(settings)
    framework = frameworks.parse(framework_text(form, norm), name="framework")
    inputs = {node: LeafInput.from_plain(data) for node, data in results_of(form).items()}
    sheet = score(framework, ScoringFacts(inputs=inputs, money=money_of(form)))
    rule = {line.code: sheet.line(line.code).rule_points for line in form.lines}
    asked = Asked(form, rule, norm, settings.get(YEAR, ""))
    found = findings(asked)
    hard = sum(finding.check.hard for finding in found)
    names = dict.fromkeys(finding.check.value for finding in found)
    columns = {
        "hard": hard,
        "doubts": len(found) - hard,
        "stake": int(at_stake(asked) * SCALE),
        "total": form.total,
        "checks": f",{','.join(names)}," if names else "",
    }
    return Judged(columns, {"findings": [_plain(each) for each in found], "facts": facts_of(asked)})


def money_of(form: ClaimForm) -> dict[str, int]:
    """Return the money its measures ask for, in 分 of yuan by code."""
    whole = form.whole
    if whole is None or form.execution is None:
        return {}
    return {ADJUSTED: whole.adjusted or 0, PAID: whole.paid or 0}


def facts_of(asked: Asked) -> dict[str, str]:
    """Return the figures of the form that lists and tables show, as text by name."""
    form, whole = asked.form, asked.form.whole
    rate = form.execution
    return {
        "department": form.department,
        "year": form.year,
        "adjusted": _wan(whole.adjusted) if whole else "",
        "paid": _wan(whole.paid) if whole else "",
        "rate": f"{show(rate * 100, PLACES)}%" if rate is not None else "",
        "summed": exact_text(claimed_sum(form)),
        "computed": exact_text(_computed(asked)),
    }


def _computed(asked: Asked) -> Fraction:
    """Return the total the rules give, judged lines as claimed, under the cap of execution."""
    total = ZERO
    for line in asked.form.lines:
        rule = asked.rule.get(line.code)
        total += round_points(rule, places=PLACES) if rule is not None else number(line.points) or ZERO
    cap = asked.norm.cap(asked.form.execution)
    return min(total, cap[1]) if cap is not None else total


def _wan(fen: int | None) -> str:
    return "" if fen is None else exact_text(Fraction(fen, 1_000_000))


def _plain(finding: Finding) -> list[str]:
    check, *rest = astuple(finding)
    return [check.value, *rest]


def codes_judged(items: Sequence[Item], settings: Mapping[str, Any]) -> list[Outcome]:
    """Return which of the items read are kept out by their number: not on the list, or there twice.

    One file sent twice counts once; of different files with one number none does.
    """
    read = [item for item in items if item.state == ItemState.READ.value]
    listed = settings.get(LISTED)
    known = None if listed is None else frozenset(listed)
    same: dict[str, list[Item]] = {}
    for item in read:
        same.setdefault(item.code, []).append(item)
    found = []
    for item in read:
        problem = _unlisted(item, known) or _twice(item, same[item.code])
        if problem is not None:
            found.append(refused(item.number, [problem]))
    return found


def _unlisted(item: Item, known: frozenset[str] | None) -> Problem | None:
    if known is None or item.code in known:
        return None
    cure = "核对项目编号；确属本批的，先补进清单"
    return Problem("项目编号不在清单内", value=item.code, allowed="项目清单中的编号", cure=cure)


def _twice(item: Item, own: Sequence[Item]) -> Problem | None:
    if len(own) == 1:
        return None
    others = "、".join(other.path for other in own if other is not item)
    if len({other.sha256 for other in own}) > 1:
        cure = "确定以哪一份为准，只报这一份"
        return Problem(f"同一编号有 {len(own)} 份不同的自评表", value=others, allowed="一项一份", cure=cure)
    if item is own[0]:
        return None
    return Problem("与另一份完全相同，只登记一次", value=own[0].path, allowed="一项一份", cure="不必处理")
