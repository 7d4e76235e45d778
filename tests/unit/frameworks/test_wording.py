"""Rules proposed from wording: every usual turn of phrase, and nothing where the words say nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from service.frameworks.form_values import rule_problems
from service.frameworks.wording.base import Grade, Proposal, Wording
from service.frameworks.wording.propose import propose

Case = tuple[str, str, dict[str, Any]]


def read(criteria: str, *, full: str = "10", name: str = "完成率", **more: Any) -> Proposal:
    return propose(Wording(name, criteria, max=Fraction(full), **more))


def bands(*rows: tuple[str, str], **more: str) -> dict[str, Any]:
    return {"kind": "bands", "bands": [{"when": when, "points": points} for when, points in rows], **more}


STEPPED = {"unit": "1%", "step": "not_stated"}
STATED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("达标得满分，否则不得分", {"kind": "all_or_nothing"}),
    ("考核评分≥９０分，得10分；否则0分", {"kind": "all_or_nothing", "met": ">=90"}),
    ("得分=完成率×分值", {"kind": "proportional", "target": "100%"}),
    ("达到90%得满分，否则按比例得分", {"kind": "proportional", "target": "90%"}),
    ("(完成率-60%)/(1-60%)×分值", {"kind": "proportional", "target": "100%", "pass_mark": "60%"}),
    (
        "满意率≥90%得10分；低于90%的，得分=(满意率-60%)/(90%-60%)×10分；低于60%不得分",
        {"kind": "linear", "from": {"at": "60%", "points": "0"}, "to": {"at": "90%", "points": "10"}},
    ),
    (
        "完成率100%得满分，每降低1%扣0.5分，扣完为止",
        {"kind": "per_occurrence", "value": "max(100% - value, 0%)", "per": "0.5", **STEPPED},
    ),
    (
        "达到98%得满分，每低一个百分点扣二分，不足1个百分点的按1个百分点计",
        {"kind": "per_occurrence", "value": "max(98% - value, 0%)", "per": "2", "unit": "1%", "step": "begun"},
    ),
    (
        "结转率≤5%得10分；结转率每增加1个百分点，扣0.5分",
        {"kind": "per_occurrence", "value": "max(value - 5%, 0%)", "per": "0.5", **STEPPED},
    ),
    ("核算规范得10分，每发现一处不规范扣1分，扣完为止", {"kind": "per_occurrence", "per": "1"}),
    ("按期完成得满分，每延迟1天扣0.5分", {"kind": "per_occurrence", "per": "0.5"}),
    ("资料完整得满分，每缺少一项扣百分之二十的分值", {"kind": "per_occurrence", "per": "20%"}),
    ("无违规得满分，每发现1起扣2分，最多扣6分", {"kind": "per_occurrence", "per": "2", "loss_cap": "6"}),
    (
        "95%及以上得满分；85%（含）—95%得8分；60%（含）—85%得5分；60%以下不得分",
        bands((">=95%", "100%"), ("[85%, 95%)", "8"), ("[60%, 85%)", "5"), ("<60%", "0")),
    ),
    (
        "①利用率≥65%得10分；②60%≤利用率<65%得5分；③利用率<60%不得分",
        bands((">=65%", "10"), ("[60%, 65%)", "5"), ("<60%", "0")),
    ),
    ("达到70%得10分；50%以上9分；不足50%得0分", bands((">=70%", "10"), ("[50%, 70%)", "9"), ("<50%", "0"))),
    (
        "1.2小时内响应：响应时间≤2小时得10分；\n2.2小时<响应时间≤4小时得5分；\n3.超过4小时不得分",
        bands(("<=2小时", "10"), ("(2小时, 4小时]", "5"), (">4小时", "0")),
    ),
    ("增长10%以上得10分；增长5%-10%得5分；其他不得分", bands((">=10%", "10"), ("[5%, 10%)", "5"), ("<5%", "0"))),
)  # fmt: skip


@pytest.mark.parametrize(("criteria", "rule"), STATED, ids=[text[:14] for text, _ in STATED])
def test_a_usual_wording_is_read_as_the_rule_it_states(criteria: str, rule: dict[str, Any]) -> None:
    found = read(criteria)
    assert found.rule == rule
    assert found.grade is Grade.STATED
    assert found.why
    assert rule_problems(found.rule, Fraction(10)) == ()


def test_levels_in_words_keep_their_points_and_leave_the_rest_between_them() -> None:
    rule = read("制度健全得4分；制度基本健全，得2—3分；部分执行的酌情扣分，没有制度的得0分", full="4").rule
    assert rule is not None
    assert [(row["points"], row["text"]) for row in rule["levels"]] == [
        ("4", "制度健全"),
        ("2..3", "制度基本健全"),
        ("0..<2", "部分执行的酌情扣分"),
        ("0", "没有制度"),
    ]
    shares = read("规范得满分，基本规范得60%的分值，不规范不得分", full="3").rule
    assert shares is not None
    assert [row["points"] for row in shares["levels"]] == ["3", "60%", "0"]


def test_parts_that_add_up_are_scored_one_by_one() -> None:
    parts = read(
        "1.及时到位得2分，否则不得分；2.每发现1次挪用扣1分，得3分；3.账目规范得5分，否则酌情扣分"
    ).rule
    assert parts is not None
    assert (parts["kind"], parts["how"]) == ("combination", "sum")
    assert [(row["max"], row["rule"]["kind"]) for row in parts["rules"]] == [
        ("2", "all_or_nothing"),
        ("3", "per_occurrence"),
        ("5", "discretionary"),
    ]
    points = read("①合法合规（2分）；②符合规划（2分）；③不重复（1分）", full="5").rule
    assert points is not None
    assert [(row["name"], row["points"]) for row in points["elements"]] == [
        ("合法合规", "2"),
        ("符合规划", "2"),
        ("不重复", "1"),
    ]
    each = read("每符合一项得1分", full="3", explanation="评价要点：①合法；②合规；③不重复").rule
    assert each is not None
    assert [row["loss"] for row in each["elements"]] == ["whole"] * 3


def test_a_formula_becomes_inputs_and_a_measure() -> None:
    found = read(
        "到位率≥100%得满分，每低1个百分点扣1分",
        name="资金到位率",
        explanation="资金到位率=（实际到位资金/预算安排资金）×100%。实际到位：期内落实的资金。",
    )
    assert found.node["measures"] == {"资金到位率": "(实际到位资金 / 预算安排资金)"}
    assert set(found.node["inputs"]) == {"实际到位资金", "预算安排资金"}
    assert found.rule is not None
    assert found.rule["value"] == "max(100% - 资金到位率, 0%)"
    several = read("网络可用性达到99.9%，电力可用性达到99.99%，得10分；否则不得分").rule
    assert several == {"kind": "all_or_nothing", "when": "网络可用性 >= 99.9% and 电力可用性 >= 99.99%"}


def test_a_survey_weighs_its_answers() -> None:
    rule = read(
        "满意率≥90%得10分；80%≤满意率<90%得6分；满意率<80%不得分",
        name="群众满意率",
        explanation="满意率=（满意比例×100+基本满意比例×60+不满意比例×0）/100×100%",
    ).rule
    assert rule is not None
    assert [(row["name"], row["weight"]) for row in rule["levels"]] == [
        ("满意", "100%"),
        ("基本满意", "60%"),
        ("不满意", "0%"),
    ]
    assert rule["score"] == bands((">=90%", "10"), ("[80%, 90%)", "6"), ("<80%", "0"))


def test_missing_proof_and_a_ceiling_come_with_the_rule() -> None:
    found = read(
        "使用率≥65%得10分；低于65%得5分。不能提供佐证数据的，视同最低档",
        explanation="数量有偏差的，最高分不能超过该分值的80%",
    )
    assert found.node["missing"]["not_given"]["treat"] == "worst"
    assert [(row["kind"], row["share"]) for row in found.node["modifiers"]] == [("cap", "80%")]
    floor = read("完成率低于60%不得分；60%以上的，得分=完成率×10")
    assert floor.rule == {"kind": "proportional", "target": "100%"}
    assert floor.node["modifiers"][0]["when"] == "value < 60%"


def test_a_line_below_zero_counts_costs_judges_the_rest_and_names_events() -> None:
    found = read(
        "①审计发现问题，减1分，重大问题，减2分。②材料是否齐全，酌情扣分。③造假的，直接降低一个等次。④一票否决。被查处的，直接评为差。",
        full="8", below=True, grades=("优", "良", "差"),
    )  # fmt: skip
    assert found.rule is not None
    assert found.rule["floor"] == "-8"
    assert [(row.get("per"), "event" in row) for row in found.rule["items"]] == [
        ("1", False), ("2", False), (None, False), (None, True), (None, True),
    ]  # fmt: skip
    assert [(one["effect"], one.get("by") or one.get("grade")) for one in found.events] == [
        ("downgrade", "1"),
        ("grade", "差"),
    ]


UNSAID = (
    ("", "not_stated", Grade.OPEN),
    ("——", "not_stated", Grade.OPEN),
    ("根据制度健全情况酌情打分", "discretionary", Grade.JUDGED),
    ("资料齐全得满分", "discretionary", Grade.JUDGED),
    ("结合问卷和访谈情况评价", None, Grade.OPEN),
    ("超支的每超1%扣0.5分", None, Grade.OPEN),
    ("按完成情况得1分、3分或5分", None, Grade.OPEN),
    ("实际值/目标值×分值", None, Grade.OPEN),
)


@pytest.mark.parametrize(("criteria", "kind", "grade"), UNSAID, ids=[text or "空" for text, _, _ in UNSAID])
def test_what_the_wording_does_not_say_is_not_made_up(criteria: str, kind: str | None, grade: Grade) -> None:
    found = read(criteria, name="综合成效")
    assert (found.rule["kind"] if found.rule else None) == kind
    assert found.grade is grade
    assert found.why, "the reason is told"


def test_an_edge_nobody_states_belongs_to_no_band() -> None:
    found = read("90%以上得10分，80%-90%得8分，60%-80%得5分，60%以下不得分")
    assert found.rule == bands(
        (">=90%", "10"), ("(80%, 90%)", "8"), ("(60%, 80%)", "5"), ("<60%", "0"), gaps="undetermined"
    )
    assert any("80% 归哪一档没有写" in words for words in found.why)
    gap = read("90分以上得10分，80-89分得8分，80分以下不得分")
    assert gap.rule is not None
    assert gap.rule["gaps"] == "undetermined"


def test_a_sentence_that_went_into_no_rule_is_told() -> None:
    found = read("全部达标得满分，每发现1次不达标扣1分，扣完为止。合同有调整的，酌情扣分")
    assert found.left == ("合同有调整的，酌情扣分",)
    assert read("全部达标得满分，每发现1次不达标扣1分，扣完为止").left == ()


NOT_TO_BE_SIMPLIFIED = (
    "满意率90%及以上10分；低于90%的按60%到90%之间的位置折算；低于60%的不得分",
    "申报合规2分；变更按流程、需求经评审各4分，每发现一次扣0.5分",
    "达标得满分；每低1%扣0.5分，低于60%的按50%折算",
    "完成得10分，未完成的每少一项扣1分，超额的加2分，按比例调整",
)


@pytest.mark.parametrize("criteria", NOT_TO_BE_SIMPLIFIED)
def test_a_wording_with_more_than_the_reader_knows_is_left_open(criteria: str) -> None:
    found = read(criteria, name="综合")
    assert found.rule is None or found.rule["kind"] in ("combination", "proportional"), found.rule
    assert found.grade is not Grade.STATED or found.left


def test_a_line_that_only_adds_counts_within_its_limit() -> None:
    each = read("每获得一项省级表彰加1分，最多加2分", full="3", above=True)
    assert each.rule == {"kind": "bonus", "per": "1", "cap": "2"}
    judged = read("有创新做法的酌情加分", full="3", above=True)
    assert (judged.rule, judged.grade) == ({"kind": "bonus", "cap": "3"}, Grade.JUDGED)
