"""Rows before scoring: opening a case, its status, its team, its plan."""

from __future__ import annotations

from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.rule import ACTIVE, DRAFT, TEAM_KINDS, Row
from service.workflow.stages import Stage, Status

_RUNNING = tuple(stage for stage in Stage if stage is not Stage.SIGNED)
_FIRST = (Stage.SELF_ASSESSMENT,)
_PLANNING = (Stage.SELF_ASSESSMENT, Stage.MATERIAL_REVIEW)
_AMENDING = (*_PLANNING, Stage.ON_SITE_VERIFICATION)
_OPEN = ACTIVE | {Status.SUSPENDED}
_FO = frozenset({Role.FO})
_EL = frozenset({Role.EL})
_FR_FA = frozenset({Role.FR, Role.FA})
_ORGANISING = frozenset({Role.FO, Role.FR, Role.FA})

CASE_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.EVALUATION_EDIT,
        stages=_FIRST,
        statuses=DRAFT,
        roles=_FO,
        guards=(g.TARGET_COMPLETE,),
        clause="财预〔2020〕10号第22条：确定评价对象",
    ),
    Row(
        action=Action.EVALUATION_EDIT,
        stages=_RUNNING,
        roles=_FO,
        guards=(g.TARGET_COMPLETE, g.FIXED_KEPT, g.REASON),
        clause="本地设置按版本固定，运行中的评价不受影响",
    ),
    Row(
        action=Action.EVALUATION_ISSUE,
        stages=_FIRST,
        statuses=DRAFT,
        roles=_FR_FA,
        guards=(g.ISSUE_READY,),
        status=Status.ACTIVE,
        clause="财预〔2020〕10号第22条：下达评价通知",
    ),
    Row(
        action=Action.EVALUATION_SUSPEND,
        stages=_RUNNING,
        roles=_FO,
        guards=(g.REASON, g.SUSPENSION_NEW),
        clause="中止由经办提出、复核或签发人确认",
    ),
    Row(
        action=Action.EVALUATION_CONFIRM_SUSPENSION,
        stages=_RUNNING,
        roles=_FR_FA,
        guards=(g.SUSPENSION_PROPOSED,),
        status=Status.SUSPENDED,
        clause="中止由经办提出、复核或签发人确认",
    ),
    Row(
        action=Action.EVALUATION_RESUME,
        stages=_RUNNING,
        statuses=frozenset({Status.SUSPENDED}),
        roles=_FO,
        guards=(g.REASON,),
        status=Status.ACTIVE,
        clause="中止原因消除后恢复",
    ),
    Row(
        action=Action.EVALUATION_TERMINATE,
        stages=_RUNNING,
        statuses=_OPEN,
        roles=_FO,
        guards=(g.REASON, g.TERMINATION_NEW),
        clause="终止由经办提出、签发人确认",
    ),
    Row(
        action=Action.EVALUATION_CONFIRM_TERMINATION,
        stages=_RUNNING,
        statuses=_OPEN,
        roles=frozenset({Role.FA}),
        guards=(g.TERMINATION_PROPOSED, g.REAUTH),
        status=Status.TERMINATED,
        clause="终止由经办提出、签发人确认",
    ),
    Row(
        action=Action.EVALUATION_TERMINATE,
        stages=_FIRST,
        statuses=DRAFT,
        roles=_FO,
        guards=(g.REASON, g.TERMINATION_NEW),
        clause="未下达的评价撤销，同终止",
    ),
    Row(
        action=Action.EVALUATION_CONFIRM_TERMINATION,
        stages=_FIRST,
        statuses=DRAFT,
        roles=frozenset({Role.FA}),
        guards=(g.TERMINATION_PROPOSED, g.REAUTH),
        status=Status.TERMINATED,
        clause="未下达的评价撤销，同终止",
    ),
    Row(
        action=Action.DEADLINE_EXTEND,
        stages=_RUNNING[:4],
        roles=_FO,
        guards=(g.TARGET_COMPLETE, g.REASON),
        clause="期限按工作日计，延长须有理由",
    ),
    Row(
        action=Action.DEADLINE_REQUEST,
        stages=_RUNNING[:4],
        roles=frozenset({Role.DF, Role.DH}),
        guards=(g.TARGET_COMPLETE, g.REASON),
        clause="单位需要延期的，写明理由提出，由组织方答复",
    ),
    Row(
        action=Action.DEADLINE_REFUSE,
        stages=_RUNNING[:4],
        roles=_FO,
        guards=(g.TARGET_OPEN, g.REASON),
        clause="单位需要延期的，写明理由提出，由组织方答复",
    ),
)

