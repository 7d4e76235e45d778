"""Everything a sheet is computed from: results, reasons, claims, money, events. Order never matters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from service.scoring.arithmetic import Calendar
from service.scoring.inputs import LeafInput

TOTAL = ""
TOTAL_NAMES = frozenset({"", "total"})


@dataclass(frozen=True, slots=True)
class DeductionFact:
    """Points lost at any node (``""`` or ``total``: the total); `amount` None is 来源未载."""

    id: str
    node: str
    stage: str
    amount: str | None
    reason: str
    clause: str = ""
    evidence: tuple[str, ...] = ()
    author: str = ""


@dataclass(frozen=True, slots=True)
class BonusFact:
    """Points added at any node; `amount` is not negative."""

    id: str
    node: str
    stage: str
    amount: str
    reason: str
    clause: str = ""
    evidence: tuple[str, ...] = ()
    author: str = ""


@dataclass(frozen=True, slots=True)
class AdjustmentFact:
    """裁量调整: what is awarded at an element, leaf, level or total instead of the rule's figure.

    An element is named by `element`, or by writing ``node/element`` as `node`.
    """

    id: str
    node: str
    target: str
    awarded: str
    reason: str
    author: str = ""
    element: str = ""
    stage: str = ""
    clause: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Return node ("" for the total) and element ("" if none)."""
        node, _, element = self.node.partition("/")
        return ("" if node in TOTAL_NAMES else node), self.element or element


@dataclass(frozen=True, slots=True)
class ScoringFacts:
    """What one sheet is computed from.

    Args:
        inputs: results by node code; a parent may carry a typed `awarded`.
        deductions, adjustments, bonuses: the ones that count; who decides that is not scoring's business.
        claims: 自评得分 by node code, as text.
        money: 分 of yuan by code.
        flags: codes of framework events that happened.
        rulings: recorded rulings, so far ``grade`` for a total that lies in no band.
        input_stages: stage in which each result was recorded, for the waterfall.
        claims_stand: an undecided leaf counts with its claim (only for the waterfall).
    """

    inputs: Mapping[str, LeafInput] = field(default_factory=dict)
    deductions: tuple[DeductionFact, ...] = ()
    adjustments: tuple[AdjustmentFact, ...] = ()
    bonuses: tuple[BonusFact, ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    money: Mapping[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    rulings: Mapping[str, str] = field(default_factory=dict)
    input_stages: Mapping[str, str] = field(default_factory=dict)
    claims_stand: bool = False

    def deductions_at(self, node: str) -> tuple[DeductionFact, ...]:
        """Return the deductions at a node, in order of id."""
        return tuple(
            sorted((one for one in self.deductions if _at(one.node) == node), key=lambda one: one.id)
        )

    def bonuses_at(self, node: str) -> tuple[BonusFact, ...]:
        """Return the bonuses at a node, in order of id."""
        return tuple(sorted((one for one in self.bonuses if _at(one.node) == node), key=lambda one: one.id))

    def adjustments_at(self, node: str) -> tuple[AdjustmentFact, ...]:
        """Return the adjustments of a node as a whole, in order of id."""
        found = (one for one in self.adjustments if one.place == (node, ""))
        return tuple(sorted(found, key=lambda one: one.id))

    def element_adjustments_at(self, node: str) -> tuple[AdjustmentFact, ...]:
        """Return the adjustments of elements of a node, in order of id."""
        found = (one for one in self.adjustments if one.place[0] == node and one.place[1])
        return tuple(sorted(found, key=lambda one: one.id))

    def through(self, stages: Collection[str]) -> ScoringFacts:
        """Return the facts known when `stages` were done; what has no stage counts always."""
        known = {"", *stages}
        return replace(
            self,
            inputs={
                code: one for code, one in self.inputs.items() if self.input_stages.get(code, "") in known
            },
            deductions=tuple(one for one in self.deductions if one.stage in known),
            adjustments=tuple(one for one in self.adjustments if one.stage in known),
            bonuses=tuple(one for one in self.bonuses if one.stage in known),
        )


def _at(node: str) -> str:
    return TOTAL if node in TOTAL_NAMES else node
