"""What can be said of results and reasons before or beside scoring: misfits, and reasons without effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from service.errors import Problem
from service.scoring.facts import TOTAL_NAMES, AdjustmentFact, BonusFact, DeductionFact, ScoringFacts
from service.scoring.framework import Framework, Node
from service.scoring.inputs import REMARKS, LeafInput
from service.scoring.leaf import outcome
from service.scoring.lines import SheetLine, Status
from service.scoring.quantities import exact, is_exact

_MUTE = (Status.SHARED, Status.DROPPED, Status.MOVED, Status.NO_TOTAL)


def input_problems(
    framework: Framework, code: str, given: LeafInput, *, money: Mapping[str, int] | None = None
) -> tuple[Problem, ...]:
    """Return what keeps a result from being used at node `code`; empty if it fits or only states remarks.

    A result that names a missing state or only part of what the rule needs is reported too: its leaf would
    stay without points. The path of each problem starts with `code`. `money` holds the sums in 分 by code;
    without it a rule that reads them is left unjudged.
    """
    node = framework.by_code.get(code)
    if node is None:
        known = "、".join(framework.by_code)
        return (Problem("指标体系中没有这个编号", path=code, value=code, allowed=known, cure="核对编号"),)
    problems = [
        problem
        for name in ("points", "awarded")
        if (problem := points_problem(framework, getattr(given, name), path=f"{code}.{name}"))
    ]
    if not node.leaf:
        problems += _parent_problems(node, given)
    elif given.decided:
        problems += _leaf_problems(framework, node, given, money)
    return tuple(problems)


def _parent_problems(node: Node, given: LeafInput) -> Iterable[Problem]:
    extra = sorted(given.used - REMARKS - {"awarded"})
    if extra:
        allowed = "awarded、reason、actual、note"
        message = f"上级指标的结果不能写 {'、'.join(extra)}"
        yield Problem(message, path=node.code, allowed=allowed, cure="写到末级指标")


def _leaf_problems(
    framework: Framework, node: Node, given: LeafInput, money: Mapping[str, int] | None
) -> Iterable[Problem]:
    found = outcome(node, framework, ScoringFacts(inputs={node.code: given}, money=money or {}))
    unjudged = money is None and "资金事实" in found.note
    if node.share_of:
        yield Problem(f"这一行与 {node.share_of} 合并计分", path=node.code, cure=f"结果写在 {node.share_of}")
    elif found.status is Status.NOT_COMPUTABLE and not given.awarded and not unjudged:
        yield Problem(found.note, path=node.code, cure="按本指标的评分规则补全或改正结果")


def points_problem(framework: Framework, text: str, *, path: str) -> Problem | None:
    """Return what is wrong with typed points: no number, or finer than the framework's places."""
    if not text:
        return None
    places = framework.rounding.places
    allowed = f"至多 {places} 位小数"
    if not is_exact(text):
        return Problem("不是数", path=path, value=text, allowed=allowed, cure="只留数字")
    if (exact(text) * 10**places).denominator != 1:
        return Problem("小数位数多于体系规定", path=path, value=text, allowed=allowed, cure="写成规定的位数")
    return None


def without_effect(
    framework: Framework, lines: Mapping[str, SheetLine], facts: ScoringFacts
) -> tuple[str, ...]:
    """Return a warning for every reason that moves no points because of where it hangs."""
    blocks = {block.code for block in framework.blocks}
    found = []
    reasons: list[DeductionFact | BonusFact | AdjustmentFact] = [
        *facts.deductions,
        *facts.bonuses,
        *facts.adjustments,
    ]
    for one in reasons:
        code = one.node.partition("/")[0]
        if code in TOTAL_NAMES or code in blocks:
            continue
        if code not in lines:
            found.append(f"{one.id} 所挂的指标“{code}”不存在，没有计入")
        elif lines[code].status in _MUTE:
            found.append(f"{one.id} 所挂的 {code} {lines[code].status.label}，没有计入")
    return tuple(sorted(found))
