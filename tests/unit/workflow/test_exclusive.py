"""Duties one person may not combine, against a list written from the design."""

from __future__ import annotations

import pytest

from service.workflow.actions import Action
from service.workflow.exclusive import EXCLUSIONS, clashes, exclusive
from service.workflow.facts import Policy
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import BUSINESS_ROLES, Role
from service.workflow.stages import Stage, Status

ALWAYS = [
    "IR EV", "IR EL", "IR EX", "IR AS", "FR EL", "FR EV", "FR EX", "FA FR", "FA FO", "FA EL",
    "FA EV", "FA EX", "SA SE", "SA AA", "SE AA", "DF EV", "DH EL", "DF FO", "DH FA", "SD FO", "AU FO", "AU DF",
]  # fmt: skip
NEVER = ["DF DH", "EV EL", "EV EX", "AS EV", "AS EL"]
CITY_ONLY = ["FO EL", "FO EV", "FO EX", "FO FR"]


def pair(text: str) -> frozenset[Role]:
    return frozenset(Role(name) for name in text.split())


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("text", ALWAYS)
def test_these_two_duties_never_meet_in_one_person(policy: Policy, text: str) -> None:
    assert len(clashes(policy, pair(text))) == 1


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("text", NEVER)
def test_these_two_duties_may_meet(policy: Policy, text: str) -> None:
    assert clashes(policy, pair(text)) == ()


@pytest.mark.parametrize("text", CITY_ONLY)
def test_a_county_clerk_may_lead_the_team_or_review_where_a_city_clerk_may_not(text: str) -> None:
    assert clashes(Policy.CITY, pair(text))
    assert clashes(Policy.COUNTY, pair(text)) == ()


@pytest.mark.parametrize("administrator", [Role.SA, Role.SE, Role.AA])
def test_an_administrator_holds_no_business_duty(administrator: Role) -> None:
    for role in BUSINESS_ROLES:
        assert clashes(Policy.COUNTY, frozenset({administrator, role}))


def test_every_clash_is_named_at_once() -> None:
    assert len(clashes(Policy.CITY, pair("FO FR FA"))) == 3


PAIRS = [
    (Action.EVALUATION_CREATE, Action.EVALUATION_ISSUE),
    (Action.EVALUATION_SUSPEND, Action.EVALUATION_CONFIRM_SUSPENSION),
    (Action.EVALUATION_TERMINATE, Action.EVALUATION_CONFIRM_TERMINATION),
    (Action.PLAN_DRAFT, Action.PLAN_APPROVE),
    (Action.PLAN_AMEND, Action.PLAN_APPROVE_AMENDMENT),
    (Action.REVIEW_PROPOSE_PASS, Action.REVIEW_PASS),
    (Action.DISPOSITION_PROPOSE, Action.DISPOSITION_CONFIRM),
    (Action.DEDUCTION_SUBMIT, Action.REPORT_INTERNAL_REVIEW),
    (Action.REPORT_INTERNAL_REVIEW, Action.REPORT_SEAL),
    (Action.SCORE_INPUT, Action.REPORT_SECOND_REVIEW),
    (Action.DISPOSITION_PROPOSE, Action.REPORT_SECOND_REVIEW),
    (Action.REPORT_WRITE, Action.REPORT_SECOND_REVIEW),
    (Action.REPORT_FREEZE, Action.REPORT_SECOND_REVIEW),
    (Action.DISPOSITION_PROPOSE, Action.DISPOSITION_RETURN),
    (Action.SCORES_SUBMIT, Action.DRAFT_ISSUE),
    (Action.TEAM_ASSIGN, Action.CONFLICT_OVERRIDE),
    (Action.REPORT_SECOND_REVIEW, Action.REPORT_SIGN),
    (Action.SCORE_INPUT, Action.REPORT_SIGN),
    (Action.ADJUSTMENT_SUBMIT, Action.REPORT_SIGN),
    (Action.DISPOSITION_CONFIRM, Action.REPORT_SIGN),
    (Action.OPINION_RECORD, Action.REPORT_SIGN),
    (Action.SUPPLEMENT_CONFIRM, Action.REPORT_SIGN),
    (Action.FINDING_ANSWER, Action.REPORT_SIGN),
    (Action.CORRECTION_EDIT, Action.CORRECTION_SIGN),
    (Action.SELF_EDIT, Action.SELF_REVIEW),
    (Action.SELF_SUBMIT, Action.DEDUCTION_DRAFT),
]


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_whoever_did_the_first_may_not_do_the_second(policy: Policy, earlier: Action, later: Action) -> None:
    assert exclusive(policy, frozenset({earlier}), later)


@pytest.mark.parametrize("policy", Policy)
def test_the_signer_may_have_approved_issue_and_plan_and_may_sign_a_correction(policy: Policy) -> None:
    earlier = frozenset(
        {Action.EVALUATION_ISSUE, Action.PLAN_APPROVE, Action.PLAN_APPROVE_AMENDMENT, Action.STAGE_RETURN}
    )
    assert exclusive(policy, earlier, Action.REPORT_SIGN) == ()
    assert exclusive(policy, earlier | {Action.REPORT_SIGN}, Action.CORRECTION_SIGN) == ()


def test_a_county_signer_may_have_stood_in_at_the_desk_where_a_city_signer_may_not() -> None:
    earlier = frozenset({Action.REVIEW_PASS, Action.DRAFT_ISSUE})
    assert exclusive(Policy.CITY, earlier, Action.REPORT_SIGN)
    assert exclusive(Policy.COUNTY, earlier, Action.REPORT_SIGN) == ()


CONFIRMING = [
    Action.REVIEW_PASS, Action.DRAFT_ISSUE, Action.DISPOSITION_CONFIRM, Action.DISPOSITION_RETURN,
    Action.CONSULTATION_CLOSE,
]  # fmt: skip


