"""Acts of the organising side around a case: 下达, team, 回避, deadlines, waivers, 中止 and 终止."""

from __future__ import annotations

from typing import Any

from service.actions import commissioning as do
from service.actions import deadline, returns
from service.errors import InvalidError, Problem
from service.queries.vocabulary import StageMode
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Day, Flag, Form, Lines, Several, Words, shown
from service.workflow.actions import Action
from service.workflow.roles import FIRM_ROLES, TEAM_ROLES, Role
from service.workflow.stages import Stage

TEAM = {role.value: role.label for role in Role if role in TEAM_ROLES | FIRM_ROLES}
STAGES = {stage.value: stage.label for stage in Stage}
WAYS = {"off_site": "非现场（书面）进行", "not_held": "没有开展"}


class Why(Form):
    """A reason and nothing else."""

    reason = Words(
        limit=2000, required=True, metadata=shown("理由", "写入留痕，所有人可查", widget="area", rows=3)
    )


class Remark(Form):
    """A remark one may leave out."""

    reason = Words(limit=2000, load_default="", metadata=shown("说明", widget="area", rows=2))


class Member(Form):
    """Who joins the team and as what."""

    account = Choice(required=True, metadata=shown("人员", choices="accounts", widget="choice"))
    roles = Several(
        required=True, metadata=shown("承担的工作", choices="team_roles", closed=TEAM, widget="checks")
    )
    reason = Words(limit=500, load_default="", metadata=shown("说明"))


class Declaration(Form):
    """保密承诺 and 回避申报."""

    secrecy = Flag(required=True, metadata=shown("我承诺对评价中接触的资料保密，不作他用", widget="tick"))
    conflict = Choice(
        required=True,
        metadata=shown(
            "利害关系",
            "与被评价单位、供应商、监理单位等有任职、亲属、持股、合同等关系的，应当申报",
            widget="radio",
            options={"no": "没有利害关系", "yes": "有利害关系，申请回避"},
        ),
    )
    statement = Words(limit=500, load_default="", metadata=shown("说明", "有利害关系的，写明是什么关系"))


class Override(Form):
    """A declared interest held harmless."""

    account = Choice(required=True, metadata=shown("申报人", choices="conflicted", widget="choice"))
    reason = Words(limit=500, required=True, metadata=shown("不需回避的理由", widget="area", rows=3))


class Deadline(Form):
    """A later due date, perhaps one the unit asked for."""

    what = Choice(
        load_default="",
        metadata=shown("哪一个期限", "不选即本阶段的期限", choices="periods", widget="choice"),
    )
    due_on = Day(required=True, metadata=shown("新的期限", widget="day"))
    reason = Words(limit=500, required=True, metadata=shown("延期理由", widget="area", rows=2))
    request = Choice(
        load_default="",
        metadata=shown("答复哪一件申请", "主动延期的不选", choices="waiting_extensions", widget="choice"),
    )


class Extension(Form):
    """A request for more time."""

    what = Choice(required=True, metadata=shown("哪一个期限", choices="periods", widget="choice"))
    until = Day(required=True, metadata=shown("申请延到", widget="day"))
    reason = Words(
        limit=500,
        required=True,
        metadata=shown("理由", "写明为什么来不及、已做到哪里", widget="area", rows=3),
    )


class NoExtension(Form):
    """A request for more time that is not granted."""

    code = Choice(required=True, metadata=shown("申请", choices="waiting_extensions", widget="choice"))
    reason = Words(limit=500, required=True, metadata=shown("不予延期的理由", widget="area", rows=2))


class WaiverForm(Form):
    """How a stage was held instead."""

    mode = Choice(required=True, metadata=shown("实际情况", widget="radio", options=WAYS))
    ground = Words(limit=2000, required=True, metadata=shown("依据或原因", widget="area", rows=3))
    consent = Flag(metadata=shown("委托方已书面同意，材料已收入佐证", widget="tick"))


class Return(Form):
    """Where to and what has to be put right."""

    to_stage = Choice(
        required=True, metadata=shown("退回到", choices="earlier_stages", closed=STAGES, widget="radio")
    )
    items = Lines(
        required=True, metadata=shown("需要改正的事项", "每行一项，逐项写明理由", widget="lines", rows=4)
    )
    straight_back = Flag(metadata=shown("改正后直接送回本阶段，不重走中间阶段", widget="tick"))


def _assign(ask: Asking, data: dict[str, Any]) -> str:
    roles = tuple(Role(name) for name in data["roles"])
    do.assign_member(ask.actor, ask.evaluation, account=data["account"], roles=roles, reason=data["reason"])
    return "已加入评价组"


