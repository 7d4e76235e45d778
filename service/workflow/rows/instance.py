"""Rows of reading and export, and of acts outside any case: frameworks, accounts, the instance."""

from __future__ import annotations

from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.roles import BUSINESS_ROLES, Role
from service.workflow.rule import ACTIVE, DRAFT, TEAM_KINDS, UNIT_SELF, Row
from service.workflow.stages import STAGE_ORDER, Stage, Status

_BEFORE_CONSULTATION = STAGE_ORDER[:3]
_FROM_CONSULTATION = STAGE_ORDER[3:]
_ISSUED = ACTIVE | {Status.SUSPENDED, Status.TERMINATED}
_ORGANISING_AND_AUDIT = frozenset({Role.FO, Role.FR, Role.FA, Role.AU})
_TEAM = frozenset({Role.EV, Role.EX, Role.EL})
_READ = "只读可见范围内的评价；单位自征求意见稿发出后可见评价组评分"


def _one(role: Role) -> frozenset[Role]:
    return frozenset({role})


READ_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.EVALUATION_READ,
        stages=(Stage.SELF_ASSESSMENT,),
        statuses=DRAFT,
        roles=_ORGANISING_AND_AUDIT,
        clause="下达前只有组织方和审计员可见",
    ),
    Row(
        action=Action.EVALUATION_READ,
        stages=STAGE_ORDER,
        statuses=_ISSUED,
        roles=BUSINESS_ROLES,
        clause=_READ,
    ),
    Row(
        action=Action.SCORES_READ,
        kinds=TEAM_KINDS,
        stages=_BEFORE_CONSULTATION,
        statuses=_ISSUED,
        roles=_TEAM | _ORGANISING_AND_AUDIT,
        guards=(g.SCORES_VISIBLE,),
        clause=_READ,
    ),
    Row(
        action=Action.SCORES_READ,
        kinds=TEAM_KINDS,
        stages=_FROM_CONSULTATION,
        statuses=_ISSUED,
        roles=BUSINESS_ROLES,
        clause=_READ,
    ),
    Row(
        action=Action.SCORES_READ,
        kinds=UNIT_SELF,
        stages=STAGE_ORDER,
        statuses=_ISSUED,
        roles=BUSINESS_ROLES,
        clause="自评得分由单位自行评定",
    ),
    Row(
        action=Action.HISTORY_READ,
        stages=STAGE_ORDER,
        statuses=_ISSUED,
        roles=_ORGANISING_AND_AUDIT | {Role.EL},
        clause="留痕可查不可改",
    ),
    Row(
        action=Action.HISTORY_READ,
        stages=(Stage.SELF_ASSESSMENT,),
        statuses=DRAFT,
        roles=_ORGANISING_AND_AUDIT,
        clause="留痕可查不可改",
    ),
    Row(
        action=Action.EXPORT_BULK,
        stages=STAGE_ORDER,
        statuses=_ISSUED,
        roles=frozenset({Role.AU, Role.FR}),
        guards=(g.EXPORT_APPROVED, g.REAUTH),
        clause="批量导出和佐证原件须留痕，复核人须经批准",
    ),
    Row(
        action=Action.HISTORY_EXTRACT,
        stages=STAGE_ORDER,
        statuses=_ISSUED,
        roles=_ORGANISING_AND_AUDIT | {Role.EL},
        clause="变更说明和留痕清单由可查留痕的人取得，每取一次都留痕",
    ),
    Row(
        action=Action.EXPORT_APPROVE,
        stages=STAGE_ORDER,
        statuses=_ISSUED,
        roles=_one(Role.SE),
        guards=(g.TARGET_OPEN, g.NOT_MINE),
        clause="批量导出和佐证原件须留痕，复核人须经批准",
    ),
)

