"""A finding is known by what it says, not by where it stands."""

from __future__ import annotations

from dataclasses import replace

from service.report.noted import Noted, keyed, noted, of_own
from service.report.sheetcheck import ERROR, REVIEW, Finding

ONE = Noted(
    "", "ratio.money", "比率", "error", "第10段", "执行率为65.00%", expected="75.00%", actual="65.00%",
    formula="60 ÷ 80 = 75%", context="年初预算80万元，实际支出60万元，预算执行率为65.00%。",
)  # fmt: skip


def key(found: Noted) -> str:
    return keyed([found])[0].key


def test_another_place_is_the_same_finding_and_another_word_or_figure_is_not() -> None:
    assert key(replace(ONE, place="第12段")) == key(ONE)
    assert key(replace(ONE, context=ONE.context.replace("，", "， "))) == key(ONE)
    for other in (
        replace(ONE, rule="ratio.counts"),
        replace(ONE, context=ONE.context + "属实。"),
        replace(ONE, text="执行率65.00%"),
        replace(ONE, expected="75.01%"),
        replace(ONE, actual="65.01%"),
        replace(ONE, formula="60 ÷ 80.01 = 74.99%"),
    ):
        assert key(other) != key(ONE)


def test_two_that_say_the_same_are_two_and_errors_come_first() -> None:
    hint = replace(ONE, severity="hint", text="另一处")
    first, second, last = keyed([hint, ONE, replace(ONE, place="第11段")])
    assert first.key == key(ONE) != second.key
    assert (second.place, last.severity) == ("第11段", "hint")
    assert [each.barring for each in (first, second, last)] == [True, True, False]


def test_what_the_service_computes_itself_can_only_be_mended() -> None:
    figure = of_own(Finding(ERROR, "figure", "f:total", "88", "89", "88"))
    prose = of_own(
        Finding(ERROR, "count", "第3段", "三个方面：", "3", "2", context="三个方面：一是甲，二是乙。")
    )
    doubt = of_own(Finding(REVIEW, "grade", "等级", "等级与分数段", "良", "中"))
    assert [each.fixed for each in (figure, prose, doubt)] == [True, False, False]
    assert [each.own for each in (figure, prose, doubt)] == [False, True, False]


def test_it_is_kept_and_read_back_whole() -> None:
    (made,) = keyed([ONE])
    assert noted(made.to_plain()) == made
