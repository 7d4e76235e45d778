"""What a source printed is compared at the places it printed, and every difference has a kind."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cases.declare import convert
from service.cases.model_report import Published
from service.quotations.compare import Agree, Comparison, Differ, Uncomputable, compare
from service.quotations.expectations import hold
from service.quotations.lookup import Figures
from service.quotations.printed import agrees, half_up, read_printed, spell
from service.quotations.rows import Row
from service.quotations.tableview import TableView

TABLE = TableView(
    columns=("序号", "名称", "支出", "备注"),
    rows=(
        Row(("（一）甲",), "band"),
        Row(("1", "子项甲", "1,000.25", "未开展")),
        Row(("2", "子项乙", "^", "未开展")),
        Row(("4", "子项丙", "0.50", "-")),
        Row(("合计", "<", "1,000.70", ""), "total"),
    ),
)
FIGURES = Figures(
    total=Fraction("87.97"),
    rate=Fraction("0.8797"),
    grade="良",
    nodes={
        "A": {"awarded": Fraction(11), "rate": Fraction(11, 13), "max": Fraction(13), "rule": Fraction(0)},
        "A1": {"awarded": None},
    },
    money={"paid": Fraction("525.58"), "budget": Fraction("557.02"), "lost": None},
    framework={"leaves": 33, "level.2": 10},
    tables={"t": TABLE},
)


def run(*items: dict[str, Any]) -> Comparison:
    return compare([convert(Published, {"place": "表", **item}).quoted() for item in items], FIGURES)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("84.62%", {"computed": "node.A.rate"}),
        ("11.00", {"computed": "node.A.awarded"}),
        ("87.97 分", {"computed": "total"}),
        ("良", {"computed": "grade"}),
        ("94.36%", {"relation": {"ratio": ["money.paid", "money.budget"]}}),
        ("557.02 万元", {"computed": "money.budget"}),
        ("0.50", {"computed": "table.t.4.支出"}),
        ("1,000.75", {"relation": {"sum": "table.t.*.支出"}}),
        ("1000.25", {"relation": {"sum": "table.t.1~2.支出"}}),
        ("2", {"relation": {"count": "table.t.*.备注=未开展"}}),
        ("3 个", {"relation": {"count": "table.t.*"}}),
        ("33", {"computed": "framework.leaves"}),
        ("98.38", {"relation": {"weighted": [["98.38", "40%"], ["98.38", "60%"]]}}),
        ("31.44", {"relation": {"difference": ["money.budget", "money.paid"]}}),
        ("递增", {"relation": {"order": ["2021-06-30", "2021-07-01"]}}),
        ("递增", {"relation": {"order": ["2021-05-31", "2021-06", "2021-06-01"]}}),
        ("47天", {"relation": {"difference": ["2024-01-16", "2023-11-30"]}}),
        ("1 天", {"relation": {"difference": ["2024-03-01", "2024-02-29"]}}),
        ("5.64%", {"relation": {"ratio": [{"difference": ["money.budget", "money.paid"]}, "money.budget"]}}),
    ],
)
def test_a_figure_that_follows_agrees(value: str, source: dict[str, Any]) -> None:
    assert isinstance(run({"path": "x", "value": value, **source}).outcomes[0], Agree)


@pytest.mark.parametrize(
    ("value", "source", "computed", "kind"),
    [
        ("94.35%", {"relation": {"ratio": ["money.paid", "money.budget"]}}, "94.36%", "截位"),
        ("1,000.70", {"relation": {"sum": ["1,000.25", "0.50"]}}, "1000.75", "合计不符"),
        ("70.00%", {"relation": {"ratio": ["4.5", "6"]}}, "75.00%", "计算不符"),
        ("1.5", {"computed": "node.A.rule"}, "0.0", "规则不符"),
        ("4 个", {"relation": {"count": "table.t.*"}}, "3", "计数不符"),
        ("优", {"computed": "grade"}, "良", "前后不一"),
        ("1200", {"relation": {"equal": "1640"}}, "1640", "前后不一"),
        ("1、2、4", {"relation": {"sequence": "table.t.*.序号"}}, "2 后为 4", "编号不连续"),
        ("递增", {"relation": {"order": ["2021-07-01", "2021-06-30"]}}, "递减", "顺序不符"),
    ],
)
def test_a_figure_that_does_not_follow_differs_with_its_kind(
    value: str, source: dict[str, Any], computed: str, kind: str
) -> None:
    result = run({"path": "x", "value": value, **source})
    assert result.outcomes == (Differ("x", value, computed, kind, False),)
    assert result.undeclared


def test_sums_of_rounded_figures_are_told_from_wrong_sums() -> None:
    result = run(
        {"path": "一云", "value": "4426 万元"},
        {"path": "二云", "value": "1950 万元"},
        {"path": "费用", "value": "6376.7 万元", "relation": {"sum": ["一云", "二云"]}},
        {"path": "预算", "value": "5823", "relation": {"sum": ["2645", "1998"]}},
    )
    assert [d.kind for d in result.differ] == ["四舍五入", "合计不符"]


def test_a_declared_difference_does_not_fail_and_keeps_its_cause() -> None:
    declared = {"kind": "截位", "cause": "来源未载"}
    result = run(
        {
            "path": "x",
            "value": "94.35%",
            "relation": {"ratio": ["money.paid", "money.budget"]},
            "declared": declared,
        }
    )
    assert result.outcomes == (Differ("x", "94.35%", "94.36%", "截位", True, "来源未载"),)
    assert not result.undeclared
    assert run(
        {
            "path": "x",
            "value": "94.36%",
            "relation": {"ratio": ["money.paid", "money.budget"]},
            "declared": declared,
        }
    ).needless == ("x",)


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ({}, "来源未载可核算的关系"),
        ({"cause": "来源未载"}, "来源未载"),
        ({"computed": "node.A1.awarded"}, "指标 A1"),
        ({"computed": "money.lost"}, "金额来源未载"),
        ({"computed": "node.Z.awarded"}, "没有指标“Z”"),
        ({"relation": {"sum": ["甲", "1"]}}, "没有“甲”这一条"),
        ({"relation": {"ratio": ["1", "0"]}}, "除数是零"),
        ({"computed": "table.q.1.支出"}, "没有表“q”"),
        ({"computed": "table.t.9.支出"}, "没有行“9”"),
    ],
)
def test_what_cannot_be_computed_says_why(source: dict[str, Any], cause: str) -> None:
    outcome = run({"path": "x", "value": "1", **source}).outcomes[0]
    assert isinstance(outcome, Uncomputable)
    assert cause in outcome.cause


def test_printed_operands_count_as_printed_not_as_computed() -> None:
    result = run(
        {"path": "甲", "value": "33.3%"},
        {"path": "乙", "value": "66.6%", "relation": {"product": ["甲", "2"]}},
    )
    assert result.agree


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(0, 4))
def test_every_number_agrees_with_its_own_half_up_spelling(value: Fraction, places: int) -> None:
    text = spell(value, read_printed("0." + "0" * places if places else "0"))  # type: ignore[arg-type]
    printed = read_printed(text)
    assert printed is not None
    assert agrees(printed, value)
    assert abs(half_up(value, places) - value) * 2 * 10**places <= 1
    assert not agrees(printed, value + 2 * printed.step)


def test_expectations_are_held_half_up_at_the_places_written() -> None:
    result = hold(
        {
            "total": "88.0",
            "grade": "良",
            "node.A.rate": "84.6%",
            "table.t.4.名称": "子项丙",
            "node.A1.awarded": "none",
        },
        FIGURES,
    )
    assert (result.held, result.failed) == (5, ())


def test_failed_expectations_name_path_expected_and_actual() -> None:
    failed = hold(
        {"total": "87.98", "grade": "优", "node.Z.awarded": "none", "node.A1.awarded": "1", "nonsense": "1"},
        FIGURES,
    ).failed
    assert [(f.path, f.expected, f.actual) for f in failed] == [
        ("total", "87.98", "87.97"),
        ("grade", "优", "良"),
        ("node.Z.awarded", "none", None),
        ("node.A1.awarded", "1", None),
        ("nonsense", "1", None),
    ]


def test_an_impossible_day_is_no_number_and_a_missing_figure_is_named_in_chinese() -> None:
    impossible, missing = run(
        {"path": "逾期", "value": "2天", "relation": {"difference": ["2023-03-01", "2023-02-30"]}},
        {"path": "得分", "value": "4", "computed": "node.A1.awarded"},
    ).outcomes
    assert isinstance(impossible, Uncomputable) and "2023-02-30" in impossible.cause
    assert missing == Uncomputable("得分", "4", "指标 A1 的得分来源未载或不能计算")
