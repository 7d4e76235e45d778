"""The test bench: what a real sheet would say of sample results, and samples that hit every edge."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

from service import frameworks
from service.errors import InvalidError
from service.scoring.bench import try_edges, try_out
from service.scoring.framework import Framework
from service.scoring.methods import KINDS
from service.scoring.methods.bands import Bands
from service.scoring.methods.lower_better import LowerBetter
from service.scoring.methods.not_stated import NotStated
from service.scoring.quantities import exact

PAGE = (frameworks.FOLDER / "FORMAT.md").read_text("utf-8")


def small(rule: str, *, full: str = "10", more: str = "") -> Framework:
    """A framework of one leaf X."""
    body = "".join(f"      {line}\n" for line in rule.strip().splitlines())
    text = f"""\
format: pingji-framework/1
code: x
name: 一
version: "1"
nodes:
  - code: X
    name: 甲
    max: "{full}"
{more}    rule:
{body}"""
    return frameworks.parse(text, name="x")


def points(framework: Framework) -> dict[str, str | None]:
    trials, untried = try_edges(framework, "X")
    assert untried == ()
    return {trial.sample.label: trial.line.rule_points for trial in trials}


BUDGET = """\
kind: bands
value: (调减 + 收回) / 批复
bands:
  - {when: "<=10%", points: "3"}
  - {when: "(10%, 15%]", points: "2.5"}
  - {when: "(15%, 20%]", points: "0..2"}
  - {when: ">20%", points: "0"}
"""


def test_bands_are_tried_on_every_edge_and_at_both_sides_with_inputs_solved() -> None:
    assert points(small(BUDGET, full="3")) == {
        "10% 紧靠其下（9.99%）": "3",
        "10% 界上（10%）": "3",
        "10% 紧靠其上（10.01%）": "2.5",
        "15% 紧靠其下（14.99%）": "2.5",
        "15% 界上（15%）": "2.5",
        "15% 紧靠其上（15.01%），选 0 分": "0",
        "15% 紧靠其上（15.01%），选 2 分": "2",
        "20% 紧靠其下（19.99%），选 0 分": "0",
        "20% 紧靠其下（19.99%），选 2 分": "2",
        "20% 界上（20%），选 0 分": "0",
        "20% 界上（20%），选 2 分": "2",
        "20% 紧靠其上（20.01%）": "0",
    }


def test_other_measured_rules_are_tried_on_their_edges() -> None:
    assert points(small("kind: proportional\ntarget: 95%\npass_mark: 60%")) == {
        "47.5% 紧靠其下（47.49%）": "0",
        "47.5% 界上（47.5%）": "0",
        "47.5% 紧靠其上（47.51%）": "0",
        "57% 紧靠其下（56.99%）": "0",
        "57% 界上（57%）": "0",
        "57% 紧靠其上（57.01%）": "1/380",
        "95% 紧靠其下（94.99%）": "3799/380",
        "95% 界上（95%）": "10",
        "95% 紧靠其上（95.01%）": "10",
    }
    linear = points(small('kind: linear\nfrom: {at: 60%, points: "0"}\nto: {at: 90%, points: "6"}', full="6"))
    assert [linear[f"{at}% 界上（{at}%）"] for at in (60, 75, 90)] == ["0", "3", "6"]
    lower = points(small("kind: lower_better\ntarget: 2小时"))
    assert lower["2小时 界上（2小时）"] == "10"
    assert lower["4小时 界上（4小时）"] == "5"
    met = points(small('kind: all_or_nothing\nmet: ">=90"'))
    assert met == {"90 紧靠其下（89.99）": "0", "90 界上（90）": "10", "90 紧靠其上（90.01）": "10"}
    both = points(small("kind: all_or_nothing\nwhen: 网络 >= 99.9% and 3 < 台数"))
    assert both == {
        "99.9% 紧靠其下（99.89%）": "0",
        "99.9% 界上（99.9%）": "10",
        "99.9% 紧靠其上（99.91%）": "10",
        "3 紧靠其下（2.99）": "0",
        "3 界上（3）": "0",
    }
    # 3.01 台 stands with every sample of the network that holds, so it is not tried twice.
    counted = points(small('kind: all_or_nothing\nmet: "<5次"'))
    assert list(counted.values()) == ["10", "0", "0"]


def test_judged_rules_are_tried_one_by_one() -> None:
    assert points(small('kind: per_occurrence\nper: "4"')) == {
        "一次也没有": "10",
        "发生 1 次": "6",
        "发生 2 次，扣到最低": "2",
        "发生 3 次，扣到最低": "0",
        "发生 4 次，扣到最低": "0",
    }
    assert points(small("kind: checklist\nelements: [{code: a, gate: yes}, {code: b, loss: whole}]")) == {
        "各要点都满足": "10",
        "各要点都不满足": "0",
        "只有“a”不满足": "0",
        "“a”满足一半": "7.5",
        "只有“b”不满足": "5",
    }
    levels = small('kind: levels\nlevels: [{code: a, points: "10"}, {code: b, points: "60%..<80%"}]')
    assert points(levels) == {"a 级": "10", "b 级，选 6 分": "6", "b 级，选 7.99 分": "7.99"}
    free = points(small('kind: discretionary\nstep: "0.5"'))
    assert list(free.values()) == ["10", "0", "0.5", None]


def test_a_source_that_does_not_say_how_parts_count_is_tried_under_every_ruling() -> None:
    found = points(small('kind: per_occurrence\nvalue: 100% - value\nunit: 1%\nper: "5"\nstep: not_stated'))
    assert found["1% 紧靠其上（1.01%）"] is None
    rulings = ("满一个才计", "不足一个也计", "按比例计")
    assert [found[f"1% 紧靠其上（1.01%），裁定{one}"] for one in rulings] == ["5", "0", "4.95"]


def test_rules_of_rules_are_tried_from_inside() -> None:
    survey = points(
        small(
            "kind: survey\n"
            "levels: [{name: 满意, weight: 100%}, {name: 不满意, weight: 0%}]\n"
            'score: {kind: linear, from: {at: 60%, points: "0"}, to: {at: 90%, points: "10"}}'
        )
    )
    assert survey["满意率 75% 界上（75%）"] == "5"
    assert (survey["全部答“满意”"], survey["全部答“不满意”"]) == ("10", "0")
    parts = points(small("kind: per_part\nhow: mean\nrule: {kind: proportional}"))
    assert parts["甲：100% 界上（100%）"] == "5"
    first = points(
        small(
            "kind: combination\nhow: first_match\nrules:\n"
            "  - {code: a, when: 年限 >= 3, rule: {kind: all_or_nothing}}\n"
            "  - {code: b, rule: {kind: discretionary}}"
        )
    )
    assert (first["a：符合"], first["a：不符合"], first["b：最高（10 分）"]) == ("10", "0", "10")


def test_missing_states_and_modifiers_get_a_sample_each() -> None:
    more = """\
    missing: {not_given: {treat: worst, ground: 不能提供佐证}, not_applicable: dropped}
    modifiers: [{kind: cap, code: adjusted, share: 80%, name: 有偏差}]
