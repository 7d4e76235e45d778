"""Conditions of the rule table: each is a Chinese name and a function from facts to what is missing.

- A guard never stops at the first lack; it returns all of them, in words for a clerk.
- Guards look at `Facts` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.workflow.exclusive import clashes
from service.workflow.facts import Facts, Policy
from service.workflow.kinds import KINDS, Firm, Kind, Result
from service.workflow.roles import FIRM_ROLES, ORGANISING_ROLES, TEAM_ROLES, UNIT_ROLES, Role
from service.workflow.stages import Stage, Status


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition; `check` returns every lack, nothing when it holds.

    `waives` is the condition a recorded waiver of the stage answers, None for every other guard.
    """

    name: str
    check: Callable[[Facts], tuple[str, ...]]
    waives: Guard | None = None


def must(name: str, holds: Callable[[Facts], bool], message: str) -> Guard:
    """Return a guard that answers `message` unless `holds`."""
    return Guard(name, lambda facts: () if holds(facts) else (message,))


def none_of(name: str, items: Callable[[Facts], tuple[str, ...]], message: str) -> Guard:
    """Return a guard that answers `message` with all `items` while there are any."""

    def check(facts: Facts) -> tuple[str, ...]:
        left = items(facts)
        return (f"{message}：{'、'.join(left)}",) if left else ()

    return Guard(name, check)


def _only(facts: Facts, roles: frozenset[Role]) -> bool:
    return bool(facts.acting_roles) and facts.acting_roles <= roles


def _spec_firm(facts: Facts) -> bool:
    firm = KINDS[facts.kind].firm if facts.kind else Firm.ALWAYS
    return firm is Firm.ALWAYS or (firm is Firm.POSSIBLE and facts.firm_engaged)


# The person ------------------------------------------------------------------------------------


def _conflict(facts: Facts) -> tuple[str, ...]:
    if not _only(facts, TEAM_ROLES | FIRM_ROLES):
        return ()
    missing: tuple[str, ...] = () if facts.conflict_declared else ("尚未申报回避事项",)
    if facts.conflicts_open:
        missing += (f"回避事项尚未处置：{'、'.join(facts.conflicts_open)}",)
    return missing


CONFLICT_CLEARED = Guard("已申报回避且无未处置事项", _conflict)
REASON = must("写明理由", lambda f: f.reason_given, "没有写明理由")
REAUTH = must("五分钟内重新验证身份", lambda f: f.reauth_fresh or f.via_paper, "没有在五分钟内重新验证身份")
NOT_SELF = must("不是本人账号", lambda f: not f.target_is_actor, "不能办理本人账号")
TARGET_OPEN = must("事项存在且待办", lambda f: f.target_open, "该事项不存在，或已经办结")
TARGET_COMPLETE = none_of("内容齐全", lambda f: f.target_missing, "内容不齐")
NOT_MINE = must("不是本人提出", lambda f: f.target_mine is False, "提出人与确认人不能是同一人")
ANSWERER = must(
    "不是本人记录（县级三人岗除外）",
    lambda f: f.target_mine is False or (f.target_mine is True and f.policy is Policy.COUNTY),
    "记录人不能独自答复对本人所记发现的异议",
)


def _own(facts: Facts) -> tuple[str, ...]:
    if Role.EL in facts.acting_roles or facts.target_mine is True:
        return ()
    return ("只能办理本人起草的事项",)


OWN_OR_LEAD = Guard("本人起草或由组长办理", _own)
ON_VISIT_LIST = must("在本次核查名单内", lambda f: f.on_visit_list, "不在本次核查名单内")
FIRM_ENGAGED = must("委托了机构", _spec_firm, "本评价没有委托机构")

# The case --------------------------------------------------------------------------------------

ISSUE_READY = none_of("下达资料齐全", lambda f: f.issue_missing, "下达资料不齐")
FIXED_KEPT = none_of(
    "下达后固定的内容未改",
    lambda f: () if f.status is Status.DRAFT else f.fixed_fields_touched,
    "下达后不得修改",
)
SUSPENSION_PROPOSED = must("已提出中止", lambda f: f.suspension_proposed, "尚无人提出中止")
SUSPENSION_NEW = must(
    "没有待确认的中止", lambda f: not f.suspension_proposed, "中止已经提出，待复核或签发人确认"
)
TERMINATION_PROPOSED = must("已提出终止", lambda f: f.termination_proposed, "尚无人提出终止")
TERMINATION_NEW = must("没有待确认的终止", lambda f: not f.termination_proposed, "终止已经提出，待签发人确认")
NO_ASSIGNMENT_CONFLICT = none_of("被安排人无回避事项", lambda f: f.target_conflicts, "回避事项未经处置")


