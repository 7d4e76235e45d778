"""One finding on our own report as it is listed, kept and signed off: whatever checker made it. Pure.

A finding is known by what it says: rule, the paragraph or row it stands in, quotation, expected and actual
value, arithmetic. Where it stands is not part of that, so text put in elsewhere changes nothing; a changed
word or figure makes it another finding. Of several that say the same, the first is the first again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from service.report.sheetcheck import ERROR, HINT, LABELS, REVIEW
from service.report.sheetcheck import Finding as Own

FIXED = frozenset(
    {"figure", "chart", "workbook", "heading", "contents", "leftover", "rate", "ledger", "sum", "total"}
)
"""Rules about what we compute or set ourselves: an error there is mended, never signed off."""
_FAMILIES = {
    "figure": "绑定数字",
    "chart": "图",
    "workbook": "图的数据",
    "heading": "标题",
    "contents": "目录",
    "leftover": "模板残留",
    "rate": "得分率",
    "ledger": "扣分",
    "sum": "合计",
    "total": "总分",
    "grade": "等级",
    "unbound": "未绑定数字",
    "repeated": "重复",
    "count": "个数",
    "bracket": "括号",
    "hole": "占位",
    "numbering": "编号",
}


@dataclass(frozen=True, slots=True)
class Noted:
    """One finding.

    Args:
        key: SHA-256 (hex) of what it says.
        severity: error, review or hint.
        context: the whole paragraph or row it stands in.
        fixed: whether only mending helps.
    """

    key: str
    rule: str
    family: str
    severity: str
    place: str
    text: str
    expected: str = ""
    actual: str = ""
    formula: str = ""
    tolerance: str = ""
    note: str = ""
    context: str = ""
    fixed: bool = False

    @property
    def label(self) -> str:
        """Return the severity in Chinese."""
        return LABELS[self.severity]

    @property
    def own(self) -> bool:
        """Whether it is of the self-check and quotes only part of its paragraph."""
        return self.rule.startswith("own.") and self.context not in (self.place, self.text)

    @property
    def barring(self) -> bool:
        """Whether 定稿 waits until it is mended or signed off; a hint only informs."""
        return self.severity in (ERROR, REVIEW)

    def __str__(self) -> str:
        values = f"（应为{self.expected}，现为{self.actual}）" if self.expected or self.actual else ""
        return f"{self.label} {self.place}：{self.text}{values}"

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON members."""
        return asdict(self)


def noted(plain: Mapping[str, Any]) -> Noted:
    """Return the finding `to_plain` wrote."""
    return Noted(**plain)


def of_own(finding: Own) -> Noted:
    """Return a finding of the self-check; its key is given by `keyed`."""
    return Noted(
        key="",
        rule=f"own.{finding.rule}",
        family=_FAMILIES.get(finding.rule, finding.rule),
        severity=finding.severity,
        place=finding.place,
        text=finding.text,
        expected=finding.expected,
        actual=finding.actual,
        context=finding.context or finding.place,
        fixed=finding.rule in FIXED and finding.severity == ERROR,
    )


def keyed(found: Iterable[Noted]) -> tuple[Noted, ...]:
    """Return the findings with their keys, errors first, each severity in the order given."""
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for each in found:
        said = (each.rule, each.context, each.text, each.expected, each.actual, each.formula)
        plain = tuple("".join(part.split()) for part in said)
        seen[plain] += 1
        digest = hashlib.sha256(json.dumps([*plain, seen[plain]], ensure_ascii=False).encode()).hexdigest()
        made.append(replace(each, key=digest))
    order = {ERROR: 0, REVIEW: 1, HINT: 2}
    return tuple(sorted(made, key=lambda each: order[each.severity]))
