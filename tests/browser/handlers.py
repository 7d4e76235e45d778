"""Which pages carry out which act of a case file.

What the pages have no box for is left out and told in `LEFT_OUT` of `play`.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.cases.script import NOT_IN_SOURCE
from service.workflow.actions import Action
from tests.browser import after, before, changes, during
from tests.browser.play import Handler, Play, do, plain

HANDLERS: Mapping[Action, Handler] = {
    Action.EVALUATION_CREATE: before.create,
    Action.TEAM_ASSIGN: before.assign,
    Action.EVALUATION_ISSUE: plain("evaluation.issue"),
    Action.CONFLICT_DECLARE: plain("conflict.declare", secrecy=True, conflict="no"),
    Action.PLAN_DRAFT: before.draft_plan,
    Action.PLAN_SUBMIT: plain("plan.submit", "/plan"),
    Action.PLAN_APPROVE: lambda p, a: do(
        p, a, "plan.approve", {"panel_opinion": a.payload["opinion"] or NOT_IN_SOURCE}, "/plan"
    ),
    Action.EVIDENCE_ADD: during.add_evidence,
    Action.SELF_EDIT: before.edit_self,
    Action.SELF_REVIEW: plain("self.review", "/self/check"),
    Action.SELF_SUBMIT: plain("self.submit", "/self/check"),
    Action.REVIEW_VERDICT: during.verdict,
    Action.REVIEW_PROPOSE_PASS: plain("review.propose_pass", "/review"),
    Action.REVIEW_PASS: plain("review.pass", "/review"),
    Action.VISIT_OPEN: during.open_visit,
    Action.FINDING_RECORD: during.record_finding,
    Action.FINDING_CONFIRM: during.confirm_finding,
    Action.VISIT_CLOSE: during.close_visit,
    Action.SCORE_INPUT: during.record_results,
    Action.DEDUCTION_DRAFT: during.reason,
    Action.DEDUCTION_SUBMIT: during.submit_reason,
    Action.ADJUSTMENT_DRAFT: during.reason,
    Action.ADJUSTMENT_SUBMIT: during.submit_reason,
    Action.REPORT_WRITE: after.write,
    Action.SCORES_SUBMIT: plain("scores.submit", "/grid"),
    Action.DRAFT_ISSUE: lambda p, a: do(p, a, "draft.issue", {"due_on": p.later.isoformat()}, "/opinions"),
    Action.OPINION_RECORD: after.record_opinion,
    Action.DISPOSITION_PROPOSE: after.propose_disposition,
    Action.DISPOSITION_CONFIRM: after.confirm_disposition,
    Action.CONSULTATION_CLOSE: plain("consultation.close", "/opinions"),
    Action.REPORT_INTERNAL_REVIEW: after.reviewed("report.internal_review"),
    Action.REPORT_WAIVE_FINDING: after.waive,
    Action.REPORT_FREEZE: after.freeze,
    Action.REPORT_CERTIFY: after.read_first("report.certify"),
    Action.REPORT_SEAL: after.read_first("report.seal"),
    Action.REPORT_SECOND_REVIEW: after.reviewed("report.second_review"),
    Action.REPORT_SIGN: after.read_first("report.sign"),
    Action.EVALUATION_EDIT: before.register_papers,
    Action.SUPPLEMENT_REQUEST: during.request_supplement,
    Action.SUPPLEMENT_ANSWER: during.answer_supplement,
    Action.SUPPLEMENT_CONFIRM: during.on_supplement("supplement.confirm", "/self/supplements"),
    Action.SUPPLEMENT_CLOSE: during.on_supplement("supplement.close", "/review", reason="已补正"),
    Action.FINDING_OBJECT: during.object_to_finding,
    Action.FINDING_ANSWER: during.answer_objection,
    Action.STAGE_WAIVE: changes.waive("stage.waive"),
    Action.VISIT_WAIVE: changes.waive("visit.waive", "/visit"),
    Action.CONSULTATION_WAIVE: changes.waive("consultation.waive"),
    Action.EVALUATION_SUSPEND: changes.why("evaluation.suspend"),
    Action.EVALUATION_CONFIRM_SUSPENSION: changes.why("evaluation.confirm_suspension"),
    Action.EVALUATION_RESUME: changes.why("evaluation.resume"),
    Action.STAGE_RETURN: changes.send_back,
    Action.SELF_RETURN: changes.send_self_back,
    Action.DEDUCTION_REVISE: changes.revise,
    Action.ADJUSTMENT_REVISE: changes.revise,
    Action.DEDUCTION_WITHDRAW: changes.withdraw,
    Action.ADJUSTMENT_WITHDRAW: changes.withdraw,
    Action.DEDUCTION_RECONFIRM: changes.reconfirm,
    Action.PAPER_REGISTER: changes.register,
    Action.CORRECTION_REQUEST: changes.ask_correction,
    Action.CORRECTION_EDIT: changes.correct,
    Action.CORRECTION_FREEZE: changes.freeze_correction,
    Action.CORRECTION_SIGN: after.read_first("correction.sign"),
}


def perform(play: Play, *, until: Action | None = None) -> None:
    """Every act of the case is done, in order, each by its own person; the first `until` is left to come."""
    for act in play.planned.acts:
        if act.action is until:
            return
        HANDLERS[act.action](play, act)