def _compatible(facts: Facts) -> tuple[str, ...]:
    if not facts.target_roles:
        return ("被安排人的职责未取得",)
    return clashes(facts.policy, facts.target_roles)


DUTIES_COMPATIBLE = Guard("职责可以由一人兼任", _compatible)

# Plan ------------------------------------------------------------------------------------------

TEAM_COMPLETE = none_of("评价组齐备", lambda f: f.team_missing, "评价组缺少")
PLAN_COMPLETE = none_of("方案要素齐全", lambda f: f.plan_missing, "工作方案不齐")
PLAN_OPEN = must("方案未锁定", lambda f: not f.plan_approved, "工作方案已批准锁定，只能提出修订")
PLAN_SUBMITTED = must("方案已报审", lambda f: f.plan_submitted, "工作方案尚未报审")
PLAN_LOCKED = must("方案已批准并锁定", lambda f: f.plan_approved, "工作方案尚未批准锁定")
PANEL_HEARD = must("有评审意见", lambda f: f.panel_opinion, "没有专家评审或委托方意见")
AMENDMENT_OPEN = must("有待批修订", lambda f: f.amendment_open, "没有待批准的方案修订")
AMENDMENT_NEW = must("没有待批修订", lambda f: not f.amendment_open, "尚有方案修订待批准")

# Self-assessment -------------------------------------------------------------------------------

SELF_COMPLETE = none_of("自评填报完整", lambda f: f.self_missing, "自评尚未填报完整")
NOT_ONLY_EDITOR = must("不是唯一填报人", lambda f: f.self_edited_by_other, "报送人不能是唯一填报人")
NOT_OPENED = must("对方尚未打开", lambda f: not f.self_opened, "对方已经打开，不能撤回")
SUPERVISOR_DONE = must("主管部门已审核", lambda f: not f.supervisor_review_pending, "主管部门尚未审核自评")
SUPERVISOR_PENDING = must("待主管部门审核", lambda f: f.supervisor_review_pending, "自评没有待审核的事项")


def _fields(facts: Facts) -> tuple[str, ...]:
    if facts.stage is Stage.SELF_ASSESSMENT or not facts.self_fields_closed:
        return ()
    return (f"以下内容没有列入补正，不能修改：{'、'.join(facts.self_fields_closed)}",)


FIELDS_OPENED = Guard("报送后只改补正列明的内容", _fields)


def _unit_evidence(facts: Facts) -> tuple[str, ...]:
    if not _only(facts, UNIT_ROLES) or facts.stage is Stage.SELF_ASSESSMENT:
        return ()
    if facts.stage is Stage.CONSULTATION:
        return () if facts.window_open else ("征求意见期限内才能补充佐证",)
    return () if facts.open_supplement_exists else ("没有待答复的补正，不能补充佐证",)


EVIDENCE_OWN_SIDE = must("佐证由本方提供", lambda f: f.target_mine is True, "只能更新或作废本方提供的佐证")
LINK_OWN_SIDE = must("关联由本方建立", lambda f: f.target_mine is True, "只能解除本方建立的关联")
UNIT_EVIDENCE = Guard("单位补充佐证须有补正或在征求意见期内", _unit_evidence)

# Material review -------------------------------------------------------------------------------

ROUNDS_LEFT = Guard(
    "补正轮次未满",
    lambda f: (
        ()
        if f.supplement_rounds < f.round_limit
        else (f"补正已有{f.supplement_rounds}轮，达到上限{f.round_limit}轮",)
    ),
)
REVIEWED = none_of("应审材料均已认定", lambda f: f.documents_unreviewed, "尚未认定的材料")
NO_OPEN_SUPPLEMENT = none_of("没有未办结补正", lambda f: f.open_supplements, "尚有未办结的补正")
PASS_PROPOSED = must("组长已提请通过", lambda f: f.pass_proposed, "组长尚未提请通过材料审核")


def unless_waived(guard: Guard) -> Guard:
    """Return `guard`, answered by a recorded waiver of the present stage."""
    name = f"{guard.name}（或已登记未开展）"
    return Guard(name, lambda facts: () if facts.stage_waived else guard.check(facts), waives=guard)


# Site ------------------------------------------------------------------------------------------


def _visit(facts: Facts) -> tuple[str, ...]:
    missing = () if facts.visits_held or facts.visit_waived else ("没有现场核查，也没有登记未开展的理由",)
    return missing + VISITS_CLOSED.check(facts)


