"""What a diligent office would do next: the walks follow it most of the time to get anywhere."""

from __future__ import annotations

from service.workflow.actions import Action as A
from service.workflow.kinds import Kind
from service.workflow.stages import Stage as S
from service.workflow.stages import Status
from tests.unit.workflow.case_model import CaseModel

CURES: dict[str, A] = {
    "supplement": A.SUPPLEMENT_CLOSE,
    "visit": A.VISIT_CLOSE,
    "finding": A.FINDING_CONFIRM,
    "finding objection": A.FINDING_ANSWER,
    "deduction reason": A.DEDUCTION_REVISE,
    "deduction evidence": A.DEDUCTION_REVISE,
    "draft": A.DEDUCTION_SUBMIT,
    "reconfirm": A.DEDUCTION_RECONFIRM,
    "reply": A.OPINION_RECORD,
    "opinion": A.DISPOSITION_PROPOSE,
    "disposition": A.DISPOSITION_CONFIRM,
    "selfcheck": A.REPORT_WRITE,
    "lowered": A.STAGE_RETURN,
}
TODO: dict[S, tuple[tuple[str, A], ...]] = {
    S.SELF_ASSESSMENT: (("filled", A.SELF_EDIT),),
    S.MATERIAL_REVIEW: (
        ("supervised", A.SELF_REVIEW),
        ("team", A.TEAM_ASSIGN),
        ("plan submitted", A.PLAN_SUBMIT),
        ("plan approved", A.PLAN_APPROVE),
        ("reviewed", A.REVIEW_VERDICT),
        ("pass proposed", A.REVIEW_PROPOSE_PASS),
    ),
    S.ON_SITE_VERIFICATION: (
        ("visited", A.VISIT_CLOSE),
        ("scored", A.SCORE_INPUT),
        ("scores submitted", A.SCORES_SUBMIT),
    ),
    S.CONSULTATION: (("scores submitted", A.SCORES_SUBMIT),),
    S.FINALISATION: (
        ("scores submitted", A.SCORES_SUBMIT),
        ("written", A.REPORT_WRITE),
        ("internal reviewed", A.REPORT_INTERNAL_REVIEW),
        ("second reviewed", A.REPORT_SECOND_REVIEW),
    ),
}
ONWARD: dict[S, A] = {
    S.SELF_ASSESSMENT: A.SELF_SUBMIT,
    S.MATERIAL_REVIEW: A.REVIEW_PASS,
    S.ON_SITE_VERIFICATION: A.DRAFT_ISSUE,
    S.CONSULTATION: A.CONSULTATION_CLOSE,
    S.FINALISATION: A.REPORT_SIGN,
}


def next_act(case: CaseModel) -> A:
    """Return the act a diligent office would do next in `case`."""
    if case.status is Status.DRAFT:
        return A.EVALUATION_ISSUE
    if case.status is Status.SUSPENDED:
        return A.EVALUATION_RESUME
    if case.stage is S.SIGNED:
        return A.CORRECTION_SIGN if case.has("correction") else A.CORRECTION_REQUEST
    if case.kind is Kind.UNIT_SELF:
        return _unit_self(case)
    blocking = [word for word in CURES if word in case.lacking]
    if case.stage is not S.SELF_ASSESSMENT and blocking:
        return CURES[blocking[0]]
    for word, act in TODO[case.stage]:
        if not case.has(word) and not (word == "internal reviewed" and not case.firm):
            return act
    return _signatures(case) if case.stage is S.FINALISATION else ONWARD[case.stage]


def _unit_self(case: CaseModel) -> A:
    if case.stage is S.SELF_ASSESSMENT:
        if not case.has("scored"):
            return A.SCORE_INPUT
        if case.lacking & {"draft", "deduction reason", "deduction evidence"}:
            return A.DEDUCTION_SUBMIT
        return A.SELF_SUBMIT if case.has("filled") else A.SELF_EDIT
    if case.stage is S.MATERIAL_REVIEW:
        return A.SELF_REVIEW
    return A.REPORT_FREEZE if case.frozen != case.version else A.REPORT_SIGN


def _signatures(case: CaseModel) -> A:
    if case.frozen != case.version:
        return A.REPORT_FREEZE
    if case.kind is Kind.FISCAL_FIRM and not case.has("certified"):
        return A.REPORT_CERTIFY
    if case.firm and case.kind is not Kind.FISCAL and not case.has("sealed"):
        return A.REPORT_SEAL
    return A.REPORT_SIGN
