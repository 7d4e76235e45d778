"""How a case file joins its score sheets, in the plain form the case keeps. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from service.cases.model import Case
from service.cases.source import CaseFile
from service.errors import Problem


def aggregate_of(case: Case) -> dict[str, Any]:
    """Return the declared aggregation as text (how, weights); empty if there is none."""
    how = case.framework.aggregate
    if how is None:
        return {}
    return {"how": how.how, "weights": dict(how.weights)}


def check_aggregate(file: CaseFile) -> list[Problem]:
    """Return why the declared aggregation cannot be carried out."""
    ref = file.case.framework
    if ref.aggregate is None:
        return []
    place = ("framework", "aggregate")
    named, weighed = set(ref.sheets), set(ref.aggregate.weights)
    wanted = named if ref.aggregate.how == "weighted" else set()
    words = []
    if len(named) < 2:
        words.append(("合成至少要两张分表", "sheets 里写两个以上的名称", "在 framework.sheets 里列出分表"))
    words += [
        (f"缺少分表“{name}”的权重", "不小于零的数", "在 weights 里补上") for name in sorted(wanted - weighed)
    ]
    words += [
        (f"权重里的“{name}”不是要加权的分表", "、".join(ref.sheets), "改正名称，或改为 how: weighted")
        for name in sorted(weighed - wanted)
    ]
    if wanted and not any(Fraction(ref.aggregate.weights.get(name) or 0) for name in wanted):
        words.append(("各表权重之和为零", "至少一张表写正的权重", "改正 weights"))
    return [file.document.problem(place, text, allowed=allowed, cure=cure) for text, allowed, cure in words]
