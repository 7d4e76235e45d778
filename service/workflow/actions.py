"""Everything anybody may do, as one closed list.

- A value reads ``subject.verb``; it is stored in the audit trail and never changes its meaning.
- What is not in this list cannot be asked for; what has no row in the rule table is refused.
"""

from __future__ import annotations

from enum import Enum


class Action(Enum):
    """One act, in the words of the audit trail."""

    EVALUATION_CREATE = "evaluation.create"
    EVALUATION_EDIT = "evaluation.edit"
    EVALUATION_ISSUE = "evaluation.issue"
    EVALUATION_SUSPEND = "evaluation.suspend"
    EVALUATION_CONFIRM_SUSPENSION = "evaluation.confirm_suspension"
    EVALUATION_RESUME = "evaluation.resume"
    EVALUATION_TERMINATE = "evaluation.terminate"
    EVALUATION_CONFIRM_TERMINATION = "evaluation.confirm_termination"
    EVALUATION_READ = "evaluation.read"
    SCORES_READ = "scores.read"
    HISTORY_READ = "history.read"
    EXPORT_BULK = "export.bulk"
    EXPORT_APPROVE = "export.approve"
    HISTORY_EXTRACT = "history.extract"
    EVIDENCE_OPEN = "evidence.open"
    AUDIT_SAMPLE = "audit.sample"

    TEAM_ASSIGN = "team.assign"
    CONFLICT_DECLARE = "conflict.declare"
    CONFLICT_OVERRIDE = "conflict.override"
    DEADLINE_EXTEND = "deadline.extend"
    DEADLINE_REQUEST = "deadline.request"
    DEADLINE_REFUSE = "deadline.refuse"

    PLAN_DRAFT = "plan.draft"
    PLAN_SUBMIT = "plan.submit"
    PLAN_APPROVE = "plan.approve"
    PLAN_RETURN = "plan.return"
    PLAN_AMEND = "plan.amend"
    PLAN_APPROVE_AMENDMENT = "plan.approve_amendment"

    SELF_EDIT = "self.edit"
    SELF_SUBMIT = "self.submit"
    SELF_WITHDRAW = "self.withdraw"
    SELF_REVIEW = "self.review"
    SELF_RETURN = "self.return"
    SELF_REGISTER = "self.register"

    EVIDENCE_ADD = "evidence.add"
    EVIDENCE_SUPERSEDE = "evidence.supersede"
    EVIDENCE_LINK = "evidence.link"
    EVIDENCE_UNLINK = "evidence.unlink"
    EVIDENCE_VOID = "evidence.void"

    REVIEW_VERDICT = "review.verdict"
    SUPPLEMENT_DRAFT = "supplement.draft"
    SUPPLEMENT_REQUEST = "supplement.request"
    SUPPLEMENT_ANSWER = "supplement.answer"
    SUPPLEMENT_CONFIRM = "supplement.confirm"
    SUPPLEMENT_CLOSE = "supplement.close"
    REVIEW_PROPOSE_PASS = "review.propose_pass"  # noqa: S105 - a verb, not a password
    REVIEW_PASS = "review.pass"  # noqa: S105 - a verb, not a password

    VISIT_OPEN = "visit.open"
    VISIT_CLOSE = "visit.close"
    VISIT_WAIVE = "visit.waive"
    FINDING_RECORD = "finding.record"
    FINDING_CONFIRM = "finding.confirm"
    FINDING_OBJECT = "finding.object"
    FINDING_ANSWER = "finding.answer"
    FINDING_LAPSE = "finding.lapse"

    SCORE_INPUT = "score.input"
    DEDUCTION_DRAFT = "deduction.draft"
    DEDUCTION_SUBMIT = "deduction.submit"
    DEDUCTION_REVISE = "deduction.revise"
    DEDUCTION_WITHDRAW = "deduction.withdraw"
    DEDUCTION_RECONFIRM = "deduction.reconfirm"
    ADJUSTMENT_DRAFT = "adjustment.draft"
    ADJUSTMENT_SUBMIT = "adjustment.submit"
    ADJUSTMENT_REVISE = "adjustment.revise"
    ADJUSTMENT_WITHDRAW = "adjustment.withdraw"
    SCORES_SUBMIT = "scores.submit"

    DRAFT_ISSUE = "draft.issue"
    OPINION_RECORD = "opinion.record"
    OPINION_LAPSE = "opinion.lapse"
    DISPOSITION_PROPOSE = "disposition.propose"
    DISPOSITION_RETURN = "disposition.return"
    DISPOSITION_CONFIRM = "disposition.confirm"
    CONSULTATION_WAIVE = "consultation.waive"
    CONSULTATION_CLOSE = "consultation.close"

    REPORT_WRITE = "report.write"
    REPORT_CHOOSE_TEMPLATE = "report.choose_template"
    REPORT_WAIVE_FINDING = "report.waive_finding"
    REPORT_WITHDRAW_WAIVER = "report.withdraw_waiver"
    REPORT_INTERNAL_REVIEW = "report.internal_review"
    REPORT_FREEZE = "report.freeze"
    REPORT_CERTIFY = "report.certify"
    REPORT_SEAL = "report.seal"
    REPORT_SECOND_REVIEW = "report.second_review"
    REPORT_SIGN = "report.sign"
    REPORT_FINISH = "report.finish"
    PUBLIC_TAKE = "public.take"
    ARCHIVE_TAKE = "archive.take"

    STAGE_RETURN = "stage.return"
    STAGE_WAIVE = "stage.waive"
    PAPER_REGISTER = "paper.register"

    CORRECTION_REQUEST = "correction.request"
    CORRECTION_EDIT = "correction.edit"
    CORRECTION_FREEZE = "correction.freeze"
    CORRECTION_SIGN = "correction.sign"
    CORRECTION_REJECT = "correction.reject"

    FRAMEWORK_PROPOSE = "framework.propose"
    FRAMEWORK_RULE = "framework.rule"
    FRAMEWORK_APPROVE = "framework.approve"
    FRAMEWORK_RETURN = "framework.return"
    FRAMEWORK_RETIRE = "framework.retire"
    TEMPLATE_PROPOSE = "template.propose"
    TEMPLATE_APPROVE = "template.approve"
    TEMPLATE_RETURN = "template.return"
    TEMPLATE_RETIRE = "template.retire"
    ACCOUNT_CREATE = "account.create"
    ACCOUNT_DISABLE = "account.disable"
    ACCOUNT_CHANGE_PASSWORD = "account.change_password"  # noqa: S105 - the name of an act
    ACCOUNT_SET_FACTOR = "account.set_factor"
    ACCOUNT_ISSUE_TOKEN = "account.issue_token"  # noqa: S105 - the name of an act
    ACCOUNT_REVOKE_TOKEN = "account.revoke_token"  # noqa: S105 - the name of an act
    ACCOUNT_UNLOCK = "account.unlock"
    ACCOUNT_RESET_FACTOR = "account.reset_factor"
    GRANT_PROPOSE = "grant.propose"
    GRANT_CONFIRM = "grant.confirm"
    GRANT_REJECT = "grant.reject"
    GRANT_PROPOSE_REVOKE = "grant.propose_revoke"
    GRANT_REVOKE = "grant.revoke"
    DUTIES_PROPOSE_HANDOVER = "duties.propose_handover"
    DUTIES_HANDOVER = "duties.handover"
    SECURITY_LOG_READ = "security_log.read"
    SYSTEM_RESTORE = "system.restore"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"
    AUDIT_REDACT = "audit.redact"
    CASE_IMPORT = "case.import"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return ACTION_LABELS[self]

    @property
    def subject(self) -> str:
        """The part before the dot."""
        return self.value.partition(".")[0]


