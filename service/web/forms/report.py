"""Acts on the report: freeze, reviews, certificate, seal, 签发, 更正. Each is bound to what was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.actions import correction, finalisation
from service.jobs.press import FREEZE
from service.web.forms.act import Act, Asking, Done, declare
from service.web.forms.commissioning import Why
from service.web.forms.fields import Flag, Form, Words, shown
from service.workflow.actions import Action

IRREVERSIBLE = "签发后不能撤回；以后的改动只能另出更正版。"


class Freeze(Form):
    """Whether the findings marked for review are signed off."""

    accept = Flag(metadata=shown("自查标为“待核”的各项我已逐项核对，予以签认", widget="tick"))


class Reviewed(Form):
    """An opinion on the content shown, whose digest comes with it."""

    seen = Words(required=True, metadata=shown("所见内容", widget="content"))
    note = Words(limit=2000, load_default="", metadata=shown("意见", widget="area", rows=2))


class Read(Form):
    """A word that the frozen file was read, whose SHA-256 comes with it."""

    seen = Words(required=True, metadata=shown("所见文件", widget="frozen"))
    read = Flag(required=True, metadata=shown("我已打开并阅读将被签署的文件", widget="tick"))


def _freeze(ask: Asking, data: dict[str, Any]) -> Done:
    args = {"actor": ask.actor.to_plain(), "evaluation": ask.evaluation, "accept": data["accept"]}
    return Done("正在排版并冻结报告", job=(FREEZE, args))


def _reviewed(act: Callable[..., None]) -> Callable[[Asking, dict[str, Any]], None]:
    def run(ask: Asking, data: dict[str, Any]) -> None:
        act(ask.actor, ask.evaluation, seen=data["seen"], note=data["note"], given=ask.freshness)

    return run


def _signed(act: Callable[..., None], said: str) -> Callable[[Asking, dict[str, Any]], str]:
    def run(ask: Asking, data: dict[str, Any]) -> str:
        act(ask.actor, ask.evaluation, seen=data["seen"], given=ask.freshness)
        return said

    return run


declare(
    Act(
        Action.REPORT_INTERNAL_REVIEW,
        _reviewed(finalisation.review_internally),
        Reviewed,
        button="内部复核通过",
        at="report",
    ),
    Act(
        Action.REPORT_FREEZE,
        _freeze,
        Freeze,
        button="冻结报告",
        consequence="按现在的数据排版成文件并固定其指纹；内容再有改动，须重新冻结。",
        at="report",
    ),
    Act(
        Action.REPORT_CERTIFY,
        _signed(finalisation.certify_report, "主评人签字已生效"),
        Read,
        button="主评人签字",
        consequence="以主评人身份对冻结文件负责。",
        fresh=True,
        at="report",
    ),
    Act(
        Action.REPORT_SEAL,
        _signed(finalisation.seal_report, "机构用印已生效"),
        Read,
        button="机构用印",
        consequence="对冻结文件加盖机构电子印章。",
        fresh=True,
        at="report",
    ),
    Act(
        Action.REPORT_SECOND_REVIEW,
        _reviewed(finalisation.review_second),
        Reviewed,
        button="复核同意",
        at="report",
    ),
    Act(
        Action.REPORT_SIGN,
        _signed(finalisation.sign_report, "报告已签发，签章文件正在生成"),
        Read,
        button="签发报告",
        consequence=IRREVERSIBLE,
        fresh=True,
        at="report",
    ),
    Act(
        Action.CORRECTION_REQUEST,
        lambda ask, data: correction.request_correction(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="提出更正",
        consequence="原报告在更正版签发前继续有效，并保持可查。",
        at="report",
    ),
    Act(Action.CORRECTION_FREEZE, _freeze, Freeze, button="冻结更正版", at="report"),
    Act(
        Action.CORRECTION_SIGN,
        _signed(correction.sign_correction, "更正版已签发"),
        Read,
        button="签发更正版",
        consequence=IRREVERSIBLE,
        fresh=True,
        at="report",
    ),
    Act(
        Action.CORRECTION_REJECT,
        lambda ask, data: correction.reject_correction(ask.actor, ask.evaluation, reason=data["reason"]),
        Why,
        button="不予更正",
        at="report",
    ),
)
