"""The plain tree of a framework: nodes and blocks by code, and the Chinese names of what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Plain = dict[str, Any]

NODE_LABELS: Mapping[str, str] = {
    "code": "编号",
    "name": "名称",
    "max": "满分",
    "nature": "定性定量",
    "direction": "方向",
    "unit": "计量单位",
    "target": "目标值",
    "explanation": "指标说明",
    "criteria": "评分标准",
    "standard": "标准值",
    "clause": "出处条款",
    "evidence": "应有的佐证",
    "flags": "标签",
    "inputs": "输入量",
    "measures": "中间量",
    "rule": "评分规则",
    "missing": "缺失处理",
    "modifiers": "修正",
    "share_of": "合并计分",
    "pool": "共享分值",
    "rounding": "取整",
    "kind": "加减类别",
    "floor": "最多减到",
    "cap": "最多加到",
}
HEAD_LABELS: Mapping[str, str] = {
    "format": "格式",
    "code": "编号",
    "name": "名称",
    "version": "版本",
    "note": "说明",
    "template": "样板",
    "basis": "依据",
    "levels": "各级名称",
    "max": "满分",
    "total": "总分",
    "composite": "综合得分",
    "subtotals": "附加小计",
    "rounding": "取整",
    "grades": "等次",
    "events": "降档与否决事项",
    "caps": "总分封顶",
    "consequences": "结果应用",
    "missing": "缺失处理",
    "order": "计算次序",
    "printed_defects": "原件印错处",
}


def rows_of(holder: Mapping[str, Any], key: str = "children") -> list[Plain]:
    """Return the nodes listed under `key`; nothing where no proper list of mappings stands there."""
    rows = holder.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def walk(holder: Mapping[str, Any], key: str = "children") -> Iterator[Plain]:
    """Yield every node below `holder` in document order."""
    for row in rows_of(holder, key):
        yield row
        yield from walk(row)


def plain_nodes(plain: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the nodes of tree and blocks by code, in document order, without the blocks themselves."""
    found = [*walk(plain, "nodes")]
    for block in rows_of(plain, "blocks"):
        found += walk(block)
    return {str(node.get("code", "")): node for node in found}


def plain_blocks(plain: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the blocks by code."""
    return {str(block.get("code", "")): block for block in rows_of(plain, "blocks")}
