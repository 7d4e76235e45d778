"""线下登记: an act done on paper, registered from its scan by 经办."""

from __future__ import annotations

from typing import Any

from service.actions.paper import RegisterPaper, register_paper
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Day, Flag, Form, Upload, Words, shown
from service.workflow.actions import Action
from service.workflow.machine import PAPER_ACTS
from service.workflow.roles import Role

PAPERS = {action.value: action.label for action in Action if action in PAPER_ACTS}
ROLES = {role.value: role.label for role in (Role.DH, Role.SD, Role.EL, Role.AS, Role.FA)}


class Paper(Form):
    """Which act, by whom, on which document."""

    act = Choice(required=True, metadata=shown("纸上办理的事项", widget="choice", options=PAPERS))
    for_role = Choice(required=True, metadata=shown("以什么身份办理", widget="choice", options=ROLES))
    for_account = Choice(required=True, metadata=shown("办理人", choices="accounts", widget="choice"))
    document_on = Day(required=True, metadata=shown("文件日期", widget="day"))
    document_no = Words(limit=120, load_default="", metadata=shown("文号"))
    form_code = Words(
        limit=60,
        load_default="",
        metadata=shown(
            "纸上的短码",
            "照纸面填写，例：7F3A-91C2。打印表单的短码在页脚；签字、用印、签发必填，"
            "填审批单页脚的短码或报告短码。单位自己行文没有短码的不填，填文号",
        ),
    )
    file = Upload(
        load_default=None, metadata=shown("扫描件", "签字盖章后的原件，pdf、jpg、png 等", widget="upload")
    )
    evidence = Choice(
        load_default="",
        metadata=shown(
            "或已上传的扫描件", "一份文件办几件事的，第二件起在这里选", choices="evidence", widget="choice"
        ),
    )
    target = Choice(
        load_default="",
        metadata=shown(
            "对应的补正或发现", "只在确认补正、现场确认时选", choices="paper_targets", widget="choice"
        ),
    )
    organisation = Choice(
        load_default="",
        metadata=shown("意见单位", "只在登记回函时选", choices="addressees", widget="choice"),
    )
    agrees = Flag(metadata=shown("回函表示没有意见", widget="tick"))
    text = Words(limit=5000, load_default="", metadata=shown("文件上写的内容", widget="area", rows=3))
    seen = Words(load_default="", metadata=shown("文件所对应的报告版本", widget="frozen"))


def _register(ask: Asking, data: dict[str, Any]) -> str:
    file = data.pop("file")
    plain = {
        **data,
        "act": Action(data["act"]),
        "for_role": Role(data["for_role"]),
        "scan": (file.filename, file.read()) if file else None,
    }
    command = RegisterPaper(**plain)
    code = register_paper(ask.actor, ask.evaluation, command, given=ask.freshness, store=ask.workshop.store)
    return f"线下办理已登记（{code}）"


declare(
    Act(
        Action.PAPER_REGISTER,
        _register,
        Paper,
        button="线下登记",
        consequence="登记后该事项按文件日期和办理人生效，与在线办理同等；扫描件留存备查。",
        fresh=True,
    ),
)
