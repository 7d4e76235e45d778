"""What was measured or judged at a node, in labelled lines a reader understands (FORMAT.md section 16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.scoring.states import State

LABELS: dict[str, str] = {
    "value": "测得",
    "inputs": "数据",
    "met": "达到",
    "level": "档次",
    "points": "选定分",
    "elements": "要点",
    "count": "次数",
    "counts": "次数",
    "deduct": "倒扣",
    "step_ruling": "进位裁定",
    "survey": "问卷",
    "record": "调查记录",
    "rules": "分条结果",
    "parts": "分部分结果",
    "weights": "权重",
    "apply": "采用的修正",
    "state": "缺失状态",
    "ground": "根据",
    "awarded": "直接给分",
    "reason": "理由",
    "actual": "实际完成",
    "note": "备注",
}
_WORDS = {
    "yes": "是",
    "no": "否",
    "met": "达到",
    "unmet": "未达到",
    "whole": "整次进位",
    "begun": "起算进位",
    "proportional": "按比例",
    **{state.value: state.label for state in State},
}
_FREE = frozenset({"actual", "note", "reason", "ground", "level"})


def result_lines(plain: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return (label, text) pairs of a stored result in the order of FORMAT.md."""
    return tuple(_lines(plain, ""))


def _lines(plain: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for member, label in LABELS.items():
        held = plain.get(member)
        if held in (None, "", {}, []):
            continue
        if member in ("rules", "parts") and isinstance(held, Mapping):
            for code, part in held.items():
                yield from _lines(part, f"{above}{label} {code} · ")
        else:
            yield f"{above}{label}", _text(held, free=member in _FREE)


def _text(held: Any, *, free: bool) -> str:
    if isinstance(held, Mapping):
        return "；".join(f"{key}：{_text(part, free=False)}" for key, part in held.items())
    if isinstance(held, (list, tuple)):
        return "、".join(_text(part, free=free) for part in held)
    return str(held) if free else _WORDS.get(str(held), str(held))