TEAM_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.TEAM_ASSIGN,
        kinds=TEAM_KINDS,
        stages=_FIRST,
        statuses=DRAFT | ACTIVE,
        roles=_FO,
        guards=(g.TARGET_COMPLETE, g.NO_ASSIGNMENT_CONFLICT, g.DUTIES_COMPATIBLE),
        clause="财监〔2021〕4号第14条：评价组及主评人",
    ),
    Row(
        action=Action.TEAM_ASSIGN,
        kinds=TEAM_KINDS,
        stages=(Stage.MATERIAL_REVIEW,),
        roles=_FO,
        guards=(g.TARGET_COMPLETE, g.NO_ASSIGNMENT_CONFLICT, g.DUTIES_COMPATIBLE, g.REASON),
        clause="财监〔2021〕4号第14条：评价组应当稳定，变动写明理由",
    ),
    Row(
        action=Action.CONFLICT_DECLARE,
        kinds=TEAM_KINDS,
        stages=_FIRST,
        statuses=DRAFT,
        roles=frozenset({Role.EV, Role.EX, Role.EL, Role.IR, Role.AS}) | _ORGANISING,
        guards=(g.TARGET_COMPLETE,),
        clause="财预〔2020〕10号第23条：与评价对象无利害关系",
    ),
    Row(
        action=Action.CONFLICT_DECLARE,
        kinds=TEAM_KINDS,
        stages=_RUNNING,
        roles=frozenset({Role.EV, Role.EX, Role.EL, Role.IR, Role.AS}) | _ORGANISING,
        guards=(g.TARGET_COMPLETE,),
        clause="财预〔2020〕10号第23条：与评价对象无利害关系",
    ),
    Row(
        action=Action.CONFLICT_OVERRIDE,
        kinds=TEAM_KINDS,
        stages=_FIRST,
        statuses=DRAFT,
        roles=frozenset({Role.FR}),
        guards=(g.TARGET_OPEN, g.REASON, g.NOT_MINE),
        clause="回避事项由复核人写明理由处置",
    ),
    Row(
        action=Action.CONFLICT_OVERRIDE,
        kinds=TEAM_KINDS,
        stages=_RUNNING,
        roles=frozenset({Role.FR}),
        guards=(g.TARGET_OPEN, g.REASON, g.NOT_MINE),
        clause="回避事项由复核人写明理由处置",
    ),
)

PLAN_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.PLAN_DRAFT,
        kinds=TEAM_KINDS,
        stages=_PLANNING,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.PLAN_OPEN),
        clause="财监〔2021〕4号第15条：工作方案",
    ),
    Row(
        action=Action.PLAN_SUBMIT,
        kinds=TEAM_KINDS,
        stages=_PLANNING,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.PLAN_OPEN, g.PLAN_COMPLETE),
        clause="财监〔2021〕4号第15条：工作方案",
    ),
    Row(
        action=Action.PLAN_APPROVE,
        kinds=TEAM_KINDS,
        stages=_PLANNING,
        roles=_FR_FA,
        guards=(g.PLAN_OPEN, g.PLAN_SUBMITTED, g.PLAN_COMPLETE, g.PANEL_HEARD),
        clause="财监〔2021〕4号第16条：方案评审或委托方同意",
    ),
    Row(
        action=Action.PLAN_RETURN,
        kinds=TEAM_KINDS,
        stages=_PLANNING,
        roles=_FR_FA,
        guards=(g.PLAN_OPEN, g.PLAN_SUBMITTED, g.REASON),
        clause="财监〔2021〕4号第16条：方案评审或委托方同意",
    ),
    Row(
        action=Action.PLAN_AMEND,
        kinds=TEAM_KINDS,
        stages=_AMENDING,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.PLAN_LOCKED, g.AMENDMENT_NEW, g.REASON, g.TARGET_COMPLETE),
        clause="方案锁定后以编号修订，写明理由和对分值的影响",
    ),
    Row(
        action=Action.PLAN_APPROVE_AMENDMENT,
        kinds=TEAM_KINDS,
        stages=_AMENDING,
        roles=_FR_FA,
        guards=(g.PLAN_LOCKED, g.AMENDMENT_OPEN, g.NOT_MINE),
        clause="方案修订须再次批准",
    ),
)
