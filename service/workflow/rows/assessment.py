"""Rows of 自评, evidence, 材料审核 and 现场核查."""

from __future__ import annotations

from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.guards import Guard
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.rule import ACTIVE, DRAFT, TEAM_KINDS, UNIT_SELF, Move, Row
from service.workflow.stages import Stage, Status

_SELF = (Stage.SELF_ASSESSMENT,)
_REVIEW = (Stage.MATERIAL_REVIEW,)
_VISIT = (Stage.ON_SITE_VERIFICATION,)
_DF = frozenset({Role.DF})
_DH = frozenset({Role.DH})
_SD = frozenset({Role.SD})
_EL = frozenset({Role.EL})
_EV_EL = frozenset({Role.EV, Role.EL})
_FO = frozenset({Role.FO})
_TEAM_AND_FO = frozenset({Role.EV, Role.EX, Role.EL, Role.FO})

SELF_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.SELF_EDIT,
        stages=_SELF + _REVIEW,
        roles=_DF,
        guards=(g.FIELDS_OPENED,),
        clause="财预〔2020〕10号第11条：单位自评内容；报送后只改补正项",
    ),
    Row(
        action=Action.SELF_SUBMIT,
        kinds=TEAM_KINDS,
        stages=_SELF,
        roles=_DH,
        move=Move.FORWARD,
        guards=(g.SELF_COMPLETE, g.NOT_ONLY_EDITOR),
        clause="财预〔2020〕10号第21条：单位对自评真实性负责",
    ),
    Row(
        action=Action.SELF_SUBMIT,
        kinds=UNIT_SELF,
        stages=_SELF,
        roles=_DH,
        move=Move.FORWARD,
        guards=(g.SELF_COMPLETE, g.NOT_ONLY_EDITOR, g.LEDGER_COMPLETE),
        clause="财预〔2020〕10号第21条：单位对自评真实性负责",
    ),
    Row(
        action=Action.SELF_WITHDRAW,
        stages=_REVIEW,
        roles=_DH,
        move=Move.RETURN,
        guards=(g.NOT_OPENED,),
        clause="对方打开前可以撤回",
    ),
    Row(
        action=Action.SELF_REVIEW,
        kinds=TEAM_KINDS,
        stages=_REVIEW,
        roles=_SD,
        guards=(g.SUPERVISOR_PENDING, g.SELF_COMPLETE),
        clause="主管部门审核所属单位自评",
    ),
    Row(
        action=Action.SELF_REVIEW,
        kinds=UNIT_SELF,
        stages=_REVIEW,
        roles=_SD | _FO,
        move=Move.FORWARD,
        guards=(g.SELF_COMPLETE, g.LEDGER_COMPLETE),
        clause="财预〔2020〕10号第19条：自评由主管部门或财政部门审核",
    ),
    Row(
        action=Action.SELF_RETURN,
        kinds=TEAM_KINDS,
        stages=_REVIEW,
        roles=_SD,
        move=Move.RETURN,
        guards=(g.SUPERVISOR_PENDING, g.RETURN_STATED),
        clause="主管部门退回自评，逐项写明理由",
    ),
    Row(
        action=Action.SELF_RETURN,
        kinds=UNIT_SELF,
        stages=_REVIEW,
        roles=_SD | _FO,
        move=Move.RETURN,
        guards=(g.RETURN_STATED,),
        clause="主管部门或财政部门退回自评，逐项写明理由",
    ),
    Row(
        action=Action.SELF_REGISTER,
        kinds=UNIT_SELF,
        stages=_SELF,
        statuses=DRAFT | ACTIVE,
        roles=_FO,
        move=Move.FORWARD,
        status=Status.ACTIVE,
        guards=(g.TARGET_COMPLETE,),
        clause="财预〔2020〕10号第8、26条：所有项目都要自评，自评表随决算汇总报送，由组织方经办登记",
    ),
    Row(
        action=Action.STAGE_WAIVE,
        kinds=TEAM_KINDS,
        stages=_SELF,
        roles=_FO,
        move=Move.FORWARD,
        guards=(g.WAIVER_GROUND,),
        clause="逾期未完成自评的，组织方写明理由后方可开展评价",
    ),
    Row(
        action=Action.STAGE_WAIVE,
        kinds=frozenset({Kind.SIMPLIFIED}),
        stages=_REVIEW,
        roles=_FO,
        move=Move.FORWARD,
        guards=(g.WAIVER_GROUND, g.PLAN_LOCKED, g.TEAM_COMPLETE, g.NO_OPEN_SUPPLEMENT, g.RECONFIRMED),
        clause="简易程序可以不单独开展材料审核",
    ),
)


def _evidence(action: Action, *guards: Guard) -> tuple[Row, ...]:
    """Return the rows of one act on evidence: the unit until 征求意见, team and 经办 until 定稿."""
    clause = "财监〔2021〕4号第17、20条：佐证及工作底稿"
    return (
        Row(
            action=action,
            stages=(*_SELF, *_REVIEW, *_VISIT, Stage.CONSULTATION),
            roles=_DF | _DH | _TEAM_AND_FO,
            guards=(g.CONFLICT_CLEARED, g.UNIT_EVIDENCE, *guards),
            clause=clause,
        ),
        Row(
            action=action,
            stages=(Stage.FINALISATION,),
            roles=_TEAM_AND_FO,
            guards=(g.CONFLICT_CLEARED, *guards),
            clause=clause,
        ),
    )