INSTANCE_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.AUDIT_SAMPLE,
        stages=(),
        roles=_ORGANISING_AND_AUDIT,
        clause="审计样本按印出的种子抽取，每抽一次都留痕，可以重抽复核",
    ),
    Row(
        action=Action.EVALUATION_CREATE,
        stages=(),
        roles=_one(Role.FO),
        guards=(g.TARGET_COMPLETE,),
        clause="财预〔2020〕10号第10、22条：选定评价对象",
    ),
    Row(
        action=Action.CASE_IMPORT,
        stages=(),
        roles=_one(Role.FO),
        guards=(g.TARGET_COMPLETE,),
        clause="正式实例导入的案例只读且不得签发",
    ),
    Row(
        action=Action.FRAMEWORK_PROPOSE,
        stages=(),
        roles=_one(Role.FO),
        guards=(g.TARGET_COMPLETE,),
        clause="指标体系由经办提出、复核批准",
    ),
    Row(
        action=Action.FRAMEWORK_RULE,
        stages=(),
        roles=_one(Role.FO),
        guards=(g.TARGET_COMPLETE,),
        clause="从表格导入的指标体系，规则由经办对照原文逐条确认或改定",
    ),
    Row(
        action=Action.FRAMEWORK_APPROVE,
        stages=(),
        roles=_one(Role.FR),
        guards=(g.TARGET_OPEN, g.NOT_MINE, g.TARGET_COMPLETE),
        clause="指标体系由经办提出、复核批准，不影响在办评价",
    ),
    Row(
        action=Action.FRAMEWORK_RETURN,
        stages=(),
        roles=_one(Role.FR),
        guards=(g.TARGET_OPEN, g.NOT_MINE, g.REASON),
        clause="指标体系由经办提出，复核可写明理由退回",
    ),
    Row(
        action=Action.FRAMEWORK_RETIRE,
        stages=(),
        roles=_one(Role.FR),
        guards=(g.TARGET_OPEN, g.REASON),
        clause="停用的指标体系不再供选用，不影响在办评价",
    ),
    Row(
        action=Action.TEMPLATE_PROPOSE,
        stages=(),
        roles=_one(Role.FO),
        guards=(g.TARGET_COMPLETE,),
        clause="报告模板由经办提出、复核批准",
    ),
    Row(
        action=Action.TEMPLATE_APPROVE,
        stages=(),
        roles=_one(Role.FR),
        guards=(g.TARGET_OPEN, g.NOT_MINE, g.TARGET_COMPLETE),
        clause="报告模板由经办提出、复核批准，提出人不能批准本人的模板",
    ),
    Row(
        action=Action.TEMPLATE_RETURN,
        stages=(),
        roles=_one(Role.FR),
        guards=(g.TARGET_OPEN, g.NOT_MINE, g.REASON),
        clause="报告模板由经办提出，复核可写明理由退回",
    ),
    Row(
        action=Action.TEMPLATE_RETIRE,
        stages=(),
        roles=_one(Role.FR),
        guards=(g.TARGET_OPEN, g.REASON),
        clause="停用的报告模板不再供选用，已选用的评价不受影响",
    ),
    Row(
        action=Action.ACCOUNT_CREATE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.TARGET_COMPLETE,),
        clause="GB/T 22239 三员分立：系统管理员建账号",
    ),
    Row(
        action=Action.ACCOUNT_DISABLE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.NOT_SELF, g.TARGET_COMPLETE, g.REASON),
        clause="GB/T 22239 三员分立：系统管理员停账号",
    ),
    Row(
        action=Action.ACCOUNT_CHANGE_PASSWORD,
        stages=(),
        roles=frozenset(Role),
        guards=(g.REAUTH,),
        clause="GB/T 22239 身份鉴别：口令由本人更换",
    ),
    Row(
        action=Action.ACCOUNT_SET_FACTOR,
        stages=(),
        roles=frozenset(Role),
        guards=(g.REAUTH,),
        clause="GB/T 22239 身份鉴别：两种以上鉴别技术，由本人设置",
    ),
    Row(
        action=Action.ACCOUNT_ISSUE_TOKEN,
        stages=(),
        roles=frozenset(Role),
        guards=(g.REAUTH,),
        clause="接口令牌由本人签发，限定用途和期限，权限不超过本人",
    ),
    Row(
        action=Action.ACCOUNT_REVOKE_TOKEN,
        stages=(),
        roles=frozenset(Role),
        guards=(g.TARGET_OPEN,),
        clause="接口令牌由本人随时撤销",
    ),
    Row(
        action=Action.ACCOUNT_UNLOCK,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.NOT_SELF, g.REASON),
        clause="GB/T 22239 三员分立：安全管理员核实后解除锁定",
    ),
    Row(
        action=Action.ACCOUNT_RESET_FACTOR,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.NOT_SELF, g.REASON, g.REAUTH),
        clause="GB/T 22239 三员分立：安全管理员核实后清除遗失的动态口令",
    ),
    Row(
        action=Action.GRANT_PROPOSE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.NOT_SELF, g.TARGET_COMPLETE, g.DUTIES_COMPATIBLE),
        clause="授权由系统管理员提出、安全管理员确认，任何人不得授权自己",
    ),
    Row(
        action=Action.GRANT_CONFIRM,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.NOT_SELF, g.TARGET_OPEN, g.NOT_MINE, g.DUTIES_COMPATIBLE, g.REAUTH),
        clause="授权由系统管理员提出、安全管理员确认，任何人不得授权自己",
    ),
    Row(
        action=Action.GRANT_REJECT,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.NOT_SELF, g.TARGET_OPEN, g.NOT_MINE, g.REASON),
        clause="提出的授权、收回和移交由安全管理员确认，不同意的写明理由驳回",
    ),
    Row(
        action=Action.GRANT_PROPOSE_REVOKE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.NOT_SELF, g.TARGET_OPEN, g.TARGET_COMPLETE, g.REASON),
        clause="收回授权由系统管理员提出、安全管理员确认，任何人不得办理本人的授权",
    ),
    Row(
        action=Action.GRANT_REVOKE,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.NOT_SELF, g.TARGET_OPEN, g.NOT_MINE, g.TARGET_COMPLETE, g.REAUTH),
        clause="收回授权由系统管理员提出、安全管理员确认，任何人不得办理本人的授权",
    ),
    Row(
        action=Action.DUTIES_PROPOSE_HANDOVER,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.NOT_SELF, g.TARGET_COMPLETE, g.REASON, g.DUTIES_COMPATIBLE),
        clause="离岗职责一次移交，由系统管理员提出、安全管理员确认",
    ),
    Row(
        action=Action.DUTIES_HANDOVER,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.NOT_SELF, g.TARGET_OPEN, g.NOT_MINE, g.DUTIES_COMPATIBLE, g.REAUTH),
        clause="离岗职责一次移交，由系统管理员提出、安全管理员确认",
    ),
    Row(
        action=Action.SECURITY_LOG_READ,
        stages=(),
        roles=_one(Role.AA),
        clause="GB/T 22239 三员分立：审计管理员查阅安全日志",
    ),
    Row(
        action=Action.SYSTEM_RESTORE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.SECOND_PERSON, g.REASON),
        clause="恢复备份由两名具名人员办理并留痕",
    ),
    Row(
        action=Action.KEY_ROTATE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.SECOND_PERSON, g.REASON),
        clause="留痕签名密钥的更换由两名具名人员办理并留痕",
    ),
    Row(
        action=Action.KEY_REVOKE,
        stages=(),
        roles=_one(Role.SA),
        guards=(g.SECOND_PERSON, g.REASON),
        clause="留痕签名密钥的撤销由两名具名人员办理并留痕",
    ),
    Row(
        action=Action.AUDIT_REDACT,
        stages=(),
        roles=_one(Role.SE),
        guards=(g.SECOND_PERSON, g.REASON),
        clause="个人信息保护法第四十七条：留痕中的个人信息由安全管理员删除，审计管理员或审计员同意，删除本身留痕",
    ),
)
