"""The framework a 自评表 amounts to: its own lines with their 分值, each with the rule of its measure.

- More is better: points by the ratio to the target; less is better: by the ratio the other way round; what is
  judged takes one of the three tiers. Source: 财预〔2020〕10号 第16条, as in ``rules-10.yaml``.
- The budget's execution is measured by the money of the case; the cap of the total by execution is data too.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from service.errors import Problem
from service.scoring.claimchecks import Norm, number
from service.scoring.claims import ClaimForm, FormLine, Goal, goal_of, quantities_of
from service.scoring.quantities import exact_text
from service.yamltext import write_line

Tree = dict[str, Any]
EXECUTION = "E"
ADJUSTED, PAID = "adjusted", "paid"
"""Codes of the money facts of a case that execution is measured by."""
_HEAD: Tree = {
    "format": "pingji-framework/1",
    "levels": ["一级指标", "二级指标", "三级指标"],
    "rounding": {
        "places": "2",
        "mode": "half_up",
        "at": ["leaf", "total"],
        "rate_places": "2",
        "grade_on": "exact",
    },
    "grades": {
        "unit": "points",
        "bands": [
            {"name": "优", "from": "90"},
            {"name": "良", "from": "80"},
            {"name": "中", "from": "60"},
            {"name": "差", "from": "0"},
        ],
    },
}
_LEVELS = [
    {"code": "a", "points": "80%..100%", "text": "达到年度目标"},
    {"code": "b", "points": "60%..<80%", "text": "部分达到并有一定效果"},
    {"code": "c", "points": "0%..<60%", "text": "没有达到且效果较差"},
]


def unusable(form: ClaimForm) -> list[Problem]:
    """Return what keeps the form from being a framework: a 分值 that is none, and no line at all."""
    problems = [
        Problem(
            f"{line.name}：分值不是大于 0 的数",
            path=line.places.get("max", ""),
            value=line.max or "空",
            allowed="大于 0 的分数",
            cure="补填分值",
        )
        for line in form.lines
        if (number(line.max) or 0) <= 0
    ]
    if not form.lines:
        problems.append(Problem("自评表里没有指标", value="0 行", cure="按模板填写指标后重新报送"))
    return problems


def framework_text(form: ClaimForm, norm: Norm) -> str:
    """Return the framework as text of one line; `unusable` found nothing."""
    tree: Tree = {
        **_HEAD,
        "code": "self-assessment",
        "name": f"{form.title}自评指标"[:120],
        "version": "1",
        "note": "由单位报送的自评表生成，分值和目标值为单位所填。",
        "basis": [{"title": "财预〔2020〕10号", "clause": "第13条、第16条、附1"}],
        "nodes": list(_nodes(form.lines)),
    }
    if norm.caps and form.execution is not None:
        tree["caps"] = [
            {
                "code": "execution",
                "name": "执行率封顶",
                "value": f"money.{PAID} / money.{ADJUSTED}",
                "bands": list(_bands(norm)),
            }
        ]
    return write_line(tree)


def results_of(form: ClaimForm) -> dict[str, dict[str, Any]]:
    """Return by node what was measured, in the plain form of FORMAT.md; judged lines have none."""
    found: dict[str, dict[str, Any]] = {}
    whole = form.whole
    for line in form.lines:
        if line.execution and form.execution is not None and whole is not None:
            found[line.code] = {"inputs": {"执行": f"{whole.paid}元", "预算": f"{whole.adjusted}元"}}
        elif not line.execution and (texts := quantities_of(line)):
            found[line.code] = {"inputs": {"目标": texts[0], "完成": texts[1]}, "actual": line.actual}
    return found


def claims_of(form: ClaimForm) -> dict[str, str]:
    """Return by node what is claimed, in 分 as exact text."""
    return {line.code: line.points for line in form.lines if number(line.points) is not None}


def _bands(norm: Norm) -> Iterable[Tree]:
    before = ""
    for below, most in norm.caps:
        bound = f"{exact_text(below * 100)}%"
        yield {"when": f"[{before}, {bound})" if before else f"<{bound}", "cap": exact_text(most)}
        before = bound
    yield {"when": f">={before}"}


def _nodes(lines: Iterable[FormLine]) -> Iterable[Tree]:
    number_ = 0
    for level1, group in groupby(lines, key=lambda line: "" if line.execution else line.level1 or "其他指标"):
        own = list(group)
        if not level1:
            yield from map(_leaf, own)
            continue
        number_ += 1
        yield {"code": f"G{number_}", "name": level1, "children": list(_under(own, f"G{number_}"))}


def _under(lines: list[FormLine], parent: str) -> Iterable[Tree]:
    for at, (level2, group) in enumerate(groupby(lines, key=lambda line: line.level2), 1):
        leaves = [_leaf(line) for line in group]
        if level2:
            yield {"code": f"{parent}.{at}", "name": level2, "children": leaves}
        else:
            yield from leaves


def _leaf(line: FormLine) -> Tree:
    node: Tree = {"code": line.code, "name": line.name, "max": line.max}
    if line.target:
        node["target"] = line.target
    return {**node, "clause": "第16条", **_RULES[goal_of(line)](line)}


def _execution(line: FormLine) -> Tree:
    return {
        "nature": "quantitative",
        "inputs": {"执行": {"label": "全年执行数"}, "预算": {"label": "全年预算数"}},
        "measures": {"执行率": "执行 / 预算"},
        "rule": {"kind": "proportional", "value": "执行率", "clause": "附1"},
    }


def _more(line: FormLine) -> Tree:
    return {
        "nature": "quantitative",
        "direction": "positive",
        "inputs": _INPUTS,
        "measures": {"完成率": "完成 / 目标"},
        "rule": {"kind": "proportional", "value": "完成率", "clause": "第16条"},
    }


def _less(line: FormLine) -> Tree:
    rule = {"kind": "lower_better", "target": "目标", "value": "完成", "how": "ratio", "clause": "第16条"}
    return {"nature": "quantitative", "direction": "negative", "inputs": _INPUTS, "rule": rule}


def _judged(line: FormLine) -> Tree:
    if line.execution:
        return _execution(line)
    return {"nature": "qualitative", "rule": {"kind": "levels", "levels": _LEVELS}}


_INPUTS: Tree = {"完成": {"label": "实际完成值"}, "目标": {"label": "年度指标值"}}
_RULES = {Goal.MORE: _more, Goal.LESS: _less, Goal.JUDGED: _judged}
