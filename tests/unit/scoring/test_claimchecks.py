"""Every check of a 自评表 at its edges, worked by hand; the rules that score it are those of the engine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from service import frameworks
from service.frameworks.fromclaims import claims_of, framework_text, results_of, unusable
from service.scoring.claimchecks import Asked, Check, Norm, at_stake, findings
from service.scoring.claims import ClaimForm, FormLine, FundRow, Goal, goal_of, reached
from service.scoring.facts import ScoringFacts
from service.scoring.inputs import LeafInput
from service.scoring.sheet import score

FULL = 1_000_000_00
E = FormLine("E", "", "", "预算执行率", "", "100%", "10", "10", "", {"points": "表!I6"}, execution=True)
LINES = (
    E,
    FormLine("L1", "产出指标", "数量", "终端", "≥20台", "19", "50", "47.5", "一台停产", {"points": "表!G9"}),
    FormLine("L2", "效益指标", "社会", "响应", "≤3天", "4天", "30", "22.5", "人手不足", {"points": "表!G10"}),
    FormLine("L3", "满意度指标", "", "评价", "满意", "满意", "10", "9", "个别意见", {"points": "表!G11"}),
)
MONEY = (FundRow("年度资金总额", FULL, FULL, FULL, "表!A6"),)
FORM = ClaimForm("P1", "某项目", "某中心", "某局", "2025", LINES, MONEY, "100%", "89", {"total": "表!G12"})


def rules(form: ClaimForm, norm: Norm = Norm()) -> dict[str, Fraction | None]:  # noqa: B008 - frozen
    """What the engine gives each line."""
    framework = frameworks.parse(framework_text(form, norm), name="test")
    inputs = {node: LeafInput.from_plain(plain) for node, plain in results_of(form).items()}
    whole = form.whole
    money = {"adjusted": whole.adjusted or 0, "paid": whole.paid or 0} if whole and form.execution else {}
    sheet = score(framework, ScoringFacts(inputs=inputs, money=money, claims=claims_of(form)))
    return {line.code: sheet.line(line.code).rule_points for line in form.lines}


def found(form: ClaimForm, year: str = "2025") -> list[Check]:
    return [each.check for each in findings(Asked(form, rules(form), Norm(), year))]


def with_line(number: int, **changes: str) -> ClaimForm:
    """The form with one line changed and the total made right again."""
    lines = [*FORM.lines]
    lines[number] = replace(lines[number], **changes)
    total = sum((Fraction(line.points or "0") for line in lines), Fraction(0))
    return replace(FORM, lines=tuple(lines), total=str(float(total)).removesuffix(".0"))


def test_a_good_form_has_no_finding() -> None:
    assert found(FORM) == []
    assert rules(FORM) == {"E": 10, "L1": Fraction("47.5"), "L2": Fraction("22.5"), "L3": None}


@pytest.mark.parametrize(
    ("target", "actual", "goal", "share"),
    [
        ("≥20台", "19台", Goal.MORE, Fraction(19, 20)),
        ("20台", "19", Goal.MORE, Fraction(19, 20)),
        ("不超过3天", "4天", Goal.LESS, Fraction(4, 3)),
        ("95%", "９６％", Goal.JUDGED, None),
        ("95%", "96%", Goal.MORE, Fraction(96, 95)),
        ("20台", "19人", Goal.JUDGED, None),
        ("0起", "0起", Goal.JUDGED, None),
        ("明显改善", "改善", Goal.JUDGED, None),
    ],
)
def test_a_line_is_measured_by_its_target(
    target: str, actual: str, goal: Goal, share: Fraction | None
) -> None:
    line = replace(LINES[1], target=target, actual=actual)
    assert (goal_of(line), reached(line)) == (goal, share)


@pytest.mark.parametrize(
    ("points", "checks"),
    [
        ("47.5", []),
        ("47.56", [Check.ABOVE_RULE]),
        ("47.55", [Check.ROUNDING]),
        ("47.45", [Check.ROUNDING]),
        ("47.44", [Check.BELOW_RULE]),
        ("50.01", [Check.OUT_OF_RANGE]),
        ("-0.01", [Check.OUT_OF_RANGE]),
        ("", [Check.NO_POINTS]),
    ],
)
def test_a_claim_is_held_against_its_rule(points: str, checks: list[Check]) -> None:
    assert found(with_line(1, points=points)) == checks


def test_a_cause_is_asked_for_where_points_were_lost_or_the_target_is_far_away() -> None:
    assert found(with_line(3, deviation="")) == [Check.NO_REASON]
    over = with_line(1, actual="26台", points="50", deviation="")
    assert found(over) == [Check.NO_REASON]
    assert found(with_line(1, actual="25台", points="50", deviation="")) == []


def test_money_caps_and_completion() -> None:
    def at(paid: int, points: str, total: str) -> list[Check]:
        row = FundRow("年度资金总额", FULL, FULL, paid, "表!A6")
        rate = f"{paid * 100 // FULL}%"
        lines = (replace(E, points=points), *LINES[1:])
        return found(replace(FORM, lines=lines, funds=(row,), rate=rate, total=total))

    assert at(FULL * 85 // 100, "8.5", "87.5") == []
    assert at(FULL * 79 // 100, "7.9", "86.9") == [Check.AHEAD]
    more = replace(LINES[2], actual="3天", points="30"), replace(LINES[3], points="10")
    row = FundRow("年度资金总额", FULL, FULL, FULL * 79 // 100, "表!A6")
    lines = (replace(E, points="7.9"), LINES[1], *more)
    high = replace(FORM, lines=lines, funds=(row,), rate="79%", total="95.4")
    assert found(high) == [Check.CAP, Check.AHEAD]
    assert found(replace(FORM, rate="99%")) == [Check.RATE]
    assert found(replace(FORM, rate="")) == []
    parts = (*MONEY, FundRow("财政拨款", FULL, FULL, FULL - 1), FundRow("其他", 0, 0, 0))
    assert found(replace(FORM, funds=parts)) == [Check.MONEY_SUM]
    over = (FundRow("年度资金总额", FULL, FULL, FULL + 1),)
    assert found(replace(FORM, funds=over)) == [Check.OVERSPENT]
    nothing = (FundRow("年度资金总额", 0, 0, 0),)
    assert Check.RATE not in found(replace(FORM, funds=nothing)), "a budget of nothing has no rate"


def test_weights_sum_year_and_full_marks() -> None:
    assert found(replace(FORM, total="89.01")) == [Check.SUM]
    assert found(replace(FORM, total="")) == [Check.SUM]
    assert found(FORM, year="2024") == [Check.YEAR]
    heavier = with_line(3, max="11")
    assert found(heavier) == [Check.WEIGHT_TOTAL, Check.WEIGHT_LEVEL]
    lines = (
        E,
        replace(LINES[1], actual="20台", points="50", deviation=""),
        replace(LINES[2], actual="3天", points="30", deviation=""),
        replace(LINES[3], points="10", deviation=""),
    )
    assert found(replace(FORM, lines=lines, total="100")) == [Check.FULL_MARKS]


def test_what_is_at_stake_is_what_is_claimed_too_much() -> None:
    form = with_line(1, points="49")
    assert at_stake(Asked(form, rules(form), Norm())) == Fraction("1.5")
    assert at_stake(Asked(with_line(1, points="40"), rules(FORM), Norm())) == 0


def test_a_form_without_weights_makes_no_framework() -> None:
    assert [problem.message for problem in unusable(with_line(1, max=""))] == ["终端：分值不是大于 0 的数"]
    assert unusable(replace(FORM, lines=()))[0].message == "自评表里没有指标"
    assert ClaimForm.from_plain(FORM.to_plain()) == FORM
