"""Numbers, units, intervals, expressions and typed values."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from service.errors import InvalidError
from service.scoring.arithmetic import Calendar
from service.scoring.expressions import ExpressionError, read_expression
from service.scoring.inputs import LeafInput
from service.scoring.intervals import read_interval
from service.scoring.measures import Declared, Measure, Scope
from service.scoring.points import read_points
from service.scoring.quantities import Quantity, UnitError, exact, read_quantity
from service.scoring.rounding import Rounding
from service.scoring.states import NotComputableError, State
from service.scoring.values import Word, read_value


@pytest.mark.parametrize("text", ["1e3", "+1", " 1", "1.", ".5", "1/0", "", "一", "1,000", "0x1", "nan"])
def test_points_that_are_no_plain_number_are_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        exact(text)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("63.8%", "319/500", "%"),
        ("5823万元", "58230000", "万元"),
        ("1,191.00 万元", "11910000", "万元"),
        ("−2", "-2", ""),
        ("772T", "790528", "T"),
        ("7个百分点", "7/100", "个百分点"),
        ("14份", "14", "份"),
        ("2次/天", "2", "次/天"),
        ("2/3", "2/3", ""),
    ],
)
def test_a_quantity_is_read_with_its_unit(text: str, number: str, unit: str) -> None:
    found = read_quantity(text)
    assert found is not None and (found.number, found.unit) == (Fraction(number), unit)


@pytest.mark.parametrize("text", ["2020年11月底", "全国前五名", "约5台", "8万余人次2", "%", ""])
def test_what_is_no_quantity_stays_a_word(text: str) -> None:
    assert read_quantity(text) is None
    assert isinstance(read_value(text), Word)


def test_a_written_value_is_typed_by_its_form() -> None:
    assert read_value("2022-12-31") == date(2022, 12, 31)
    assert read_value("not_given") is State.NOT_GIVEN
    assert str(read_value(">=18项")) == ">=18项"
    assert isinstance(read_value("2022-02-30"), Word)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=65%", "65%", "64.99%"),
        ("≤2小时", "120分钟", "121分钟"),
        ("(10%, 15%]", "15%", "10%"),
        ("[80, 90)", "80", "90"),
        ("=0次", "0次", "1次"),
        ("＜60％", "59%", "60%"),
        ("（10%，15%】", "11%", "10%"),
    ],
)
def test_an_interval_knows_its_edges(text: str, inside: str, outside: str) -> None:
    interval = read_interval(text)
    assert interval is not None
    assert read_quantity(inside) in interval and read_quantity(outside) not in interval


@pytest.mark.parametrize("text", ["10-20", ">", "[1 2]", "[1小时, 2次]", "(a, b)", ">=五"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    assert read_interval(text) is None


def test_a_bare_bound_meets_counts_and_ratios_but_not_money() -> None:
    interval = read_interval(">=90")
    assert interval is not None
    assert Quantity(Fraction(92), (("分", 1),), "分") in interval
    with pytest.raises(UnitError):
        assert read_quantity("92万元") in interval


@pytest.mark.parametrize("text", ["", "..", "1..", "2..1", "1..50%", "五", "1..<1", "5小时"])
def test_what_is_no_points_is_refused(text: str) -> None:
    assert read_points(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "(a",
        "a b",
        "a..b",
        "power(a)",
        "min()",
        "a > b > c",
        "a + (b > c)",
        "a and b",
        "not a",
        "__import__('os')",
        "a.b()",
        "'x'",
        "a if b else c",
        "min(a,b,c,d,e,f,g,h,i,j)",
        "a" * 600,
        "(" * 300 + "a" + ")" * 300,
    ],
)
def test_what_is_no_formula_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_expression(text)
    assert str(caught.value)


def scope(money: dict[str, int] | None = None, **inputs: str | dict[str, str]) -> Scope:
    return Scope(LeafInput.from_plain({"inputs": inputs} if inputs else {}), money=money or {})


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("a + b * 2", "7台"),
        ("(a + b) × 2", "10台"),
        ("a - b - 1台", "0台"),
        ("a / b", "150%"),
        ("-a + 5台", "2台"),
        ("max(a, b)", "3台"),
        ("min(a, b)", "2台"),
        ("mean(a, b)", "2.5台"),
        ("abs(b - a)", "1台"),
        ("sum(a, b)", "5台"),
        ("rank(a, 名单)", "2"),
        ("rank_low(a, 名单)", "3"),
        ("a * b / b", "3台"),
        ("a ÷ b − 100%", "50%"),
    ],
)
def test_formulas_are_evaluated_exactly(formula: str, shown: str) -> None:
    names = scope(a="3台", b="2台", 名单={"甲": "1台", "乙": "2台", "丙": "9台"})
    assert str(names.number(read_expression(formula))) == shown
    assert names.steps


def test_days_and_working_days_are_counted_apart() -> None:
    names = scope(起="2022-09-29", 止="2022-10-10")
    names.calendar = Calendar(
        frozenset(date(2022, 10, day) for day in range(1, 8)), frozenset({date(2022, 10, 8)})
    )
    assert str(names.number(read_expression("days(起, 止)"))) == "11天"
    assert str(names.number(read_expression("止 - 起"))) == "11天"
    assert str(names.number(read_expression("workdays(起, 止)"))) == "3工作日"
    assert str(names.number(read_expression("workdays(止, 起)"))) == "-3工作日"


def test_money_facts_are_named_in_formulas() -> None:
    names = scope({"paid": 52558_0000, "total": 55702_0000})
    assert str(names.number(read_expression("money.paid / money.total"))) == "≈94.3557%"
    with pytest.raises(NotComputableError, match="没有数"):
        names.number(read_expression("money.other"))


@pytest.mark.parametrize(
    "formula", ["a + 钱", "a + c", "c / 零", "起 + a", "词 * 2", "days(a, 起)", "甲乙 + 丙丁"]
)
def test_what_cannot_be_computed_is_refused_with_a_reason(formula: str) -> None:
    names = scope(
        a="3台",
        钱="2万元",
        零="0台",
        c="3次",
        起="2022-01-01",
        词="全国前五",
        甲乙={"甲": "1"},
        丙丁={"丙": "1"},
    )
    with pytest.raises(NotComputableError):
        names.number(read_expression(formula))


def test_a_declared_bound_counts_as_its_number_and_units_are_checked() -> None:
    declared = {"n": Declared("n", "台", bound_is_number=True), "r": Declared("r", "%")}
    names = Scope(LeafInput.from_plain({"inputs": {"n": ">=18台", "r": "63.8"}}), declared)
    assert str(names.number(read_expression("n"))) == "18台"
    with pytest.raises(NotComputableError, match="单位应是%"):
        names.number(read_expression("r"))


@pytest.mark.parametrize(("stated", "expected"), [(True, "94.35%"), (False, "≈94.3557%")])
def test_the_rule_names_whether_the_stated_or_the_derived_figure_counts(stated: bool, expected: str) -> None:
    rate = Measure("率", read_expression("付 / 批"), stated=stated)
    plain = {"inputs": {"付": "525.58万元", "批": "557.02万元", "率": "94.35%"}}
    names = Scope(LeafInput.from_plain(plain), measures={"率": rate}, rounding=Rounding())
    assert str(names.number(read_expression("率"))) == expected
    assert any("94.35%" in step for step in names.steps)


@pytest.mark.parametrize(
    "plain",
    [
        {"valeu": "1"},
        {"points": "一"},
        {"state": "lost"},
        {"inputs": "1"},
        {"elements": ["a"]},
        {"apply": "a"},
        {"met": "maybe"},
        {"rules": {"a": {"points": "x"}}},
        {"survey": {"a": {"b": ["c"]}}},
        {"value": ["1"]},
        {"counts": {"a": {"b": "1"}}},
    ],
)
def test_a_result_of_the_wrong_shape_is_refused_with_its_path(plain: dict[str, object]) -> None:
    with pytest.raises(InvalidError) as caught:
        LeafInput.from_plain(plain)
    assert all(problem.path.startswith(next(iter(plain))) for problem in caught.value.problems)


def test_a_result_survives_the_round_trip() -> None:
    plain = {
        "inputs": {"a": "1台", "b": {"甲": "2台"}},
        "elements": {"x": "met", "y": {"points": "1"}},
        "state": "not_due",
        "rules": {"r": {"points": "1", "apply": ["m"]}},
        "parts": {"p": {"value": "3%"}},
        "actual": "照原样",
        "met": "yes",
    }
    assert LeafInput.from_plain(plain).to_plain() == plain
    assert LeafInput.from_plain({"actual": "只有事实"}).decided is False
