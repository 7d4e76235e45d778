"""Acts on the report: freeze, reviews, certificate, seal, 签发, 更正. Each is bound to what was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.actions import correction, finalisation, templates, waiving
from service.jobs.press import FREEZE
from service.queries.choices import STOCK
from service.web.forms.act import Act, Asking, Done, declare
from service.web.forms.commissioning import Why
from service.web.forms.fields import Choice, Flag, Form, Words, shown
from service.workflow.actions import Action

IRREVERSIBLE = "签发后不能撤回；以后的改动只能另出更正版。"


class Layout(Form):
    """The template a report is set with."""

    version = Choice(
        required=True,
        metadata=shown(
            "报告模板", "只列组织方已批准、且有报告样式所需各部分的模板", widget="radio", choices="templates"
        ),
    )


class Waive(Form):
    """One finding on the report, by the digest of what it says, and why it is left as it is."""

    finding = Words(required=True, metadata=shown("核对发现", widget="hidden"))
    reason = Words(limit=2000, required=True, metadata=shown("签认理由", widget="area", rows=2))


class TakeBack(Form):
    """A finding that was signed off, and why it no longer is."""

    finding = Words(required=True, metadata=shown("核对发现", widget="hidden"))
    reason = Words(limit=2000, required=True, metadata=shown("收回理由", widget="area", rows=2))


class Reviewed(Form):
    """An opinion on the content shown, whose digest comes with it."""

    seen = Words(required=True, metadata=shown("所见内容", widget="content"))
    note = Words(limit=2000, load_default="", metadata=shown("意见", widget="area", rows=2))


class Read(Form):
    """A word that the frozen file was read, whose SHA-256 comes with it."""

    seen = Words(required=True, metadata=shown("所见文件", widget="frozen"))
    read = Flag(required=True, metadata=shown("我已打开并阅读将被签署的文件", widget="tick"))


def _freeze(ask: Asking, data: dict[str, Any]) -> Done:
    args = {"actor": ask.actor.to_plain(), "evaluation": ask.evaluation}
    return Done("正在排版并冻结报告", job=(FREEZE, args))


def _waived(ask: Asking, data: dict[str, Any]) -> str:
    waiving.waive_finding(
        ask.actor, ask.evaluation, ask.workshop, finding=data["finding"], reason=data["reason"]
    )
    return "已签认这一处；它的文字或数字一改，签认不再有效"


def _taken_back(ask: Asking, data: dict[str, Any]) -> str:
    waiving.withdraw_waiver(ask.actor, ask.evaluation, finding=data["finding"], reason=data["reason"])
    return "已收回签认；凭它冻结的报告须改正或重新签认后再冻结"


def _reviewed(act: Callable[..., None]) -> Callable[[Asking, dict[str, Any]], None]:
    def run(ask: Asking, data: dict[str, Any]) -> None:
        act(ask.actor, ask.evaluation, seen=data["seen"], note=data["note"], given=ask.freshness)

    return run


def _signed(act: Callable[..., None], said: str) -> Callable[[Asking, dict[str, Any]], str]:
    def run(ask: Asking, data: dict[str, Any]) -> str:
        act(ask.actor, ask.evaluation, seen=data["seen"], given=ask.freshness)
        return said

    return run


def _chosen(ask: Asking, data: dict[str, Any]) -> str:
    version = "" if data["version"] == STOCK else data["version"]
    templates.choose_template(ask.actor, ask.evaluation, version=version)
    return "报告将用所选的版式排印"


declare(
    Act(
        Action.REPORT_CHOOSE_TEMPLATE,
        _chosen,
        Layout,
        button="选用报告模板",
        consequence="以后排印的初稿和冻结的报告都用这一版；已冻结而未签发的须重新冻结。签发后不能再换。",
        at="writing",
    ),
    Act(
        Action.REPORT_INTERNAL_REVIEW,
        _reviewed(finalisation.review_internally),
        Reviewed,
        button="内部复核通过",
        at="report",
    ),
    Act(
        Action.REPORT_WAIVE_FINDING,
        _waived,
        Waive,
        button="签认",
        consequence="这一处照原样保留，理由写入留痕，复核人和签发人都看得到；文字或数字一改，签认不再有效。",
        at="report",
        hidden=True,
    ),
    Act(
        Action.REPORT_WITHDRAW_WAIVER,
        _taken_back,
        TakeBack,
        button="收回签认",
        consequence="凭这一签认冻结而未签发的报告，须改正或重新签认后再冻结。",
        at="report",
        hidden=True,
    ),
    Act(
        Action.REPORT_FREEZE,
        _freeze,
        button="冻结报告",
        consequence="按现在的数据排版成文件并固定其指纹；内容再有改动，须重新冻结。",
        queued=True,
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
    Act(Action.CORRECTION_FREEZE, _freeze, button="冻结更正版", queued=True, at="report"),
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
