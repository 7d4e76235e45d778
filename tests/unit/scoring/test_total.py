"""From lines to total, grade and consequences; several sheets, partitions, the waterfall."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from service.errors import InvalidError
from service.scoring.aggregate import AggregateHow, Aggregation, aggregate, tie
from service.scoring.facts import AdjustmentFact, DeductionFact, ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.lines import Status
from service.scoring.rounding import Step
from service.scoring.sheet import ScoreSheet
from service.scoring.waterfall import waterfall

Build = Callable[..., Framework]
Score = Callable[..., ScoreSheet]
NATIONAL = {
    "bands": [
        {"name": "优", "from": "90"},
        {"name": "良", "from": "80"},
        {"name": "中", "from": "60"},
        {"name": "差", "from": "0"},
    ]
}
GAPS: dict[str, Any] = {
    "bands": [
        {"name": "优", "from": "90", "to": "100"},
        {"name": "良", "from": "80", "to": "89"},
        {"name": "差", "from": "0", "to": "79"},
    ]
}


def free(code: str, full: str = "100", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "max": full, "rule": {"kind": "discretionary"}, **more}


@pytest.fixture
def graded(framework: Build, scored: Score) -> Callable[..., ScoreSheet]:
    def run(points: str, full: str = "100", **head: Any) -> ScoreSheet:
        facts = {name: head.pop(name) for name in ("flags", "rulings", "money") if name in head}
        return scored(
            framework([free("X", full)], **{"grades": NATIONAL, **head}), {"X": {"points": points}}, **facts
        )

    return run


@pytest.mark.parametrize(
    ("points", "grade"),
    [
        ("100", "优"),
        ("90", "优"),
        ("89.99", "良"),
        ("80", "良"),
        ("79.99", "中"),
        ("60", "中"),
        ("59.99", "差"),
        ("0", "差"),
    ],
)
def test_half_open_bands_leave_no_total_without_a_grade(
    graded: Callable[..., ScoreSheet], points: str, grade: str
) -> None:
    assert graded(points).grade == grade


@pytest.mark.parametrize(("grade_on", "grade"), [("exact", "良"), ("rounded", "优")])
def test_the_grade_is_taken_from_the_exact_or_the_rounded_total(
    graded: Callable[..., ScoreSheet], grade_on: str, grade: str
) -> None:
    sheet = graded("89.995", rounding={"grade_on": grade_on})
    assert (sheet.total, sheet.exact, sheet.grade) == (90, Fraction("89.995"), grade)


@pytest.mark.parametrize(
    ("gap", "grade"), [("undetermined", None), ("lower", "良"), ("upper", "优"), ("round", "优")]
)
def test_a_gap_between_bands_is_open_or_closed_by_a_stated_rule(
    graded: Callable[..., ScoreSheet], gap: str, grade: str | None
) -> None:
    assert graded("89.5", grades={**GAPS, "gap": gap}).grade == grade


def test_a_recorded_ruling_settles_an_open_grade_and_only_that(graded: Callable[..., ScoreSheet]) -> None:
    assert graded("89.5", grades=GAPS, rulings={"grade": "良"}).grade == "良"
    assert graded("95", grades=GAPS, rulings={"grade": "良"}).grade == "优"


def test_bands_in_percent_serve_scales_other_than_100(graded: Callable[..., ScoreSheet]) -> None:
    assert graded("108", "120", grades={**NATIONAL, "unit": "percent"}).grade == "优"
    assert graded("95.9", "120", grades={**NATIONAL, "unit": "percent"}).grade == "中"


EVENTS = [
    {"code": "fake", "name": "造假", "effect": "downgrade"},
    {"code": "veto", "name": "否决", "effect": "grade", "grade": "差"},
    {"code": "late", "name": "逾期", "effect": "cap", "points": "79"},
    {"code": "void", "name": "作废", "effect": "zero"},
    {"code": "mid", "name": "不高于良", "effect": "grade", "grade": "良"},
]


@pytest.mark.parametrize(
    ("flags", "total", "grade"),
    [
        ((), 95, "优"),
        (("fake",), 95, "良"),
        (("veto",), 95, "差"),
        (("late",), 79, "中"),
        (("void",), 0, "差"),
        (("mid", "fake"), 95, "中"),
        (("fake", "mid"), 95, "中"),
        (("late", "fake"), 79, "差"),
        (("veto", "fake"), 95, "差"),
    ],
)
def test_events_lower_total_then_grade_in_one_fixed_order(
    graded: Callable[..., ScoreSheet], flags: tuple[str, ...], total: int, grade: str
) -> None:
    sheet = graded("95", events=EVENTS, flags=flags)
    assert (sheet.total, sheet.grade) == (total, grade)
    assert sheet.total == sheet.max - sheet.deductions + sheet.bonuses + sheet.adjustment
    assert all(
        any(event["name"] in step for step in sheet.steps) for event in EVENTS if event["code"] in flags
    )


def test_a_leaf_can_trigger_an_event(framework: Build, scored: Score) -> None:
    block = {
        "code": "N",
        "name": "逆向",
        "kind": "negative",
        "floor": "-20",
        "children": [
            {
                "code": "N1",
                "name": "自评",
                "rule": {
                    "kind": "reverse",
                    "floor": "-10",
                    "items": [
                        {"code": "late", "name": "逾期", "per": "1"},
                        {"code": "lie", "name": "造假", "event": "fake"},
                    ],
                },
            }
        ],
    }
    plain = framework([free("X")], grades=NATIONAL, events=EVENTS, blocks=[block])
    sheet = scored(plain, {"X": {"points": "95"}, "N1": {"counts": {"late": "1", "lie": "1"}}})
    assert (sheet.total, sheet.grade, sheet.events) == (94, "良", ("fake",))


@pytest.mark.parametrize(
    ("lost", "block", "total"), [("0", 0, 90), ("3", -6, 84), ("5", -10, 80), ("10", -10, 80)]
)
def test_a_negative_block_comes_off_the_total_down_to_its_floor(
    framework: Build, scored: Score, lost: str, block: int, total: int
) -> None:
    leaves = [{"code": f"N{n}", "name": "减", "rule": {"kind": "reverse", "floor": "-10"}} for n in (1, 2)]
    plain = framework(
        [free("X")],
        blocks=[{"code": "N", "name": "减", "kind": "negative", "floor": "-10", "children": leaves}],
    )
    sheet = scored(plain, {"X": {"points": "90"}, "N1": {"points": f"-{lost}"}, "N2": {"points": f"-{lost}"}})
    assert (sheet.blocks[0].awarded, sheet.total) == (block, total)


def test_a_mixed_block_is_held_between_its_limits(framework: Build, scored: Score) -> None:
    leaves = [
        {"code": "P1", "name": "加", "rule": {"kind": "bonus", "cap": "none"}},
        {"code": "P2", "name": "减", "rule": {"kind": "reverse", "floor": "-9"}},
    ]
    block = {"code": "P", "name": "加减", "kind": "mixed", "floor": "-3", "cap": "2", "children": leaves}
    plain = framework([free("X")], blocks=[block])
    for bonus, loss, expected in (("5", "0", 92), ("1", "-2", 89), ("0", "-9", 87)):
        sheet = scored(plain, {"X": {"points": "90"}, "P1": {"points": bonus}, "P2": {"points": loss}})
        assert sheet.total == expected
        assert sheet.total == sheet.max - sheet.deductions + sheet.bonuses + sheet.adjustment


def test_an_undecided_block_keeps_the_total_open(framework: Build, scored: Score) -> None:
    block = {
        "code": "N",
        "name": "减",
        "kind": "negative",
        "floor": "-9",
        "children": [{"code": "N1", "name": "减", "rule": {"kind": "reverse", "floor": "-9"}}],
    }
    sheet = scored(framework([free("X")], blocks=[block]), {"X": {"points": "90"}})
    assert sheet.total is None and "N1" in sheet.note


def test_weighted_dimensions_make_the_composite_total(framework: Build, scored: Score) -> None:
    plain = framework(
        [free("M"), free("R", "50")],
        composite=[{"node": "M", "weight": "40%"}, {"node": "R", "weight": "60%"}],
    )
    sheet = scored(plain, {"M": {"points": "90"}, "R": {"points": "40"}})
    assert (sheet.total, sheet.max) == (84, 100)
    assert [part.part for part in sheet.composite] == [36, 48]
    assert sheet.total == sheet.max - sheet.deductions + sheet.bonuses + sheet.adjustment


def test_the_published_halves_of_the_first_report_give_its_total(framework: Build, scored: Score) -> None:
    plain = framework(
        [free("M"), free("R")],
        grades=NATIONAL,
        composite=[{"node": "M", "weight": "40%"}, {"node": "R", "weight": "60%"}],
    )
    sheet = scored(plain, {"M": {"points": "98.38"}, "R": {"points": "98.38"}})
    assert (sheet.total, sheet.grade) == (Fraction("98.38"), "优")


def test_the_total_is_capped_by_the_execution_band(framework: Build, scored: Score) -> None:
    caps = [
        {
            "code": "c",
            "name": "执行率",
            "value": "money.paid / money.budget",
            "bands": [{"when": "<60%", "cap": "80"}, {"when": ">=60%"}],
        }
    ]
    plain = framework([free("X")], caps=caps)
    for paid, total in ((5999, 80), (6000, 95)):
        assert scored(plain, {"X": {"points": "95"}}, money={"paid": paid, "budget": 10000}).total == total
    assert "封顶" in scored(plain, {"X": {"points": "95"}}).note


@pytest.mark.parametrize(
    ("order", "total"),
    [
        (
            ["leaves", "levels", "blocks", "composite", "caps", "rounding", "veto", "grade", "consequences"],
            "90.0",
        ),
        (
            ["leaves", "levels", "rounding", "blocks", "composite", "caps", "veto", "grade", "consequences"],
            "89.96",
        ),
    ],
)
def test_the_order_of_application_is_data(
    framework: Build, scored: Score, order: list[str], total: str
) -> None:
    block = {
        "code": "N",
        "name": "减",
        "kind": "negative",
        "floor": "-9",
        "children": [{"code": "N1", "name": "减", "rule": {"kind": "reverse", "floor": "-9"}}],
    }
    plain = framework([free("X")], blocks=[block], order=order, rounding={"places": "1"})
    assert scored(plain, {"X": {"points": "90.04"}, "N1": {"points": "-0.04"}}).total == Fraction(total)


def test_consequences_are_printed_and_never_feed_back(graded: Callable[..., ScoreSheet]) -> None:
    rows = [{"text": "下年预算压减 10%", "grade": "中"}, {"text": "约谈", "when": "<60"}]
    assert graded("70", consequences=rows).consequences == ("下年预算压减 10%",)
    assert graded("59", consequences=rows).consequences == ("约谈",)
    assert graded("59", consequences=rows).total == 59


def test_flags_make_extra_subtotals_without_counting_twice(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "flags": ["重点"],
            "children": [free("A1", "40", flags=["重点"]), free("A2", "20")],
        },
        free("B", "40", flags=["重点"]),
    ]
    plain = framework(nodes, subtotals=[{"flag": "重点", "name": "重点小计"}])
    sheet = scored(plain, {"A1": {"points": "30"}, "A2": {"points": "20"}, "B": {"points": "10"}})
    assert (sheet.subtotals[0].max, sheet.subtotals[0].awarded) == (100, 60)


def test_a_printed_maximum_that_does_not_add_up_is_kept_beside_the_computed_one(
    framework: Build, scored: Score
) -> None:
    nodes = [{"code": "A", "name": "甲", "max": "8", "children": [free("A1", "4"), free("A2", "3.5")]}]
    plain = framework(nodes, printed_defects=[{"path": "A", "printed": "8", "computed": "7.5"}])
    sheet = scored(plain, {"A1": {"points": "4"}, "A2": {"points": "3.5"}})
    assert (sheet.line("A").max, sheet.line("A").printed_max, sheet.total) == (
        Fraction("7.5"),
        8,
        Fraction("7.5"),
    )


def test_each_indicator_of_100_has_its_own_score_and_there_is_no_total(
    framework: Build, scored: Score
) -> None:
    nodes = [{"code": "A", "name": "产出", "children": [free("A1"), free("A2")]}]
    sheet = scored(framework(nodes, total="none"), {"A1": {"points": "100"}, "A2": {"points": "60"}})
    assert [sheet.line(code).awarded for code in ("A1", "A2", "A")] == [100, 60, None]
    assert (sheet.total, sheet.line("A").status) == (None, Status.NO_TOTAL)


def _sheets(framework: Build, scored: Score, *points: str) -> dict[str, ScoreSheet]:
    return {
        f"s{n}": scored(framework([free("X")]), {"X": {"points": one}} if one else {})
        for n, one in enumerate(points)
    }


@pytest.mark.parametrize(
    ("how", "total"), [("sum", "170"), ("mean", "85"), ("weighted", "87.5"), ("min", "80"), ("none", None)]
)
def test_sheets_are_joined_only_as_declared(
    framework: Build, scored: Score, how: str, total: str | None
) -> None:
    sheets = _sheets(framework, scored, "90", "80")
    joint = aggregate(sheets, Aggregation(AggregateHow(how), {"s0": Fraction(3), "s1": Fraction(1)}))
    assert joint.total == (None if total is None else Fraction(total))
    assert joint.parts == (("s0", 90), ("s1", 80)) and (joint.steps or joint.note)


def test_a_sheet_without_a_total_keeps_the_joint_figure_open(framework: Build, scored: Score) -> None:
    joint = aggregate(_sheets(framework, scored, "90", ""), Aggregation(AggregateHow.MEAN))
    assert joint.total is None and "s1" in joint.note


def test_joint_figures_round_as_declared_and_refuse_missing_weights(framework: Build, scored: Score) -> None:
    sheets = _sheets(framework, scored, "90", "80", "80")
    assert aggregate(sheets, Aggregation(AggregateHow.MEAN, step=Step(2))).total == Fraction("83.33")
    with pytest.raises(InvalidError) as caught:
        aggregate(sheets, Aggregation(AggregateHow.WEIGHTED, {"s0": Fraction(1)}))
    assert len(caught.value.problems) == 2


def test_each_partition_of_a_total_is_tied_on_its_own() -> None:
    found = tie(
        "子预算", Fraction(5823), {"一云": Fraction(2645), "二云": Fraction(1998), "监理等": Fraction(25)}
    )
    assert (found.sum, found.difference, found.holds) == (4668, 1155, False)
    assert tie("年度", Fraction("557.02"), {"2022": Fraction(200), "2023": Fraction("357.02")}).holds


def test_the_waterfall_goes_from_the_claim_to_the_final_total(framework: Build) -> None:
    plain = framework([free("X", "60"), free("Y", "40")])
    facts = ScoringFacts(
        inputs={"X": LeafInput(points="50")},
        input_stages={"X": "on_site_verification"},
        deductions=(DeductionFact("D1", "Y", "material_review", "3", "材料不全"),),
        adjustments=(AdjustmentFact("T1", "X", "leaf", "52", "采纳意见", stage="finalisation"),),
        claims={"X": "60", "Y": "39"},
    )
    stages = [
        ("self_assessment", "自评"),
        ("material_review", "材料审核"),
        ("on_site_verification", "现场核查"),
        ("consultation", "征求意见"),
        ("finalisation", "定稿"),
    ]
    stands = waterfall(plain, facts, stages=stages)
    assert [stand.total for stand in stands] == [99, 97, 87, 87, 89]
    assert [stand.change for stand in stands] == [None, -2, -10, 0, 2]
    assert waterfall(plain, facts, stages=stages[:1], claimed_total="98.5")[0].total == Fraction("98.5")