EVIDENCE_ROWS: tuple[Row, ...] = (
    *_evidence(Action.EVIDENCE_ADD, g.TARGET_COMPLETE),
    *_evidence(Action.EVIDENCE_SUPERSEDE, g.TARGET_COMPLETE, g.EVIDENCE_OWN_SIDE, g.REASON),
    *_evidence(Action.EVIDENCE_LINK, g.TARGET_COMPLETE),
    *_evidence(Action.EVIDENCE_UNLINK, g.TARGET_OPEN, g.LINK_OWN_SIDE, g.REASON),
    *_evidence(Action.EVIDENCE_VOID, g.EVIDENCE_OWN_SIDE, g.REASON),
)

REVIEW_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.REVIEW_VERDICT,
        stages=_REVIEW + _VISIT,
        roles=_EV_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_COMPLETE),
        clause="逐项认定材料：齐全、缺、不符",
    ),
    Row(
        action=Action.SUPPLEMENT_DRAFT,
        stages=_REVIEW + _VISIT,
        roles=_EV_EL,
        guards=(g.CONFLICT_CLEARED,),
        clause="补正要求由评价员起草、组长发出",
    ),
    Row(
        action=Action.SUPPLEMENT_REQUEST,
        stages=_REVIEW + _VISIT,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_COMPLETE, g.ROUNDS_LEFT),
        clause="补正要求由组长发出，轮次以本地设置为限",
    ),
    Row(
        action=Action.SUPPLEMENT_ANSWER,
        kinds=TEAM_KINDS,
        stages=_REVIEW + _VISIT,
        roles=_DF,
        guards=(g.TARGET_OPEN, g.TARGET_COMPLETE),
        clause="补正由填报人答复、单位负责人确认",
    ),
    Row(
        action=Action.SUPPLEMENT_CONFIRM,
        kinds=TEAM_KINDS,
        stages=_REVIEW + _VISIT,
        roles=_DH,
        guards=(g.TARGET_OPEN, g.NOT_MINE),
        clause="补正由填报人答复、单位负责人确认",
    ),
    Row(
        action=Action.SUPPLEMENT_CLOSE,
        stages=_REVIEW + _VISIT,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_OPEN, g.REASON),
        clause="补正由组长办结：已补、逾期视为未提供",
    ),
    Row(
        action=Action.REVIEW_PROPOSE_PASS,
        stages=_REVIEW,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.REVIEWED, g.NO_OPEN_SUPPLEMENT),
        clause="材料审核由组长提请、经办通过",
    ),
    Row(
        action=Action.REVIEW_PASS,
        kinds=TEAM_KINDS,
        stages=_REVIEW,
        roles=_FO,
        move=Move.FORWARD,
        guards=(
            g.SUPERVISOR_DONE,
            g.TEAM_COMPLETE,
            g.PLAN_LOCKED,
            g.PASS_PROPOSED,
            g.REVIEWED,
            g.NO_OPEN_SUPPLEMENT,
            g.RECONFIRMED,
        ),
        clause="财监〔2021〕4号第15、16条：方案批准后方可现场评价",
    ),
)

VISIT_ROWS: tuple[Row, ...] = (
    Row(
        action=Action.VISIT_OPEN,
        stages=_VISIT,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.PLAN_LOCKED, g.TARGET_COMPLETE),
        clause="财监〔2021〕4号第17条：现场评价",
    ),
    Row(
        action=Action.VISIT_CLOSE,
        stages=_VISIT,
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_OPEN),
        clause="财监〔2021〕4号第17条：现场评价",
    ),
    Row(
        action=Action.VISIT_WAIVE,
        kinds=TEAM_KINDS,
        stages=_VISIT,
        roles=_FO,
        guards=(g.WAIVER_GROUND,),
        clause="财监〔2021〕4号第17条：非现场评价须委托方同意",
    ),
    Row(
        action=Action.FINDING_RECORD,
        stages=_VISIT,
        roles=frozenset({Role.EV}),
        guards=(g.CONFLICT_CLEARED, g.ON_VISIT_LIST, g.TARGET_COMPLETE),
        clause="现场发现由核查名单内的评价员记录",
    ),
    Row(
        action=Action.FINDING_CONFIRM,
        kinds=TEAM_KINDS,
        stages=(*_VISIT, Stage.CONSULTATION),
        roles=_DH,
        guards=(g.TARGET_OPEN,),
        clause="现场发现由双方确认",
    ),
    Row(
        action=Action.FINDING_OBJECT,
        kinds=TEAM_KINDS,
        stages=(*_VISIT, Stage.CONSULTATION),
        roles=_DH,
        guards=(g.TARGET_OPEN, g.REASON),
        clause="单位对现场发现只能同意或提出异议",
    ),
    Row(
        action=Action.FINDING_ANSWER,
        stages=(*_VISIT, Stage.CONSULTATION),
        roles=_EV_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_OPEN, g.ANSWERER, g.REASON),
        clause="核查异议不能由记录人独自答复；县级三人岗的，由另一人确认意见处理时把关",
    ),
    Row(
        action=Action.FINDING_LAPSE,
        stages=(*_VISIT, Stage.CONSULTATION),
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.TARGET_OPEN, g.REASON, g.TARGET_COMPLETE),
        clause="单位拒不确认的，写明情况并附佐证，不视为同意",
    ),
)
