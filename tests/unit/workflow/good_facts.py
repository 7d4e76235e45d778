"""Facts with which nothing is missing, and short ways to ask the table."""

from __future__ import annotations

import pytest

from service.errors import ActionRefusedError
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.kinds import Kind
from service.workflow.machine import Step, plan
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

GOOD = Facts(
    conflict_declared=True,
    conflicts_open=(),
    reason_given=True,
    reauth_fresh=True,
    target_missing=(),
    target_open=True,
    target_mine=False,
    firm_engaged=True,
    team_missing=(),
    plan_missing=(),
    plan_submitted=True,
    plan_approved=True,
    panel_opinion=True,
    self_missing=(),
    self_edited_by_other=True,
    supervisor_review_pending=False,
    documents_unreviewed=(),
    open_supplements=(),
    pass_proposed=True,
    visits_open=(),
    visits_held=1,
    findings_unconfirmed=(),
    findings_unanswered=(),
    leaves_without_input=(),
    deductions_without_reason=(),
    deductions_without_clause=(),
    deductions_without_evidence=(),
    adjustments_without_reason=(),
    drafts_open=(),
    pending_reconfirm=(),
    scores_submitted=True,
    scores_ever_submitted=True,
    origin_missing=(),
    lowered_after_consultation=(),
    recipients_missing=(),
    replies_missing=(),
    opinions_unanswered=(),
    dispositions_unconfirmed=(),
    effects_unapplied=(),
    narrative_missing=(),
    selfcheck_findings=(),
    internal_reviewed=True,
    certified=True,
    certifier_lacks=(),
    sealed=True,
    second_reviewed=True,
    frozen_hash="ab" * 32,
    seen_hash="ab" * 32,
    content_changed=False,
    return_items=1,
    return_items_without_reason=(),
    paper_missing=(),
    paper_unlike=(),
    correction_open=True,
    previous_signer_is_actor=False,
)


def step(
    stage: Stage, action: Action, role: Role, facts: Facts = GOOD, kind: Kind = Kind.FISCAL_FIRM
) -> Step:
    return plan(kind, stage, Status.ACTIVE, action, frozenset({role}), facts)


def refusal(
    stage: Stage, action: Action, role: Role, facts: Facts, kind: Kind = Kind.FISCAL_FIRM
) -> list[str]:
    with pytest.raises(ActionRefusedError) as caught:
        step(stage, action, role, facts, kind)
    return [problem.message for problem in caught.value.problems]


FORWARD = [
    (Stage.SELF_ASSESSMENT, Action.SELF_SUBMIT, Role.DH, Stage.MATERIAL_REVIEW),
    (Stage.MATERIAL_REVIEW, Action.REVIEW_PASS, Role.FO, Stage.ON_SITE_VERIFICATION),
    (Stage.ON_SITE_VERIFICATION, Action.DRAFT_ISSUE, Role.FO, Stage.CONSULTATION),
    (Stage.CONSULTATION, Action.CONSULTATION_CLOSE, Role.FO, Stage.FINALISATION),
    (Stage.FINALISATION, Action.REPORT_SIGN, Role.FA, Stage.SIGNED),
]
