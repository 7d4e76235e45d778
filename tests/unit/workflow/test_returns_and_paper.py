from __future__ import annotations

from dataclasses import replace

import pytest

from service.workflow.actions import Action
from service.workflow.machine import PAPER_ACTS
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.unit.workflow.good_facts import FORWARD, GOOD, refusal, step


def test_a_return_goes_to_any_earlier_stage_held_and_to_no_other() -> None:
    for goal in (Stage.SELF_ASSESSMENT, Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION):
        facts = replace(GOOD, return_to=goal)
        assert step(Stage.CONSULTATION, Action.STAGE_RETURN, Role.FO, facts).next_stage is goal
    for wrong in (None, Stage.CONSULTATION, Stage.FINALISATION, Stage.SIGNED):
        facts = replace(GOOD, return_to=wrong)
        assert "只能退回到" in refusal(Stage.CONSULTATION, Action.STAGE_RETURN, Role.FO, facts)[0]


def test_a_return_needs_a_reason_per_item() -> None:
    facts = replace(
        GOOD, return_to=Stage.MATERIAL_REVIEW, return_items=2, return_items_without_reason=("第2项",)
    )
    assert refusal(Stage.CONSULTATION, Action.STAGE_RETURN, Role.FO, facts) == ["没有理由的退回事项：第2项"]
    assert refusal(Stage.CONSULTATION, Action.STAGE_RETURN, Role.FO, replace(facts, return_items=0))


def test_a_resubmission_may_go_straight_back_to_a_stage_already_reached() -> None:
    facts = replace(GOOD, straight_back_to=Stage.FINALISATION, furthest_stage=Stage.FINALISATION)
    assert step(Stage.MATERIAL_REVIEW, Action.REVIEW_PASS, Role.FO, facts).next_stage is Stage.FINALISATION
    assert step(Stage.SELF_ASSESSMENT, Action.SELF_SUBMIT, Role.DH, facts).next_stage is Stage.FINALISATION


@pytest.mark.parametrize("reached", [None, Stage.MATERIAL_REVIEW, Stage.CONSULTATION])
def test_it_may_not_go_straight_to_a_stage_never_reached(reached: Stage | None) -> None:
    facts = replace(GOOD, straight_back_to=Stage.FINALISATION, furthest_stage=reached)
    assert refusal(Stage.MATERIAL_REVIEW, Action.REVIEW_PASS, Role.FO, facts) == ["没有到该阶段的流转"]


def test_going_straight_back_never_signs() -> None:
    facts = replace(GOOD, straight_back_to=Stage.SIGNED, furthest_stage=Stage.SIGNED)
    assert (
        step(Stage.MATERIAL_REVIEW, Action.REVIEW_PASS, Role.FO, facts).next_stage
        is Stage.ON_SITE_VERIFICATION
    )


def test_a_lowered_score_goes_to_the_unit_again_even_on_the_straight_way_back() -> None:
    straight = replace(GOOD, straight_back_to=Stage.FINALISATION, furthest_stage=Stage.FINALISATION)
    lowered = replace(straight, lowered_after_consultation=("总分",))
    place = (Stage.ON_SITE_VERIFICATION, Action.DRAFT_ISSUE, Role.FO)
    assert step(*place, straight).next_stage is Stage.FINALISATION
    assert step(*place, lowered).next_stage is Stage.CONSULTATION


def test_items_waiting_for_reconfirmation_shut_the_gate() -> None:
    facts = replace(GOOD, pending_reconfirm=("K3",))
    for stage, action, role, _ in FORWARD[1:]:
        assert any("待确认" in reason for reason in refusal(stage, action, role, facts))


def test_a_paper_stands_for_the_act_it_names_and_leads_where_that_leads() -> None:
    facts = replace(GOOD, paper_act=Action.SELF_SUBMIT, paper_for=Role.DH)
    done = step(Stage.SELF_ASSESSMENT, Action.PAPER_REGISTER, Role.FO, facts)
    assert (done.action, done.next_stage) == (Action.SELF_SUBMIT, Stage.MATERIAL_REVIEW)


def test_a_paper_is_judged_by_the_guards_of_the_act_behind_it() -> None:
    facts = replace(GOOD, paper_act=Action.SELF_SUBMIT, paper_for=Role.DH, self_missing=("执行数",))
    assert refusal(Stage.SELF_ASSESSMENT, Action.PAPER_REGISTER, Role.FO, facts) == [
        "自评尚未填报完整：执行数"
    ]
    wrong = replace(facts, paper_for=Role.EV)
    assert refusal(Stage.SELF_ASSESSMENT, Action.PAPER_REGISTER, Role.FO, wrong)


def test_a_paper_without_scan_number_or_date_is_refused_with_the_lack() -> None:
    facts = replace(GOOD, paper_act=Action.SELF_SUBMIT, paper_for=Role.DH, paper_missing=("扫描件", "文号"))
    assert refusal(Stage.SELF_ASSESSMENT, Action.PAPER_REGISTER, Role.FO, facts) == [
        "线下登记不齐：扫描件、文号"
    ]


def test_a_paper_cannot_stand_for_an_act_that_has_no_paper() -> None:
    for action in set(Action) - PAPER_ACTS:
        facts = replace(GOOD, paper_act=action, paper_for=Role.FA)
        assert "线下登记须指明" in refusal(Stage.FINALISATION, Action.PAPER_REGISTER, Role.FO, facts)[0]


def test_a_signature_on_paper_needs_no_second_login_but_the_same_version() -> None:
    facts = replace(GOOD, paper_act=Action.REPORT_SIGN, paper_for=Role.FA, reauth_fresh=False)
    assert step(Stage.FINALISATION, Action.PAPER_REGISTER, Role.FO, facts).next_stage is Stage.SIGNED
    other = replace(facts, seen_hash="cd" * 32)
    assert "不一致" in refusal(Stage.FINALISATION, Action.PAPER_REGISTER, Role.FO, other)[0]
