"""In whose court a case lies: which acts it waits for now, counted and with the day they are due.

- A `Standing` is what grouped counts know of one case; `waiting` names the acts, nothing is read here.
- Who may do an act is said by the rule table alone; an act without a rule here and now is never named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from service.workflow.actions import Action
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import FIRM_ROLES, ORGANISING_ROLES, Role
from service.workflow.rules import find
from service.workflow.stages import Stage, Status


@dataclass(frozen=True, slots=True)
class Count:
    """How many things of one sort are open, the earliest day they are due, since when the oldest waits."""

    number: int = 0
    due_on: date | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one case.

    Args:
        lacking: what a drafted case lacks before it is issued, in words.
        self_state: state of the newest self-assessment, empty before the first.
        supplements, findings: open ones by state.
        replied: whether every evaluated unit has answered the newest draft.
        unanswered, proposed: opinions without a disposition, and with one to be confirmed.
        plan: state of the newest plan, empty before the first; `amended` if it is an amendment.
        frozen: whether a frozen, unsigned version exists; `approved` the acts given to it.
        drafts: reasons for points the asking person himself has drafted; `pending` any left by a return.
    """

    kind: Kind
    stage: Stage
    status: Status
    lacking: tuple[str, ...] = ()
    since: date | None = None
    self_due_on: date | None = None
    self_state: str = ""
    supervisor: bool = False
    team: bool = True
    firm: bool = False
    plan: str = ""
    amended: bool = False
    pass_proposed: bool = False
    scores_submitted: bool = False
    supplements: dict[str, Count] = field(default_factory=dict)
    findings: dict[str, Count] = field(default_factory=dict)
    reply_due_on: date | None = None
    replied: bool = False
    unanswered: int = 0
    proposed: int = 0
    frozen: bool = False
    approved: frozenset[Action] = frozenset()
    correction: bool = False
    suspension: bool = False
    termination: bool = False
    conflicts: int = 0
    drafts: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Matter:
    """One act a case waits for, of whom, how many of it, due when; `words` if its name alone says too little.

    `internal` matters concern the team's or the organising side's own work and are shown to them only.
    """

    action: Action
    roles: frozenset[Role]
    number: int = 0
    due_on: date | None = None
    since: date | None = None
    words: str = ""
    internal: bool = False

    @property
    def label(self) -> str:
        """Return what has to be done."""
        return self.words or self.action.label


def waiting(known: Standing) -> tuple[Matter, ...]:
    """Return the acts the case waits for, the one that moves it first."""
    found = []
    for matter in (*_asked(known), *_side(known)):
        rule = find(known.kind, known.stage, known.status, matter.action)
        if rule is not None and rule.roles & _playing(known):
            found.append(_with_roles(matter, rule.roles & _playing(known), known))
    return tuple(found)


def _with_roles(matter: Matter, roles: frozenset[Role], known: Standing) -> Matter:
    held = matter.roles & roles or roles
    since = matter.since or known.since
    return Matter(matter.action, held, matter.number, matter.due_on, since, matter.words, matter.internal)


def _playing(known: Standing) -> frozenset[Role]:
    """Return the parts played in this case: without a firm nobody reviews or seals for it."""
    spec = KINDS[known.kind]
    return spec.roles if known.firm else spec.roles - FIRM_ROLES


def _matter(
    action: Action,
    count: Count | None = None,
    *,
    by: frozenset[Role] = frozenset(),
    words: str = "",
    internal: bool = False,
) -> Matter:
    open_ = count or Count()
    return Matter(action, by, open_.number, open_.due_on, open_.since, words, internal)


def _asked(known: Standing) -> Iterator[Matter]:
    """Yield what moves the case on, by stage and state."""
    if known.status is Status.SUSPENDED:
        yield _matter(Action.EVALUATION_RESUME)
    elif known.status is Status.DRAFT:
        if known.lacking:
            lacking = f"补全立项信息（尚缺{'、'.join(known.lacking)}）"
            yield _matter(Action.EVALUATION_EDIT, words=lacking, internal=True)
        else:
            yield _matter(Action.EVALUATION_ISSUE)
    elif known.status is Status.ACTIVE:
        yield from _BY_STAGE[known.stage](known)


def _assessment(known: Standing) -> Iterator[Matter]:
    if not known.team and Role.EL in KINDS[known.kind].roles:
        yield _matter(Action.TEAM_ASSIGN)
    back = "（已退回）" if known.self_state == "returned" else ""
    due = Count(0, known.self_due_on)
    yield _matter(Action.SELF_EDIT, due, words=f"填报自评{back}")
    yield _matter(Action.SELF_SUBMIT, due)


def _review(known: Standing) -> Iterator[Matter]:
    if known.kind is Kind.UNIT_SELF or (known.supervisor and known.self_state == "submitted"):
        yield _matter(Action.SELF_REVIEW)
    if known.pass_proposed:
        yield _matter(Action.REVIEW_PASS)
    else:
        yield _matter(Action.REVIEW_VERDICT, words="审核材料")