ACTION_LABELS: dict[Action, str] = {
    Action.EVALUATION_CREATE: "新建评价",
    Action.EVALUATION_EDIT: "修改评价基本信息",
    Action.EVALUATION_ISSUE: "下达评价",
    Action.EVALUATION_SUSPEND: "提出中止",
    Action.EVALUATION_CONFIRM_SUSPENSION: "确认中止",
    Action.EVALUATION_RESUME: "恢复评价",
    Action.EVALUATION_TERMINATE: "提出终止",
    Action.EVALUATION_CONFIRM_TERMINATION: "确认终止",
    Action.EVALUATION_READ: "查看评价",
    Action.SCORES_READ: "查看评价组评分",
    Action.HISTORY_READ: "查看留痕",
    Action.EXPORT_BULK: "批量导出或导出佐证原件",
    Action.EXPORT_APPROVE: "批准导出",
    Action.HISTORY_EXTRACT: "取得变更说明",
    Action.EVIDENCE_OPEN: "查阅内部材料",
    Action.AUDIT_SAMPLE: "抽取审计样本",
    Action.TEAM_ASSIGN: "安排评价组",
    Action.CONFLICT_DECLARE: "申报回避",
    Action.CONFLICT_OVERRIDE: "处置回避事项",
    Action.DEADLINE_EXTEND: "延长期限",
    Action.DEADLINE_REQUEST: "申请延长期限",
    Action.DEADLINE_REFUSE: "不予延长期限",
    Action.PLAN_DRAFT: "起草工作方案",
    Action.PLAN_SUBMIT: "报审工作方案",
    Action.PLAN_APPROVE: "批准工作方案",
    Action.PLAN_RETURN: "退回工作方案",
    Action.PLAN_AMEND: "提出方案修订",
    Action.PLAN_APPROVE_AMENDMENT: "批准方案修订",
    Action.SELF_EDIT: "填报自评",
    Action.SELF_SUBMIT: "报送自评",
    Action.SELF_WITHDRAW: "撤回自评",
    Action.SELF_REVIEW: "审核自评",
    Action.SELF_RETURN: "退回自评",
    Action.SELF_REGISTER: "登记自评表",
    Action.EVIDENCE_ADD: "添加佐证",
    Action.EVIDENCE_SUPERSEDE: "更新佐证版本",
    Action.EVIDENCE_LINK: "关联佐证",
    Action.EVIDENCE_UNLINK: "解除佐证关联",
    Action.EVIDENCE_VOID: "作废佐证",
    Action.REVIEW_VERDICT: "认定材料",
    Action.SUPPLEMENT_DRAFT: "起草补正要求",
    Action.SUPPLEMENT_REQUEST: "发出补正要求",
    Action.SUPPLEMENT_ANSWER: "答复补正",
    Action.SUPPLEMENT_CONFIRM: "确认补正答复",
    Action.SUPPLEMENT_CLOSE: "办结补正",
    Action.REVIEW_PROPOSE_PASS: "提请通过材料审核",
    Action.REVIEW_PASS: "通过材料审核",
    Action.VISIT_OPEN: "开始现场核查",
    Action.VISIT_CLOSE: "结束现场核查",
    Action.VISIT_WAIVE: "登记非现场核查或不核查",
    Action.FINDING_RECORD: "记录核查发现",
    Action.FINDING_CONFIRM: "确认核查发现",
    Action.FINDING_OBJECT: "对核查发现提出异议",
    Action.FINDING_ANSWER: "答复核查异议",
    Action.FINDING_LAPSE: "登记拒不确认",
    Action.SCORE_INPUT: "录入评分依据",
    Action.DEDUCTION_DRAFT: "起草扣分",
    Action.DEDUCTION_SUBMIT: "提交扣分",
    Action.DEDUCTION_REVISE: "修改扣分",
    Action.DEDUCTION_WITHDRAW: "撤销扣分",
    Action.DEDUCTION_RECONFIRM: "重新确认扣分",
    Action.ADJUSTMENT_DRAFT: "起草裁量调整",
    Action.ADJUSTMENT_SUBMIT: "提交裁量调整",
    Action.ADJUSTMENT_REVISE: "修改裁量调整",
    Action.ADJUSTMENT_WITHDRAW: "撤销裁量调整",
    Action.SCORES_SUBMIT: "提交评分",
    Action.DRAFT_ISSUE: "发出征求意见稿",
    Action.OPINION_RECORD: "提出反馈意见",
    Action.OPINION_LAPSE: "登记逾期未反馈",
    Action.DISPOSITION_PROPOSE: "拟定意见处理",
    Action.DISPOSITION_RETURN: "退回意见处理",
    Action.DISPOSITION_CONFIRM: "确认意见处理",
    Action.CONSULTATION_WAIVE: "登记不征求意见",
    Action.CONSULTATION_CLOSE: "结束征求意见",
    Action.REPORT_WRITE: "撰写报告",
    Action.REPORT_CHOOSE_TEMPLATE: "选用报告模板",
    Action.REPORT_WAIVE_FINDING: "签认核对发现",
    Action.REPORT_WITHDRAW_WAIVER: "收回签认",
    Action.REPORT_INTERNAL_REVIEW: "机构内部复核",
    Action.REPORT_FREEZE: "冻结报告",
    Action.REPORT_CERTIFY: "主评人签字",
    Action.REPORT_SEAL: "机构用印",
    Action.REPORT_SECOND_REVIEW: "组织方复核",
    Action.REPORT_SIGN: "签发报告",
    Action.REPORT_FINISH: "登记签章终稿",
    Action.PUBLIC_TAKE: "取得公开版",
    Action.ARCHIVE_TAKE: "取得归档包",
    Action.STAGE_RETURN: "退回前序阶段",
    Action.STAGE_WAIVE: "登记阶段未开展",
    Action.PAPER_REGISTER: "线下登记",
    Action.CORRECTION_REQUEST: "提出更正",
    Action.CORRECTION_EDIT: "编制更正",
    Action.CORRECTION_FREEZE: "冻结更正版",
    Action.CORRECTION_SIGN: "签发更正版",
    Action.CORRECTION_REJECT: "不予更正",
    Action.FRAMEWORK_PROPOSE: "提出指标体系",
    Action.FRAMEWORK_RULE: "确认或改定导入的规则",
    Action.FRAMEWORK_APPROVE: "批准指标体系",
    Action.FRAMEWORK_RETURN: "退回指标体系",
    Action.FRAMEWORK_RETIRE: "停用指标体系",
    Action.TEMPLATE_PROPOSE: "提出报告模板",
    Action.TEMPLATE_APPROVE: "批准报告模板",
    Action.TEMPLATE_RETURN: "退回报告模板",
    Action.TEMPLATE_RETIRE: "停用报告模板",
    Action.ACCOUNT_CREATE: "新建账号",
    Action.ACCOUNT_DISABLE: "停用账号",
    Action.ACCOUNT_CHANGE_PASSWORD: "修改本人密码",
    Action.ACCOUNT_SET_FACTOR: "设置本人动态口令",
    Action.ACCOUNT_ISSUE_TOKEN: "签发本人接口令牌",
    Action.ACCOUNT_REVOKE_TOKEN: "撤销本人接口令牌",
    Action.ACCOUNT_UNLOCK: "解除登录锁定",
    Action.ACCOUNT_RESET_FACTOR: "清除他人动态口令",
    Action.GRANT_PROPOSE: "提出授权",
    Action.GRANT_CONFIRM: "确认授权",
    Action.GRANT_REJECT: "驳回授权事项",
    Action.GRANT_PROPOSE_REVOKE: "提出收回授权",
    Action.GRANT_REVOKE: "确认收回授权",
    Action.DUTIES_PROPOSE_HANDOVER: "提出职责移交",
    Action.DUTIES_HANDOVER: "确认职责移交",
    Action.SECURITY_LOG_READ: "查看安全日志",
    Action.SYSTEM_RESTORE: "恢复备份",
    Action.KEY_ROTATE: "更换留痕签名密钥",
    Action.KEY_REVOKE: "撤销留痕签名密钥",
    Action.AUDIT_REDACT: "依法删除留痕中的文字",
    Action.CASE_IMPORT: "导入案例",
}
