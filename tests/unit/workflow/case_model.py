"""A small model of one case, written apart from the rule table, to walk the table against.

The model keeps what happened; `facts` says what a guard may know of it; `apply` carries out a
step the table allowed; `problems` says, from the history alone, what should never have happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from service.workflow.actions import Action as A
from service.workflow.facts import Facts, Policy
from service.workflow.kinds import Kind
from service.workflow.machine import Step
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

S = Stage
HELD = {
    kind: (S.SELF_ASSESSMENT, S.MATERIAL_REVIEW, S.FINALISATION, S.SIGNED)
    if kind is Kind.UNIT_SELF
    else tuple(Stage)
    for kind in Kind
}
SCORING = {action for action in A if action.subject in ("score", "deduction", "adjustment")} | {
    A.SCORES_SUBMIT
}
DISPOSING = {A.DISPOSITION_PROPOSE, A.DISPOSITION_RETURN, A.DISPOSITION_CONFIRM}
ANSWERING = {A.OPINION_RECORD, A.SUPPLEMENT_ANSWER, A.SUPPLEMENT_CONFIRM, A.FINDING_CONFIRM, A.FINDING_OBJECT}
READS = {A.EVALUATION_READ, A.SCORES_READ, A.HISTORY_READ, A.HISTORY_EXTRACT, A.EXPORT_BULK, A.EXPORT_APPROVE}
ENDING = {A.EVALUATION_RESUME, A.EVALUATION_TERMINATE, A.EVALUATION_CONFIRM_TERMINATION}
# Pairs one person may never have done both of in one case, whatever the order or profile.
NEVER_BOTH: tuple[tuple[set[A], set[A]], ...] = (
    ({A.EVALUATION_SUSPEND}, {A.EVALUATION_CONFIRM_SUSPENSION}),
    ({A.EVALUATION_TERMINATE}, {A.EVALUATION_CONFIRM_TERMINATION}),
    ({A.REPORT_INTERNAL_REVIEW}, SCORING | {A.DISPOSITION_PROPOSE, A.FINDING_RECORD}),
    ({A.REPORT_INTERNAL_REVIEW}, {A.REPORT_SEAL}),
    ({A.REPORT_SECOND_REVIEW}, SCORING | {A.DISPOSITION_PROPOSE, A.REPORT_WRITE, A.FINDING_RECORD}),
    ({A.REPORT_SIGN}, SCORING | DISPOSING | ANSWERING | {A.REPORT_SECOND_REVIEW}),
    ({A.SELF_EDIT}, SCORING | {A.REPORT_SECOND_REVIEW, A.CONSULTATION_CLOSE, A.DRAFT_ISSUE}),
    ({A.SELF_EDIT}, {A.SELF_REVIEW}),
)
NEVER_BOTH_CITY: tuple[tuple[set[A], set[A]], ...] = (
    ({A.REPORT_SECOND_REVIEW}, DISPOSING | {A.REVIEW_PASS, A.DRAFT_ISSUE, A.CONSULTATION_CLOSE}),
    ({A.REPORT_SIGN}, {A.REVIEW_PASS, A.DRAFT_ISSUE, A.CONSULTATION_CLOSE, A.REPORT_WRITE}),
)
# Whoever did the first may not do the second afterwards.
NEVER_AFTER: tuple[tuple[A, A], ...] = (
    (A.PLAN_SUBMIT, A.PLAN_APPROVE),
    (A.PLAN_AMEND, A.PLAN_APPROVE_AMENDMENT),
    (A.REVIEW_PROPOSE_PASS, A.REVIEW_PASS),
    (A.SCORES_SUBMIT, A.DRAFT_ISSUE),
    (A.DISPOSITION_PROPOSE, A.DISPOSITION_CONFIRM),
    (A.CORRECTION_REQUEST, A.CORRECTION_SIGN),
)


@dataclass
class CaseModel:
    """One case: where it stands, what is lacking, who did what."""

    kind: Kind
    policy: Policy
    firm: bool
    stage: Stage = S.SELF_ASSESSMENT
    status: Status = Status.DRAFT
    furthest: Stage = S.SELF_ASSESSMENT
    straight_back: Stage | None = None
    done: set[str] = field(default_factory=set)  # words for what holds now
    lacking: set[str] = field(default_factory=set)  # words for what blocks now
    history: list[tuple[str, A]] = field(default_factory=list)
    version: int = 0
    frozen: int | None = None
    submitted_once: bool = False
    rounds: int = 0

    def has(self, *words: str) -> bool:
        """Return whether all of `words` hold now."""
        return set(words) <= self.done

    def facts(self, person: str, action: A, random: Random) -> Facts:
        """Return what a guard may know when `person` wants to do `action`."""
        acts = frozenset(act for who, act in self.history if who == person)
        open_ = {word: (word,) if word in self.lacking else () for word in LACKS}
        earlier = [stage for stage in HELD[self.kind] if stage.position < self.stage.position]
        frozen_hash = "" if self.frozen is None else f"{self.frozen:064x}"
        return Facts(
            policy=self.policy,
            actor_earlier_acts=acts,
            conflict_declared=(person, A.CONFLICT_DECLARE) in self.history,
            conflicts_open=(),
            reason_given=True,
            reauth_fresh=random.random() > 0.05,
            target_missing=(),
            target_open=True,
            target_mine=random.random() > 0.5,
            target_is_actor=False,
            target_roles=frozenset({Role.EV}),
            target_conflicts=(),
            firm_engaged=self.firm,
            issue_missing=open_["issue"],
            fixed_fields_touched=(),
            suspension_proposed=self.has("suspension"),
            termination_proposed=self.has("termination"),
            team_missing=() if self.has("team") else ("组长",),
            plan_missing=(),
            plan_submitted=self.has("plan submitted"),
            plan_approved=self.has("plan approved"),
            panel_opinion=True,
            amendment_open=self.has("amendment"),
            self_missing=() if self.has("filled") else ("执行数",),
            self_edited_by_other=any(act is A.SELF_EDIT and who != person for who, act in self.history),
            self_opened=self.has("opened"),
            self_fields_closed=(),
            supervisor_review_pending=not self.has("supervised"),
            documents_unreviewed=() if self.has("reviewed") else ("预算批复",),
            open_supplements=open_["supplement"],
            open_supplement_exists="supplement" in self.lacking,
            supplement_rounds=self.rounds,
            round_limit=2,
            pass_proposed=self.has("pass proposed"),
            visits_open=open_["visit"],
            visits_held=int(self.has("visited")),
            visit_waived=self.has("visit waived"),
            stage_waived=self.has("consultation waived"),
            consent_recorded=random.random() > 0.2,
            on_visit_list=True,
            findings_unconfirmed=open_["finding"],
            findings_unanswered=open_["finding objection"],
            leaves_without_input=() if self.has("scored") else ("A101",),
            deductions_without_reason=open_["deduction reason"],
            deductions_without_clause=(),
            deductions_without_evidence=open_["deduction evidence"],
            adjustments_without_reason=(),
            drafts_open=open_["draft"],
            pending_reconfirm=open_["reconfirm"],
            scores_submitted=self.has("scores submitted"),
            scores_ever_submitted=self.submitted_once,
            origin_missing=() if random.random() > 0.1 else ("来源",),
            lowered_after_consultation=open_["lowered"],
            recipients_missing=(),
            window_open="reply" in self.lacking,
            window_closed=random.random() > 0.5,
            replies_missing=open_["reply"],
            opinions_unanswered=open_["opinion"],
            dispositions_unconfirmed=open_["disposition"],
            effects_unapplied=(),
            narrative_missing=() if self.kind is Kind.UNIT_SELF or self.has("written") else ("摘要",),
            selfcheck_findings=open_["selfcheck"],
            internal_reviewed=self.has("internal reviewed"),
            certified=self.has("certified"),
            certifier_lacks=(),
            sealed=self.has("sealed"),
            second_reviewed=self.has("second reviewed"),
            frozen_hash=frozen_hash,
            seen_hash=frozen_hash if random.random() > 0.1 else "f" * 64,
            content_changed=self.frozen != self.version,
            return_to=random.choice(earlier) if earlier else None,
            return_items=1,
            return_items_without_reason=(),
            straight_back_to=self.straight_back if random.random() > 0.05 else random.choice(list(Stage)),
            furthest_stage=self.furthest,
            paper_missing=(),
            paper_unlike=(),
            correction_open=self.has("correction"),
            previous_signer_is_actor=person == self.last_signer(),
            export_approved=True,
        )

    def last_signer(self) -> str:
        """Return who signed the newest version, empty if nobody."""
        signers = [who for who, act in self.history if act in (A.REPORT_SIGN, A.CORRECTION_SIGN)]
        return signers[-1] if signers else ""

    def apply(self, person: str, step: Step, random: Random) -> None:
        """Carry out `step`, which the table allowed."""
        self.history.append((person, step.action))
        self.done |= SETS.get(step.action, set())
        self.done -= CLEARS.get(step.action, set())
        self.lacking |= OPENS.get(step.action, set())
        self.lacking -= SETTLES.get(step.action, set())
        if step.action in CONTENT:
            self.version += 1
            self.done -= {"internal reviewed", "second reviewed", "certified", "sealed"}
        if step.action is A.REPORT_FREEZE:
            self.frozen = self.version
            self.done -= {"certified", "sealed"}
        self.submitted_once |= step.action is A.SCORES_SUBMIT
        self.rounds += step.action is A.SUPPLEMENT_REQUEST
        self._move(step, random)

    def _move(self, step: Step, random: Random) -> None:
        if step.next_status:
            self.status = step.next_status
        if not step.next_stage:
            return
        if step.next_stage.position < self.stage.position:
            self.straight_back = self.stage if random.random() > 0.5 else None
            self._reopen(step.next_stage)
        elif self.straight_back is step.next_stage:
            self.straight_back = None
        self.stage = step.next_stage
        if self.furthest.position < self.stage.position:
            self.furthest = self.stage

    def _reopen(self, stage: Stage) -> None:
        self.frozen = None
        self.done -= {"internal reviewed", "second reviewed", "certified", "sealed", "consultation waived"}
        if stage.position <= 3:
            self.done -= {"scores submitted"}
            if self.has("scored"):
                self.lacking.add("reconfirm")
        if stage.position <= 2:
            self.done -= {"pass proposed", "opened"}

    def disturb(self, random: Random) -> None:
        """Let something go wrong now and then, as it does in offices."""
        if random.random() < 0.03:
            self.lacking.add(random.choice(DISTURBANCES))
        if random.random() < 0.02:
            self.version += 1

    def tempt(self, random: Random) -> tuple[set[str], set[str]]:
        """Let something be missing for one attempt; return what held before, to put it back."""
        before = (set(self.lacking), set(self.done))
        if random.random() < 0.5:
            self.lacking.add(random.choice(DISTURBANCES))
        else:
            self.done.discard(random.choice(NEEDED))
        return before


LACKS = (
    "issue", "supplement", "visit", "finding", "finding objection", "deduction reason", "deduction evidence",
    "draft", "reconfirm", "lowered", "reply", "opinion", "disposition", "selfcheck",
)  # fmt: skip
DISTURBANCES = (
    "deduction reason", "deduction evidence", "draft", "selfcheck", "supplement", "lowered", "reconfirm",
    "finding", "finding objection", "opinion", "disposition",
)  # fmt: skip
NEEDED = (
    "internal reviewed", "second reviewed", "certified", "sealed", "plan approved", "scores submitted",
)  # fmt: skip
CONTENT = SCORING - {A.SCORES_SUBMIT} | {A.REPORT_WRITE, A.CORRECTION_EDIT}
SETS: dict[A, set[str]] = {
    A.EVALUATION_SUSPEND: {"suspension"},
    A.EVALUATION_TERMINATE: {"termination"},
    A.TEAM_ASSIGN: {"team"},
    A.PLAN_SUBMIT: {"plan submitted"},
    A.PLAN_APPROVE: {"plan approved"},
    A.PLAN_AMEND: {"amendment"},
    A.SELF_EDIT: {"filled"},
    A.SELF_REVIEW: {"supervised", "opened"},
    A.REVIEW_VERDICT: {"reviewed", "opened"},
    A.REVIEW_PROPOSE_PASS: {"pass proposed"},
    A.STAGE_WAIVE: {"reviewed", "pass proposed", "supervised"},
    A.VISIT_CLOSE: {"visited"},
    A.VISIT_WAIVE: {"visit waived"},
    A.SCORE_INPUT: {"scored"},
    A.SCORES_SUBMIT: {"scores submitted"},
    A.CONSULTATION_WAIVE: {"consultation waived"},
    A.REPORT_WRITE: {"written"},
    A.REPORT_INTERNAL_REVIEW: {"internal reviewed"},
    A.REPORT_CERTIFY: {"certified"},
    A.REPORT_SEAL: {"sealed"},
    A.REPORT_SECOND_REVIEW: {"second reviewed"},
    A.CORRECTION_REQUEST: {"correction"},
}
CLEARS: dict[A, set[str]] = {
    A.EVALUATION_CONFIRM_SUSPENSION: {"suspension"},
    A.PLAN_RETURN: {"plan submitted"},
    A.PLAN_APPROVE_AMENDMENT: {"amendment"},
    A.SELF_WITHDRAW: {"supervised"},
    A.SELF_RETURN: {"supervised"},
    A.CORRECTION_SIGN: {"correction"},
    A.CORRECTION_REJECT: {"correction"},
}
OPENS: dict[A, set[str]] = {
    A.SUPPLEMENT_REQUEST: {"supplement"},
    A.VISIT_OPEN: {"visit"},
    A.FINDING_RECORD: {"finding"},
    A.FINDING_OBJECT: {"finding objection"},
    A.DEDUCTION_DRAFT: {"draft"},
    A.ADJUSTMENT_DRAFT: {"draft"},
    A.DRAFT_ISSUE: {"reply"},
    A.OPINION_RECORD: {"opinion"},
    A.DISPOSITION_PROPOSE: {"disposition"},
}
SETTLES: dict[A, set[str]] = {
    A.EVALUATION_EDIT: {"issue"},
    A.SUPPLEMENT_CLOSE: {"supplement"},
    A.VISIT_CLOSE: {"visit"},
    A.FINDING_CONFIRM: {"finding"},
    A.FINDING_OBJECT: {"finding"},
    A.FINDING_ANSWER: {"finding objection"},
    A.FINDING_LAPSE: {"finding"},
    A.DEDUCTION_SUBMIT: {"draft", "deduction reason", "deduction evidence"},
    A.DEDUCTION_REVISE: {"deduction reason", "deduction evidence"},
    A.DEDUCTION_WITHDRAW: {"draft", "deduction reason", "deduction evidence", "reconfirm"},
    A.DEDUCTION_RECONFIRM: {"reconfirm"},
    A.ADJUSTMENT_SUBMIT: {"draft"},
    A.DRAFT_ISSUE: {"lowered"},
    A.OPINION_RECORD: {"reply"},
    A.OPINION_LAPSE: {"reply"},
    A.DISPOSITION_PROPOSE: {"opinion"},
    A.DISPOSITION_CONFIRM: {"disposition"},
    A.REPORT_WRITE: {"selfcheck"},
    A.REPORT_WAIVE_FINDING: {"selfcheck"},
}
