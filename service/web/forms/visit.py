"""Acts of 现场核查: visits, findings, confirmation by both sides."""

from __future__ import annotations

from typing import Any

from service.actions import site_verification as do
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Day, Form, Several, Words, shown
from service.workflow.actions import Action


class VisitForm(Form):
    """When, where, how and with whom."""

    on = Day(required=True, metadata=shown("日期", widget="day"))
    place = Words(limit=200, required=True, metadata=shown("地点"))
    method = Words(limit=120, required=True, metadata=shown("方式", "例：实地查看、座谈、抽查台账"))
    people = Words(limit=300, load_default="", metadata=shown("参加人员（写职务）", "例：组长、评价员两名"))
    content = Words(limit=5000, load_default="", metadata=shown("核查内容", widget="area", rows=3))


class FindingForm(Form):
    """What was found and where it counts."""

    visit = Choice(load_default="", metadata=shown("哪次核查", choices="open_visits", widget="choice"))
    text = Words(
        limit=5000, required=True, metadata=shown("发现", "写看到的事实和数量", widget="area", rows=4)
    )
    nodes = Several(load_default=(), metadata=shown("关联指标", choices="nodes", widget="checks", quiet=True))


class Agree(Form):
    """A finding the unit agrees to."""

    code = Choice(required=True, metadata=shown("发现", choices="recorded_findings", widget="choice"))
    response = Words(limit=2000, load_default="", metadata=shown("说明", widget="area", rows=2))


class Object(Form):
    """A finding the unit objects to."""

    code = Choice(required=True, metadata=shown("发现", choices="recorded_findings", widget="choice"))
    response = Words(limit=2000, required=True, metadata=shown("异议及理由", widget="area", rows=3))


class AnswerObjection(Form):
    """The team's answer to an objection."""

    code = Choice(required=True, metadata=shown("有异议的发现", choices="objected_findings", widget="choice"))
    answer = Words(limit=2000, required=True, metadata=shown("答复", widget="area", rows=3))


class Lapse(Form):
    """A finding the unit would not confirm."""

    code = Choice(required=True, metadata=shown("发现", choices="recorded_findings", widget="choice"))
    reason = Words(
        limit=2000, required=True, metadata=shown("经过", "写明何时送达、单位如何表示", widget="area", rows=2)
    )


class Visit(Form):
    """An open visit."""

    code = Choice(required=True, metadata=shown("核查", choices="open_visits", widget="choice"))


def _open(ask: Asking, data: dict[str, Any]) -> str:
    return f"核查 {do.open_visit(ask.actor, ask.evaluation, do.OpenVisit(**data))} 已列入"


def _record(ask: Asking, data: dict[str, Any]) -> str:
    code = do.record_finding(ask.actor, ask.evaluation, do.RecordFinding(**data))
    return f"发现 {code} 已记录，待单位确认"


declare(
    Act(Action.VISIT_OPEN, _open, VisitForm, button="安排核查", at="visit"),
    Act(Action.FINDING_RECORD, _record, FindingForm, button="记录发现", at="visit"),
    Act(
        Action.FINDING_CONFIRM,
        lambda ask, data: do.confirm_finding(
            ask.actor, ask.evaluation, code=data["code"], response=data["response"]
        ),
        Agree,
        button="确认属实",
        at="visit",
    ),
    Act(
        Action.FINDING_OBJECT,
        lambda ask, data: do.object_to_finding(
            ask.actor, ask.evaluation, code=data["code"], response=data["response"]
        ),
        Object,
        button="提出异议",
        at="visit",
    ),
    Act(
        Action.FINDING_ANSWER,
        lambda ask, data: do.answer_objection(
            ask.actor, ask.evaluation, code=data["code"], answer=data["answer"]
        ),
        AnswerObjection,
        button="答复异议",
        at="visit",
    ),
    Act(
        Action.FINDING_LAPSE,
        lambda ask, data: do.lapse_finding(
            ask.actor, ask.evaluation, code=data["code"], reason=data["reason"]
        ),
        Lapse,
        button="登记拒不确认",
        consequence="该发现按单位拒不确认记录，报告中如实说明。",
        at="visit",
    ),
    Act(
        Action.VISIT_CLOSE,
        lambda ask, data: do.close_visit(ask.actor, ask.evaluation, code=data["code"]),
        Visit,
        button="结束核查",
        at="visit",
    ),
)
