"""The published score table of the cloud platform report (source 003), line by line under its own rules.

33 leaves and 2 negative ones; where the published figure does not follow from its rule, an adjustment shows both.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from service import frameworks
from service.scoring.facts import AdjustmentFact, DeductionFact, ScoringFacts
from service.scoring.inputs import LeafInput
from service.scoring.quantities import exact
from service.scoring.sheet import ScoreSheet, score

FULL: Mapping[str, Any] = {
    "C101": {"count": "0"},
    "C102": {"count": "0"},
    "C103": {"value": "100%"},
    "C104": {"elements": {"entry": "met", "video": "met"}},
    "C105": {"value": ">90分"},
    "C202": {"value": "100%"},
    "C203": {"inputs": {"虚拟": ">=99.95%", "物理": ">=99.95%"}},
    "C204": {"inputs": {"网络": "99.9%", "电力": "99.99%"}},
    "C205": {"counts": {"lower": "0", "none": "0"}},
    "C207": {"count": "0"},
    "C301": {"value": "0%"},
    "D102": {"value": "2%"},
    "D201": {"level": "a"},
    "D202": {"level": "a"},
    "D203": {"count": "0"},
}
RESULTS: Mapping[str, Any] = {
    "A101": {"level": "a"},
    "A102": {"level": "a"},
    "A201": {"level": "b"},
    "A301": {"level": "b"},
    "B101": {"inputs": {"支出": "5823万元", "到位": "5823万元"}},
    "B102": {"inputs": {"调减": "2145万元", "收回": "0万元", "批复": "5823万元"}},
    "B202": {"level": "b", "points": "3"},
    "C206": {"inputs": {"CPU": "47.4%", "内存": "64.6%", "存储": "63.8%"}},
    "C302": {"count": "1"},
    "D101": {"count": "1"},
    "D104": {"count": "1"},
    "D103": {"inputs": {"一云": "58.6%", "二云": "56.67%"}},
    "D301": {"value": "96.97%"},
    "N1": {"deduct": {"late": "1"}},
    "N2": {"points": "0"},
    **FULL,
}
ROWS = {"B103": "0.5", "B201": "1", "B203": "1.5", "B204": "2", "C201": "0.5"}
ADJUSTED = {"A201": "2.5", "A301": "4.5", "B102": "1.5", "D101": "4.5", "D301": "4.5"}
PUBLISHED = {
    "A101": "2",
    "A102": "2",
    "A201": "2.5",
    "A301": "4.5",
    "B101": "2",
    "B102": "1.5",
    "B103": "4.5",
    "B201": "3",
    "B202": "3",
    "B203": "6.5",
    "B204": "2",
    "C101": "1",
    "C102": "1",
    "C103": "1",
    "C104": "1",
    "C105": "1",
    "C201": "0.5",
    "C202": "1",
    "C203": "1",
    "C204": "1",
    "C205": "1",
    "C206": "0",
    "C207": "3",
    "C301": "2",
    "C302": "2",
    "D101": "4.5",
    "D102": "2",
    "D103": "8",
    "D104": "2",
    "D201": "1",
    "D202": "2",
    "D203": "5",
    "D301": "4.5",
    "N1": "-1",
    "N2": "0",
    "A": "11",
    "B": "22.5",
    "C": "16.5",
    "D": "29",
    "A3": "4.5",
    "B1": "8",
    "B2": "14.5",
    "C2": "7.5",
    "D1": "16.5",
}
BY_RULE = {"A201": "3", "A301": "5", "B102": "0", "D101": "4", "D301": "6"}


@pytest.fixture(scope="module")
def sheet() -> ScoreSheet:
    stage = "on_site_verification"
    return score(
        frameworks.load("zhongshan-cloud-2022"),
        ScoringFacts(
            inputs={code: LeafInput.from_plain(plain) for code, plain in RESULTS.items()},
            deductions=tuple(
                DeductionFact(f"K-{c}", c, stage, a, "评价意见所列问题") for c, a in ROWS.items()
            ),
            adjustments=tuple(
                AdjustmentFact(f"T-{c}", c, "leaf", a, "来源所述理由") for c, a in ADJUSTED.items()
            ),
        ),
    )


@pytest.mark.parametrize("code", PUBLISHED)
def test_the_line_gives_the_published_points(sheet: ScoreSheet, code: str) -> None:
    line = sheet.line(code)
    assert line.awarded == exact(PUBLISHED[code]), line.note
    assert line.awarded == line.max - line.deductions + line.bonuses + line.adjustment  # type: ignore[operator]


@pytest.mark.parametrize("code", BY_RULE)
def test_the_rules_own_figure_stays_beside_the_adjusted_one(sheet: ScoreSheet, code: str) -> None:
    line = sheet.line(code)
    assert line.rule_points == exact(BY_RULE[code])
    assert line.adjustment == exact(PUBLISHED[code]) - exact(BY_RULE[code])


def test_the_total_and_the_grade_are_the_published_ones(sheet: ScoreSheet) -> None:
    assert (sheet.total, sheet.grade) == (78, "中")
    assert len([line for line in sheet.lines if line.leaf and not line.block]) == 33
    assert [block.awarded for block in sheet.blocks] == [-1]
    assert sheet.total == sheet.max - sheet.deductions + sheet.bonuses + sheet.adjustment  # type: ignore[operator]


def test_the_budget_shift_is_shown_with_its_arithmetic(sheet: ScoreSheet) -> None:
    assert any("≈ 36.8367%" in step for step in sheet.line("B102").steps)
    assert sheet.rate_text(sheet.line("A").rate) == "68.75%"
    assert sheet.rate_text(sheet.line("D301").rate) == "75.00%"
    assert Fraction(2145, 5823) > Fraction(30, 100)
