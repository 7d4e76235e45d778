from __future__ import annotations

from dataclasses import replace

import pytest

from service.errors import ActionRefusedError, NotPermittedError
from service.workflow.actions import Action
from service.workflow.deadlines import Term
from service.workflow.facts import UNKNOWN, Facts, Policy
from service.workflow.kinds import KINDS, Kind
from service.workflow.machine import allowed_actions, describe, edges, permits, plan
from service.workflow.roles import Role
from service.workflow.rules import RULES
from service.workflow.stages import Stage, Status
from tests.unit.workflow.good_facts import FORWARD, GOOD, refusal, step


@pytest.mark.parametrize(("stage", "action", "role", "following"), FORWARD)
def test_each_gate_leads_to_the_next_stage(
    stage: Stage, action: Action, role: Role, following: Stage
) -> None:
    assert step(stage, action, role).next_stage is following


@pytest.mark.parametrize(("stage", "action", "role", "following"), FORWARD)
def test_a_gate_with_no_facts_gathered_is_shut(
    stage: Stage, action: Action, role: Role, following: Stage
) -> None:
    assert refusal(stage, action, role, Facts())


def test_unit_self_ends_with_the_reviewer_and_skips_the_stages_it_does_not_hold() -> None:
    facts = replace(GOOD, scores_submitted=False)
    reviewed = step(Stage.MATERIAL_REVIEW, Action.SELF_REVIEW, Role.SD, facts, Kind.UNIT_SELF)
    assert reviewed.next_stage is Stage.FINALISATION
    signed = step(Stage.FINALISATION, Action.REPORT_SIGN, Role.SD, facts, Kind.UNIT_SELF)
    assert signed.next_stage is Stage.SIGNED


def test_a_refusal_names_everything_that_is_missing() -> None:
    facts = replace(
        GOOD,
        deductions_without_reason=("K3",),
        deductions_without_evidence=("K5", "K7"),
        open_supplements=("第2号",),
        visits_held=0,
    )
    reasons = refusal(Stage.ON_SITE_VERIFICATION, Action.DRAFT_ISSUE, Role.FO, facts)
    assert len(reasons) == 4
    assert any("K3" in reason for reason in reasons)
    assert any("K5、K7" in reason for reason in reasons)
    assert any("第2号" in reason for reason in reasons)
    assert any("没有现场核查" in reason for reason in reasons)


def test_the_same_act_elsewhere_is_refused_with_the_place_where_it_belongs() -> None:
    reasons = refusal(Stage.CONSULTATION, Action.REPORT_SIGN, Role.FA, GOOD)
    assert reasons == ["评价现处“征求意见”，“签发报告”只能在以下阶段办理：定稿"]


def test_a_stranger_to_the_act_is_not_told_what_is_missing() -> None:
    with pytest.raises(NotPermittedError):
        step(Stage.FINALISATION, Action.REPORT_SIGN, Role.FO)


def test_nothing_but_reading_ending_and_resuming_is_possible_while_suspended() -> None:
    open_acts = {
        action
        for stage in Stage
        for action in allowed_actions(Kind.FISCAL_FIRM, stage, Status.SUSPENDED, frozenset(Role))
    }
    assert open_acts == {
        Action.EVALUATION_READ,
        Action.SCORES_READ,
        Action.HISTORY_READ,
        Action.HISTORY_EXTRACT,
        Action.EXPORT_BULK,
        Action.EXPORT_APPROVE,
        Action.EVALUATION_RESUME,
        Action.EVALUATION_TERMINATE,
        Action.EVALUATION_CONFIRM_TERMINATION,
    }


def test_after_signing_only_correction_and_reading_remain() -> None:
    for kind in Kind:
        acts = allowed_actions(kind, Stage.SIGNED, Status.ACTIVE, frozenset(Role))
        assert {action.subject for action in acts} == {
            "correction",
            "evaluation",
            "scores",
            "history",
            "export",
            "public",
            "archive",
            "report",
        }
        assert {a for a in acts if a.subject == "report"} == {
            Action.REPORT_WAIVE_FINDING,
            Action.REPORT_WITHDRAW_WAIVER,
        }, "what is found on a correction"
        assert {action for action in acts if action.subject in ("evaluation", "scores")} == {
            Action.EVALUATION_READ,
            Action.SCORES_READ,
        }


def test_suspending_takes_two_acts_and_changes_the_status_at_the_second() -> None:
    proposed = step(Stage.CONSULTATION, Action.EVALUATION_SUSPEND, Role.FO)
    assert (proposed.next_stage, proposed.next_status) == (None, None)
    assert refusal(Stage.CONSULTATION, Action.EVALUATION_CONFIRM_SUSPENSION, Role.FR, GOOD)
    facts = replace(GOOD, suspension_proposed=True)
    assert (
        step(Stage.CONSULTATION, Action.EVALUATION_CONFIRM_SUSPENSION, Role.FR, facts).next_status
        is Status.SUSPENDED
    )
    refused = replace(facts, actor_earlier_acts=frozenset({Action.EVALUATION_SUSPEND}))
    assert refusal(Stage.CONSULTATION, Action.EVALUATION_CONFIRM_SUSPENSION, Role.FR, refused)