"""
    trials, _ = try_edges(small("kind: all_or_nothing", more=more), "X")
    found = {trial.sample.label: (trial.line.awarded, trial.line.status) for trial in trials}
    assert found == {
        "符合": ("10", "已评分"),
        "不符合": ("0", "已评分"),
        "未提供：按最低档": ("0", "已评分"),
        "不适用：去掉并按比例分摊": (None, "已去掉"),
        "符合，用修正 有偏差": ("8", "已评分"),
    }


def test_what_cannot_be_solved_is_told() -> None:
    trials, untried = try_edges(small("kind: all_or_nothing\nwhen: days(起, 止) <= 30天"), "X")
    assert trials == ()
    assert any("days(起，止)" in note for note in untried)


def documented() -> list[tuple[str, str]]:
    """Full marks and text of every rule printed on the format page."""
    return re.findall(r"```yaml\n# 规则 满分 (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)


def test_samples_of_every_documented_rule_reach_its_worst_points() -> None:
    kinds = set()
    for full, text in documented():
        framework = small(text, full=full)
        rule = framework.node("X").rule
        assert rule is not None
        kinds.add(rule.kind)
        trials, untried = try_edges(framework, "X")
        assert trials and untried == (), rule.kind
        reached = {exact(trial.line.awarded) for trial in trials if trial.line.awarded is not None}
        if isinstance(rule, LowerBetter):  # target ÷ actual only comes nearer to nothing
            assert min(reached) < Fraction(full) / 2
            continue
        wanted = Fraction(0) if isinstance(rule, NotStated) else rule.worst(Fraction(full))
        assert min(reached) == wanted, rule.kind
    assert kinds == set(KINDS)


@pytest.mark.parametrize("code", frameworks.bundled())
def test_every_leaf_of_the_bundled_frameworks_is_sampled_and_every_band_is_hit(code: str) -> None:
    framework = frameworks.load(code)
    for leaf in framework.leaves:
        trials, untried = try_edges(framework, leaf.code)
        assert trials or leaf.share_of
        assert not untried or leaf.share_of
        assert any(trial.line.awarded is not None for trial in trials) or leaf.max is None or leaf.share_of
        if isinstance(leaf.rule, Bands) and leaf.max is not None:
            hit = {trial.line.rule_points for trial in trials}
            for band in leaf.rule.bands:
                low, high = band.points.limits(leaf.max)
                assert {low, high} <= {exact(text) for text in hit if text is not None}


def test_a_trial_explains_its_arithmetic_and_adds_up_to_a_total() -> None:
    framework = frameworks.load("rules-10")
    bench = try_out(framework, {"E": {"inputs": {"执行": "90万元", "预算": "100万元"}}})
    line = bench.line("E")
    assert (line.max, line.rule_points, line.awarded, line.rate) == ("10", "9", "9", "0.9")
    assert line.steps[0] == "执行 ÷ 预算 = 90万元 ÷ 100万元 = 90%"
    assert line.computed == (("按评分标准", "按评分标准扣分", "1"),)
    assert bench.line("P1").status == "尚未录入"
    assert bench.total is None and bench.note


def test_money_is_read_where_a_rule_asks_for_it() -> None:
    framework = small("kind: proportional\nvalue: money.paid / money.budget")
    assert try_out(framework, {"X": {}}).line("X").rule_points is None
    money = {"paid": 50_00, "budget": 100_00}
    assert try_out(framework, {"X": {}}, money=money).line("X").rule_points == "5"


def test_every_misshapen_result_is_named_at_once() -> None:
    framework: Any = frameworks.load("rules-10")
    with pytest.raises(InvalidError) as caught:
        try_out(framework, {"E": {"colour": "red", "inputs": "x"}, "Z": {}, "P1": {"state": "gone"}})
    assert sorted(problem.path for problem in caught.value.problems) == [
        "E.colour",
        "E.inputs",
        "P1.state",
        "Z",
    ]
