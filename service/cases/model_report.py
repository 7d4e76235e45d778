"""Sections of a case file that the report prints, and what the source printed: published figures."""

# ruff: noqa: RUF009 - every default is a dataclasses.field made by `declare`
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from service.cases import declare as d
from service.cases.fields import TextField
from service.cases.relationfield import check_relation
from service.cases.tablerows import check_rows
from service.quotations.quoted import DIFFERENCES, Quoted
from service.quotations.quoted import Declared as Known


@dataclass(frozen=True, kw_only=True)
class Part:
    """问题或建议下面的一个分项。"""

    title: str = d.text("标题", required=True)
    body: str = d.text("文字")
    nodes: tuple[str, ...] = d.texts("有关的指标编号")


@dataclass(frozen=True, kw_only=True)
class Item:
    """一个问题或一条建议。"""

    title: str = d.text("标题", required=True)
    body: str = d.text("文字，自己的话")
    nodes: tuple[str, ...] = d.texts("有关的指标编号")
    parts: tuple[Part, ...] = d.many(Part, "分项")


@dataclass(frozen=True, kw_only=True)
class Table:
    """报告中的一张表格。"""

    id: str = d.code("表格编号", required=True)
    caption: str = d.text("表题")
    section: str = d.text("放在哪一节")
    columns: tuple[str, ...] = d.texts("列名", TextField, required=True)
    rows: Any = d.tree(
        "各行：一行一个列表；通栏行写 {band: 文字}，合计行写 {total: [...]}",
        check_rows,
        {"type": "array"},
        required=True,
    )
    widths: tuple[str, ...] = d.texts("列宽（毫米）", TextField)
    align: tuple[str, ...] = d.texts("各列对齐：left、center、right", TextField)
    note: str = d.text("表下注")
    place: str = d.text("在来源中的位置")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """一张结构图：自上而下各层的文字框。"""

    id: str = d.code("图编号", required=True)
    caption: str = d.text("图题", required=True)
    section: str = d.text("放在哪一节")
    alt: str = d.text("图的文字说明")
    boxes: Any = d.tree("各层：一层一个列表", check_rows, {"type": "array"}, required=True)
    place: str = d.text("在来源中的位置")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """报告所用的本单位模板。"""

    name: str = d.text("模板名称", required=True)
    number: str | None = d.whole("第几版", least=1, most=9999)
    sha256: str = d.text("模板文件的 SHA-256", required=True)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """一处签认：自检或勾稽核对在报告上的发现，照原样保留。"""

    rule: str = d.text("核对规则，如 numbering.serial", required=True)
    text: str = d.text("发现所引的原文", required=True)
    expected: str = d.text("应为；同一原文有几处发现时写")
    actual: str = d.text("现为；同一原文有几处发现时写")
    reason: str = d.text("签认理由", required=True)
    on: date | None = d.day("日期")
    by: str = d.code("签认人")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """已知来源此处核不上：哪一种、什么缘由。"""

    kind: str = d.choice("差异种类", DIFFERENCES, required=True)
    cause: str = d.text("缘由；说不清的写 来源未载", required=True)


@dataclass(frozen=True, kw_only=True)
class Published:
    """来源印出的一个数字或一处文字。"""

    path: str = d.text("本条的名称，核算关系引用它", required=True)
    value: str = d.text("照来源原样写的值", required=True)
    place: str = d.text("在来源中的位置", required=True)
    computed: str = d.text("应等于本系统的哪个数：路径")
    relation: Any = d.tree("与其他数的关系", check_relation, {"type": "object"})
    declared: Declared | None = d.one(Declared, "已知的差异")
    cause: str = d.text("不能核算时的缘由")
    note: str = d.text("说明")

    def quoted(self) -> Quoted:
        """Return the item as the comparison takes it."""
        known = Known(self.declared.kind, self.declared.cause) if self.declared else None
        return Quoted(
            self.path,
            self.value,
            self.place,
            computed=self.computed,
            relation=self.relation,
            declared=known,
            cause=self.cause,
        )
