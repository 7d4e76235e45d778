"""Acts of 材料审核: verdicts, rounds of 补正, passing on."""

from __future__ import annotations

from typing import Any

from service.actions import material_review as do
from service.queries.vocabulary import Verdict
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Day, Flag, Form, Lines, Several, Words, shown
from service.workflow.actions import Action


class VerdictForm(Form):
    """What the review says of one document."""

    subject = Words(limit=200, required=True, metadata=shown("材料或事项", "例：合同及验收单"))
    node = Words(load_default="", metadata=shown("关联指标", choices="nodes", widget="choice"))
    verdict = Choice(
        required=True,
        metadata=shown("认定", widget="radio", options={v.value: v.label for v in Verdict}),
    )
    note = Words(limit=2000, load_default="", metadata=shown("说明", widget="area", rows=2))
    version = Words(limit=9, load_default="", metadata=shown("所见版本", widget="hidden"))


class Request(Form):
    """What the unit has to supply."""

    items = Lines(
        required=True,
        metadata=shown("需要补正的事项", "每行一项，写明缺什么、依据什么", widget="lines", rows=4),
    )
    due_on = Day(required=True, metadata=shown("答复期限", widget="day"))
    nodes = Several(
        load_default=(),
        metadata=shown("开放修改的自评内容", choices="self_parts", widget="checks", quiet=True),
    )
    mandatory = Flag(metadata=shown("必须补正，不补正不能通过审核", widget="tick", default="1"))


class Letter(Form):
    """The drafts that go out together, as one letter of one round."""

    codes = Several(
        required=True, metadata=shown("一并发出的补正要求", choices="draft_supplements", widget="checks")
    )
    due_on = Day(load_default=None, metadata=shown("统一答复期限", "不填则各按起草时的期限", widget="day"))


class Answer(Form):
    """The unit's answer to one request."""

    code = Choice(required=True, metadata=shown("补正要求", choices="sent_supplements", widget="choice"))
    answer = Words(
        limit=5000, required=True, metadata=shown("答复", "补充的材料请先在佐证中上传", widget="area", rows=4)
    )


class Confirm(Form):
    """An answer the head of the unit stands for."""

    code = Choice(required=True, metadata=shown("补正要求", choices="answered_supplements", widget="choice"))


class Close(Form):
    """A request that is done with."""

    code = Choice(required=True, metadata=shown("补正要求", choices="open_supplements", widget="choice"))
    reason = Words(limit=2000, required=True, metadata=shown("办结说明", widget="area", rows=2))


def _verdict(ask: Asking, data: dict[str, Any]) -> str:
    seen = int(data["version"]) if data["version"].isdecimal() else None
    command = do.GiveVerdict(data["subject"], Verdict(data["verdict"]), data["note"], data["node"], seen)
    do.give_verdict(ask.actor, ask.evaluation, command)
    return "已认定"


def _letter(ask: Asking, data: dict[str, Any]) -> str:
    round_ = do.send_letter(ask.actor, ask.evaluation, codes=data["codes"], due_on=data["due_on"])
    return f"第 {round_} 轮补正通知已发出，共 {len(data['codes'])} 项"


def _request(data: dict[str, Any]) -> do.RequestSupplement:
    return do.RequestSupplement(data["items"], data["due_on"], data["mandatory"], data["nodes"])


declare(
    Act(Action.REVIEW_VERDICT, _verdict, VerdictForm, button="记下认定", at="review"),
    Act(
        Action.SUPPLEMENT_DRAFT,
        lambda ask, data: do.draft_supplement(ask.actor, ask.evaluation, _request(data)),
        Request,
        button="起草补正要求",
        at="review",
    ),
    Act(
        Action.SUPPLEMENT_REQUEST,
        _letter,
        Letter,
        button="发出补正通知",
        consequence="所选各项作为同一轮一并发出，单位即可看到并须在期限内答复；轮次有上限，计入留痕。",
        at="review",
    ),
    Act(
        Action.SUPPLEMENT_ANSWER,
        lambda ask, data: do.answer_supplement(
            ask.actor, ask.evaluation, code=data["code"], answer=data["answer"]
        ),
        Answer,
        button="答复补正",
        at="review",
    ),
    Act(
        Action.SUPPLEMENT_CONFIRM,
        lambda ask, data: do.confirm_supplement(ask.actor, ask.evaluation, code=data["code"]),
        Confirm,
        button="确认并送出答复",
        at="review",
    ),
    Act(
        Action.SUPPLEMENT_CLOSE,
        lambda ask, data: do.close_supplement(
            ask.actor, ask.evaluation, code=data["code"], reason=data["reason"]
        ),
        Close,
        button="办结补正",
        at="review",
    ),
    Act(
        Action.REVIEW_PROPOSE_PASS,
        lambda ask, data: do.propose_pass(ask.actor, ask.evaluation),
        button="提请通过审核",
        at="review",
    ),
    Act(
        Action.REVIEW_PASS,
        lambda ask, data: do.pass_review(ask.actor, ask.evaluation),
        button="通过审核，转入下一阶段",
        consequence="材料审核结束，转入现场核查；需要再改的只能退回。",
        at="review",
    ),
)
