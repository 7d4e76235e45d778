"""The waterfall: what the total was after each stage, from 自评 to 定稿."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework
from service.scoring.quantities import exact
from service.scoring.sheet import score

SELF_ASSESSMENT = "self_assessment"


@dataclass(frozen=True, slots=True)
class Stand:
    """The total in 分 when a stage was done; None when it cannot be computed, with the reason."""

    stage: str
    label: str
    total: Fraction | None
    change: Fraction | None
    note: str = ""


def waterfall(
    framework: Framework,
    facts: ScoringFacts,
    *,
    stages: Sequence[tuple[str, str]],
    claimed_total: str | None = None,
) -> tuple[Stand, ...]:
    """Return one stand per (stage, label), in order.

    - Self-assessment shows what the unit claimed: `claimed_total`, else the sheet of its claims.
    - Later stages count results and reasons recorded up to then; an undecided leaf stands with its claim.
    - `change` is the difference to the last known stand.
    """
    stands: list[Stand] = []
    done: list[str] = []
    last: Fraction | None = None
    for stage, label in stages:
        done.append(stage)
        total, note = _total(framework, facts, done, claimed_total)
        change = None if total is None or last is None else total - last
        stands.append(Stand(stage, label, total, change, note))
        last = total if total is not None else last
    return tuple(stands)


def _total(
    framework: Framework, facts: ScoringFacts, done: list[str], claimed_total: str | None
) -> tuple[Fraction | None, str]:
    if done == [SELF_ASSESSMENT]:
        if claimed_total is not None:
            return exact(claimed_total), ""
        claimed = ScoringFacts(claims=facts.claims, claims_stand=True)
        sheet = score(framework, claimed)
    else:
        known = facts.through(done)
        sheet = score(framework, replace(known, claims_stand=True))
    return sheet.total, sheet.note
