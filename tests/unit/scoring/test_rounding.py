"""Rounding at every mode, checked against the decimal module, and at every place a framework permits."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scoring.framework import Framework
from service.scoring.quantities import exact, exact_text, show
from service.scoring.rounding import Mode, round_points
from service.scoring.sheet import ScoreSheet

DECIMAL = {
    Mode.HALF_UP: decimal.ROUND_HALF_UP,
    Mode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Mode.DOWN: decimal.ROUND_DOWN,
    Mode.UP: decimal.ROUND_UP,
    Mode.FLOOR: decimal.ROUND_FLOOR,
    Mode.CEILING: decimal.ROUND_CEILING,
}
numbers = st.decimals(min_value=-(10**6), max_value=10**6, places=6, allow_nan=False)


@given(numbers, st.integers(0, 5), st.sampled_from(list(Mode)))
def test_every_mode_agrees_with_the_decimal_module(value: Decimal, places: int, mode: Mode) -> None:
    expected = value.quantize(Decimal(1).scaleb(-places), rounding=DECIMAL[mode])
    assert round_points(Fraction(value), places=places, mode=mode) == Fraction(expected)


@given(st.fractions(), st.integers(0, 6), st.sampled_from(list(Mode)))
def test_rounding_moves_less_than_one_place_and_rounds_once(value: Fraction, places: int, mode: Mode) -> None:
    rounded = round_points(value, places=places, mode=mode)
    assert abs(rounded - value) < Fraction(1, 10**places)
    assert round_points(rounded, places=places, mode=mode) == rounded


@given(st.fractions())
def test_exact_text_is_read_back_as_the_same_number(value: Fraction) -> None:
    assert exact(exact_text(value)) == value


@pytest.mark.parametrize(
    ("value", "mode", "shown"),
    [
        ("2.675", "half_up", "2.68"),
        ("2.665", "half_even", "2.66"),
        ("94.359", "down", "94.35"),
        ("-1.005", "half_up", "-1.01"),
        ("89.995", "half_up", "90.00"),
        ("9", "half_up", "9.00"),
        ("0.001", "up", "0.01"),
        ("-0.001", "ceiling", "0.00"),
    ],
)
def test_show_writes_all_places(value: str, mode: str, shown: str) -> None:
    assert show(exact(value), 2, mode) == shown


RULE = {"kind": "proportional", "value": "率", "target": "100%"}
LEAVES = [
    {"code": "A", "name": "甲", "max": "50", "measures": {"率": "实 / 数"}, "rule": RULE},
    {
        "code": "B",
        "name": "乙",
        "max": "50",
        "rule": {"kind": "checklist", "elements": [{"code": "x"}, {"code": "y"}, {"code": "z"}]},
    },
]
RESULTS = {
    "A": {"inputs": {"实": "1.234台", "数": "3台"}},
    "B": {"elements": {"x": "met", "y": "unmet", "z": "unmet"}},
}


@pytest.mark.parametrize("mode", [str(mode) for mode in Mode])
@pytest.mark.parametrize(
    ("at", "places"),
    [("input", "1"), ("measure", "2"), ("element", "1"), ("leaf", "1"), ("level", "1"), ("total", "1")],
)
def test_each_place_rounds_there_and_nowhere_else(
    at: str, places: str, mode: str, framework: Callable[..., Framework], scored: Callable[..., ScoreSheet]
) -> None:
    nodes = [{"code": "T", "name": "合", "max": "100", "children": LEAVES}]
    rounding: dict[str, Any] = {"at": [], "overrides": {at: {"places": places, "mode": mode}}}
    sheet = scored(framework(nodes, rounding=rounding), RESULTS)

    def done(value: Fraction, place: str) -> Fraction:
        return round_points(value, places=int(places), mode=Mode(mode)) if place == at else value

    measured = done(done(exact("1.234"), "input") / 3, "measure")
    first = done(50 * measured, "leaf")
    second = done(done(exact("50/3"), "element"), "leaf")
    level = done(first + second, "level")
    assert sheet.line("A").awarded == first
    assert sheet.line("B").awarded == second
    assert sheet.line("T").awarded == level
    assert sheet.total == done(level, "total")
    for line in sheet.lines:
        assert line.awarded == line.max - line.deductions + line.bonuses + line.adjustment


def test_a_node_may_have_its_own_rounding(
    framework: Callable[..., Framework], scored: Callable[..., ScoreSheet]
) -> None:
    nodes = [{**LEAVES[0], "max": "100", "rounding": {"places": "0", "mode": "up"}}]
    assert scored(framework(nodes), {"A": RESULTS["A"]}).line("A").awarded == 42


def test_a_displayed_rate_has_its_own_places_and_mode(
    framework: Callable[..., Framework], scored: Callable[..., ScoreSheet]
) -> None:
    plain = framework([LEAVES[0] | {"max": "100"}], rounding={"rate_places": "2", "rate_mode": "down"})
    sheet = scored(plain, {"A": {"inputs": {"实": "525.58台", "数": "557.02台"}}})
    assert sheet.rate_text(sheet.line("A").rate) == "94.35%"
    half_up = framework([LEAVES[0] | {"max": "100"}])
    sheet = scored(half_up, {"A": {"inputs": {"实": "525.58台", "数": "557.02台"}}})
    assert sheet.rate_text(sheet.line("A").rate) == "94.36%"