def test_the_signer_may_confirm_a_suspension_the_only_reviewer_asked_for() -> None:
    facts = replace(GOOD, suspension_proposed=True, policy=Policy.COUNTY)
    confirmed = step(Stage.CONSULTATION, Action.EVALUATION_CONFIRM_SUSPENSION, Role.FA, facts)
    assert confirmed.next_status is Status.SUSPENDED


def test_a_county_desk_answers_its_own_finding_and_signs_its_next_version() -> None:
    for stage, action, role, facts in (
        (Stage.CONSULTATION, Action.FINDING_ANSWER, Role.EL, replace(GOOD, target_mine=True)),
        (
            Stage.SIGNED,
            Action.CORRECTION_SIGN,
            Role.FA,
            replace(GOOD, previous_signer_is_actor=True, correction_open=True),
        ),
    ):
        assert refusal(stage, action, role, facts)
        assert step(stage, action, role, replace(facts, policy=Policy.COUNTY)).next_stage is None
    unknown = replace(GOOD, target_mine=None, policy=Policy.COUNTY)
    assert refusal(Stage.CONSULTATION, Action.FINDING_ANSWER, Role.EL, unknown)


def test_a_signer_who_saw_other_bytes_is_refused() -> None:
    for facts in (
        replace(GOOD, seen_hash="cd" * 32),
        replace(GOOD, seen_hash="", frozen_hash=""),
        replace(GOOD, content_changed=True),
        replace(GOOD, reauth_fresh=False),
    ):
        assert len(refusal(Stage.FINALISATION, Action.REPORT_SIGN, Role.FA, facts)) == 1


def test_a_firm_is_asked_for_review_certificate_and_seal_and_others_are_not() -> None:
    facts = replace(GOOD, internal_reviewed=False, certified=False, sealed=False, firm_engaged=False)
    assert len(refusal(Stage.FINALISATION, Action.REPORT_SIGN, Role.FA, facts)) == 3
    for kind in (Kind.FISCAL, Kind.DEPARTMENT, Kind.SIMPLIFIED):
        assert step(Stage.FINALISATION, Action.REPORT_SIGN, Role.FA, facts, kind).next_stage is Stage.SIGNED
    engaged = replace(facts, firm_engaged=True)
    assert len(refusal(Stage.FINALISATION, Action.REPORT_SIGN, Role.FA, engaged, Kind.DEPARTMENT)) == 2


def test_silence_settles_findings_only_where_the_local_setting_says_so() -> None:
    facts = replace(GOOD, findings_unconfirmed=("F1",), window_closed=True)
    assert refusal(Stage.CONSULTATION, Action.CONSULTATION_CLOSE, Role.FO, facts)
    consenting = replace(facts, silence_is_consent=True)
    assert step(Stage.CONSULTATION, Action.CONSULTATION_CLOSE, Role.FO, consenting).next_stage
    still_open = replace(consenting, window_closed=False)
    assert refusal(Stage.CONSULTATION, Action.CONSULTATION_CLOSE, Role.FO, still_open)


def test_a_score_lowered_after_consultation_goes_back_to_the_unit() -> None:
    facts = replace(GOOD, lowered_after_consultation=("B201",))
    assert "B201" in refusal(Stage.FINALISATION, Action.REPORT_FREEZE, Role.FO, facts)[0]
    assert "B201" in refusal(Stage.FINALISATION, Action.REPORT_SIGN, Role.FA, facts)[0]


def test_after_submission_a_change_names_its_origin() -> None:
    facts = replace(GOOD, origin_missing=("来源", "文件"), target_mine=True)
    assert refusal(Stage.CONSULTATION, Action.DEDUCTION_REVISE, Role.EL, facts)
    assert refusal(Stage.ON_SITE_VERIFICATION, Action.DEDUCTION_REVISE, Role.EV, facts)
    before = replace(facts, scores_ever_submitted=False)
    assert step(Stage.ON_SITE_VERIFICATION, Action.DEDUCTION_REVISE, Role.EV, before)
    assert refusal(Stage.CONSULTATION, Action.DEDUCTION_REVISE, Role.EL, before)


def test_an_evaluator_changes_only_his_own_deduction_and_the_lead_any() -> None:
    assert refusal(Stage.ON_SITE_VERIFICATION, Action.DEDUCTION_REVISE, Role.EV, GOOD)
    assert step(Stage.ON_SITE_VERIFICATION, Action.DEDUCTION_REVISE, Role.EL, GOOD)