def _waiver(facts: Facts) -> tuple[str, ...]:
    missing: tuple[str, ...] = () if facts.reason_given else ("没有写明未开展的理由",)
    if _spec_firm(facts) and not facts.consent_recorded:
        missing += ("没有委托方同意的记录",)
    return missing


def _findings(facts: Facts) -> tuple[str, ...]:
    missing: tuple[str, ...] = ()
    silent = facts.silence_is_consent and facts.window_closed
    if facts.findings_unconfirmed and not silent:
        missing += (f"核查发现未经双方确认：{'、'.join(facts.findings_unconfirmed)}",)
    if facts.findings_unanswered:
        missing += (f"核查异议尚未答复：{'、'.join(facts.findings_unanswered)}",)
    return missing


VISITS_CLOSED = none_of("核查均已结束", lambda f: f.visits_open, "尚未结束的核查")
VISITED_OR_WAIVED = Guard("已核查或已登记未开展", _visit)
WAIVER_GROUND = Guard("有理由；委托机构的还要有委托方同意", _waiver)
FINDINGS_SETTLED = Guard("核查发现已双方确认或异议已答复", _findings)

# Scores ----------------------------------------------------------------------------------------


def _ledger(facts: Facts) -> tuple[str, ...]:
    parts = (
        ("没有录入评分依据的指标", facts.leaves_without_input),
        ("没有理由的扣分", facts.deductions_without_reason),
        ("没有评分标准条款的扣分", facts.deductions_without_clause),
        ("没有佐证也没有注明“无”的扣分", facts.deductions_without_evidence),
        ("没有理由的裁量调整", facts.adjustments_without_reason),
        ("尚未提交的扣分或调整", facts.drafts_open),
    )
    return tuple(f"{text}：{'、'.join(items)}" for text, items in parts if items)


def _origin(facts: Facts) -> tuple[str, ...]:
    free = facts.stage is not None and facts.stage.before(Stage.CONSULTATION)
    if (free and facts.scores_ever_submitted is False) or not facts.origin_missing:
        return ()
    return (f"提交评分后的修改须写明来源、提出人和文件，缺：{'、'.join(facts.origin_missing)}",)


LEDGER_COMPLETE = Guard("评分依据、理由、条款、佐证齐全", _ledger)
RECONFIRMED = none_of("没有待确认事项", lambda f: f.pending_reconfirm, "退回后待确认的事项")
ORIGIN = Guard("提交后修改写明来源", _origin)
SCORES_SUBMITTED = must("组长已提交评分", lambda f: f.scores_submitted, "组长尚未提交评分")
NOT_LOWERED = none_of(
    "没有征求意见后下调而未再征求的得分",
    lambda f: f.lowered_after_consultation,
    "征求意见后得分下调，须退回征求意见",
)


def _visible(facts: Facts) -> tuple[str, ...]:
    organising = _only(facts, ORGANISING_ROLES)
    early = facts.stage is not None and facts.stage.before(Stage.CONSULTATION)
    if not (organising and early) or facts.kind is Kind.UNIT_SELF or facts.scores_ever_submitted:
        return ()
    return ("组长提交前，评分仅评价组和审计员可见",)


SCORES_VISIBLE = Guard("组长提交前组织方不看评分", _visible)

# Consultation ----------------------------------------------------------------------------------

RECIPIENTS = none_of("送达对象已确定", lambda f: f.recipients_missing, "征求意见稿送达对象未确定")
WINDOW_OPEN = must("在征求意见期限内", lambda f: f.window_open, "不在征求意见期限内")
WINDOW_CLOSED = must("征求意见期限已过", lambda f: f.window_closed, "征求意见期限未过，不能登记逾期未反馈")
REPLIES_IN = none_of("均已反馈或登记未反馈", lambda f: f.replies_missing, "既无反馈也未登记逾期未反馈")
OPINIONS_ANSWERED = none_of("意见均有处理、理由和影响", lambda f: f.opinions_unanswered, "意见尚未处理")
DISPOSITIONS_CONFIRMED = none_of("意见处理均已确认", lambda f: f.dispositions_unconfirmed, "意见处理尚未确认")
EFFECTS_APPLIED = none_of("采纳意见已落实到得分", lambda f: f.effects_unapplied, "采纳的意见尚未落实到得分")

# Report ----------------------------------------------------------------------------------------


def _selfcheck(facts: Facts) -> tuple[str, ...]:
    return tuple(f"核对发现尚未改正或签认：{found}" for found in facts.selfcheck_findings)


