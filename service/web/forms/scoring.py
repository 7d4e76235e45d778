"""Acts on scores one by one; the grid of 评分 does the same acts in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.actions import scoring as do
from service.actions.reasons import ORIGINS
from service.errors import InvalidError, Problem
from service.extensions import db
from service.queries.choices import adjusted_level
from service.web.forms.act import Act, Asking, declare
from service.web.forms.fields import Choice, Flag, Form, Points, Several, Words, shown
from service.workflow.actions import Action

FROM = {name: name for name in ORIGINS}


class Source(Form):
    """Where a change after submission comes from; asked for only then."""

    origin = Choice(
        load_default="",
        metadata=shown("修改来由", "组长提交评分之后的修改必填", widget="choice", options=FROM, late=True),
    )
    asked_by = Words(limit=120, load_default="", metadata=shown("提出人（职务）", late=True))
    paper = Words(
        limit=200, load_default="", metadata=shown("依据文件", "例：意见 Y001、会商纪要", late=True)
    )


class OnSheet(Source):
    """A reason on one of several sheets of a case; empty is the only or joint one."""

    sheet = Words(limit=60, load_default="", metadata=shown("评分表", widget="hidden"))


class TypedForm(OnSheet):
    """The points a node shall have, lower than the sheet's: the deduction follows from them."""

    node = Choice(required=True, metadata=shown("指标", choices="scored", widget="hidden"))
    amount = Points(required=True, metadata=shown("评定分", widget="points"))
    reason = Words(limit=2000, required=True, metadata=shown("理由", "写明事实", widget="area", rows=2))
    clause = Words(limit=300, required=True, metadata=shown("依据条款", "评分规则或制度的条款"))
    evidence = Several(
        load_default=(), metadata=shown("佐证", choices="evidence", widget="checks", quiet=True)
    )
    no_evidence = Words(limit=300, load_default="", metadata=shown("没有佐证时写明原因"))


class DeductionForm(OnSheet):
    """Points taken (or given) at a node."""

    node = Choice(required=True, metadata=shown("指标", choices="scored", widget="choice"))
    amount = Points(load_default=None, metadata=shown("扣分", "例：1.5", widget="points"))
    unstated = Flag(
        metadata=shown("来源只写了理由，没有写扣几分（记为来源未载，该行因此不能算出得分）", widget="tick")
    )
    reason = Words(limit=2000, required=True, metadata=shown("理由", "写明事实", widget="area", rows=3))
    clause = Words(limit=300, required=True, metadata=shown("依据条款", "评分规则或制度的条款"))
    evidence = Several(
        load_default=(), metadata=shown("佐证", choices="evidence", widget="checks", quiet=True)
    )
    no_evidence = Words(limit=300, load_default="", metadata=shown("没有佐证时写明原因"))
    bonus = Flag(metadata=shown("这是加分", widget="tick", quiet=True))


class AdjustmentForm(OnSheet):
    """Points awarded instead of what the rule gives."""

    node = Choice(required=True, metadata=shown("指标、要点或总分", choices="adjusted", widget="choice"))
    amount = Points(required=True, metadata=shown("核定得分", widget="points"))
    reason = Words(limit=2000, required=True, metadata=shown("裁量理由", widget="area", rows=3))
    clause = Words(limit=300, load_default="", metadata=shown("依据条款"))
    evidence = Several(
        load_default=(), metadata=shown("佐证", choices="evidence", widget="checks", quiet=True)
    )
    no_evidence = Words(limit=300, load_default="", metadata=shown("没有佐证时写明原因"))


def _one_of(choices: str, label: str) -> type[Form]:
    """Return a form that names one row of a list."""
    field = Choice(required=True, metadata=shown(label, choices=choices, widget="choice"))
    return type(f"One_{choices}", (Form,), {"code": field})


def _changed(base: type[Form], choices: str, label: str) -> type[Form]:
    field = Choice(required=True, metadata=shown(label, choices=choices, widget="choice"))
    return type(f"Changed_{choices}", (base,), {"code": field})


class _Gone(Source):
    reason = Words(limit=2000, required=True, metadata=shown("撤销理由", widget="area", rows=2))


def _origin(data: dict[str, Any]) -> do.Origin | None:
    parts = (data["origin"], data["asked_by"], data["paper"])
    return do.Origin(*parts) if any(parts) else None


Simple = Callable[..., Any]


