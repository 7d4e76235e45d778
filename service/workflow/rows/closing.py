"""Rows of 征求意见, 定稿, returns, 线下登记 and 更正."""

from __future__ import annotations

from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.rule import FIRM_KINDS, TEAM_KINDS, UNIT_SELF, Move, Row
from service.workflow.stages import Stage

_CONSULTATION = (Stage.CONSULTATION,)
_FINAL = (Stage.FINALISATION,)
_SIGNED = (Stage.SIGNED,)
_EL = frozenset({Role.EL})
_FO = frozenset({Role.FO})
_FR = frozenset({Role.FR})
_FA = frozenset({Role.FA})
_ART_18 = "财监〔2021〕4号第18条：书面征求意见，逐条核实、采纳或说明理由"

CONSULTATION_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.DRAFT_ISSUE,
        kinds=TEAM_KINDS,
        stages=(Stage.ON_SITE_VERIFICATION,),
        roles=_FO,
        move=Move.FORWARD,
        guards=(
            g.VISITED_OR_WAIVED,
            g.SCORES_SUBMITTED,
            g.LEDGER_COMPLETE,
            g.NO_OPEN_SUPPLEMENT,
            g.RECONFIRMED,
            g.RECIPIENTS,
        ),
        clause=_ART_18,
    ),
    Row(
        action=Action.CONSULTATION_WAIVE,
        kinds=TEAM_KINDS,
        stages=(Stage.ON_SITE_VERIFICATION,),
        roles=_FO,
        move=Move.FORWARD,
        guards=(
            g.WAIVER_GROUND,
            g.VISITED_OR_WAIVED,
            g.SCORES_SUBMITTED,
            g.LEDGER_COMPLETE,
            g.NO_OPEN_SUPPLEMENT,
            g.RECONFIRMED,
        ),
        clause="未征求意见的，组织方登记理由；委托机构的须委托方同意",
    ),
    Row(
        action=Action.DRAFT_ISSUE,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_FO,
        guards=(g.REASON, g.SCORES_SUBMITTED, g.LEDGER_COMPLETE, g.RECONFIRMED, g.RECIPIENTS),
        clause="得分下调的，再次征求意见",
    ),
    Row(
        action=Action.OPINION_RECORD,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=frozenset({Role.DH, Role.SD, Role.FO}),
        guards=(g.WINDOW_OPEN, g.TARGET_COMPLETE),
        clause=_ART_18,
    ),
    Row(
        action=Action.OPINION_LAPSE,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_FO,
        guards=(g.WINDOW_CLOSED,),
        clause="逾期未反馈是一个事件，是否视为无意见由本地设置规定",
    ),
    Row(
        action=Action.DISPOSITION_PROPOSE,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_OPEN, g.TARGET_COMPLETE),
        clause=_ART_18,
    ),
    Row(
        action=Action.DISPOSITION_RETURN,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_FO,
        guards=(g.TARGET_OPEN, g.NOT_MINE, g.REASON),
        clause="意见处理由组长拟定、经办确认",
    ),
    Row(
        action=Action.DISPOSITION_CONFIRM,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_FO,
        guards=(g.TARGET_OPEN, g.NOT_MINE, g.TARGET_COMPLETE),
        clause="意见处理由组长拟定、经办确认",
    ),
    Row(
        action=Action.CONSULTATION_CLOSE,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_FO,
        move=Move.FORWARD,
        guards=(
            g.unless_waived(g.REPLIES_IN),
            g.OPINIONS_ANSWERED,
            g.DISPOSITIONS_CONFIRMED,
            g.EFFECTS_APPLIED,
            g.FINDINGS_SETTLED,
            g.SCORES_STAND,
            g.RECONFIRMED,
            g.unless_waived(g.NOT_LOWERED),
        ),
        clause=_ART_18,
    ),
)

