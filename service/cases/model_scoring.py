"""Sections of a case file that move points: results, deductions, adjustments, events."""

# ruff: noqa: RUF009 - every default is a dataclasses.field made by `declare`
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError

from service.cases import declare as d
from service.cases.fields import Fault, MapField, TreeField, shape_of

STAGES = {
    "self_assessment": "自评",
    "material_review": "材料审核",
    "on_site_verification": "现场核查",
    "consultation": "征求意见",
    "finalisation": "定稿",
}
TARGETS = {"leaf": "末级指标", "element": "评分要素", "level": "上级指标", "total": "总分"}
ORIGINS = {
    "objection": "异议",
    "second_review": "复核",
    "meeting": "会商纪要",
    "instruction": "批示",
    "correction": "事实更正",
    "team": "评价组内部",
}


@dataclass(frozen=True, kw_only=True)
class Revision:
    """扣分或调整提交后的一次变更：谁提出、凭什么。"""

    on: date | None = d.day("变更日期")
    by: str = d.code("变更人")
    amount: str | None = d.number("变更后的分数", gaps=True)
    reason: str = d.text("理由", required=True)
    origin: str = d.choice("来由", ORIGINS, required=True)
    asked_by: str = d.text("谁提出")
    paper: str = d.text("凭据")


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """撤销一条扣分或调整。"""

    on: date | None = d.day("撤销日期")
    by: str = d.code("撤销人")
    reason: str = d.text("理由", required=True)
    origin: str = d.choice("来由", ORIGINS, default="team")
    asked_by: str = d.text("谁提出")
    paper: str = d.text("凭据")


@dataclass(frozen=True, kw_only=True)
class Deduction:
    """一条扣分：节点、分数、理由、条款、佐证。"""

    code: str = d.code("扣分编号", required=True)
    node: str = d.code("扣在哪个指标（任何一级）", required=True)
    amount: str | None = d.number(
        "扣多少分（正数）；来源没有写的用 not_stated；与 awarded 二选一", gaps=True, negative=False
    )
    awarded: str | None = d.number("或写给了多少分，扣分 = 满分 − 给分")
    reason: str = d.text("扣分理由，自己的话；来源没有写的写 来源未载", required=True)
    clause: str = d.text("依据的细则条款")
    stage: str = d.choice("在哪个阶段提出", STAGES, default="on_site_verification")
    evidence: tuple[str, ...] = d.texts("佐证编号")
    no_evidence: str = d.text("没有佐证时说明为何")
    finding: str = d.code("由哪条核查发现而来")
    sheet: str = d.text("分表名称")
    on: date | None = d.day("日期")
    by: str = d.code("谁扣的")
    revisions: tuple[Revision, ...] = d.many(Revision, "提交后的变更")
    withdrawn: Withdrawal | None = d.one(Withdrawal, "撤销")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """一条裁量调整：细则算出的分旁边，评价组另给的分和理由。"""

    code: str = d.code("调整编号", required=True)
    node: str = d.text("调整哪个指标；总分写 total", required=True)
    target: str = d.choice("调整的层次", TARGETS, default="leaf")
    element: str = d.code("评分要素编号（target 为 element 时）")
    rule: str | None = d.number("来源所载细则应得的分，用于核对", gaps=True)
    awarded: str | None = d.number("给的分", required=True)
    reason: str = d.text("公开的理由，自己的话", required=True)
    clause: str = d.text("依据的条款")
    stage: str = d.choice("在哪个阶段提出", STAGES, default="on_site_verification")
    evidence: tuple[str, ...] = d.texts("佐证编号")
    no_evidence: str = d.text("没有佐证时说明为何")
    sheet: str = d.text("分表名称")
    on: date | None = d.day("日期")
    by: str = d.code("谁调整的")
    revisions: tuple[Revision, ...] = d.many(Revision, "提交后的变更（amount 写新的给分）")
    withdrawn: Withdrawal | None = d.one(Withdrawal, "撤销")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Event:
    """一票否决、降等之类的事项发生与否。"""

    code: str = d.code("指标体系中该事项的编号", required=True)
    happened: bool = d.yes_no("是否发生")
    ground: str = d.text("认定依据")
    place: str = d.text("在来源中的位置")


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """总分落在两个等次之间的空隙时，把它定为哪一等次。"""

    grade: str = d.text("裁定的等次，体系里的名称", required=True)
    ground: str = d.text("裁定的依据；来源没有写的写 来源未载", required=True)
    place: str = d.text("在来源中的位置")


def check_result(value: Any) -> Any:
    """Return one plain result as it is; its members are checked against the rule by the framework."""
    if not isinstance(value, dict):
        raise ValidationError(
            Fault(
                f"结果应是一组“字段: 值”，读到{shape_of(value)}",
                allowed="见手册“结果”",
                cure="写成 values、level、points、met 等字段",
            )
        )
    return value


class ResultField(TreeField):
    """The result of one leaf in the plain form of `service/frameworks/FORMAT.md`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(check_result, {"type": "object"}, **kwargs)


class SheetResultsField(MapField):
    """Results of one sheet: node code to result."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ResultField(), **kwargs)
