"""Figures round half away from zero, once, from exact numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.report import figures


@pytest.mark.parametrize(
    ("text", "places", "shown"),
    [
        ("2.675", 2, "2.68"),
        ("0.125", 2, "0.13"),
        ("2.665", 2, "2.67"),
        ("-0.005", 2, "-0.01"),
        ("-0.004", 2, "0.00"),
        ("8797/100", 2, "87.97"),
        ("1/3", 4, "0.3333"),
        ("99999999999999999999.995", 2, "100000000000000000000.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(text: str, places: int, shown: str) -> None:
    assert figures.score(Fraction(text), places) == shown


def test_published_rates_of_the_reports_come_out() -> None:
    assert figures.pct(Fraction(11, 16)) == "68.75%"
    assert figures.pct(Fraction("525.58") / Fraction("557.02")) == "94.36%"
    assert figures.pct(Fraction(45, 60)) == "75.00%"
    assert figures.pct(Fraction("19.3") / Fraction("19.37")) == "99.64%"


def test_whole_rates_are_written_without_decimals_only_by_rate() -> None:
    assert (figures.rate(Fraction(1)), figures.rate(Fraction(0)), figures.rate(Fraction(3, 4))) == (
        "100%",
        "0%",
        "75.00%",
    )


def test_money_in_fen_is_shown_in_wan_yuan() -> None:
    fen = Fraction(637_670_000_0)
    assert figures.wan(fen) == "6376.7"
    assert figures.FORMATS["wan2s"](fen) == "6,376.70"
    assert figures.FORMATS["wan2"](fen) == "6376.70"


def test_no_figure_is_a_dash_and_never_zero() -> None:
    assert figures.show(None, "score") == "—"


@pytest.mark.parametrize(
    ("number", "word"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (99, "九十九")]
)
def test_chinese_ordinals(number: int, word: str) -> None:
    assert figures.cn(number) == word


@pytest.mark.parametrize("number", [0, 100, -1])
def test_ordinals_outside_one_to_ninety_nine_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="序号"):
        figures.cn(number)


@given(st.fractions(min_value=-10_000, max_value=10_000, max_denominator=10**6), st.integers(0, 4))
def test_the_shown_number_is_within_half_a_unit(value: Fraction, places: int) -> None:
    shown = Fraction(figures.score(value, places))
    assert abs(shown - value) * 2 * 10**places <= 1
