"""An indicator framework (指标体系): immutable once read. `service.frameworks` reads it from YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from service.scoring.expressions import Expression
from service.scoring.grades import Grades
from service.scoring.intervals import Interval
from service.scoring.measures import Declared, Measure
from service.scoring.methods.base import Rule
from service.scoring.modifiers import Modifier
from service.scoring.rounding import Rounding, Step
from service.scoring.states import Missing


class TotalKind(StrEnum):
    """How the total is had: sum of the roots, weighted dimensions, or none at all."""

    SUM = "sum"
    COMPOSITE = "composite"
    NONE = "none"


class BlockKind(StrEnum):
    """Which way a block beside the tree moves the total."""

    NEGATIVE = "negative"
    BONUS = "bonus"
    MIXED = "mixed"


class PoolHow(StrEnum):
    """How lines of a pool share its points."""

    SCALED = "scaled"
    CAPPED = "capped"


class Phase(StrEnum):
    """One phase of the computation, in the printed default order."""

    LEAVES = "leaves"
    LEVELS = "levels"
    BLOCKS = "blocks"
    COMPOSITE = "composite"
    CAPS = "caps"
    ROUNDING = "rounding"
    VETO = "veto"
    GRADE = "grade"
    CONSEQUENCES = "consequences"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _PHASES[self]


_PHASES = {
    Phase.LEAVES: "末级得分",
    Phase.LEVELS: "逐级合计",
    Phase.BLOCKS: "加减分",
    Phase.COMPOSITE: "综合加权",
    Phase.CAPS: "总分封顶",
    Phase.ROUNDING: "取整",
    Phase.VETO: "降档与否决（对总分）",
    Phase.GRADE: "定等次（再降档）",
    Phase.CONSEQUENCES: "结果应用",
}


class Effect(StrEnum):
    """What an event does when it happened."""

    DOWNGRADE = "downgrade"
    GRADE = "grade"
    CAP = "cap"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Basis:
    """A rule the framework rests on."""

    title: str
    clause: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """标准值 and where it comes from."""

    text: str = ""
    source: str = ""


@dataclass(frozen=True)
class Node:
    """One indicator of any level.

    Args:
        max: full marks in 分; for a parent the sum of its children where those have points; None if none.
        printed_max: as printed, None if not printed.
        level: from 1; `block` is "" inside the tree.
    """

    code: str
    name: str
    level: int = 1
    parent: str = ""
    block: str = ""
    max: Fraction | None = None
    printed_max: Fraction | None = None
    nature: str = ""
    direction: str = ""
    unit: str = ""
    target: str = ""
    explanation: str = ""
    criteria: str = ""
    standard: Standard = Standard()
    clause: str = ""
    evidence: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    declared: Mapping[str, Declared] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    rule: Rule | None = None
    rule_clause: str = ""
    rule_note: str = ""
    missing: Missing = field(default_factory=dict)
    modifiers: tuple[Modifier, ...] = ()
    share_of: str = ""
    pool: PoolHow | None = None
    rounding: Step | None = None
    children: tuple[Node, ...] = ()

    @property
    def leaf(self) -> bool:
        """Return whether nothing stands below."""
        return not self.children

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Block:
    """Points beside the tree; None is no limit."""

    code: str
    name: str
    kind: BlockKind
    floor: Fraction | None
    cap: Fraction | None
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A root that enters the composite total with a weight (ratio)."""

    node: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Subtotal:
    """An extra sum over the nodes that carry a flag."""

    flag: str
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that lowers total or grade when a case records that it happened."""

    code: str
    name: str
    effect: Effect
    by: int = 1
    grade: str = ""
    points: Fraction | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class CapBand:
    """If the cap's value lies in `when`, the total is at most `cap` (None: no limit)."""

    when: Interval
    cap: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap of the total by bands of a measure."""

    code: str
    name: str
    value: Expression
    bands: tuple[CapBand, ...]


@dataclass(frozen=True, slots=True)
class Consequence:
    """Payment or budget effect printed when it applies; never feeds back."""

    text: str
    grade: str = ""
    when: Interval | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class PrintedDefect:
    """A fault of somebody's framework, kept as printed beside the computed value."""

    path: str
    printed: str
    computed: str = ""
    note: str = ""


@dataclass(frozen=True)
class Framework:
    """The whole; `plain` is the tree of text it was read from."""

    code: str
    name: str
    version: str
    note: str = ""
    template: bool = False
    basis: tuple[Basis, ...] = ()
    levels: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    blocks: tuple[Block, ...] = ()
    max: Fraction | None = None
    total: TotalKind = TotalKind.SUM
    composite: tuple[Dimension, ...] = ()
    subtotals: tuple[Subtotal, ...] = ()
    rounding: Rounding = field(default_factory=Rounding)
    grades: Grades | None = None
    events: tuple[Event, ...] = ()
    caps: tuple[Cap, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    missing: Missing = field(default_factory=dict)
    order: tuple[Phase, ...] = tuple(Phase)
    printed_defects: tuple[PrintedDefect, ...] = ()
    plain: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def walk(self) -> Iterator[Node]:
        """Yield every node of the tree, then of the blocks, in document order."""
        for node in self.nodes:
            yield from node.walk()
        for block in self.blocks:
            for node in block.children:
                yield from node.walk()

    @cached_property
    def by_code(self) -> Mapping[str, Node]:
        """Return every node by its code."""
        return {node.code: node for node in self.walk()}

    @property
    def codes(self) -> tuple[str, ...]:
        """Return codes of all nodes and blocks in document order."""
        return (*self.by_code, *(block.code for block in self.blocks))

    def node(self, code: str) -> Node:
        """Return the node with this code.

        Raises:
            KeyError: there is none.
        """
        return self.by_code[code]

    @property
    def leaves(self) -> tuple[Node, ...]:
        """Return all leaves of tree and blocks in document order."""
        return tuple(node for node in self.walk() if node.leaf)

    def treatments(self, node: Node) -> Missing:
        """Return the treatments of missing values at `node`; its own come before the framework's."""
        return {**self.missing, **node.missing}
