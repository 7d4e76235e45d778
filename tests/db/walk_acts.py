"""Every act on a case, done through the real actions: `ACTS` is the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.actions import (
    commissioning,
    consultation,
    correction,
    finalisation,
    material_review,
    planning,
    scoring,
    self_assessment,
)
from service.workflow.actions import Action as A
from tests.db import walk_acts_early as early
from tests.db import walk_acts_late as late
from tests.db import walk_hats as hats
from tests.db.walk_turn import Turn

Act = Callable[[Turn], Any]
ACTS: dict[A, Act] = {
    A.EVALUATION_ISSUE: lambda t: commissioning.issue_evaluation(t.actor, t.case),
    A.EVALUATION_SUSPEND: lambda t: commissioning.ask_suspension(t.actor, t.case, reason=t.words("停工")),
    A.EVALUATION_CONFIRM_SUSPENSION: lambda t: commissioning.confirm_suspension(t.actor, t.case),
    A.EVALUATION_RESUME: lambda t: commissioning.resume_evaluation(t.actor, t.case, reason=t.words("复工")),
    A.EVALUATION_TERMINATE: lambda t: commissioning.ask_termination(t.actor, t.case, reason=t.words("撤销")),
    A.EVALUATION_CONFIRM_TERMINATION: lambda t: commissioning.confirm_termination(
        t.actor, t.case, given=t.fresh()
    ),
    A.TEAM_ASSIGN: hats.assign,
    A.CONFLICT_DECLARE: early.declare,
    A.CONFLICT_OVERRIDE: early.override,
    A.DEADLINE_EXTEND: late.extend,
    A.DEADLINE_REQUEST: late.ask_time,
    A.DEADLINE_REFUSE: late.refuse_time,
    A.PLAN_DRAFT: early.draft_plan,
    A.PLAN_SUBMIT: lambda t: planning.submit_plan(t.actor, t.case),
    A.PLAN_RETURN: lambda t: planning.return_plan(t.actor, t.case, reason=t.words("再改")),
    A.PLAN_APPROVE: lambda t: planning.approve_plan(t.actor, t.case, panel_opinion=t.words("同意")),
    A.PLAN_AMEND: early.amend_plan,
    A.PLAN_APPROVE_AMENDMENT: lambda t: planning.approve_amendment(t.actor, t.case),
    A.SELF_EDIT: early.edit_self,
    A.SELF_SUBMIT: lambda t: self_assessment.submit_self_assessment(t.actor, t.case),
    A.SELF_WITHDRAW: lambda t: self_assessment.withdraw_self_assessment(
        t.actor, t.case, reason=t.words("漏填")
    ),
    A.SELF_REVIEW: lambda t: self_assessment.review_self_assessment(t.actor, t.case, opinion="属实"),
    A.SELF_RETURN: early.return_self,
    A.STAGE_WAIVE: lambda t: commissioning.waive_stage(t.actor, t.case, early.waiver(t)),
    A.STAGE_RETURN: late.return_stage,
    A.EVIDENCE_ADD: early.add_evidence,
    A.EVIDENCE_SUPERSEDE: early.supersede,
    A.EVIDENCE_LINK: early.link,
    A.EVIDENCE_UNLINK: early.unlink,
    A.EVIDENCE_VOID: early.void,
    A.REVIEW_VERDICT: early.verdict,
    A.SUPPLEMENT_DRAFT: lambda t: material_review.draft_supplement(t.actor, t.case, early.request(t)),
    A.SUPPLEMENT_REQUEST: early.ask_supplement,
    A.SUPPLEMENT_ANSWER: early.answer_supplement,
    A.SUPPLEMENT_CONFIRM: early.confirm_supplement,
    A.SUPPLEMENT_CLOSE: early.close_supplement,
    A.REVIEW_PROPOSE_PASS: lambda t: material_review.propose_pass(t.actor, t.case),
    A.REVIEW_PASS: lambda t: material_review.pass_review(t.actor, t.case),
    A.VISIT_OPEN: early.open_visit,
    A.VISIT_CLOSE: early.close_visit,
    A.VISIT_WAIVE: lambda t: commissioning.waive_visit(t.actor, t.case, early.waiver(t)),
    A.FINDING_RECORD: early.record_finding,
    A.FINDING_CONFIRM: early.confirm_finding,
    A.FINDING_OBJECT: early.object_to,
    A.FINDING_ANSWER: early.answer_objection,
    A.FINDING_LAPSE: early.lapse_finding,
    A.SCORE_INPUT: late.results,
    A.DEDUCTION_DRAFT: late.draft_deduction,
    A.DEDUCTION_SUBMIT: lambda t: scoring.submit_deduction(
        t.actor, t.case, code=t.code("deduction", "draft")
    ),
    A.DEDUCTION_REVISE: late.revise_deduction,
    A.DEDUCTION_WITHDRAW: late.withdraw_deduction,
    A.DEDUCTION_RECONFIRM: lambda t: scoring.reconfirm_deduction(
        t.actor, t.case, code=t.code("deduction", "pending")
    ),
    A.ADJUSTMENT_DRAFT: late.draft_adjustment,
    A.ADJUSTMENT_SUBMIT: lambda t: scoring.submit_adjustment(
        t.actor, t.case, code=t.code("adjustment", "draft", "pending")
    ),
    A.ADJUSTMENT_REVISE: late.revise_adjustment,
    A.ADJUSTMENT_WITHDRAW: late.withdraw_adjustment,
    A.SCORES_SUBMIT: lambda t: scoring.submit_scores(t.actor, t.case),
    A.DRAFT_ISSUE: late.issue_draft,
    A.CONSULTATION_WAIVE: lambda t: commissioning.waive_consultation(t.actor, t.case, early.waiver(t)),
    A.OPINION_RECORD: late.opinion,
    A.OPINION_LAPSE: late.lapse_opinion,
    A.DISPOSITION_PROPOSE: late.dispose,
    A.DISPOSITION_RETURN: late.return_disposition,
    A.DISPOSITION_CONFIRM: late.confirm_disposition,
    A.CONSULTATION_CLOSE: lambda t: consultation.close_consultation(t.actor, t.case),
    A.REPORT_WRITE: lambda t: finalisation.write_report(t.actor, t.case, words=late.words(t)),
    A.REPORT_FREEZE: late.freeze,
    A.REPORT_INTERNAL_REVIEW: lambda t: finalisation.review_internally(
        t.actor, t.case, seen=t.digest(), given={}
    ),
    A.REPORT_SECOND_REVIEW: lambda t: finalisation.review_second(t.actor, t.case, seen=t.digest(), given={}),
    A.REPORT_CERTIFY: lambda t: finalisation.certify_report(t.actor, t.case, seen=t.seen(), given=t.fresh()),
    A.REPORT_SEAL: lambda t: finalisation.seal_report(t.actor, t.case, seen=t.seen(), given=t.fresh()),
    A.REPORT_SIGN: lambda t: finalisation.sign_report(t.actor, t.case, seen=t.seen(), given=t.fresh()),
    A.REPORT_FINISH: late.finish,
    A.PAPER_REGISTER: late.paper,
    A.CORRECTION_REQUEST: lambda t: correction.request_correction(t.actor, t.case, reason=t.words("误植")),
    A.CORRECTION_EDIT: lambda t: correction.edit_correction(t.actor, t.case, words=late.words(t)),
    A.CORRECTION_FREEZE: late.freeze_correction,
    A.CORRECTION_SIGN: lambda t: correction.sign_correction(t.actor, t.case, seen=t.seen(), given=t.fresh()),
    A.CORRECTION_REJECT: lambda t: correction.reject_correction(t.actor, t.case, reason=t.words("不必")),
}
