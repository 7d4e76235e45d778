"""Deductions explain the rule's loss, stop at the lowest points, and adjustments stand beside the rule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from service.scoring.facts import AdjustmentFact, BonusFact, DeductionFact, ScoringFacts
from service.scoring.framework import Framework
from service.scoring.lines import EntryKind, SheetLine, Status, deduction_for
from service.scoring.sheet import ScoreSheet

Build = Callable[..., Framework]
Score = Callable[..., ScoreSheet]
LEVELS = {
    "kind": "levels",
    "levels": [{"code": "a", "points": "4"}, {"code": "b", "points": "2..3"}, {"code": "c", "points": "0"}],
}


def row(amount: str | None, number: str = "D1", node: str = "X") -> DeductionFact:
    return DeductionFact(
        number, node, "on_site_verification", amount, "部分巡检材料不完整", "细则2", ("E1",), "组长"
    )


def adjusted(awarded: str, node: str = "X", number: str = "T1", **more: Any) -> AdjustmentFact:
    return AdjustmentFact(number, node, "leaf", awarded, "问卷代表性不足", **more)


@pytest.fixture
def line(one_leaf: Build, scored: Score) -> Callable[..., SheetLine]:
    def run(
        result: dict[str, Any], rule: dict[str, Any] = LEVELS, full: str = "4", **facts: Any
    ) -> SheetLine:
        return scored(one_leaf(full, rule), {"X": result} if result else {}, **facts).line("X")

    return run


def test_a_row_explains_the_loss_and_is_not_taken_twice(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "b", "points": "3"}, deductions=(row("1"),))
    assert (found.awarded, found.deductions, found.rule_points) == (3, 1, 3)
    assert [(e.kind, e.effective) for e in found.entries] == [(EntryKind.DEDUCTION, 1)]


def test_what_rows_leave_open_is_the_rules_own_deduction(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "b", "points": "2"}, deductions=(row("0.5"),))
    assert found.awarded == 2
    assert [(e.kind, e.effective) for e in found.entries] == [
        (EntryKind.DEDUCTION, Fraction(1, 2)),
        (EntryKind.RULE, Fraction(3, 2)),
    ]


def test_rows_beyond_the_rule_count_and_are_marked(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "b", "points": "3"}, deductions=(row("1.5"),))
    assert found.awarded == Fraction(5, 2)
    assert "扣分超过规则" in found.note


def test_rows_score_a_leaf_whose_rule_gives_no_figure(line: Callable[..., SheetLine]) -> None:
    found = line({}, deductions=(row("1"), row("0.5", "D2")))
    assert (found.awarded, found.rule_points) == (Fraction(5, 2), None)


def test_a_row_without_amount_only_gives_the_reason_of_a_known_loss(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "b", "points": "3"}, deductions=(row(None),))
    assert found.awarded == 3
    assert found.entries[0].nominal is None and found.entries[0].effective is None


@pytest.mark.parametrize("result", [{}, {"level": "a"}])
def test_a_row_without_amount_makes_a_leaf_without_known_loss_incomputable(
    line: Callable[..., SheetLine], result: dict[str, str]
) -> None:
    found = line(result, deductions=(row(None),))
    assert found.awarded is None and "数额来源未载" in found.note


def test_deductions_stop_at_zero_and_share_what_is_left(line: Callable[..., SheetLine]) -> None:
    found = line({}, {"kind": "discretionary"}, "1", deductions=(row("1.5"), row("0.5", "D2")))
    assert (found.awarded, found.deductions) == (0, 1)
    assert [e.effective for e in found.entries] == [Fraction(3, 4), Fraction(1, 4)]


def test_an_adjustment_keeps_the_rules_figure_beside_it(line: Callable[..., SheetLine]) -> None:
    survey = {"kind": "linear", "from": {"at": "60%", "points": "0"}, "to": {"at": "90%", "points": "6"}}
    found = line({"value": "96.97%"}, survey, "6", adjustments=(adjusted("4.5"),))
    assert (found.rule_points, found.awarded, found.adjustment) == (6, Fraction(9, 2), Fraction(-3, 2))
    assert any("问卷代表性不足" in step for step in found.steps)


def test_beside_an_adjustment_the_rows_only_explain(line: Callable[..., SheetLine]) -> None:
    survey = {"kind": "linear", "from": {"at": "60%", "points": "0"}, "to": {"at": "90%", "points": "6"}}
    found = line({"value": "96.97%"}, survey, "6", adjustments=(adjusted("4.5"),), deductions=(row("1.5"),))
    assert (found.awarded, found.deductions, found.adjustment) == (Fraction(9, 2), 0, Fraction(-3, 2))
    assert found.note == "" and found.entries[0].nominal == Fraction(3, 2)


def test_an_adjustment_gives_points_where_the_rule_gives_none(line: Callable[..., SheetLine]) -> None:
    found = line({}, adjustments=(adjusted("2.5"),))
    assert (found.rule_points, found.awarded) == (None, Fraction(5, 2))


@pytest.mark.parametrize("awarded", ["4.5", "-1"])
def test_an_adjustment_outside_the_line_is_not_applied(line: Callable[..., SheetLine], awarded: str) -> None:
    found = line({"level": "a"}, adjustments=(adjusted(awarded),))
    assert found.awarded is None and "超出本行得分范围" in found.note


def test_two_adjustments_of_one_line_contend(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "a"}, adjustments=(adjusted("3"), adjusted("2", number="T2")))
    assert found.awarded is None and "多条裁量调整" in found.note


CHECK = {"kind": "checklist", "elements": [{"code": "x"}, {"code": "y"}]}


@pytest.mark.parametrize("place", [{"node": "X/y"}, {"node": "X", "element": "y"}])
def test_an_element_is_adjusted_on_its_own(line: Callable[..., SheetLine], place: dict[str, str]) -> None:
    found = line({"elements": {"x": "met", "y": "unmet"}}, CHECK, adjustments=(adjusted("0.5", **place),))
    assert (found.rule_points, found.awarded, found.adjustment) == (2, Fraction(5, 2), Fraction(1, 2))


@pytest.mark.parametrize(("element", "awarded"), [("z", "1"), ("y", "2.5")])
def test_an_impossible_element_adjustment_is_named(
    line: Callable[..., SheetLine], element: str, awarded: str
) -> None:
    found = line(
        {"elements": {"x": "met", "y": "unmet"}}, CHECK, adjustments=(adjusted(awarded, f"X/{element}"),)
    )
    assert found.awarded is None and "T1" in found.note


def test_bonuses_make_up_for_losses_up_to_full_marks(line: Callable[..., SheetLine]) -> None:
    bonus = BonusFact("G1", "X", "", "3", "获奖")
    found = line({"level": "b", "points": "3"}, bonuses=(bonus,))
    assert (found.awarded, found.bonuses) == (4, 1)


def test_a_typed_score_becomes_one_deduction_where_there_is_no_rule(line: Callable[..., SheetLine]) -> None:
    found = line({"awarded": "3.03", "reason": "只给出得分"}, {"kind": "not_stated"}, "23")
    assert (found.awarded, found.deductions) == (Fraction("3.03"), Fraction("19.97"))


def test_a_typed_score_that_differs_from_the_rule_is_not_taken(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "b", "points": "3", "awarded": "2"})
    assert found.awarded == 3 and "未采用" in found.note


def test_a_member_the_rule_cannot_use_is_named(line: Callable[..., SheetLine]) -> None:
    found = line({"level": "a", "count": "1"})
    assert found.status is Status.NOT_COMPUTABLE and "count" in found.note


@pytest.mark.parametrize(("typed", "needed"), [("2.5", "1.5"), ("3", "0"), ("3.5", "0"), ("0", "4")])
def test_the_row_for_a_typed_score_covers_the_whole_loss(
    one_leaf: Build, scored: Score, typed: str, needed: str
) -> None:
    plain = one_leaf("4", LEVELS)
    result = {"X": {"level": "b", "points": "3"}}
    amount = deduction_for(scored(plain, result).line("X"), Fraction(typed))
    assert amount == Fraction(needed)
    if amount:
        assert scored(plain, result, deductions=(row(str(amount)),)).line("X").awarded == Fraction(typed)


TREE = [
    {
        "code": "A",
        "name": "甲",
        "max": "13",
        "children": [
            {"code": "A1", "name": "一", "rule": {"kind": "not_stated"}},
            {"code": "A2", "name": "二", "rule": {"kind": "not_stated"}},
        ],
    }
]


def test_a_deduction_on_a_level_leaves_the_lines_below_unscored_and_says_so(
    framework: Build, scored: Score
) -> None:
    sheet = scored(framework(TREE), {}, deductions=(row("2", node="A"), row(None, "D2", "A1")))
    assert sheet.total == 11
    assert sheet.line("A").awarded == 11
    assert sheet.line("A1").status is Status.NOT_SEPARATE and sheet.line("A1").awarded is None
    assert sheet.line("A2").note


def test_a_level_may_carry_a_typed_score_of_full_marks(framework: Build, scored: Score) -> None:
    assert scored(framework(TREE), {"A": {"awarded": "13"}}).total == 13


def test_without_any_figure_the_level_and_total_stay_open(framework: Build, scored: Score) -> None:
    sheet = scored(framework(TREE), {})
    assert sheet.total is None and "A" in sheet.note and sheet.line("A").awarded is None


def test_a_deduction_on_a_level_comes_off_the_sum_of_its_lines(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "10",
            "children": [
                {"code": "A1", "name": "一", "max": "4", "rule": {"kind": "discretionary"}},
                {"code": "A2", "name": "二", "max": "6", "rule": {"kind": "discretionary"}},
            ],
        }
    ]
    results = {"A1": {"points": "3"}, "A2": {"points": "5"}}
    sheet = scored(framework(nodes), results, deductions=(row("1.5", node="A"),))
    found = sheet.line("A")
    assert (found.awarded, found.deductions) == (Fraction("6.5"), Fraction("3.5"))


def test_level_and_total_may_be_adjusted_and_keep_the_sum(framework: Build, scored: Score) -> None:
    nodes = [
        {
            "code": "A",
            "name": "甲",
            "max": "10",
            "children": [{"code": "A1", "name": "一", "max": "10", "rule": {"kind": "discretionary"}}],
        }
    ]
    results = {"A1": {"points": "7"}}
    level = scored(framework(nodes), results, adjustments=(adjusted("8", "A"),))
    assert (level.line("A").rule_points, level.line("A").awarded, level.total) == (7, 8, 8)
    for name in ("", "total"):
        top = scored(framework(nodes), results, adjustments=(adjusted("6", name),))
        assert (top.total, top.adjustment, top.line("A").awarded) == (6, -1, 7)


def test_deductions_on_the_total_count(framework: Build, scored: Score) -> None:
    nodes = [{"code": "A", "name": "甲", "max": "10", "rule": {"kind": "discretionary"}}]
    sheet = scored(framework(nodes), {"A": {"points": "7"}}, deductions=(row("1", node="total"),))
    assert (sheet.total, sheet.deductions) == (6, 4)


def test_facts_know_what_was_there_at_a_stage() -> None:
    facts = ScoringFacts(deductions=(row("1"), DeductionFact("D2", "X", "finalisation", "1", "后")))
    assert [one.id for one in facts.through(["on_site_verification"]).deductions] == ["D1"]
