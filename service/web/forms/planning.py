"""Acts on the plan (方案): submitted, returned, approved; it is drafted on a page of its own."""

from __future__ import annotations

from service.actions import planning as do
from service.web.forms.act import Act, declare
from service.web.forms.commissioning import Why
from service.web.forms.fields import Form, Words, shown
from service.workflow.actions import Action


class PanelOpinion(Form):
    """What the panel said of the plan."""

    panel_opinion = Words(
        limit=5000, required=True, metadata=shown("评审意见", "专家或组织方的评审意见", widget="area", rows=3)
    )


declare(
    Act(
        Action.PLAN_SUBMIT,
        lambda ask, data: do.submit_plan(ask.actor, ask.evaluation),
        button="报审方案",
        consequence="方案交组织方审批，批准后指标体系锁定。",
        at="plan",
    ),
    Act(
        Action.PLAN_RETURN,
        lambda ask, data: do.return_plan(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="退回方案",
        at="plan",
    ),
    Act(
        Action.PLAN_APPROVE,
        lambda ask, data: do.approve_plan(ask.actor, ask.evaluation, panel_opinion=data["panel_opinion"]),
        PanelOpinion,
        button="批准方案",
        consequence="指标体系和评分规则锁定；以后的改动须作为修订另行批准。",
        at="plan",
    ),
    Act(
        Action.PLAN_APPROVE_AMENDMENT,
        lambda ask, data: do.approve_amendment(
            ask.actor, ask.evaluation, panel_opinion=data["panel_opinion"]
        ),
        PanelOpinion,
        button="批准方案修订",
        at="plan",
    ),
)