def _visit(known: Standing) -> Iterator[Matter]:
    if known.scores_submitted:
        yield _matter(Action.DRAFT_ISSUE)
    else:
        yield _matter(Action.SCORES_SUBMIT, words="现场核查、评分并提交评分")


def _consultation(known: Standing) -> Iterator[Matter]:
    if known.unanswered:
        yield _matter(Action.DISPOSITION_PROPOSE, Count(known.unanswered))
    if known.proposed:
        yield _matter(Action.DISPOSITION_CONFIRM, Count(known.proposed))
    if not known.replied:
        asked = frozenset({Role.DH, Role.SD})
        yield _matter(Action.OPINION_RECORD, Count(0, known.reply_due_on), by=asked, words="反馈意见")
    if known.replied and not known.unanswered and not known.proposed:
        yield _matter(Action.CONSULTATION_CLOSE)


def _finalisation(known: Standing) -> Iterator[Matter]:
    if not known.frozen:
        if known.firm and Action.REPORT_INTERNAL_REVIEW not in known.approved:
            yield _matter(Action.REPORT_INTERNAL_REVIEW)
        yield _matter(Action.REPORT_FREEZE, words="定稿并冻结报告")
        return
    steps = [
        (known.firm, Action.REPORT_INTERNAL_REVIEW),
        (KINDS[known.kind].certifies, Action.REPORT_CERTIFY),
        (known.firm, Action.REPORT_SEAL),
        (KINDS[known.kind].second_review, Action.REPORT_SECOND_REVIEW),
    ]
    open_ = [action for needed, action in steps if needed and action not in known.approved]
    yield from (_matter(action) for action in open_ or [Action.REPORT_SIGN])


def _signed(known: Standing) -> Iterator[Matter]:
    if known.correction:
        if known.frozen:
            yield _matter(Action.CORRECTION_SIGN)
        else:
            yield _matter(Action.CORRECTION_FREEZE, words="编制并冻结更正版")


_BY_STAGE = {
    Stage.SELF_ASSESSMENT: _assessment,
    Stage.MATERIAL_REVIEW: _review,
    Stage.ON_SITE_VERIFICATION: _visit,
    Stage.CONSULTATION: _consultation,
    Stage.FINALISATION: _finalisation,
    Stage.SIGNED: _signed,
}

_SUPPLEMENTS = {
    "draft": Action.SUPPLEMENT_REQUEST,
    "sent": Action.SUPPLEMENT_ANSWER,
    "answered": Action.SUPPLEMENT_CONFIRM,
    "confirmed": Action.SUPPLEMENT_CLOSE,
}
_FINDINGS = {"recorded": Action.FINDING_CONFIRM, "objected": Action.FINDING_ANSWER}


def _side(known: Standing) -> Iterator[Matter]:
    """Yield what waits beside the way of the case: requests, findings, plans, states to confirm."""
    yield from _stops(known)
    yield from _reasons(known)
    yield from _planned(known)
    for state, action in _SUPPLEMENTS.items():
        if state in known.supplements:
            yield _matter(action, known.supplements[state], internal=state == "draft")
    for state, action in _FINDINGS.items():
        if state in known.findings:
            yield _matter(action, known.findings[state])


def _stops(known: Standing) -> Iterator[Matter]:
    """Yield what was asked for and needs a second person."""
    if known.termination:
        yield _matter(Action.EVALUATION_CONFIRM_TERMINATION)
    if known.suspension:
        yield _matter(Action.EVALUATION_CONFIRM_SUSPENSION)
    if known.conflicts:
        yield _matter(Action.CONFLICT_OVERRIDE, Count(known.conflicts), internal=True)


def _reasons(known: Standing) -> Iterator[Matter]:
    if known.drafts:
        words = "提交本人起草的扣分、调整"
        yield _matter(Action.DEDUCTION_SUBMIT, Count(known.drafts), words=words, internal=True)
    if known.pending:
        words = "重新确认退回后的扣分、调整"
        yield _matter(Action.DEDUCTION_RECONFIRM, Count(known.pending), words=words, internal=True)


def _planned(known: Standing) -> Iterator[Matter]:
    if known.plan == "submitted":
        act = Action.PLAN_APPROVE_AMENDMENT if known.amended else Action.PLAN_APPROVE
        yield _matter(act)
    elif known.plan in ("", "draft", "returned") and known.team and not known.amended:
        back = "（已退回）" if known.plan == "returned" else ""
        yield _matter(Action.PLAN_SUBMIT, words=f"拟定并报审工作方案{back}")


INSIDE = ORGANISING_ROLES | FIRM_ROLES | {Role.EV, Role.EX, Role.EL, Role.AU}
"""Parts that see matters of the team's and the organising side's own work."""