@pytest.mark.parametrize("act", CONFIRMING)
def test_a_county_reviewer_may_have_confirmed_what_the_team_did_where_a_city_reviewer_may_not(
    act: Action,
) -> None:
    did, review = frozenset({act}), frozenset({Action.REPORT_SECOND_REVIEW})
    assert exclusive(Policy.CITY, did, Action.REPORT_SECOND_REVIEW)
    assert exclusive(Policy.CITY, review, act)
    assert exclusive(Policy.COUNTY, did, Action.REPORT_SECOND_REVIEW) == ()
    assert exclusive(Policy.COUNTY, review, act) == ()


A, B, C = pair("FO EL EV"), pair("FO FR"), pair("FA")
DESK = [
    (A, Action.EVALUATION_CREATE), (A, Action.TEAM_ASSIGN), (C, Action.EVALUATION_ISSUE),
    (A, Action.CONFLICT_DECLARE), (B, Action.CONFLICT_OVERRIDE), (A, Action.PLAN_DRAFT),
    (A, Action.PLAN_SUBMIT), (C, Action.PLAN_APPROVE), (B, Action.EVALUATION_SUSPEND),
    (C, Action.EVALUATION_CONFIRM_SUSPENSION), (B, Action.EVALUATION_RESUME), (A, Action.REVIEW_VERDICT),
    (A, Action.SUPPLEMENT_REQUEST), (A, Action.SUPPLEMENT_CLOSE), (A, Action.REVIEW_PROPOSE_PASS),
    (B, Action.REVIEW_PASS), (A, Action.VISIT_OPEN), (A, Action.FINDING_RECORD), (A, Action.FINDING_ANSWER),
    (A, Action.VISIT_CLOSE), (A, Action.SCORE_INPUT), (A, Action.DEDUCTION_SUBMIT),
    (A, Action.ADJUSTMENT_SUBMIT), (A, Action.PLAN_AMEND), (B, Action.PLAN_APPROVE_AMENDMENT),
    (A, Action.SCORES_SUBMIT), (B, Action.DRAFT_ISSUE), (B, Action.OPINION_RECORD),
    (A, Action.DISPOSITION_PROPOSE), (B, Action.DISPOSITION_RETURN), (A, Action.DISPOSITION_PROPOSE),
    (B, Action.DISPOSITION_CONFIRM), (B, Action.CONSULTATION_CLOSE), (A, Action.REPORT_WRITE),
    (B, Action.REPORT_SECOND_REVIEW), (B, Action.STAGE_RETURN), (A, Action.SCORES_SUBMIT),
    (B, Action.DRAFT_ISSUE), (B, Action.DISPOSITION_CONFIRM), (B, Action.CONSULTATION_CLOSE),
    (A, Action.REPORT_FREEZE), (B, Action.REPORT_SECOND_REVIEW), (A, Action.EVALUATION_TERMINATE),
    (B, Action.PAPER_REGISTER), (C, Action.REPORT_SIGN), (A, Action.CORRECTION_REQUEST),
    (A, Action.CORRECTION_EDIT), (A, Action.CORRECTION_FREEZE), (C, Action.CORRECTION_SIGN),
]  # fmt: skip


def test_a_county_desk_of_three_takes_a_case_through_every_act() -> None:
    did: dict[frozenset[Role], frozenset[Action]] = {A: frozenset(), B: frozenset(), C: frozenset()}
    assert [clashes(Policy.COUNTY, roles) for roles in did] == [(), (), ()]
    for person, act in DESK:
        assert exclusive(Policy.COUNTY, did[person], act) == (), act
        assert any(
            permits(Kind.FISCAL, stage, status, act, person) for stage in Stage for status in Status
        ) or permits(None, None, None, act, person), act
        did[person] |= {act}
    assert exclusive(Policy.COUNTY, did[C], Action.EVALUATION_CONFIRM_TERMINATION) == ()


def test_a_city_refuses_the_same_desk() -> None:
    assert clashes(Policy.CITY, A) and clashes(Policy.CITY, B)


def test_the_reviewer_may_not_score_after_his_review_either() -> None:
    assert exclusive(Policy.CITY, frozenset({Action.REPORT_SECOND_REVIEW}), Action.DEDUCTION_DRAFT)
    assert exclusive(Policy.CITY, frozenset({Action.REPORT_INTERNAL_REVIEW}), Action.SCORE_INPUT)


def test_who_confirmed_a_suspension_or_an_end_proposes_none_afterwards() -> None:
    confirmed = frozenset({Action.EVALUATION_CONFIRM_SUSPENSION, Action.EVALUATION_CONFIRM_TERMINATION})
    assert exclusive(Policy.COUNTY, confirmed, Action.EVALUATION_SUSPEND)
    assert exclusive(Policy.COUNTY, confirmed, Action.EVALUATION_TERMINATE)


def test_nobody_is_barred_from_anything_before_he_did_something() -> None:
    assert not [action for action in Action if exclusive(Policy.CITY, frozenset(), action)]


def test_every_exclusion_says_why_and_bars_something() -> None:
    assert all(rule.why and rule.earlier and rule.later and rule.policies for rule in EXCLUSIONS)


def test_the_clerk_of_a_unit_scores_and_fills_in_its_own_assessment() -> None:
    scored = frozenset({Action.SCORE_INPUT, Action.DEDUCTION_DRAFT})
    assert exclusive(Policy.CITY, scored, Action.SELF_EDIT, kind=Kind.FISCAL)
    assert exclusive(Policy.CITY, scored, Action.SELF_EDIT, kind=Kind.UNIT_SELF) == ()