def test_undeclared_conflict_stops_the_team_but_not_the_organising_side() -> None:
    facts = replace(GOOD, conflict_declared=False)
    assert refusal(Stage.ON_SITE_VERIFICATION, Action.DEDUCTION_DRAFT, Role.EX, facts)
    assert step(Stage.ON_SITE_VERIFICATION, Action.EVIDENCE_ADD, Role.FO, facts)


def test_rounds_of_supplement_are_limited() -> None:
    facts = replace(GOOD, supplement_rounds=2)
    assert refusal(Stage.MATERIAL_REVIEW, Action.SUPPLEMENT_REQUEST, Role.EL, facts) == [
        "补正已有2轮，达到上限2轮"
    ]


def test_a_late_self_assessment_is_counted_and_not_refused() -> None:
    assert step(
        Stage.SELF_ASSESSMENT, Action.SELF_SUBMIT, Role.DH, replace(GOOD, self_days_late=9)
    ).next_stage


def test_an_act_outside_any_case_needs_no_case() -> None:
    facts = replace(GOOD, target_is_actor=False, target_roles=frozenset({Role.EV}))
    done = plan(None, None, None, Action.GRANT_CONFIRM, frozenset({Role.SE}), facts)
    assert done.next_stage is None
    with pytest.raises(ActionRefusedError, match="不能办理本人账号"):
        plan(
            None, None, None, Action.GRANT_CONFIRM, frozenset({Role.SE}), replace(facts, target_is_actor=True)
        )


def test_an_act_in_a_case_is_not_permitted_outside_one() -> None:
    assert not permits(None, None, None, Action.REPORT_SIGN, frozenset({Role.FA}))
    with pytest.raises(NotPermittedError):
        plan(None, None, None, Action.REPORT_SIGN, frozenset({Role.FA}), GOOD)


def test_every_default_fact_refuses() -> None:
    assert Facts().conflicts_open == UNKNOWN
    for rule in RULES:
        if not rule.guards or rule.action in OPEN_WITHOUT_FACTS:
            continue
        facts = replace(Facts(), kind=rule.kind, stage=rule.stage, status=rule.at, acting_roles=rule.roles)
        assert any(guard.check(facts) for guard in rule.guards), rule


OPEN_WITHOUT_FACTS = {
    Action.SELF_EDIT,  # in 自评 every field is open
    Action.EVIDENCE_ADD,
    Action.EVIDENCE_LINK,
    Action.REPORT_WRITE,  # the guard looks at the team only
    Action.SCORES_READ,  # auditors read at any time
    Action.SUPPLEMENT_DRAFT,
    Action.DEDUCTION_DRAFT,
}


def test_the_description_has_one_row_per_rule_in_chinese() -> None:
    rows = describe()
    assert len(rows) == len(RULES)
    assert all(row["操作"] and row["职责"] and row["依据"] for row in rows)


def test_an_assignment_without_known_duties_or_with_clashing_ones_is_refused() -> None:
    facts = replace(GOOD, target_conflicts=())
    assert refusal(Stage.SELF_ASSESSMENT, Action.TEAM_ASSIGN, Role.FO, facts) == ["被安排人的职责未取得"]
    clashing = replace(facts, target_roles=frozenset({Role.IR, Role.EL}))
    assert refusal(Stage.SELF_ASSESSMENT, Action.TEAM_ASSIGN, Role.FO, clashing)
    assert step(
        Stage.SELF_ASSESSMENT, Action.TEAM_ASSIGN, Role.FO, replace(facts, target_roles=frozenset({Role.EL}))
    )


def test_the_auditor_exports_without_approval_and_the_reviewer_only_with_it() -> None:
    assert step(Stage.SIGNED, Action.EXPORT_BULK, Role.AU)
    assert refusal(Stage.SIGNED, Action.EXPORT_BULK, Role.FR, GOOD) == ["导出尚未经安全管理员批准"]
    assert step(Stage.SIGNED, Action.EXPORT_BULK, Role.FR, replace(GOOD, export_approved=True))


def test_every_label_of_a_kind_role_and_policy_can_be_printed() -> None:
    assert Kind.SIMPLIFIED.label == "部门评价（简易程序）"
    assert KINDS[Kind.FISCAL].result.label == "核定得分"
    assert Policy.COUNTY.label == "县级"
    assert Term.CONSULTATION.label == "反馈意见"


def test_every_kind_lists_its_edges() -> None:
    assert (Stage.FINALISATION, Action.REPORT_SIGN, Stage.SIGNED) in edges(Kind.SIMPLIFIED)
    assert (Stage.MATERIAL_REVIEW, Action.SELF_REVIEW, Stage.FINALISATION) in edges(Kind.UNIT_SELF)
