"""Which pages carry out which act of a case file.

What the pages have no box for is left out and told in `LEFT_OUT` of `play`.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.cases.script import NOT_IN_SOURCE
from service.workflow.actions import Action
from tests.browser import after, before, during
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
    Action.REPORT_FREEZE: after.freeze,
    Action.REPORT_CERTIFY: after.read_first("report.certify"),
    Action.REPORT_SEAL: after.read_first("report.seal"),
    Action.REPORT_SECOND_REVIEW: after.reviewed("report.second_review"),
    Action.REPORT_SIGN: after.read_first("report.sign"),
}


def perform(play: Play) -> None:
    """Every act of the case is done, in order, each by its own person."""
    for act in play.planned.acts:
        HANDLERS[act.action](play, act)
