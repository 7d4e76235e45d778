"""A case scored in several sheets has one joint sheet, whose every line still balances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest

from service.scoring.aggregate import AggregateHow, Aggregation
from service.scoring.framework import Framework
from service.scoring.joint import declared, joined
from service.scoring.sheet import ScoreSheet

Build = Callable[..., Framework]
Score = Callable[..., ScoreSheet]
GRADES = {
    "unit": "points",
    "bands": [{"name": "优", "from": "90", "to": "100"}, {"name": "差", "from": "0", "to": "89"}],
}
NODES = [
    {"code": "A", "name": "过程", "max": "40", "rule": {"kind": "discretionary"}},
    {"code": "B", "name": "产出", "max": "60", "rule": {"kind": "discretionary"}},
]


def points(a: str, b: str) -> Mapping[str, Any]:
    return {"A": {"points": a, "reason": "略"}, "B": {"points": b, "reason": "略"}}


@pytest.fixture
def made(framework: Build, scored: Score) -> tuple[Framework, dict[str, ScoreSheet]]:
    found = framework(NODES, grades=GRADES)
    return found, {"甲": scored(found, points("38", "60")), "乙": scored(found, points("30", "48"))}


def join(made: tuple[Framework, dict[str, ScoreSheet]], how: str, **weights: str) -> ScoreSheet:
    framework, sheets = made
    plain = {"how": how, "weights": weights}
    return joined(sheets["甲"], sheets, framework, declared(plain), rulings={"grade": "差"})


@pytest.mark.parametrize(
    ("how", "weights", "line", "total", "top"),
    [
        ("mean", {}, "34", "88", "100"),
        ("weighted", {"甲": "3", "乙": "1"}, "36", "93", "100"),
        ("sum", {}, "68", "176", "200"),
        ("min", {}, "30", "78", "100"),
    ],
)
def test_lines_and_total_are_joined_alike(
    made: tuple[Framework, dict[str, ScoreSheet]],
    how: str, weights: dict[str, str], line: str, total: str, top: str,
) -> None:  # fmt: skip
    found = join(made, how, **weights)
    assert (found.line("A").awarded, found.total, found.max) == (*map(Fraction, (line, total, top)),)
    assert sum((one.awarded or 0 for one in found.lines), Fraction(0)) == found.total
    for one in found.lines:
        assert one.max is not None and one.deductions is not None
        assert one.awarded == one.max - one.deductions + (one.bonuses or 0) + (one.adjustment or 0)


def test_the_joint_total_is_graded_and_a_gap_waits_for_its_ruling(
    made: tuple[Framework, dict[str, ScoreSheet]],
) -> None:
    framework, sheets = made
    assert join(made, "weighted", 甲="3", 乙="1").grade == "优"
    gap = Aggregation(AggregateHow.WEIGHTED, {"甲": Fraction(23), "乙": Fraction(17)})
    waiting = joined(sheets["甲"], sheets, framework, gap)
    assert (waiting.total, waiting.grade) == (Fraction("89.5"), None)
    assert "等次待定" in waiting.note
    ruled = joined(sheets["甲"], sheets, framework, gap, rulings={"grade": "优", "ground": "会议纪要"})
    assert (ruled.grade, ruled.note) == ("优", "")
    assert "会议纪要" in ruled.steps[-1]


def test_nothing_joined_keeps_every_sheet_for_itself(made: tuple[Framework, dict[str, ScoreSheet]]) -> None:
    _, sheets = made
    assert join(made, "none") is sheets["甲"]
    assert declared({}).how is AggregateHow.NONE


def test_a_sheet_without_points_keeps_line_and_total_open(framework: Build, scored: Score) -> None:
    found = framework(NODES, grades=GRADES)
    sheets = {
        "甲": scored(found, points("38", "60")),
        "乙": scored(found, {"A": {"points": "30", "reason": "略"}}),
    }
    joint = joined(sheets["甲"], sheets, found, Aggregation(AggregateHow.MEAN))
    assert (joint.line("A").awarded, joint.line("B").awarded, joint.total) == (34, None, None)
    assert "乙" in joint.note
