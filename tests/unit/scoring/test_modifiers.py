"""What changes a leaf after its rule, and what a survey warns of."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from service.scoring.framework import Framework
from service.scoring.sheet import ScoreSheet

Build = Callable[..., Framework]
Score = Callable[..., ScoreSheet]


@pytest.mark.parametrize(
    ("modifier", "apply", "points"),
    [
        ({"kind": "cap", "code": "m", "share": "80%"}, ["m"], "4"),
        ({"kind": "cap", "code": "m", "share": "80%"}, [], "4.5"),
        ({"kind": "floor", "code": "m", "points": "4.8"}, ["m"], "4.8"),
        ({"kind": "zero", "code": "m"}, ["m"], "0"),
        ({"kind": "coefficient", "always": "yes", "value": "0.9"}, [], "4.05"),
        ({"kind": "coefficient", "when": "value >= 90%", "value": "k"}, [], "2.25"),
        ({"kind": "coefficient", "when": "value > 90%", "value": "k"}, [], "4.5"),
    ],
)
def test_a_modifier_changes_the_points_when_it_applies(
    one_leaf: Build, scored: Score, modifier: dict[str, str], apply: list[str], points: str
) -> None:
    plain = one_leaf("5", {"kind": "proportional"}, modifiers=[modifier])
    line = scored(plain, {"X": {"value": "90%", "inputs": {"k": "50%"}, "apply": apply}}).line("X")
    assert line.awarded == Fraction(points), line.note


def test_modifiers_apply_in_the_order_written(one_leaf: Build, scored: Score) -> None:
    cap = {"kind": "cap", "always": "yes", "points": "4"}
    half = {"kind": "coefficient", "always": "yes", "value": "50%"}
    results = [
        scored(one_leaf("5", {"kind": "proportional"}, modifiers=order), {"X": {"value": "100%"}}).total
        for order in ([cap, half], [half, cap])
    ]
    assert results == [2, Fraction("2.5")]


@pytest.mark.parametrize("given", [{"apply": ["z"]}, {"inputs": {"k": "3次"}}, {"inputs": {"k": "-1"}}])
def test_a_modifier_that_cannot_be_judged_is_named(
    one_leaf: Build, scored: Score, given: dict[str, Any]
) -> None:
    plain = one_leaf(
        "5", {"kind": "proportional"}, modifiers=[{"kind": "coefficient", "always": "yes", "value": "k"}]
    )
    line = scored(plain, {"X": {"value": "100%", "inputs": {"k": "1"}, **given}}).line("X")
    assert line.awarded is None and line.note


@pytest.mark.parametrize(
    ("record", "count"),
    [
        ({"population": "85", "returned": "30"}, 0),
        ({"population": "91", "returned": "30"}, 1),
        ({"sent": "100", "valid": "14"}, 2),
        ({}, 0),
    ],
)
def test_a_thin_survey_warns_and_keeps_its_points(
    one_leaf: Build, scored: Score, record: dict[str, str], count: int
) -> None:
    rule = {
        "kind": "survey",
        "levels": [{"name": "满意", "weight": "100%"}],
        "min_response": "1/3",
        "min_valid": "20",
        "score": {"kind": "proportional"},
    }
    sheet = scored(one_leaf("6", rule), {"X": {"value": "96.97%", "record": record}})
    assert len(sheet.warnings) == count
    assert sheet.total == Fraction("5.82") and sheet.exact == Fraction("5.8182")
