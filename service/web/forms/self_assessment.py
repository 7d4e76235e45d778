"""Acts of the evaluated unit and its department on the 自评."""

from __future__ import annotations

from typing import Any

from service.actions import self_assessment as do
from service.web.forms.act import Act, Asking, declare
from service.web.forms.commissioning import Remark, Why
from service.web.forms.fields import Form, Lines, Points, Words, shown
from service.workflow.actions import Action


class Claim(Form):
    """One line of the 自评表, besides the claimed total."""

    node = Words(required=True, metadata=shown("指标", choices="nodes", widget="choice"))
    target = Words(limit=300, load_default="", metadata=shown("年度目标值"))
    actual = Words(limit=300, load_default="", metadata=shown("实际完成值"))
    points = Points(load_default=None, metadata=shown("自评分", widget="points"))
    deviation = Words(
        limit=2000, load_default="", metadata=shown("偏差原因及改进措施", widget="area", rows=2)
    )


class Items(Form):
    """What has to be put right."""

    items = Lines(required=True, metadata=shown("需要改正的事项", "每行一项", widget="lines", rows=4))


def _edit(ask: Asking, data: dict[str, Any]) -> str:
    line = do.ClaimLine(**data)
    do.edit_self_assessment(ask.actor, ask.evaluation, do.EditSelfAssessment(claims=(line,), merge=True))
    return "已保存这一行"


declare(
    Act(Action.SELF_EDIT, _edit, Claim, button="保存自评行", at="self"),
    Act(
        Action.SELF_SUBMIT,
        lambda ask, data: do.submit_self_assessment(ask.actor, ask.evaluation),
        button="报送自评",
        consequence="报送后转入材料审核；对方打开之前可以撤回，之后只能按补正要求修改。",
        at="self",
    ),
    Act(
        Action.SELF_WITHDRAW,
        lambda ask, data: do.withdraw_self_assessment(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="撤回自评",
        at="self",
    ),
    Act(
        Action.SELF_REVIEW,
        lambda ask, data: do.review_self_assessment(ask.actor, ask.evaluation, opinion=data["reason"]),
        Remark,
        button="审核通过自评",
        at="self",
    ),
    Act(
        Action.SELF_RETURN,
        lambda ask, data: do.return_self_assessment(ask.actor, ask.evaluation, items=data["items"]),
        Items,
        button="退回自评",
        consequence="自评退回填报单位改正后重新报送；轮次记入留痕。",
        at="self",
    ),
)