def _reason(ask: Asking, data: dict[str, Any]) -> do.Reason:
    """Return what was typed; points left out on purpose are not stated, forgotten ones are asked for.

    Raises:
        InvalidError: there are no points and nobody said so, or points and that there are none.
    """
    if "unstated" not in data:
        target = adjusted_level(db.session(), ask.case.row, data["node"])
        return do.Reason(**data, target=target)
    unstated = data.pop("unstated")
    if data["amount"] is None and not unstated:
        cure = "写明扣几分；来源没有写的，勾选“来源只写了理由”"
        raise InvalidError(Problem("扣分：没有填写", path="amount", cure=cure))
    if data["amount"] is not None and unstated:
        raise InvalidError(
            Problem(
                "已填了扣分，又勾选没有写扣几分", path="unstated", value=data["amount"], cure="两样取一样"
            )
        )
    return do.Reason(**data)


def _draft(act: Simple) -> Callable[[Asking, dict[str, Any]], str]:
    def run(ask: Asking, data: dict[str, Any]) -> str:
        return f"{act(ask.actor, ask.evaluation, _reason(ask, data))} 已记下，提交后计分"

    return run


def _typed(ask: Asking, data: dict[str, Any]) -> str:
    made = do.type_awarded(ask.actor, ask.evaluation, do.Reason(**data))
    return f"{made} 已记下，评定分随之改为 {data['amount']} 分" if made else "评定分没有变动"


def _code(act: Simple, said: str) -> Callable[[Asking, dict[str, Any]], str]:
    def run(ask: Asking, data: dict[str, Any]) -> str:
        act(ask.actor, ask.evaluation, code=data["code"])
        return f"{data['code']} {said}"

    return run


def _revise(act: Simple) -> Callable[[Asking, dict[str, Any]], str]:
    def run(ask: Asking, data: dict[str, Any]) -> str:
        code = data.pop("code")
        new = act(ask.actor, ask.evaluation, code=code, command=_reason(ask, data))
        return f"{code} 已由 {new} 取代"

    return run


def _withdraw(act: Simple) -> Callable[[Asking, dict[str, Any]], str]:
    def run(ask: Asking, data: dict[str, Any]) -> str:
        act(ask.actor, ask.evaluation, code=data["code"], reason=data["reason"], origin=_origin(data))
        return f"{data['code']} 已撤销，不再计分，仍留在案卷中"

    return run


declare(
    Act(
        Action.DEDUCTION_DRAFT,
        _typed,
        TypedForm,
        name="awarded.type",
        button="按差额记扣分",
        at="grid",
        hidden=True,
    ),
    Act(Action.DEDUCTION_DRAFT, _draft(do.draft_deduction), DeductionForm, button="记扣分", at="grid"),
    Act(
        Action.DEDUCTION_SUBMIT,
        _code(do.submit_deduction, "已计分"),
        _one_of("draft_deductions", "扣分"),
        button="提交扣分",
        at="grid",
    ),
    Act(
        Action.DEDUCTION_REVISE,
        _revise(do.revise_deduction),
        _changed(DeductionForm, "deductions", "要改的扣分"),
        button="修改扣分",
        at="grid",
    ),
    Act(
        Action.DEDUCTION_WITHDRAW,
        _withdraw(do.withdraw_deduction),
        _changed(_Gone, "deductions", "要撤销的扣分"),
        button="撤销扣分",
        at="grid",
    ),
    Act(
        Action.DEDUCTION_RECONFIRM,
        _code(do.reconfirm_deduction, "已重新确认"),
        _one_of("pending_deductions", "待确认的扣分"),
        button="重新确认扣分",
        at="grid",
    ),
    Act(
        Action.DEDUCTION_RECONFIRM,
        _code(do.reconfirm_adjustment, "已重新确认"),
        _one_of("pending_adjustments", "待确认的裁量调整"),
        name="adjustment.reconfirm",
        button="重新确认裁量调整",
        at="grid",
    ),
    Act(Action.ADJUSTMENT_DRAFT, _draft(do.draft_adjustment), AdjustmentForm, button="记裁量调整", at="grid"),
    Act(
        Action.ADJUSTMENT_SUBMIT,
        _code(do.submit_adjustment, "已计分"),
        _one_of("draft_adjustments", "裁量调整"),
        button="提交裁量调整",
        at="grid",
    ),
    Act(
        Action.ADJUSTMENT_REVISE,
        _revise(do.revise_adjustment),
        _changed(AdjustmentForm, "adjustments", "要改的裁量调整"),
        button="修改裁量调整",
        at="grid",
    ),
    Act(
        Action.ADJUSTMENT_WITHDRAW,
        _withdraw(do.withdraw_adjustment),
        _changed(_Gone, "adjustments", "要撤销的裁量调整"),
        button="撤销裁量调整",
        at="grid",
    ),
    Act(
        Action.SCORES_SUBMIT,
        lambda ask, data: do.submit_scores(ask.actor, ask.evaluation),
        button="提交评分",
        consequence="提交后组织方可见评分；此后每一处修改都要写明来由、提出人和文件。",
        at="grid",
    ),
)
