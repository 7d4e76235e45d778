"""What changed between two states of a report's content, section by section, in words.

Both are plain forms of `CaseSnapshot`. What moves without changing what the report says is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LISTS = (
    ("deductions", "扣分", "code", ("node", "amount", "reason", "clause", "evidence")),
    ("adjustments", "裁量调整", "code", ("node", "rule", "awarded", "reason")),
    ("money", "资金", "code", ("name", "printed", "fen")),
    ("claims", "自评填报", "node", ("target", "actual", "points", "deviation")),
    ("reviews", "材料审核", "subject", ("verdict", "note")),
    ("visits", "现场核查", "code", ("on", "place", "method", "content")),
    ("findings", "核查发现", "code", ("text", "state", "answer")),
    ("supplements", "补正", "code", ("items", "answer")),
    ("opinions", "意见", "code", ("text", "disposition", "reason", "effect")),
    ("evidence", "佐证", "code", ("name", "sha256", "nodes")),
    ("quotations", "引用", "path", ("printed", "state")),
)
TEXTS = (("narrative", "正文"), ("notes", "说明"))
WHOLE = (("problems", "存在问题"), ("suggestions", "建议"), ("tables", "表格"), ("images", "图片"))
HEAD = (("title", "标题"), ("subject_name", "评价对象"), ("secrecy", "密级"), ("publicity", "公开方式"))
CUT = 120


@dataclass(frozen=True, slots=True)
class Change:
    """One changed place: which part, which line or section, before and after (empty: was not there)."""

    part: str
    place: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return every difference a reader of the report would care about, in the order of its parts."""
    return (
        *_head(before, after),
        *_scores(before, after),
        *_texts(before, after),
        *_lists(before, after),
        *_whole(before, after),
    )


def _head(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key, label in HEAD:
        if before.get(key) != after.get(key):
            yield Change("基本信息", label, _cut(before.get(key)), _cut(after.get(key)))


def _scores(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = before.get("sheet") or {}, after.get("sheet") or {}
    for key, label in (("total", "总分"), ("grade", "等级")):
        if old.get(key) != new.get(key):
            yield Change("得分", label, _cut(old.get(key)), _cut(new.get(key)))
    was = {line["code"]: line for line in old.get("lines", ())}
    now = {line["code"]: line for line in new.get("lines", ())}
    for code in dict.fromkeys([*was, *now]):
        points = was.get(code, {}).get("awarded"), now.get(code, {}).get("awarded")
        if points[0] != points[1] or (code in was) is not (code in now):
            name = (now.get(code) or was[code]).get("name", "")
            yield Change("得分", f"{code} {name}", _cut(points[0]), _cut(points[1]))


def _texts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key, label in TEXTS:
        old, new = before.get(key) or {}, after.get(key) or {}
        for section in dict.fromkeys([*old, *new]):
            if old.get(section) != new.get(section):
                yield Change(label, section, _cut(old.get(section)), _cut(new.get(section)))


def _lists(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key, label, name, fields in LISTS:
        old = {str(row.get(name)): row for row in before.get(key) or ()}
        new = {str(row.get(name)): row for row in after.get(key) or ()}
        for code in dict.fromkeys([*old, *new]):
            if old.get(code) != new.get(code):
                yield Change(label, code, _row(old.get(code), fields), _row(new.get(code), fields))


def _row(row: Mapping[str, Any] | None, fields: Sequence[str]) -> str:
    said = (_cut(row.get(field)) for field in fields) if row is not None else ()
    return "；".join(text for text in said if text)


def _whole(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key, label in WHOLE:
        old, new = before.get(key) or [], after.get(key) or []
        if old != new:
            yield Change(label, "内容", f"{len(old)} 项", f"{len(new)} 项，内容有改动")


def _cut(value: Any) -> str:
    if value is None:
        return ""
    text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
    flat = " ".join(text.split())
    return flat if len(flat) <= CUT else f"{flat[:CUT]}…"
