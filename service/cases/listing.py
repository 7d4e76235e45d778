"""What a scored or replayed case says to its reader, line by line in Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def lines_of(plain: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one case from its JSON form: result, adjustments, quotations, expectations."""
    total, grade = plain["total"] or "不能计算或来源未载", plain["grade"] or "无"
    yield f"{plain['case']}：总分 {total}，等级 {grade}"
    for item in plain["adjustments"]:
        rule = item["rule"] or "不能计算"
        yield f"  裁量调整 {item['node']}：细则 {rule}，给分 {item['awarded']}。{item['reason']}"
    published = plain["published"]
    counts = {key: len(published[key]) for key in ("agree", "differ", "uncomputable")}
    yield (f"  来源数字：相符 {counts['agree']}，不符 {counts['differ']}，无法核算 {counts['uncomputable']}")
    for item in published["differ"]:
        mark = f"已声明：{item['cause']}" if item["declared"] else "未声明"
        yield (
            f"    不符 {item['path']}：印作 {item['published']}，算得 {item['computed']}"
            f"（{item['kind']}，{mark}）"
        )
    for item in published["uncomputable"]:
        yield f"    无法核算 {item['path']}：{item['published']}（{item['cause']}）"
    for path in published["needless"]:
        yield f"    提醒：{path} 已相符，可删去 declared"
    yield from _expectations(plain["expectations"])
    for finding in plain.get("findings", ()):
        yield f"  不符 {finding}"
    if plain["report"]:
        yield f"  报告 {plain['report']}（签章 {plain['signature']}）"


def _expectations(plain: Mapping[str, Any]) -> Iterator[str]:
    yield f"  期望：符合 {plain['held']}，不符 {len(plain['failed'])}"
    for item in plain["failed"]:
        actual = "没有这个数" if item["actual"] is None else item["actual"]
        yield f"    期望不符 {item['path']}：期望 {item['expected']}，实际 {actual}"
