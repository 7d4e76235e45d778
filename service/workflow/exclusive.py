"""Acts and duties one person may not combine, as data, in a profile for city and county.

- proposer ≠ confirmer, act by act.
- The signer scored, disposed and answered nothing in the case; he may have approved 下达 or the
  plan, and may sign a 更正.
- IR ≠ EV, EX, EL; AS ≠ IR; FR ≠ EL, EX, EV, and FO in a city; 三员 exclude each other and every
  business role.
- Who signed the previous version is a fact (`previous_signer_is_actor`), because only the
  previous signer is barred, not everyone who ever signed.

A county desk has exactly three people, who can take every case without a firm to its end:

- A (FO, EL, EV) names the team, works, scores, proposes, writes and freezes.
- B (FO, FR) passes the review, issues the draft, confirms dispositions, reviews; he has no team part.
- C (FA) issues the case, approves the plan, confirms 中止 and 终止, and signs.

So in a county FO may be FR, and confirming or returning a disposition does not bar from the review:
B changed no point, he judged what A proposed. Every pair of proposer and confirmer stays. Checked for
further dead ends, act by act:

- 中止: A or B asks. C may confirm as well as B, else what B asked for would wait for ever.
- 核查异议: A recorded the finding and nobody else is in the team, so he may answer the objection; what
  the unit still disputes is an opinion on the draft, whose answer B confirms (`guards.ANSWERER`).
- 更正: C signed and is the only FA, so he may sign the next version, which A or B asked for and made
  (`guards.OTHER_SIGNER`).
- 回避: who named a person may not judge his declared interest. B judges, so A names the team.
- 撰写, 签认核对发现, 冻结: whoever did one may not review. B leaves them to A; 经办 he may do all else.
- A duty granted outside any case is held against what no profile allows; the profile of the case
  judges the person at each act there (`actions.steps`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from service.workflow.actions import Action
from service.workflow.facts import Policy
from service.workflow.kinds import Kind
from service.workflow.roles import ADMINISTRATOR_ROLES, BUSINESS_ROLES, TEAM_ROLES, Role


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Whoever did one of `earlier` may not do one of `later`, in the profiles named.

    `mutual` bars the other order too: after a return the later act may come first. `team` limits the rule
    to kinds with an evaluating team; in 单位自评 the clerk who fills in also scores.
    """

    earlier: frozenset[Action]
    later: frozenset[Action]
    why: str
    policies: frozenset[Policy] = frozenset(Policy)
    mutual: bool = False
    team: bool = False

    def hit(self, did: frozenset[Action], action: Action) -> bool:
        """Return whether a person who `did` these may not do `action` by this rule."""
        if action in self.later and did & self.earlier:
            return True
        return self.mutual and action in self.earlier and bool(did & self.later)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two duties one person may not hold together, in the profiles named."""

    one: Role
    other: Role
    policies: frozenset[Policy] = frozenset(Policy)


def _subjects(*subjects: str) -> frozenset[Action]:
    return frozenset(action for action in Action if action.subject in subjects)


SCORING_ACTS = _subjects("score", "deduction", "adjustment") | {Action.SCORES_SUBMIT}
DISPOSING_ACTS = _subjects("disposition")
TEAM_ACTS = SCORING_ACTS | {
    Action.PLAN_DRAFT,
    Action.PLAN_SUBMIT,
    Action.PLAN_AMEND,
    Action.REVIEW_VERDICT,
    Action.REVIEW_PROPOSE_PASS,
    Action.SUPPLEMENT_DRAFT,
    Action.SUPPLEMENT_REQUEST,
    Action.SUPPLEMENT_CLOSE,
    Action.VISIT_OPEN,
    Action.VISIT_CLOSE,
    Action.FINDING_RECORD,
    Action.FINDING_ANSWER,
    Action.FINDING_LAPSE,
    Action.DISPOSITION_PROPOSE,
    Action.REPORT_CERTIFY,
}
UNIT_ACTS = frozenset(
    {
        Action.SELF_EDIT,
        Action.SELF_SUBMIT,
        Action.SELF_WITHDRAW,
        Action.SUPPLEMENT_ANSWER,
        Action.SUPPLEMENT_CONFIRM,
        Action.FINDING_CONFIRM,
        Action.FINDING_OBJECT,
    }
)
ANSWERING_ACTS = UNIT_ACTS | {Action.OPINION_RECORD, Action.FINDING_ANSWER}
DESK_ACTS = frozenset(
    {
        Action.REVIEW_PASS,
        Action.DRAFT_ISSUE,
        Action.CONSULTATION_CLOSE,
        Action.CONSULTATION_WAIVE,
        Action.VISIT_WAIVE,
        Action.STAGE_WAIVE,
        Action.OPINION_LAPSE,
    }
)
CONTENT_ACTS = frozenset(
    {
        Action.REPORT_WRITE,
        Action.REPORT_WAIVE_FINDING,
        Action.REPORT_WITHDRAW_WAIVER,
        Action.REPORT_FREEZE,
    }
)
EVALUATING_ACTS = (
    TEAM_ACTS
    | DISPOSING_ACTS
    | DESK_ACTS
    | {Action.REPORT_INTERNAL_REVIEW, Action.REPORT_SEAL, Action.REPORT_SECOND_REVIEW}
)
_CITY = frozenset({Policy.CITY})


def _pair(earlier: Action, later: Action, *, mutual: bool = False) -> Exclusion:
    why = f"“{earlier.label}”与“{later.label}”不能是同一人"
    return Exclusion(frozenset({earlier}), frozenset({later}), why, mutual=mutual)


EXCLUSIONS: tuple[Exclusion, ...] = (
    _pair(Action.EVALUATION_CREATE, Action.EVALUATION_ISSUE),
    _pair(Action.EVALUATION_SUSPEND, Action.EVALUATION_CONFIRM_SUSPENSION, mutual=True),
    _pair(Action.EVALUATION_TERMINATE, Action.EVALUATION_CONFIRM_TERMINATION, mutual=True),
    _pair(Action.TEAM_ASSIGN, Action.CONFLICT_OVERRIDE),
    _pair(Action.REVIEW_PROPOSE_PASS, Action.REVIEW_PASS),
    _pair(Action.SCORES_SUBMIT, Action.DRAFT_ISSUE),
    _pair(Action.SCORES_SUBMIT, Action.CONSULTATION_WAIVE),
    _pair(Action.DISPOSITION_PROPOSE, Action.DISPOSITION_CONFIRM),
    _pair(Action.DISPOSITION_PROPOSE, Action.DISPOSITION_RETURN),
    _pair(Action.REPORT_INTERNAL_REVIEW, Action.REPORT_SEAL, mutual=True),
    _pair(Action.REPORT_SECOND_REVIEW, Action.REPORT_SIGN),
    Exclusion(
        frozenset({Action.PLAN_DRAFT, Action.PLAN_SUBMIT, Action.PLAN_AMEND}),
        frozenset({Action.PLAN_APPROVE, Action.PLAN_RETURN, Action.PLAN_APPROVE_AMENDMENT}),
        "方案起草人不能批准方案",
    ),
    Exclusion(
        frozenset({Action.SELF_EDIT, Action.SELF_SUBMIT}),
        frozenset({Action.SELF_REVIEW, Action.SELF_RETURN}),
        "填报、报送自评与审核自评不能是同一人",
        mutual=True,
    ),
    Exclusion(
        TEAM_ACTS,
        frozenset({Action.REPORT_INTERNAL_REVIEW}),
        "评价组工作与机构内部复核不能是同一人",
        mutual=True,
    ),
    Exclusion(
        TEAM_ACTS | CONTENT_ACTS,
        frozenset({Action.REPORT_SECOND_REVIEW}),
        "评分、撰写、拟定意见处理与组织方复核不能是同一人",
        mutual=True,
    ),
    Exclusion(
        DESK_ACTS | {Action.DISPOSITION_CONFIRM, Action.DISPOSITION_RETURN},
        frozenset({Action.REPORT_SECOND_REVIEW}),
        "经办事项、确认意见处理与组织方复核不能是同一人",
        _CITY,
        mutual=True,
    ),
    Exclusion(
        TEAM_ACTS | DISPOSING_ACTS | ANSWERING_ACTS,
        frozenset({Action.REPORT_SIGN, Action.CORRECTION_SIGN}),
        "签发人不能参与评分、意见处理和答复",
    ),
    Exclusion(
        DESK_ACTS | CONTENT_ACTS | {Action.REPORT_INTERNAL_REVIEW, Action.REPORT_SEAL},
        frozenset({Action.REPORT_SIGN}),
        "签发人不能办理经办、撰写、内部复核和用印事项",
        _CITY,
    ),
    Exclusion(
        frozenset({Action.CORRECTION_REQUEST, Action.CORRECTION_EDIT, Action.CORRECTION_FREEZE}),
        frozenset({Action.CORRECTION_SIGN, Action.CORRECTION_REJECT}),
        "提出、编制更正与签发、否决更正不能是同一人",
    ),
    Exclusion(
        UNIT_ACTS,
        EVALUATING_ACTS,
        "代表单位办理与参与评价不能是同一人",
        mutual=True,
        team=True,
    ),
)


def _clashes() -> tuple[Clash, ...]:
    unit = (Role.DF, Role.DH, Role.SD)
    team = tuple(role for role in Role if role in TEAM_ROLES)
    organising = (Role.FO, Role.FR, Role.FA)
    firm = (Role.IR, Role.AS)
    pairs: list[Clash] = [Clash(Role.IR, role) for role in team]
    pairs += [Clash(Role.IR, Role.AS)]
    pairs += [Clash(Role.FR, role) for role in team]
    pairs += [Clash(Role.FA, role) for role in (*team, Role.FO, Role.FR)]
    pairs += [Clash(one, other) for one in unit for other in (*team, *firm, *organising)]
    pairs += [Clash(one, other) for one in firm for other in organising]
    pairs += [Clash(Role.FO, role, _CITY) for role in (*team, Role.FR)]
    pairs += [Clash(one, other) for one, other in combinations(sorted(ADMINISTRATOR_ROLES, key=str), 2)]
    pairs += [Clash(one, other) for one in ADMINISTRATOR_ROLES for other in BUSINESS_ROLES]
    pairs += [Clash(Role.AU, role) for role in sorted(BUSINESS_ROLES - {Role.AU}, key=str)]
    return tuple(pairs)


CLASHES: tuple[Clash, ...] = _clashes()


def exclusive(
    policy: Policy, earlier: frozenset[Action], action: Action, *, kind: Kind | None = None
) -> tuple[str, ...]:
    """Return why a person who did `earlier` in a case may not do `action` there; empty if he may.

    Args:
        kind: of the case; None applies every rule.
    """
    return tuple(
        rule.why
        for rule in EXCLUSIONS
        if policy in rule.policies
        and not (rule.team and kind is Kind.UNIT_SELF)
        and rule.hit(earlier, action)
    )


def clashes(policy: Policy, roles: frozenset[Role]) -> tuple[str, ...]:
    """Return every pair among `roles` one person may not hold in one case (三员: anywhere)."""
    return tuple(
        f"{clash.one.label}与{clash.other.label}不能由一人兼任"
        for clash in CLASHES
        if policy in clash.policies and clash.one in roles and clash.other in roles
    )
