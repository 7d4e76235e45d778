"""What a diligent office would do next with a real case, read off its rows; the walks mostly follow it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from service.workflow.actions import Action as A
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage as S
from service.workflow.stages import Status
from tests.db.office import Look, Walk
from tests.db.walk_turn import digest_of, points_of

ONWARD = {
    S.SELF_ASSESSMENT: A.SELF_SUBMIT,
    S.MATERIAL_REVIEW: A.REVIEW_PASS,
    S.ON_SITE_VERIFICATION: A.DRAFT_ISSUE,
    S.CONSULTATION: A.CONSULTATION_CLOSE,
    S.FINALISATION: A.REPORT_SIGN,
    S.SIGNED: A.CORRECTION_SIGN,
}
BUSY = {S.MATERIAL_REVIEW: 0.25, S.ON_SITE_VERIFICATION: 0.45, S.CONSULTATION: 0.3, S.FINALISATION: 0.15}
SCORING = (
    A.DEDUCTION_DRAFT, A.ADJUSTMENT_DRAFT, A.DEDUCTION_REVISE, A.DEDUCTION_WITHDRAW, A.ADJUSTMENT_REVISE,
    A.ADJUSTMENT_WITHDRAW,
)  # fmt: skip
WORK = {
    S.MATERIAL_REVIEW: (
        A.SUPPLEMENT_DRAFT, A.SUPPLEMENT_REQUEST, A.EVIDENCE_ADD, A.EVALUATION_SUSPEND, A.PLAN_AMEND,
        A.DEADLINE_EXTEND, A.DEADLINE_REQUEST, A.DEADLINE_REFUSE, A.DEDUCTION_DRAFT, A.SELF_RETURN, A.SELF_WITHDRAW,
    ),
    S.ON_SITE_VERIFICATION: (
        *SCORING, A.FINDING_RECORD, A.FINDING_RECORD, A.EVIDENCE_ADD, A.EVIDENCE_SUPERSEDE, A.EVIDENCE_LINK,
        A.EVIDENCE_UNLINK, A.EVIDENCE_VOID, A.STAGE_RETURN, A.CONSULTATION_WAIVE, A.PAPER_REGISTER,
    ),
    S.CONSULTATION: (*SCORING, A.OPINION_RECORD, A.DISPOSITION_RETURN, A.PAPER_REGISTER),
    S.FINALISATION: (A.DEDUCTION_DRAFT, A.SCORE_INPUT, A.PAPER_REGISTER, A.STAGE_RETURN),
}  # fmt: skip
NEEDS = {
    A.DEDUCTION_REVISE: "deduction", A.DEDUCTION_WITHDRAW: "deduction", A.ADJUSTMENT_REVISE: "adjustment",
    A.ADJUSTMENT_WITHDRAW: "adjustment", A.EVIDENCE_SUPERSEDE: "evidence", A.EVIDENCE_LINK: "evidence",
    A.EVIDENCE_VOID: "evidence", A.EVIDENCE_UNLINK: "evidence", A.DISPOSITION_RETURN: "opinion", A.PAPER_REGISTER: "evidence",
}  # fmt: skip
Wish = tuple[A, str | None]


def onward(look: Look) -> A:
    """Return the act that leaves the stage, whether or not the case is ready for it."""
    if look.kind is Kind.UNIT_SELF and look.stage is S.MATERIAL_REVIEW:
        return A.SELF_REVIEW
    return ONWARD[look.stage]


def next_act(walk: Walk, look: Look) -> Wish:
    """Return the act due, and the person if only one will do."""
    if look.status is not Status.ACTIVE:
        return (A.EVALUATION_ISSUE if look.status is Status.DRAFT else A.EVALUATION_RESUME), None
    if look.stage is S.SIGNED:
        return _correction(walk, look), None
    if look.kind is Kind.UNIT_SELF:
        return _unit_self(walk, look), None
    if walk.random.random() < BUSY.get(look.stage, 0.0):
        return _work(walk, look), None
    return _people(walk, look) or (_due(walk, look), None)


def _work(walk: Walk, look: Look) -> A:
    """Return something a busy team does without being asked; nothing on rows that do not exist."""
    if look.case.suspend_asked_by is not None and walk.random.random() < 0.3:
        return A.EVALUATION_CONFIRM_SUSPENSION
    acts = [act for act in WORK[look.stage] if act not in NEEDS or look.rows(NEEDS[act])]
    return walk.random.choice(acts)


def _due(walk: Walk, look: Look) -> A:
    for due in (_team, _plan, _STAGES[look.stage]):
        if (act := due(walk, look)) is not None:
            return act
    return onward(look)


def _people(walk: Walk, look: Look) -> Wish | None:
    """Return what is due about interests: a declaration, or what becomes of one."""
    if (undeclared := _undeclared(walk, look)) is not None:
        return A.CONFLICT_DECLARE, undeclared
    if any(row.conflict and row.overridden_by is None for row in look.rows("conflict_declaration")):
        return A.CONFLICT_OVERRIDE, None
    return None


def _states(look: Look, table: str) -> set[str]:
    return {row.state for row in look.rows(table)}


def _undeclared(walk: Walk, look: Look) -> str | None:
    declared = {row.account_id for row in look.rows("conflict_declaration")}
    for row in look.rows("role_grant"):
        if row.account_id not in declared:
            return walk.office.names[row.account_id]
    return None


def _team(walk: Walk, look: Look) -> A | None:
    wanted = {Role.EL, Role.EV} | ({Role.IR, Role.AS} if look.firm else set())
    early = look.stage.position <= S.MATERIAL_REVIEW.position
    return A.TEAM_ASSIGN if early and wanted - {Role(row.role) for row in look.rows("role_grant")} else None


def _plan(walk: Walk, look: Look) -> A | None:
    if look.stage.position > S.ON_SITE_VERIFICATION.position:
        return None
    plans = look.rows("plan")
    newest = plans[-1].state if plans else "none"
    if look.case.framework_id is not None:
        return A.PLAN_APPROVE_AMENDMENT if newest == "submitted" else None
    if look.stage is S.SELF_ASSESSMENT and walk.random.random() < 0.4:
        return None
    return {"none": A.PLAN_DRAFT, "draft": A.PLAN_SUBMIT, "returned": A.PLAN_SUBMIT}.get(
        newest, A.PLAN_APPROVE
    )


def _self(walk: Walk, look: Look) -> A | None:
    rounds = look.rows("self_assessment")
    return None if rounds and rounds[-1].edited_by else A.SELF_EDIT


def _supplements(look: Look) -> A | None:
    states = _states(look, "supplement")
    for state, act in (
        ("sent", A.SUPPLEMENT_ANSWER),
        ("answered", A.SUPPLEMENT_CONFIRM),
        ("confirmed", A.SUPPLEMENT_CLOSE),
    ):
        if state in states:
            return act
    return None


def _reasons(look: Look) -> A | None:
    drafts = [row for row in look.rows("deduction") if row.state == "draft"]
    if any(not row.clause or not row.reason for row in drafts):
        return A.DEDUCTION_WITHDRAW
    for table, state, act in (
        ("deduction", "pending", A.DEDUCTION_RECONFIRM),
        ("adjustment", "pending", A.ADJUSTMENT_SUBMIT),
        ("deduction", "draft", A.DEDUCTION_SUBMIT),
        ("adjustment", "draft", A.ADJUSTMENT_SUBMIT),
    ):
        if state in _states(look, table):
            return act
    return None


def _review(walk: Walk, look: Look) -> A | None:
    supervised = any(row.part == "supervisor" for row in look.rows("party"))
    rounds = look.rows("self_assessment")
    if supervised and rounds and rounds[-1].state == "submitted":
        return A.SELF_REVIEW
    if (due := _supplements(look) or _pending(look)) is not None:
        return due
    if not look.rows("review_item"):
        return A.REVIEW_VERDICT
    return A.REVIEW_PROPOSE_PASS if look.case.review_passed_by is None else None


def _pending(look: Look) -> A | None:
    """Return the cure of what waits since a return; drafts may wait until the site."""
    found = _reasons(look)
    return found if found in (A.DEDUCTION_RECONFIRM,) or _only_pending_adjustments(look) else None


def _only_pending_adjustments(look: Look) -> bool:
    return "pending" in _states(look, "adjustment")


def _findings(walk: Walk, look: Look) -> A | None:
    states = _states(look, "finding")
    if "objected" in states:
        return A.FINDING_ANSWER
    if "recorded" in states:
        return walk.random.choice((A.FINDING_CONFIRM, A.FINDING_CONFIRM, A.FINDING_OBJECT, A.FINDING_LAPSE))
    return None


def _site(walk: Walk, look: Look) -> A | None:
    if (due := _supplements(look) or _findings(walk, look)) is not None:
        return due
    visits = look.rows("visit")
    waived = any(row.mode != "held" and row.left_on is None for row in look.rows("stage_track"))
    if not visits and not waived:
        return walk.random.choice((A.VISIT_OPEN, A.VISIT_OPEN, A.VISIT_WAIVE))
    if any(not row.closed for row in visits):
        return A.VISIT_CLOSE
    return _scores(look)


def _scores(look: Look) -> A | None:
    if len({row.node for row in look.rows("leaf_result")}) < 2:
        return A.SCORE_INPUT
    if (due := _reasons(look)) is not None:
        return due
    return None if look.case.scores_submitted else A.SCORES_SUBMIT


def _consult(walk: Walk, look: Look) -> A | None:
    if (due := _findings(walk, look) or _scores(look)) is not None:
        return due
    issues, found = look.rows("draft_issue"), look.dispositions()
    if not issues:
        return A.DRAFT_ISSUE if walk.random.random() < 0.5 else None
    waived = any(row.mode != "held" and row.left_on is None for row in look.rows("stage_track"))
    if not waived and not any(row.received_on >= issues[-1].issued_on for row in look.rows("opinion")):
        return A.OPINION_RECORD if walk.on <= issues[-1].due_on else A.OPINION_LAPSE
    contested = [row for row in look.rows("opinion") if not row.agrees and not row.lapsed]
    if any(row.id not in found for row in contested):
        return A.DISPOSITION_PROPOSE
    if any(found[row.id].confirmed_by is None for row in contested):
        return A.DISPOSITION_CONFIRM
    return A.DRAFT_ISSUE if lowered(walk, look) else None


def lowered(walk: Walk, look: Look) -> bool:
    """Say whether a line of the sheet, or its total, shows less than the newest 征求意见稿 did."""
    issues, now = look.rows("draft_issue"), points_of(look)
    shown = issues[-1].awarded.get("", {}) if issues else {}
    return any(Fraction(points) < Fraction(shown[code]) for code, points in now.items() if code in shown)


def _final(walk: Walk, look: Look) -> A | None:
    if (due := _scores(look)) is not None:
        return due
    if not look.rows("narrative"):
        return A.REPORT_WRITE
    if lowered(walk, look):
        return A.STAGE_RETURN
    return _signatures(walk, look)


def _signatures(walk: Walk, look: Look) -> A | None:
    digest, report = digest_of(look), look.report()
    approvals = look.rows("approval")
    content = {row.part for row in approvals if row.seen_sha256 == digest}
    if look.firm and A.REPORT_INTERNAL_REVIEW.value not in content:
        return A.REPORT_INTERNAL_REVIEW
    if report is None or report.snapshot_sha256 != digest or report.state != "frozen":
        return A.REPORT_FREEZE
    given = {row.part for row in approvals if row.report_id == report.id}
    if A.REPORT_CERTIFY.value not in given and (look.firm or look.kind is Kind.FISCAL_FIRM):
        return A.REPORT_CERTIFY
    if look.firm and A.REPORT_SEAL.value not in given:
        return A.REPORT_SEAL
    return None if A.REPORT_SECOND_REVIEW.value in content else A.REPORT_SECOND_REVIEW


def _correction(walk: Walk, look: Look) -> A:
    report = look.report()
    if report is not None and report.state == "signed" and report.final_sha256 is None:
        return A.REPORT_FINISH
    if not look.case.facts.get("correction"):
        return A.CORRECTION_REQUEST
    frozen = report is not None and report.state == "frozen"
    fresh = frozen and report.snapshot_sha256 == digest_of(look)
    return A.CORRECTION_SIGN if fresh else A.CORRECTION_FREEZE


def _unit_self(walk: Walk, look: Look) -> A:
    if look.stage is S.SELF_ASSESSMENT:
        if not look.rows("narrative"):
            return A.REPORT_WRITE
        if len({row.node for row in look.rows("leaf_result")}) < 2:
            return A.SCORE_INPUT
        return _reasons(look) or _self(walk, look) or (A.SELF_EDIT if _unlike(walk, look) else A.SELF_SUBMIT)
    if look.stage is S.MATERIAL_REVIEW:
        return A.SELF_REVIEW
    report = look.report()
    stale = report is None or report.snapshot_sha256 != digest_of(look)
    return A.REPORT_FREEZE if stale or (report is not None and report.state != "frozen") else A.REPORT_SIGN


def _unlike(walk: Walk, look: Look) -> bool:
    """Say whether what the unit claims is not what its own sheet gives."""
    points = points_of(look)
    claimed = {row.node: row.points for row in look.rows("claim")}
    total = look.rows("self_assessment")[-1].claimed_total
    return total != points.get("") or any(claimed.get(code) != points.get(code) for code in ("A1", "B1"))


_STAGES: dict[S, Callable[[Walk, Look], A | None]] = {
    S.SELF_ASSESSMENT: _self,
    S.MATERIAL_REVIEW: _review,
    S.ON_SITE_VERIFICATION: _site,
    S.CONSULTATION: _consult,
    S.FINALISATION: _final,
}
