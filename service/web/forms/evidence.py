"""Acts on evidence: added, a new version, linked, voided; files come in through the form."""

from __future__ import annotations

from typing import Any

from service.actions import evidence as do
from service.queries.evidenceroom import TARGETS
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Form, Several, Upload, Words, shown
from service.workflow.actions import Action

CLASSES = {name: name for name in ("正式资料", "工作资料", "原始凭证", "说明材料")}


class New(Form):
    """A file and what it is."""

    file = Upload(required=True, metadata=shown("文件", "pdf、jpg、png、docx、xlsx、txt 等", widget="upload"))
    name = Words(limit=300, load_default="", metadata=shown("材料名称", "不填则用文件名"))
    klass = Choice(load_default="", metadata=shown("类别", widget="choice", options=CLASSES))
    source = Words(limit=300, load_default="", metadata=shown("来源", "谁提供、何处取得"))
    proves = Words(limit=500, load_default="", metadata=shown("证明什么", widget="area", rows=2))
    period = Words(limit=80, load_default="", metadata=shown("所属期间"))
    nodes = Several(load_default=(), metadata=shown("关联指标", choices="nodes", widget="checks", quiet=True))


class Newer(Form):
    """A newer version of a piece."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    file = Upload(required=True, metadata=shown("新版文件", widget="upload"))
    reason = Words(limit=300, required=True, metadata=shown("换版理由"))


class Link(Form):
    """What a piece proves."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    kind = Choice(required=True, metadata=shown("关联到", widget="choice", options=dict(TARGETS)))
    target = Words(limit=80, required=True, metadata=shown("编号", "指标、扣分、发现等的编号"))


class Void(Form):
    """A piece that no longer counts."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    reason = Words(limit=300, required=True, metadata=shown("作废理由"))


def _add(ask: Asking, data: dict[str, Any]) -> str:
    file = data["file"]
    command = do.AddEvidence(
        name=data["name"] or file.filename,
        filename=file.filename,
        content=file.read(),
        klass=data["klass"],
        source=data["source"],
        proves=data["proves"],
        period=data["period"],
        links=tuple(("node", node) for node in data["nodes"]),
    )
    code = do.add_evidence(ask.actor, ask.evaluation, command, store=ask.workshop.store)
    return f"材料 {code} 已收入"


def _supersede(ask: Asking, data: dict[str, Any]) -> str:
    file = data["file"]
    do.supersede_evidence(
        ask.actor,
        ask.evaluation,
        code=data["code"],
        filename=file.filename,
        content=file.read(),
        reason=data["reason"],
        store=ask.workshop.store,
    )
    return f"{data['code']} 已换新版，旧版仍可查"


def _link(ask: Asking, data: dict[str, Any]) -> None:
    do.link_evidence(ask.actor, ask.evaluation, code=data["code"], kind=data["kind"], target=data["target"])


def _void(ask: Asking, data: dict[str, Any]) -> str:
    do.void_evidence(ask.actor, ask.evaluation, code=data["code"], reason=data["reason"])
    return f"{data['code']} 已作废，原件与理由仍在案卷中"


declare(
    Act(Action.EVIDENCE_ADD, _add, New, button="添加材料", at="evidence"),
    Act(Action.EVIDENCE_SUPERSEDE, _supersede, Newer, button="换新版本", at="evidence"),
    Act(Action.EVIDENCE_LINK, _link, Link, button="关联材料", at="evidence"),
    Act(Action.EVIDENCE_VOID, _void, Void, button="作废材料", at="evidence"),
)