def _declare(ask: Asking, data: dict[str, Any]) -> str:
    conflict = data["conflict"] == "yes"
    if conflict and not data["statement"]:
        raise InvalidError(Problem("没有写明是什么利害关系", path="statement", cure="写明与谁有什么关系"))
    do.declare_conflict(ask.actor, ask.evaluation, conflict=conflict, statement=data["statement"])
    return "已申报利害关系，处置之前不能查阅本评价" if conflict else "承诺与申报已记录，可以开始工作"


def _return(ask: Asking, data: dict[str, Any]) -> str:
    command = returns.ReturnStage(Stage(data["to_stage"]), data["items"], data["straight_back"])
    number = returns.return_stage(ask.actor, ask.evaluation, command)
    return f"已退回（第 {number} 次），各项理由已送达"


def _extension(ask: Asking, data: dict[str, Any]) -> str:
    code = deadline.request_extension(ask.actor, ask.evaluation, **data)
    return f"延期申请 {code} 已提出，等待组织方答复；答复之前原期限不变"


def _waiver(data: dict[str, Any]) -> do.Waiver:
    return do.Waiver(StageMode(data["mode"]), data["ground"], data["consent"])


declare(
    Act(
        Action.EVALUATION_ISSUE,
        lambda ask, data: do.issue_evaluation(ask.actor, ask.evaluation, reason=data["reason"]),
        Remark,
        button="下达评价",
        consequence="下达后被评价单位和评价组即可看到本评价并开始自评；基本信息不能再随意修改。",
    ),
    Act(Action.TEAM_ASSIGN, _assign, Member, button="加入评价组", at="people"),
    Act(Action.CONFLICT_DECLARE, _declare, Declaration, button="签署承诺并申报"),
    Act(
        Action.CONFLICT_OVERRIDE,
        lambda ask, data: do.override_conflict(
            ask.actor, ask.evaluation, account=data["account"], reason=data["reason"]
        ),
        Override,
        button="认定不需回避",
        consequence="申报人将可以查阅并办理本评价；理由写入留痕。",
    ),
    Act(
        Action.DEADLINE_EXTEND,
        lambda ask, data: deadline.extend_deadline(ask.actor, ask.evaluation, **data),
        Deadline,
        button="延长期限",
        at="people",
    ),
    Act(Action.DEADLINE_REQUEST, _extension, Extension, button="申请延期", at="self"),
    Act(
        Action.DEADLINE_REFUSE,
        lambda ask, data: deadline.refuse_extension(ask.actor, ask.evaluation, **data),
        NoExtension,
        button="不予延期",
        at="people",
    ),
    Act(
        Action.STAGE_WAIVE,
        lambda ask, data: do.waive_stage(ask.actor, ask.evaluation, _waiver(data)),
        WaiverForm,
        button="登记本阶段未开展",
        consequence="本阶段按未开展记录并离开，报告中如实说明；不会补写任何内容。",
    ),
    Act(
        Action.VISIT_WAIVE,
        lambda ask, data: do.waive_visit(ask.actor, ask.evaluation, _waiver(data)),
        WaiverForm,
        button="登记未到现场",
        at="visit",
    ),
    Act(
        Action.CONSULTATION_WAIVE,
        lambda ask, data: do.waive_consultation(ask.actor, ask.evaluation, _waiver(data)),
        WaiverForm,
        button="登记不征求意见",
        consequence="征求意见按未开展记录，评价转入定稿；报告中如实说明。",
    ),
    Act(
        Action.STAGE_RETURN,
        _return,
        Return,
        button="退回前序阶段",
        consequence="退回后本阶段之后的扣分和调整转为待确认，不计分，重新确认后才恢复。",
    ),
    Act(
        Action.EVALUATION_SUSPEND,
        lambda ask, data: do.ask_suspension(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="提请中止",
    ),
    Act(
        Action.EVALUATION_CONFIRM_SUSPENSION,
        lambda ask, data: do.confirm_suspension(ask.actor, ask.evaluation, reason=data["reason"]),
        Remark,
        button="确认中止",
        consequence="评价中止在本阶段，恢复之前不能办理其他事项。",
    ),
    Act(
        Action.EVALUATION_RESUME,
        lambda ask, data: do.resume_evaluation(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="恢复评价",
    ),
    Act(
        Action.EVALUATION_TERMINATE,
        lambda ask, data: do.ask_termination(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="提请终止",
    ),
    Act(
        Action.EVALUATION_CONFIRM_TERMINATION,
        lambda ask, data: do.confirm_termination(
            ask.actor, ask.evaluation, given=ask.freshness, reason=data["reason"]
        ),
        Remark,
        button="确认终止",
        consequence="评价永久终止，不再出具报告，不能恢复。",
        fresh=True,
    ),
)
