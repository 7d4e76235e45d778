"""Results are held against their rules before scoring; reasons without effect are named beside the sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.scoring.check import input_problems, points_problem
from service.scoring.facts import BonusFact, DeductionFact
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.sheet import ScoreSheet

Build = Callable[..., Framework]
NODES: list[Any] = [
    {
        "code": "A",
        "name": "甲",
        "max": "10",
        "children": [
            {
                "code": "A1",
                "name": "一",
                "max": "4",
                "rule": {"kind": "levels", "levels": [{"code": "a", "points": "4"}]},
            },
            {"code": "A2", "name": "二", "max": "6", "rule": {"kind": "discretionary"}},
            {"code": "A3", "name": "三", "share_of": "A2"},
        ],
    }
]
BLOCK = {
    "code": "N",
    "name": "减",
    "kind": "negative",
    "floor": "-5",
    "children": [{"code": "N1", "name": "减一", "rule": {"kind": "reverse", "floor": "-5"}}],
}


@pytest.mark.parametrize(
    ("code", "plain", "words"),
    [
        ("Z", {"value": "1"}, "没有这个编号"),
        ("A", {"value": "1"}, "上级指标的结果不能写 value"),
        ("A1", {"level": "z"}, "没有“z”这一级"),
        ("A1", {"level": "a", "count": "1"}, "用不上"),
        ("A2", {"points": "7"}, "不在 0–6 分之内"),
        ("A2", {"points": "1.234"}, "小数位数"),
        ("A3", {"points": "1"}, "合并计分"),
    ],
)
def test_a_misfit_is_named_with_its_node_and_cure(
    framework: Build, code: str, plain: dict[str, str], words: str
) -> None:
    problems = input_problems(framework(NODES), code, LeafInput.from_plain(plain))
    assert any(
        words in problem.message and problem.path.startswith(code) and problem.cure for problem in problems
    )


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("A", {"awarded": "9.5"}),
        ("A1", {"level": "a"}),
        ("A1", {"actual": "有材料"}),
        ("A2", {"points": "1.25"}),
        ("A1", {"awarded": "3"}),
        ("A1", {"state": "not_given"}),
    ],
)
def test_a_fitting_result_has_no_problem(framework: Build, code: str, plain: dict[str, str]) -> None:
    assert input_problems(framework(NODES), code, LeafInput.from_plain(plain)) == ()


@pytest.mark.parametrize(
    ("text", "good"),
    [("", True), ("4.25", True), ("4.255", False), ("1/3", False), ("1/0", False), ("一", False)],
)
def test_typed_points_have_at_most_the_frameworks_places(framework: Build, text: str, good: bool) -> None:
    assert (points_problem(framework(NODES), text, path="p") is None) is good


def test_a_reason_that_moves_nothing_is_named(framework: Build, scored: Callable[..., ScoreSheet]) -> None:
    rows = tuple(DeductionFact(f"D{n}", node, "", "1", "缺") for n, node in enumerate(("Z", "A3", "A2")))
    sheet = scored(framework(NODES), {"A1": {"level": "a"}}, deductions=rows)
    assert [text[:2] for text in sheet.warnings] == ["D0", "D1"]
    assert sheet.total == 9


@pytest.mark.parametrize(
    ("result", "amount", "block", "total"),
    [({"points": "-1"}, "2", -3, 7), ({}, "2", -2, 8), ({"points": "-4"}, "3", -5, 5)],
)
def test_a_deduction_may_hang_on_a_block(
    framework: Build,
    scored: Callable[..., ScoreSheet],
    result: dict[str, str],
    amount: str,
    block: int,
    total: int,
) -> None:
    results = {"A1": {"level": "a"}, "A2": {"points": "6"}, **({"N1": result} if result else {})}
    rows = (DeductionFact("D1", "N", "", amount, "逾期"),)
    sheet = scored(framework(NODES, blocks=[BLOCK]), results, deductions=rows)
    assert (sheet.blocks[0].awarded, sheet.total) == (block, total)
    assert sheet.total == sheet.max - sheet.deductions + sheet.bonuses + sheet.adjustment


def test_a_bonus_on_a_block_counts_up_to_its_cap(framework: Build, scored: Callable[..., ScoreSheet]) -> None:
    block = {
        "code": "P",
        "name": "加",
        "kind": "bonus",
        "cap": "2",
        "children": [{"code": "P1", "name": "加一", "rule": {"kind": "bonus", "per": "1", "cap": "none"}}],
    }
    results = {"A1": {"level": "a"}, "A2": {"points": "0"}, "P1": {"count": "1"}}
    sheet = scored(
        framework(NODES, blocks=[block]), results, bonuses=(BonusFact("G1", "P", "", "3", "获奖"),)
    )
    assert (sheet.blocks[0].awarded, sheet.total) == (2, 6)
