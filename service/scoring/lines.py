"""One line of a score sheet and the entries that make up its deductions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.methods.base import ElementResult

ZERO = Fraction(0)


class Status(StrEnum):
    """Whether a line has points, and if not, why."""

    SCORED = "scored"
    NOT_COMPUTABLE = "not_computable"
    NO_INPUT = "no_input"
    NOT_SCORED = "not_scored"
    NOT_SEPARATE = "not_separate"
    NO_POINTS = "no_points"
    NO_TOTAL = "no_total"
    SHARED = "shared"
    DROPPED = "dropped"
    MOVED = "moved"
    CLAIMED = "claimed"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _LABELS[self]


_LABELS = {
    Status.SCORED: "已评分",
    Status.NOT_COMPUTABLE: "不能计算",
    Status.NO_INPUT: "尚未录入",
    Status.NOT_SCORED: "不评分",
    Status.NOT_SEPARATE: "未单独评分",
    Status.NO_POINTS: "未设分值",
    Status.NO_TOTAL: "不汇总",
    Status.SHARED: "合并计分",
    Status.DROPPED: "已去掉",
    Status.MOVED: "分值已移走",
    Status.CLAIMED: "暂按自评",
}


class EntryKind(StrEnum):
    """Where an entry of the ledger comes from."""

    RULE = "rule"
    DEDUCTION = "deduction"
    BONUS = "bonus"
    ROUNDING = "rounding"
    CAP = "cap"
    EVENT = "event"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _KINDS[self]


_KINDS = {
    EntryKind.RULE: "按评分标准",
    EntryKind.DEDUCTION: "扣分",
    EntryKind.BONUS: "加分",
    EntryKind.ROUNDING: "取整",
    EntryKind.CAP: "上限",
    EntryKind.EVENT: "否决或降档",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount of the ledger, in 分.

    Args:
        id: of the deduction or bonus; "" for one the computation made.
        nominal: as stated, None if 来源未载; `effective` what it takes (扣完为止), None if it only explains.
    """

    kind: EntryKind
    id: str
    reason: str
    nominal: Fraction | None
    effective: Fraction | None


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line; identity: awarded = max − deductions + bonuses + adjustment whenever awarded is not None.

    Args:
        max: full marks in 分 after dropping and moving; `printed_max` as the framework prints them.
        claimed: 自评得分 as text.
        rule_points: the rule's own figure, kept for ever beside an adjustment.
        rate: awarded / max as a ratio; None without points or full marks.
        note: why there are no points, or what the reader must know.
    """

    code: str
    name: str
    level: int
    parent: str = ""
    block: str = ""
    leaf: bool = True
    max: Fraction | None = None
    printed_max: Fraction | None = None
    claimed: str | None = None
    rule_points: Fraction | None = None
    deductions: Fraction | None = None
    bonuses: Fraction | None = None
    adjustment: Fraction | None = None
    awarded: Fraction | None = None
    rate: Fraction | None = None
    steps: tuple[str, ...] = ()
    status: Status = Status.SCORED
    note: str = ""
    warnings: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    elements: tuple[ElementResult, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def scored(self) -> bool:
        """Return whether the line has points."""
        return self.awarded is not None

    @property
    def counts(self) -> bool:
        """Return whether the parent sums this line up."""
        return self.status not in (Status.SHARED, Status.DROPPED, Status.MOVED)


def deduction_for(line: SheetLine, awarded: Fraction) -> Fraction:
    """Return the amount of one new deduction row that brings a scored line down to `awarded`.

    Deduction rows explain the rule's loss before they add to it (FORMAT.md section 17), so the row must cover
    the whole loss not yet stated by other rows. Zero or less: no row can do it, an adjustment is needed.
    Worked: max 4, rule 3, no rows: 2.5 needs a row of 1.5, not of 0.5.
    """
    full = line.max if line.max is not None else ZERO
    stated = sum((entry.nominal or ZERO for entry in line.entries if entry.kind is EntryKind.DEDUCTION), ZERO)
    loss = full + (line.bonuses or ZERO) + (line.adjustment or ZERO) - awarded
    return loss - stated if loss > (line.deductions or ZERO) else ZERO