REPORT_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.REPORT_WRITE,
        kinds=TEAM_KINDS,
        stages=(Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION, *_CONSULTATION, *_FINAL),
        roles=frozenset({Role.EV, Role.EL, Role.FO}),
        guards=(g.CONFLICT_CLEARED,),
        clause="财预〔2020〕10号第25条：评价结果以报告体现",
    ),
    Row(
        action=Action.REPORT_WRITE,
        kinds=UNIT_SELF,
        stages=(Stage.SELF_ASSESSMENT,),
        roles=frozenset({Role.DF}),
        clause="财预〔2020〕10号第25条：自评结果以自评表体现",
    ),
    Row(
        action=Action.REPORT_INTERNAL_REVIEW,
        kinds=FIRM_KINDS,
        stages=_FINAL,
        roles=frozenset({Role.IR}),
        guards=(g.FIRM_ENGAGED, g.CONFLICT_CLEARED, g.SCORES_STAND, g.NARRATIVE, g.SELFCHECK),
        clause="财监〔2021〕4号第18条：机构内部审核",
    ),
    Row(
        action=Action.REPORT_FREEZE,
        kinds=TEAM_KINDS,
        stages=_FINAL,
        roles=_EL | _FO,
        guards=(
            g.CONFLICT_CLEARED,
            g.SCORES_STAND,
            g.RECONFIRMED,
            g.NOT_LOWERED,
            g.NARRATIVE,
            g.SELFCHECK,
            g.INTERNAL_REVIEWED,
        ),
        clause="冻结的文件就是签发人所见的文件",
    ),
    Row(
        action=Action.REPORT_FREEZE,
        kinds=UNIT_SELF,
        stages=_FINAL,
        roles=frozenset({Role.SD, Role.FO}),
        guards=(g.SCORES_STAND, g.NARRATIVE, g.SELFCHECK),
        clause="冻结的文件就是签发人所见的文件",
    ),
    Row(
        action=Action.REPORT_CERTIFY,
        kinds=TEAM_KINDS,
        stages=_FINAL,
        roles=_EL,
        guards=(
            g.CONFLICT_CLEARED,
            g.CERTIFIER_VALID,
            g.INTERNAL_REVIEWED,
            g.SAME_BYTES,
            g.UNCHANGED,
            g.REAUTH,
        ),
        clause="财监〔2021〕4号第7、18条：主评人签名",
    ),
    Row(
        action=Action.REPORT_SEAL,
        kinds=FIRM_KINDS,
        stages=_FINAL,
        roles=frozenset({Role.AS}),
        guards=(
            g.FIRM_ENGAGED,
            g.CONFLICT_CLEARED,
            g.INTERNAL_REVIEWED,
            g.CERTIFIED,
            g.SAME_BYTES,
            g.UNCHANGED,
            g.REAUTH,
        ),
        clause="财监〔2021〕4号第18条：加盖机构公章",
    ),
    Row(
        action=Action.REPORT_SECOND_REVIEW,
        kinds=TEAM_KINDS,
        stages=_FINAL,
        roles=_FR,
        guards=(g.SCORES_STAND, g.NARRATIVE, g.SELFCHECK, g.INTERNAL_REVIEWED),
        clause="组织方复核人与评价组、经办人分离",
    ),
    Row(
        action=Action.REPORT_SIGN,
        kinds=TEAM_KINDS,
        stages=_FINAL,
        roles=_FA,
        move=Move.FORWARD,
        guards=(
            g.SCORES_STAND,
            g.RECONFIRMED,
            g.NOT_LOWERED,
            g.NARRATIVE,
            g.SELFCHECK,
            g.INTERNAL_REVIEWED,
            g.CERTIFIED,
            g.SEALED,
            g.SECOND_REVIEWED,
            g.SAME_BYTES,
            g.UNCHANGED,
            g.REAUTH,
        ),
        clause="签发人未参与评分、处理和答复，所见即冻结文件",
    ),
    Row(
        action=Action.REPORT_SIGN,
        kinds=UNIT_SELF,
        stages=_FINAL,
        roles=frozenset({Role.SD, Role.FA}),
        move=Move.FORWARD,
        guards=(g.SCORES_STAND, g.NARRATIVE, g.SELFCHECK, g.SAME_BYTES, g.UNCHANGED, g.REAUTH),
        clause="单位自评止于主管部门或财政部门的审核",
    ),
)

RETURN_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.STAGE_RETURN,
        kinds=TEAM_KINDS,
        stages=(Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION),
        roles=_EL | _FO,
        move=Move.RETURN,
        guards=(g.RETURN_STATED,),
        clause="本环节办理人退回前序阶段，编号成轮",
    ),
    Row(
        action=Action.STAGE_RETURN,
        kinds=TEAM_KINDS,
        stages=_CONSULTATION,
        roles=_FO,
        move=Move.RETURN,
        guards=(g.RETURN_STATED,),
        clause="本环节办理人退回前序阶段，编号成轮",
    ),
    Row(
        action=Action.STAGE_RETURN,
        kinds=TEAM_KINDS,
        stages=_FINAL,
        roles=_FO | _FR | _FA,
        move=Move.RETURN,
        guards=(g.RETURN_STATED,),
        clause="本环节办理人退回前序阶段，编号成轮",
    ),
    Row(
        action=Action.STAGE_RETURN,
        kinds=UNIT_SELF,
        stages=_FINAL,
        roles=frozenset({Role.SD, Role.FA}),
        move=Move.RETURN,
        guards=(g.RETURN_STATED,),
        clause="签发前发现问题，退回前序阶段",
    ),
    Row(
        action=Action.PAPER_REGISTER,
        stages=tuple(stage for stage in Stage if stage is not Stage.SIGNED),
        roles=_FO,
        guards=(g.PAPER_COMPLETE,),
        clause="报送、现场确认、回函、签发、用印可凭文件登记",
    ),
)

CORRECTION_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.CORRECTION_REQUEST,
        stages=_SIGNED,
        roles=_FO,
        guards=(g.CORRECTION_NEW, g.REASON),
        clause="签发后只能更正，原版保留",
    ),
    Row(
        action=Action.CORRECTION_EDIT,
        stages=_SIGNED,
        roles=_EL | _FO,
        guards=(g.CONFLICT_CLEARED, g.CORRECTION_OPEN, g.TARGET_COMPLETE),
        clause="签发后只能更正，原版保留",
    ),
    Row(
        action=Action.CORRECTION_FREEZE,
        stages=_SIGNED,
        roles=_FO,
        guards=(g.CORRECTION_OPEN, g.NARRATIVE, g.SELFCHECK),
        clause="冻结的文件就是签发人所见的文件",
    ),
    Row(
        action=Action.CORRECTION_SIGN,
        stages=_SIGNED,
        roles=_FA,
        guards=(g.CORRECTION_OPEN, g.OTHER_SIGNER, g.SAME_BYTES, g.UNCHANGED, g.REAUTH),
        clause="更正由另一签发人签发；县级三人岗只有一名签发人的，由他签发他人编制的更正",
    ),
    Row(
        action=Action.CORRECTION_REJECT,
        stages=_SIGNED,
        roles=_FA,
        guards=(g.CORRECTION_OPEN, g.REASON),
        clause="不予更正须写明理由",
    ),
)
