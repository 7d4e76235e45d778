"""A missing value is never zero by itself: the framework's treatment decides, and says so."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from service.scoring.framework import Framework
from service.scoring.lines import Status
from service.scoring.sheet import ScoreSheet
from service.scoring.states import State

Build = Callable[..., Framework]
Score = Callable[..., ScoreSheet]
BANDS = {
    "kind": "bands",
    "bands": [
        {"when": ">=65%", "points": "2", "code": "top"},
        {"when": "[60%, 65%)", "points": "1"},
        {"when": "<60%", "points": "0.5", "code": "low"},
    ],
}


@pytest.mark.parametrize("state", list(State))
def test_without_a_treatment_the_line_and_the_total_stay_open(
    one_leaf: Build, scored: Score, state: State
) -> None:
    sheet = scored(one_leaf("2", BANDS), {"X": {"state": str(state)}})
    assert sheet.total is None
    assert sheet.line("X").status is Status.NOT_SCORED and state.label in sheet.line("X").note


@pytest.mark.parametrize(
    ("treatment", "points"),
    [
        ("worst", "0.5"),
        ("unmet", "0.5"),
        ("zero", "0"),
        ("met", "2"),
        ({"treat": "level", "level": "top"}, "2"),
    ],
)
def test_each_treatment_gives_its_points_and_prints_its_ground(
    one_leaf: Build, scored: Score, treatment: Any, points: str
) -> None:
    stated = treatment if isinstance(treatment, dict) else {"treat": treatment}
    plain = one_leaf("2", BANDS, missing={"not_given": {**stated, "ground": "细则3"}})
    line = scored(plain, {"X": {"state": "not_given"}}).line("X")
    assert line.awarded == Fraction(points)
    assert any("未提供" in step and "细则3" in step for step in line.steps)


def test_the_state_of_one_input_is_enough(one_leaf: Build, scored: Score) -> None:
    rule = {"kind": "proportional", "value": "支出 / 预算"}
    plain = one_leaf("2", rule, missing={"not_seen": "zero"})
    assert scored(plain, {"X": {"inputs": {"支出": "not_seen", "预算": "3万元"}}}).line("X").awarded == 0


def test_the_frameworks_own_treatment_holds_where_the_node_says_nothing(
    framework: Build, scored: Score
) -> None:
    nodes = [
        {"code": "X", "name": "项", "max": "2", "rule": BANDS},
        {"code": "Y", "name": "项", "max": "2", "rule": BANDS, "missing": {"not_given": "met"}},
    ]
    plain = framework(nodes, missing={"not_given": "worst"})
    sheet = scored(plain, {"X": {"state": "not_given"}, "Y": {"state": "not_given"}})
    assert [sheet.line(code).awarded for code in "XY"] == [Fraction(1, 2), 2]


def leaf(code: str, full: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "max": full, "rule": {"kind": "proportional"}, **more}


def test_a_dropped_leaf_gives_its_points_to_its_siblings_in_proportion(
    framework: Build, scored: Score
) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "10",
            "children": [
                leaf("A1", "2", missing={"not_applicable": "dropped"}),
                leaf("A2", "3"),
                leaf("A3", "5"),
            ],
        }
    ]
    sheet = scored(
        framework(nodes), {"A1": {"state": "not_applicable"}, "A2": {"value": "100%"}, "A3": {"value": "80%"}}
    )
    assert [sheet.line(code).max for code in ("A1", "A2", "A3", "A")] == [
        0,
        Fraction("3.75"),
        Fraction("6.25"),
        10,
    ]
    assert sheet.line("A1").status is Status.DROPPED
    assert sheet.total == Fraction("8.75")


def test_dropped_points_may_go_to_a_wider_branch(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "10",
            "children": [
                {
                    "code": "AA",
                    "name": "甲一",
                    "max": "4",
                    "children": [
                        leaf("A1", "2", missing={"not_applicable": {"treat": "dropped", "within": "A"}}),
                        leaf("A2", "2"),
                    ],
                },
                {"code": "AB", "name": "甲二", "max": "6", "children": [leaf("A3", "6")]},
            ],
        }
    ]
    sheet = scored(
        framework(nodes), {"A1": {"state": "not_applicable"}, "A2": {"value": "100%"}, "A3": {"value": "50%"}}
    )
    assert [sheet.line(code).max for code in ("A2", "A3", "AA", "AB", "A")] == [
        Fraction("2.5"),
        Fraction("7.5"),
        Fraction("2.5"),
        Fraction("7.5"),
        10,
    ]
    assert sheet.total == Fraction("6.25")


def test_when_a_whole_branch_is_dropped_the_next_one_up_takes_over(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "4",
            "children": [leaf("A1", "4", missing={"not_due": "dropped"})],
        },
        {"code": "B", "name": "乙", "max": "6", "children": [leaf("B1", "6")]},
    ]
    sheet = scored(framework(nodes), {"A1": {"state": "not_due"}, "B1": {"value": "50%"}})
    assert sheet.line("B1").max == 10
    assert (sheet.total, sheet.line("A").status) == (5, Status.DROPPED)


def test_moved_points_are_scored_where_they_went(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "10",
            "children": [
                leaf("A1", "2", missing={"not_due": {"treat": "moved", "to": "A3"}}),
                leaf("A2", "3"),
                leaf("A3", "5"),
            ],
        }
    ]
    sheet = scored(
        framework(nodes), {"A1": {"state": "not_due"}, "A2": {"value": "100%"}, "A3": {"value": "80%"}}
    )
    assert (sheet.line("A3").max, sheet.line("A3").awarded) == (7, Fraction("5.6"))
    assert sheet.line("A1").status is Status.MOVED
    assert sheet.total == Fraction("8.6")


CHECK = {"kind": "checklist", "elements": [{"code": code} for code in ("a", "b", "c", "d")]}


@pytest.mark.parametrize(
    ("treatment", "points"), [("met", "3"), ("unmet", "2"), ("worst", "2"), ("dropped", "8/3")]
)
def test_an_element_has_its_own_treatment(
    one_leaf: Build, scored: Score, treatment: str, points: str
) -> None:
    plain = one_leaf("4", CHECK, missing={"not_seen": treatment})
    line = scored(plain, {"X": {"elements": {"a": "met", "b": "met", "c": "unmet", "d": "not_seen"}}}).line(
        "X"
    )
    assert line.awarded == Fraction(points)


@pytest.mark.parametrize(("how", "points"), [("scaled", "22.5"), ("capped", "15")])
def test_a_pool_is_shared_by_the_lines_that_apply(
    framework: Build, scored: Score, how: str, points: str
) -> None:
    nodes = [
        {
            "code": "D",
            "name": "效益",
            "max": "30",
            "pool": {"how": how},
            "children": [
                {"code": f"D{n}", "name": "项", "max": "10", "rule": {"kind": "discretionary"}}
                for n in (1, 2, 3)
            ],
        }
    ]
    results = {"D1": {"points": "8"}, "D2": {"points": "7"}, "D3": {"state": "not_applicable"}}
    sheet = scored(framework(nodes), results)
    assert (sheet.total, sheet.line("D").max, sheet.line("D3").status) == (
        Fraction(points),
        30,
        Status.DROPPED,
    )


def test_a_capped_pool_never_gives_more_than_its_points(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "D",
            "name": "效益",
            "max": "12",
            "pool": {"how": "capped"},
            "children": [
                {"code": f"D{n}", "name": "项", "max": "10", "rule": {"kind": "discretionary"}}
                for n in (1, 2)
            ],
        }
    ]
    assert scored(framework(nodes), {"D1": {"points": "8"}, "D2": {"points": "7"}}).total == 12


def test_lines_that_share_one_score_print_it_once(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "10",
            "children": [leaf("A1", "10"), {"code": "A2", "name": "同分", "share_of": "A1"}],
        }
    ]
    sheet = scored(framework(nodes), {"A1": {"value": "70%"}})
    assert (sheet.total, sheet.line("A2").status, sheet.line("A2").awarded) == (7, Status.SHARED, None)


def test_a_leaf_without_points_still_says_whether_its_target_is_met(framework: Build, scored: Score) -> None:
    nodes = [{"code": "X", "name": "数量", "rule": {"kind": "all_or_nothing", "met": ">=18项"}}]
    sheet = scored(framework(nodes, total="none"), {"X": {"value": "19项"}})
    line = sheet.line("X")
    assert (line.awarded, line.rate, line.status) == (None, 1, Status.NO_POINTS)
    assert sheet.total is None and sheet.note == "本体系不设总分"
