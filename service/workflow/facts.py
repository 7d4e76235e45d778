"""What the guards may know, gathered once after the evaluation row is locked.

- Flat and plain: booleans, integers, texts, tuples of codes a clerk recognises.
- Every default refuses. A tuple of lacking things starts as `UNKNOWN`, so a fact nobody
  gathered blocks the act that needs it instead of letting it pass.
- `kind`, `stage`, `status` and `acting_roles` are set by `machine.plan`, never by the caller.
- "Target" is the one thing the act is about: this deduction, finding, request, grant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

UNKNOWN: tuple[str, ...] = ("事实未取得",)


class Policy(Enum):
    """The profile of exclusive duties, fixed when the case is created."""

    CITY = "city"
    COUNTY = "county"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return POLICY_LABELS[self]


POLICY_LABELS: dict[Policy, str] = {Policy.CITY: "市级", Policy.COUNTY: "县级"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a guard may look at; see the comment beside each field."""

    # Set by plan().
    kind: Kind | None = None
    stage: Stage | None = None
    status: Status | None = None
    acting_roles: frozenset[Role] = frozenset()  # the actor's roles that the row names

    # The person acting (when replayed or registered from paper: the person acted for).
    policy: Policy = Policy.CITY
    actor_earlier_acts: frozenset[Action] = frozenset()  # every act of this person in this case
    conflict_declared: bool = False  # this person has declared his relations in this case
    conflicts_open: tuple[str, ...] = UNKNOWN  # hits of this person not yet disposed of
    reason_given: bool = False  # the command carries a reason (or ground)
    reauth_fresh: bool = False  # the person proved himself again within five minutes

    # The target of the act.
    target_missing: tuple[str, ...] = UNKNOWN  # what the command or its target still lacks, in words
    target_open: bool = False  # the target exists and waits for just this act
    target_mine: bool | None = None  # this person wrote or proposed the target; None refuses both ways
    target_is_actor: bool = True  # the account changed is the actor's own
    target_roles: frozenset[Role] = frozenset()  # roles the assigned person would then hold
    target_conflicts: tuple[str, ...] = UNKNOWN  # conflict hits of the person being assigned, not overridden

    # The case.
    firm_engaged: bool = True  # a firm works on the case (matters where the kind leaves it open)
    issue_missing: tuple[str, ...] = UNKNOWN  # what 下达 still lacks
    fixed_fields_touched: tuple[str, ...] = UNKNOWN  # fields of an edit that are fixed once issued
    suspension_proposed: bool = False
    termination_proposed: bool = False

    # Plan.
    team_missing: tuple[str, ...] = UNKNOWN  # duties nobody holds yet, e.g. 组长
    plan_missing: tuple[str, ...] = UNKNOWN  # items the plan or its framework still lacks
    plan_submitted: bool = False
    plan_approved: bool = False  # approved, hence locked
    panel_opinion: bool = False  # the panel's opinion (or the client's approval in its place) is recorded
    amendment_open: bool = False  # a numbered amendment waits for approval

    # Self-assessment.
    self_missing: tuple[str, ...] = UNKNOWN  # required fields not filled
    self_edited_by_other: bool = False  # somebody besides this person edited it
    self_opened: bool = True  # the receiving side has opened the submission
    self_fields_closed: tuple[str, ...] = UNKNOWN  # fields of the edit that no 补正 item has opened
    supervisor_review_pending: bool = True  # a 主管部门 has to review and has not
    self_days_late: int = 0  # working days after the due date; counted, never a refusal

    # Material review.
    documents_unreviewed: tuple[str, ...] = UNKNOWN  # required documents without a verdict
    open_supplements: tuple[str, ...] = UNKNOWN  # mandatory requests not closed
    open_supplement_exists: bool = False  # any request the unit may answer now
    supplement_rounds: int = 0  # rounds sent so far
    round_limit: int = 2  # rounds allowed; local setting
    pass_proposed: bool = False  # EL asked to pass the review

    # Site.
    visits_open: tuple[str, ...] = UNKNOWN
    visits_held: int = 0
    visit_waived: bool = False  # not held or held off site, ground recorded
    stage_waived: bool = False  # the present stage is recorded as not held
    consent_recorded: bool = False  # the client's consent to the waiver is on file
    on_visit_list: bool = False  # this person is on the visit's list
    findings_unconfirmed: tuple[str, ...] = UNKNOWN  # neither confirmed nor objected nor refusal recorded
    findings_unanswered: tuple[str, ...] = UNKNOWN  # objected and not answered

    # Scores.
    leaves_without_input: tuple[str, ...] = UNKNOWN  # no input and no not-stated rule
    deductions_without_reason: tuple[str, ...] = UNKNOWN
    deductions_without_clause: tuple[str, ...] = UNKNOWN
    deductions_without_evidence: tuple[str, ...] = UNKNOWN  # neither evidence nor an explicit "none"
    adjustments_without_reason: tuple[str, ...] = UNKNOWN
    drafts_open: tuple[str, ...] = UNKNOWN  # deductions and adjustments not submitted
    pending_reconfirm: tuple[str, ...] = UNKNOWN  # 待确认 of this stage and the stages before
    scores_submitted: bool = False  # EL submitted, and no return reopened the scores since
    scores_ever_submitted: bool | None = None  # EL submitted at least once: later changes name an origin,
    # and the organising side may read the scores; None refuses both ways
    origin_missing: tuple[str, ...] = UNKNOWN  # lacking of: origin, who asked, paper
    lowered_after_consultation: tuple[str, ...] = UNKNOWN  # nodes lowered since the unit last saw them

    # Consultation.
    recipients_missing: tuple[str, ...] = UNKNOWN  # evaluated unit, client: who gets the draft is not set
    window_open: bool = False
    window_closed: bool = False
    replies_missing: tuple[str, ...] = UNKNOWN  # addressees with neither reply nor recorded lapse
    silence_is_consent: bool = False  # local setting
    opinions_unanswered: tuple[str, ...] = UNKNOWN  # no decision, reason or effect yet
    dispositions_unconfirmed: tuple[str, ...] = UNKNOWN
    effects_unapplied: tuple[str, ...] = UNKNOWN  # adopted opinions whose effect is not in the sheet

    # Report.
    narrative_missing: tuple[str, ...] = UNKNOWN  # sections empty
    selfcheck_findings: tuple[str, ...] = UNKNOWN  # found on the report, neither mended nor signed off
    internal_reviewed: bool = False  # for the present content
    certified: bool = False  # 主评人签字 on the frozen file
    certifier_lacks: tuple[str, ...] = UNKNOWN  # what the papers of this person as 主评人 lack today
    sealed: bool = False  # 机构用印 on the frozen file
    second_reviewed: bool = False  # for the present content
    frozen_hash: str = ""  # sha256 of the frozen file
    seen_hash: str = ""  # sha256 the signer was shown, or the version the paper's short code names
    content_changed: bool = True  # something in the report changed after the freeze

    # Return.
    return_to: Stage | None = None
    return_items: int = 0
    return_items_without_reason: tuple[str, ...] = UNKNOWN
    straight_back_to: Stage | None = None  # an open return goes straight back to this stage when resubmitted

    furthest_stage: Stage | None = None  # the latest stage the case ever reached

    # Paper.
    via_paper: bool = False  # set by plan() on the act behind a 线下登记
    paper_act: Action | None = None
    paper_for: Role | None = None
    paper_missing: tuple[str, ...] = UNKNOWN  # lacking of: scan, 文号, date, for whom
    paper_unlike: tuple[str, ...] = UNKNOWN  # why its short code is not that of what it is about now

    # Correction.
    correction_open: bool = False
    previous_signer_is_actor: bool = True

    # Instance.
    second_person: bool = False  # a second named person agreed (restore, signing keys)
    export_approved: bool = False  # SE approved this export
