"""Values of a framework and its score sheets as the report prints them (parts of a snapshot).

Points are exact text: a finite decimal as written (``4.5``) or a fraction (``2145/5823``);
None means "no figure", never zero.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node of the indicator framework with the texts its tables print.

    `level` counts from 1; `parent` is "" for roots; `max` is exact text or None; `criteria` the
    评分标准 text, lines separated by newline; `block` is "" or the code of its ± block.
    """

    code: str
    name: str
    level: int
    parent: str = ""
    max: str | None = None
    leaf: bool = False
    nature: str = ""
    direction: str = ""
    target: str = ""
    actual: str = ""
    unit: str = ""
    explanation: str = ""
    source: str = ""
    standard: str = ""
    criteria: str = ""
    clause: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """One grade band, half-open: from `low` (included) up to the next band; exact text."""

    name: str
    low: str


@dataclass(frozen=True, slots=True)
class FrameworkView:
    """The framework as printed: level names, nodes in document order, bands from best to worst."""

    code: str
    name: str
    version: str = "1"
    levels: tuple[str, ...] = ("一级指标", "二级指标", "三级指标")
    basis: tuple[str, ...] = ()
    nodes: tuple[NodeView, ...] = ()
    bands: tuple[Band, ...] = ()
    max: str | None = None
    places: int = 2
    rate_places: int = 2
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineView:
    """One scored line; every number exact text or None. `rate` is a ratio (0-1), not a percent.

    `deductions`, `bonuses` and `adjustment` are sums in 分; `steps` the arithmetic in Chinese, in
    order; `status` e.g. scored, not_scored, not_computable with its ground in `note`.
    """

    code: str
    name: str
    level: int
    parent: str = ""
    max: str | None = None
    claimed: str | None = None
    rule_points: str | None = None
    deductions: str | None = None
    bonuses: str | None = None
    adjustment: str | None = None
    awarded: str | None = None
    rate: str | None = None
    steps: tuple[str, ...] = ()
    status: str = "scored"
    note: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block beside the tree: `kind` negative or bonus, `floor`/`awarded` exact text."""

    code: str
    name: str
    kind: str = "negative"
    floor: str | None = None
    awarded: str | None = None


@dataclass(frozen=True, slots=True)
class CompositeView:
    """One weighted dimension: `weight` a ratio as exact text (``2/5``), `awarded` in 分."""

    node: str
    name: str
    weight: str
    awarded: str | None = None


@dataclass(frozen=True, slots=True)
class SheetView:
    """One score sheet; `total` and `grade` None when not computable, with the ground in `note`.

    `lowered`: 分 that caps and events took from the sum of all lines and blocks.
    """

    code: str = ""
    name: str = ""
    max: str | None = None
    total: str | None = None
    rate: str | None = None
    grade: str | None = None
    lines: tuple[LineView, ...] = ()
    blocks: tuple[BlockView, ...] = ()
    composite: tuple[CompositeView, ...] = ()
    steps: tuple[str, ...] = ()
    note: str = ""
    lowered: str | None = None
