"""Acts of 征求意见: the draft goes out, opinions come in, each is disposed of and confirmed."""

from __future__ import annotations

from typing import Any

from service.actions import consultation as do
from service.queries.vocabulary import DispositionVerdict
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Day, Flag, Form, Words, shown
from service.workflow.actions import Action


class Issue(Form):
    """Until when the draft may be answered."""

    due_on = Day(required=True, metadata=shown("反馈期限", "一般不少于 10 个工作日", widget="day"))
    reason = Words(limit=500, load_default="", metadata=shown("说明"))


class OpinionForm(Form):
    """An opinion, or that there is none."""

    organisation = Choice(required=True, metadata=shown("意见单位", choices="addressees", widget="choice"))
    agrees = Flag(metadata=shown("对征求意见稿没有意见", widget="tick"))
    text = Words(
        limit=5000, load_default="", metadata=shown("意见", "写明理由和希望的结果", widget="area", rows=4)
    )
    node = Choice(load_default="", metadata=shown("针对的指标", choices="nodes", widget="choice"))
    place = Words(limit=200, load_default="", metadata=shown("针对的段落或页"))


class NoReply(Form):
    """Who did not answer in time."""

    organisation = Choice(
        required=True, metadata=shown("逾期未反馈的单位", choices="addressees", widget="choice")
    )


class DispositionForm(Form):
    """What becomes of an opinion."""

    opinion = Choice(required=True, metadata=shown("意见", choices="open_opinions", widget="choice"))
    verdict = Choice(
        required=True,
        metadata=shown("处理", widget="radio", options={v.value: v.label for v in DispositionVerdict}),
    )
    reason = Words(limit=5000, required=True, metadata=shown("理由", widget="area", rows=3))
    effect = Words(
        limit=2000,
        load_default="",
        metadata=shown(
            "对得分的影响", "例：A201 由 2 分改为 2.5 分；不影响得分也请写明", widget="area", rows=2
        ),
    )


class Back(Form):
    """A disposition sent back."""

    opinion = Choice(required=True, metadata=shown("意见", choices="proposed_dispositions", widget="choice"))
    reason = Words(limit=2000, required=True, metadata=shown("退回理由", widget="area", rows=2))


class Confirmed(Form):
    """A disposition confirmed."""

    opinion = Choice(required=True, metadata=shown("意见", choices="proposed_dispositions", widget="choice"))


def _opinion(ask: Asking, data: dict[str, Any]) -> str:
    return f"意见 {do.record_opinion(ask.actor, ask.evaluation, do.RecordOpinion(**data))} 已收到"


def _lapse(ask: Asking, data: dict[str, Any]) -> str:
    do.lapse_opinion(ask.actor, ask.evaluation, organisation=data["organisation"])
    return "已登记逾期未反馈（不视为同意）"


def _propose(ask: Asking, data: dict[str, Any]) -> str:
    command = do.ProposeDisposition(
        data["opinion"], DispositionVerdict(data["verdict"]), data["reason"], data["effect"]
    )
    do.propose_disposition(ask.actor, ask.evaluation, command)
    return "处理意见已拟定，待组织方确认"


declare(
    Act(
        Action.DRAFT_ISSUE,
        lambda ask, data: do.issue_draft(
            ask.actor, ask.evaluation, due_on=data["due_on"], reason=data["reason"]
        ),
        Issue,
        button="发出征求意见稿",
        consequence="被评价单位和主管部门将看到评分与报告初稿，期限开始计算。",
        at="opinions",
    ),
    Act(Action.OPINION_RECORD, _opinion, OpinionForm, button="提交意见", at="opinions"),
    Act(Action.OPINION_LAPSE, _lapse, NoReply, button="登记逾期未反馈", at="opinions"),
    Act(Action.DISPOSITION_PROPOSE, _propose, DispositionForm, button="拟定处理意见", at="opinions"),
    Act(
        Action.DISPOSITION_RETURN,
        lambda ask, data: do.return_disposition(
            ask.actor, ask.evaluation, opinion=data["opinion"], reason=data["reason"]
        ),
        Back,
        button="退回处理意见",
        at="opinions",
    ),
    Act(
        Action.DISPOSITION_CONFIRM,
        lambda ask, data: do.confirm_disposition(ask.actor, ask.evaluation, opinion=data["opinion"]),
        Confirmed,
        button="确认处理意见",
        at="opinions",
    ),
    Act(
        Action.CONSULTATION_CLOSE,
        lambda ask, data: do.close_consultation(ask.actor, ask.evaluation),
        button="结束征求意见",
        consequence="意见及处理情况定稿，评价转入定稿阶段。",
        at="opinions",
    ),
)