def _internal_review(facts: Facts) -> tuple[str, ...]:
    return () if facts.internal_reviewed or not _spec_firm(facts) else ("机构内部复核尚未通过",)


def _seal(facts: Facts) -> tuple[str, ...]:
    return () if facts.sealed or not _spec_firm(facts) else ("机构尚未用印",)


def _certificate(facts: Facts) -> tuple[str, ...]:
    needed = facts.kind is None or KINDS[facts.kind].certifies
    return ("主评人尚未签字",) if needed and not facts.certified else ()


def _certifier(facts: Facts) -> tuple[str, ...]:
    needed = facts.kind is None or KINDS[facts.kind].certifies
    if not needed or not facts.certifier_lacks:
        return ()
    cure = "请经办在评价基本信息中登记或更新"
    return (f"主评人资格材料不齐或已过期：{'、'.join(facts.certifier_lacks)}；{cure}",)


def _second_review(facts: Facts) -> tuple[str, ...]:
    needed = facts.kind is None or KINDS[facts.kind].second_review
    return ("组织方复核尚未通过",) if needed and not facts.second_reviewed else ()


def _computed(facts: Facts) -> tuple[str, ...]:
    if facts.kind is Kind.UNIT_SELF or (facts.kind and KINDS[facts.kind].result is Result.CLAIMED):
        return _ledger(facts)
    return SCORES_SUBMITTED.check(facts) + _ledger(facts)


def _same_bytes(facts: Facts) -> tuple[str, ...]:
    if not facts.frozen_hash:
        return ("报告尚未冻结",)
    if facts.seen_hash != facts.frozen_hash:
        return ("所见文件与冻结文件不一致，请重新打开后再办理",)
    return ()


NARRATIVE = none_of("报告文字齐全", lambda f: f.narrative_missing, "报告尚缺")
SELFCHECK = Guard("自检和核对没有问题，或逐处签认", _selfcheck)
SCORES_STAND = Guard("评分已提交且齐全", _computed)
INTERNAL_REVIEWED = Guard("委托机构的，机构内部复核已通过", _internal_review)
SEALED = Guard("委托机构的，机构已用印", _seal)
CERTIFIED = Guard("须主评人签字的，已签字", _certificate)
CERTIFIER_VALID = Guard("主评人资格有效", _certifier)
SECOND_REVIEWED = Guard("须组织方复核的，已复核", _second_review)
FROZEN = must("报告已冻结", lambda f: bool(f.frozen_hash), "报告尚未冻结")
UNCHANGED = must("冻结后内容未变", lambda f: not f.content_changed, "冻结后内容有变动，须重新冻结")
SAME_BYTES = Guard("所见即冻结文件", _same_bytes)

# Return, paper, correction, instance -----------------------------------------------------------


def _return(facts: Facts) -> tuple[str, ...]:
    missing: tuple[str, ...] = ()
    allowed = KINDS[facts.kind].earlier(facts.stage) if facts.kind and facts.stage else ()
    if facts.return_to not in allowed:
        missing += (f"只能退回到：{'、'.join(stage.label for stage in allowed) or '无'}",)
    if facts.return_items < 1:
        missing += ("没有写明退回事项",)
    if facts.return_items_without_reason:
        missing += (f"没有理由的退回事项：{'、'.join(facts.return_items_without_reason)}",)
    return missing


def _export(facts: Facts) -> tuple[str, ...]:
    if Role.AU in facts.acting_roles or facts.export_approved:
        return ()
    return ("导出尚未经安全管理员批准",)


RETURN_STATED = Guard("退回到前序阶段，逐项写明理由", _return)
PAPER_COMPLETE = none_of("扫描件、文号、日期、为谁登记齐全", lambda f: f.paper_missing, "线下登记不齐")
PAPER_MATCHES = none_of("纸上短码与案卷现有内容一致", lambda f: f.paper_unlike, "短码不符")
CORRECTION_OPEN = must("有待办更正", lambda f: f.correction_open, "没有已提出的更正")
CORRECTION_NEW = must("没有未办结更正", lambda f: not f.correction_open, "尚有更正未办结")
OTHER_SIGNER = must(
    "不是上一版签发人（县级三人岗除外）",
    lambda f: not f.previous_signer_is_actor or f.policy is Policy.COUNTY,
    "上一版签发人不能签发更正",
)
SECOND_PERSON = must("另一人同意", lambda f: f.second_person, "须另一名具名人员同意")
EXPORT_APPROVED = Guard("复核人导出须经批准", _export)
