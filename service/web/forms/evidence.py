"""Acts on evidence: added, a new version, linked, voided; files come in through the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from service.actions import evidence as do
from service.errors import InvalidError, Problem
from service.extensions import db
from service.queries.choices import options
from service.queries.evidencelist import CLASSES
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Flag, Form, Several, Upload, Words, shown
from service.workflow.actions import Action

CLASS_OPTIONS = {name: name for name in CLASSES}


class Described(Form):
    """What files handed in together are."""

    name = Words(limit=300, load_default="", metadata=shown("材料名称", "不填则用文件名"))
    klass = Choice(load_default="", metadata=shown("类别", widget="choice", options=CLASS_OPTIONS))
    source = Words(limit=300, load_default="", metadata=shown("来源", "谁提供、何处取得"))
    proves = Words(limit=500, load_default="", metadata=shown("证明什么", widget="area", rows=2))
    period = Words(limit=80, load_default="", metadata=shown("所属期间"))
    nodes = Several(load_default=(), metadata=shown("关联指标", choices="nodes", widget="checks", quiet=True))


class Batch(Described):
    """What files handed in together are, and whether archives among them are taken apart."""

    unpack = Flag(load_default=False, metadata=shown("压缩包逐件收入", widget="tick"))


class _File(Form):
    file = Upload(required=True, metadata=shown("文件", "pdf、jpg、png、docx、xlsx、txt 等", widget="upload"))


class New(Described, _File):
    """A file and what it is."""


class Newer(Form):
    """A newer version of a piece."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    file = Upload(required=True, metadata=shown("新版文件", widget="upload"))
    reason = Words(limit=300, required=True, metadata=shown("换版理由"))


class Link(Form):
    """What a piece proves; `target` is one of the things of the case, as ``kind:code``."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    target = Choice(required=True, metadata=shown("关联到", choices="link_targets", widget="choice"))


class Unlink(Form):
    """A piece that does not speak for something after all."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    target = Choice(required=True, metadata=shown("解除与哪一项的关联", choices="linked_to", widget="choice"))
    reason = Words(limit=300, required=True, metadata=shown("解除理由", "写入留痕；原来的关联仍可查"))


class Void(Form):
    """A piece that no longer counts."""

    code = Choice(required=True, metadata=shown("材料", choices="evidence", widget="choice"))
    reason = Words(limit=300, required=True, metadata=shown("作废理由"))


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of files handed in together; `command` still lacks name and bytes of each."""

    command: do.AddEvidence
    unpack: bool = False


def described(data: Mapping[str, Any]) -> Told:
    """Return what the form says of its files."""
    command = do.AddEvidence(
        name=data["name"],
        filename="",
        content=b"",
        klass=data["klass"],
        source=data["source"],
        proves=data["proves"],
        period=data["period"],
        links=tuple(("node", node) for node in data["nodes"]),
    )
    return Told(command, bool(data.get("unpack", False)))


def _add(ask: Asking, data: dict[str, Any]) -> str:
    file, told = data["file"], described(data).command
    command = replace(told, name=told.name or file.filename, filename=file.filename, content=file.read())
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


def _link(ask: Asking, data: dict[str, Any]) -> str:
    offered = dict(options(db.session(), ask.case.row, "link_targets", scores=ask.case.scores))
    if data["target"] not in offered:
        raise InvalidError(Problem("关联到：没有这一项", path="target", cure="从列表中选择"))
    kind, _, target = data["target"].partition(":")
    do.link_evidence(ask.actor, ask.evaluation, code=data["code"], kind=kind, target=target)
    return f"{data['code']} 已关联到{offered[data['target']]}"


def _unlink(ask: Asking, data: dict[str, Any]) -> str:
    kind, _, target = data["target"].partition(":")
    do.unlink_evidence(
        ask.actor, ask.evaluation, code=data["code"], kind=kind, target=target, reason=data["reason"]
    )
    return f"{data['code']} 与 {target} 的关联已解除，留痕可查"


def _void(ask: Asking, data: dict[str, Any]) -> str:
    do.void_evidence(ask.actor, ask.evaluation, code=data["code"], reason=data["reason"])
    return f"{data['code']} 已作废，原件与理由仍在案卷中"


declare(
    Act(Action.EVIDENCE_ADD, _add, New, button="添加材料", at="evidence"),
    Act(Action.EVIDENCE_SUPERSEDE, _supersede, Newer, button="换新版本", at="evidence"),
    Act(Action.EVIDENCE_LINK, _link, Link, button="关联材料", at="evidence"),
    Act(Action.EVIDENCE_UNLINK, _unlink, Unlink, button="解除关联", at="evidence"),
    Act(Action.EVIDENCE_VOID, _void, Void, button="作废材料", at="evidence"),
)
