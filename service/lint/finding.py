"""What the checker says about one place of a report. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from service.lint.document import Spot


class Severity(Enum):
    """错误: does not follow; 待核: somebody must look; 提示: worth knowing."""

    ERROR = "错误"
    REVIEW = "待核"
    HINT = "提示"


class Family(Enum):
    """What a rule compares; the value is public, the label stands in reports of the checker."""

    RATE = "rate"
    LEDGER = "ledger"
    SUM = "sum"
    RATIO = "ratio"
    MEAN = "mean"
    WEIGHTED = "weighted"
    BAND = "band"
    COUNT = "count"
    RUBRIC = "rubric"
    CROSS = "cross"
    FACT = "fact"
    NUMBERING = "numbering"
    REPEAT = "repeat"
    BRACKET = "bracket"
    PLACEHOLDER = "placeholder"
    DATE = "date"
    BLANK = "blank"
    UNSTATED = "unstated"
    REFERENCE = "reference"
    FORMAT = "format"
    IDENTICAL = "identical"
    MISSING = "missing"
    WORDING = "wording"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return LABELS[self]


LABELS: dict[Family, str] = {
    Family.RATE: "得分率",
    Family.LEDGER: "扣分",
    Family.SUM: "合计",
    Family.RATIO: "比率",
    Family.MEAN: "平均",
    Family.WEIGHTED: "加权",
    Family.BAND: "等级",
    Family.COUNT: "个数",
    Family.RUBRIC: "评分标准",
    Family.CROSS: "表文一致",
    Family.FACT: "前后一致",
    Family.NUMBERING: "编号",
    Family.REPEAT: "重复",
    Family.BRACKET: "括号",
    Family.PLACEHOLDER: "占位",
    Family.DATE: "日期",
    Family.BLANK: "漏填",
    Family.UNSTATED: "扣分无数额",
    Family.REFERENCE: "引用",
    Family.FORMAT: "写法",
    Family.IDENTICAL: "得分相同",
    Family.MISSING: "缺项",
    Family.WORDING: "文字",
}
ARITHMETIC = frozenset(
    {
        Family.RATE,
        Family.LEDGER,
        Family.SUM,
        Family.RATIO,
        Family.MEAN,
        Family.WEIGHTED,
        Family.BAND,
        Family.COUNT,
        Family.RUBRIC,
        Family.CROSS,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Args:
        rule: stable code such as ``rate.stated``; its family is the part before the dot.
        text: what stands there, quoted.
        expected, actual: as text, "" where there is no figure.
        formula: the arithmetic, printable.
        tolerance: how far printed figures may differ, "" where nothing is compared.
    """

    rule: str
    severity: Severity
    spot: Spot
    text: str
    expected: str = ""
    actual: str = ""
    formula: str = ""
    tolerance: str = ""
    note: str = ""

    @property
    def family(self) -> Family:
        """The family of the rule."""
        return Family(self.rule.partition(".")[0])
