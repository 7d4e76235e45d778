"""A rule in Chinese words: what gives how many points, line by line, from its plain form.

Figures and formulas stand as written; defaults that FORMAT.md section 5 states are said, not left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from service.scoring.methods import LABELS

Plain = Mapping[str, Any]
_YES = ("yes", "是")
_STEPS = {
    "whole": "满一个才扣",
    "begun": "不足一个也扣",
    "proportional": "按比例扣",
    "not_stated": "不足一个怎样算，原件没有写",
}
_HOWS = {
    "sum": "各条得分相加",
    "min": "各条得分取低",
    "max": "各条得分取高",
    "first_match": "从上到下取第一条适用的",
}
_JOINS = {"mean": "平均", "weighted": "按权重平均", "sum": "相加（各部分平分满分）", "min": "取低"}
_FALLS = {
    "ratio": "满分 × 目标 ÷ 实际",
    "deviation": "满分 × (1 − 超出 ÷ 目标)，不低于 0",
}


def rule_words(rule: Plain) -> tuple[str, ...]:
    """Return the lines that say what the rule does; its kind comes first."""
    kind = str(rule["kind"])
    first, *rest = _WORDS[kind](rule) or [""]
    return (f"{LABELS[kind]}：{first}" if first else LABELS[kind], *rest)


def points_words(text: str) -> str:
    """Return points as a rule writes them in words, e.g. ``80%`` as 满分的 80%."""
    low, dots, high = text.partition("..")
    end = f"{high.removeprefix('<')}{'（不含）' if high.startswith('<') else ''}"
    span = f"{low} 至 {end}" if dots else low
    said = f"满分的 {span}" if "%" in low else f"{span} 分"
    return f"{said}（范围内选定）" if dots else said


def _points(rule: Plain, key: str, default: str) -> str:
    return points_words(rule[key]) if key in rule else default


def _value(rule: Plain) -> str:
    return str(rule.get("value", "实际值"))


def _zero(rule: Plain) -> Iterator[str]:
    zero = rule.get("zero_denominator")
    if zero not in (None, "not_computable"):
        yield f"分母为零时取 {zero}"


def _all_or_nothing(rule: Plain) -> list[str]:
    full, nothing = _points(rule, "points", "满分"), _points(rule, "else", "0 分")
    if "met" in rule:
        return [f"{_value(rule)} 在 {rule['met']} 之内得{full}，否则得{nothing}"]
    if "when" in rule:
        return [f"{rule['when']} 成立得{full}，否则得{nothing}"]
    return [f"由评价人员判断，符合得{full}，不符合得{nothing}"]


def _proportional(rule: Plain) -> list[str]:
    target, cap = rule.get("target", "100%"), rule.get("cap", "100%")
    lines = [f"{_value(rule)} 达到 {target} 得满分，未达到的按完成率得分"]
    if cap != "100%":
        lines.append("完成率不封顶" if cap == "none" else f"完成率以 {cap} 为限")
    return [*lines, *_pass_mark(rule), *_zero(rule)]


def _pass_mark(rule: Plain) -> Iterator[str]:
    if "pass_mark" in rule:
        yield f"低于 {rule['pass_mark']} 不得分，高于的按超出及格线的部分折算"


def _linear(rule: Plain) -> list[str]:
    first, last = rule["from"], rule["to"]
    lines = [
        f"{_value(rule)} 从 {first['at']}（{points_words(first['points'])}）"
        f"到 {last['at']}（{points_words(last['points'])}）按直线得分"
    ]
    before = _points(rule, "below", points_words(first["points"]))
    after = _points(rule, "above", points_words(last["points"]))
    return [*lines, f"{first['at']} 以外得{before}，{last['at']} 以外得{after}", *_zero(rule)]


def _bands(rule: Plain) -> list[str]:
    lines = [f"看 {_value(rule)} 落在哪一档"]
    lines += [
        f"{band['when']} 得{points_words(band['points'])}{_remark(band.get('text', ''))}"
        for band in rule["bands"]
    ]
    if rule.get("gaps") == "undetermined":
        lines.append("落在档间的不能计算")
    return [*lines, *_zero(rule)]


def _remark(text: str) -> str:
    return f"（{text}）" if text else ""


def _levels(rule: Plain) -> list[str]:
    return ["由评价人员选定一级"] + [
        f"{level['code']} 级得{points_words(level['points'])}{_remark(level.get('text', ''))}"
        for level in rule["levels"]
    ]


def _occurrence(item: Plain, verb: str) -> str:
    name = item.get("name") or item.get("code") or ""
    lead = f"{name}：" if name else ""
    if item.get("fatal") in _YES:
        return f"{lead}发生即得最低分"
    if "per" not in item:
        return f"{lead}酌情{verb}分"
    what = f"{item['value']} 每 {item.get('unit', '1')}" if "value" in item else "每次"
    what = what if "value" in item or "unit" not in item else f"每 {item['unit']} 次"
    step = _STEPS[item["step"]].replace("扣", verb) if "step" in item else ""
    cap = f"最多{verb}{points_words(item['loss_cap'])}" if "loss_cap" in item else ""
    return lead + "，".join(filter(None, (f"{what}{verb}{points_words(item['per'])}", step, cap)))


def _per_occurrence(rule: Plain) -> list[str]:
    if "items" in rule:
        lines = ["从满分起扣", *(_occurrence(item, "扣") for item in rule["items"])]
        lines += [f"合计最多扣{points_words(rule['loss_cap'])}"] if "loss_cap" in rule else []
    else:
        lines = [f"从满分起，{_occurrence(rule, '扣')}"]
    return [*lines, f"最低得{_points(rule, 'floor', '0 分')}"]


def _checklist(rule: Plain) -> list[str]:
    return ["各要点得分相加", *(_element(element, len(rule["elements"])) for element in rule["elements"])]


def _element(element: Plain, count: int) -> str:
    points = _points(element, "points", f"满分的 {element['share']}" if "share" in element else "")
    said = [f"{element.get('name') or element['code']}：{points or f'平分，占 1/{count}'}"]
    said += ["只能全得或不得"] if element.get("loss") == "whole" else []
    said += ["不满足则整项 0 分"] if element.get("gate") in _YES else []
    return "，".join(said)


def _weights(rows: Sequence[Plain]) -> str:
    return "、".join(f"{row['name']} {row['weight']}" for row in rows)


def _survey(rule: Plain) -> list[str]:
    lines = [f"按答案权重算满意率（{_weights(rule['levels'])}）"]
    lines += [f"各类人按权重平均（{_weights(rule['groups'])}）"] if "groups" in rule else []
    lines += [f"满意率计分——{line}" for line in rule_words(rule["score"])]
    lines += [f"有效问卷少于 {rule['min_valid']} 份的提示"] if "min_valid" in rule else []
    return lines + ([f"回收率低于 {rule['min_response']} 的提示"] if "min_response" in rule else [])


def _combination(rule: Plain) -> list[str]:
    lines = [_HOWS[rule["how"]]]
    for sub in rule["rules"]:
        lead = sub.get("name") or sub["code"]
        lead += f"（{points_words(sub['max'])}）" if "max" in sub else ""
        lead += f"，{sub['when']} 时" if "when" in sub else ""
        lines += [f"{lead}——{line}" for line in rule_words(sub["rule"])]
    lines += [f"合计不低于 {rule['floor']} 分"] if "floor" in rule else []
    return lines + ([f"合计不高于 {rule['cap']} 分"] if "cap" in rule else [])


def _discretionary(rule: Plain) -> list[str]:
    step = f"，为 {rule['step']} 分的整数倍" if "step" in rule else ""
    low, high = _points(rule, "from", "0 分"), _points(rule, "to", "满分")
    return [f"由评价人员在{low}到{high}之间酌定{step}，写明理由"]


def _lower_better(rule: Plain) -> list[str]:
    target, how = rule["target"], rule.get("how", "ratio")
    beyond = f"从 {target} 到 {rule.get('worst', '')} 直线降到 0" if how == "linear" else _FALLS[how]
    lines = [f"{_value(rule)} 不超过 {target} 得满分", f"超过后：{beyond}"]
    return [*lines, *_pass_mark(rule), *_zero(rule)]


def _bonus(rule: Plain) -> list[str]:
    first = _occurrence(rule, "加") if "per" in rule else "由评价人员酌情加分"
    return [first, "加分不封顶" if rule["cap"] == "none" else f"最多加 {rule['cap']} 分"]


def _reverse(rule: Plain) -> list[str]:
    lines = [f"从 0 分起扣，最低 {rule['floor']} 分"]
    lines += [_reverse_item(item) for item in rule.get("items", ())]
    return lines if "items" in rule else [*lines, "由评价人员酌情扣分"]


def _reverse_item(item: Plain) -> str:
    if "event" not in item:
        return _occurrence(item, "扣")
    if "per" in item or item.get("fatal") in _YES:
        return f"{_occurrence(item, '扣')}，并触发事项 {item['event']}"
    return f"{item.get('name') or item['code']}：发生即触发事项 {item['event']}"


def _per_part(rule: Plain) -> list[str]:
    lines = [f"各部分分别评分，{_JOINS[rule['how']]}"]
    for part in rule.get("parts", ()):
        weight = f" {part['weight']}" if "weight" in part else ""
        lines.append(f"部分：{part.get('name') or part['code']}{weight}")
    return lines + [f"每个部分——{line}" for line in rule_words(rule["rule"])]


def _not_stated(rule: Plain) -> list[str]:
    return ["来源没有写评分规则，由直接给分、扣分或裁量调整得出"]


_WORDS: dict[str, Callable[[Plain], list[str]]] = {
    "all_or_nothing": _all_or_nothing,
    "proportional": _proportional,
    "linear": _linear,
    "bands": _bands,
    "levels": _levels,
    "per_occurrence": _per_occurrence,
    "checklist": _checklist,
    "survey": _survey,
    "combination": _combination,
    "discretionary": _discretionary,
    "lower_better": _lower_better,
    "bonus": _bonus,
    "reverse": _reverse,
    "per_part": _per_part,
    "not_stated": _not_stated,
}
