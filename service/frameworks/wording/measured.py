"""Wordings about figures: 问卷, 两点直线, 分档, 按比例, 越小越好."""

from __future__ import annotations

import re
from dataclasses import replace

from service.frameworks.wording.amounts import Amount, awards, losses
from service.frameworks.wording.base import Grade, Plain, Proposal, Said
from service.frameworks.wording.intervals import Edge, Stretch, fitted, stretch
from service.frameworks.wording.quantity import Measure, measure_in, ratio_in
from service.frameworks.wording.text import short
from service.scoring.quantities import read_quantity

_LINE = re.compile(
    r"\(?\(?[^()=;。]{0,20}-(?P<a>\d+(?:\.\d+)?%?)\)?/\(?(?P<b>\d+(?:\.\d+)?%?)-(?P<c>\d+(?:\.\d+)?%?)\)?\)?(?:×100%)?"
    r"[×*](?:100%[×*])?(?P<p>\d+(?:\.\d+)?|[^\d,;。]{0,6}(?:分值|满分|权重|标准分))"
)
_ANSWER = re.compile(
    r"(?P<n>[\u4e00-\u9fff]{2,10}?)(?:的?(?:比例|人数|份数|票数|占比|比率|率|数))?[×*](?P<w>\d+(?:\.\d+)?)(?P<s>%?)"
)
_LEFT_OVER = ("其他", "其余", "其它", "除此", "低于上述")
_OVERRUN = re.compile(r"超|逾期|延期|延误|滞后")
_ON_TIME = re.compile(r"及时|按时|按期|如期|(?:约定|规定|计划)的?(?:时间|期限|工期)[内]?")


def survey(said: Said) -> Proposal | None:
    """Return a survey: answer levels with weights in the formula, and a rule over the rate."""
    sums = [part for part in re.split(r"[;。\n]", said.around) if part.count("+") >= 2 and "满意" in part]
    if not sums:
        return None
    found = [(m["n"], m["w"] + m["s"]) for m in _ANSWER.finditer(sums[0].partition("=")[2] or sums[0])]
    if len(found) < 3 or len({name for name, _ in found}) != len(found):
        return None
    levels = [{"name": name, "weight": _weight(weight)} for name, weight in found]
    inner = line(said) or bands(said, None) or proportional(said)
    if inner is None or inner.rule is None:
        return None
    rule = {
        "kind": "survey",
        "levels": levels,
        "score": {k: v for k, v in inner.rule.items() if k != "value"},
    }
    words = "、".join(f"{row['name']} {row['weight']}" for row in levels)
    return Proposal(rule, (f"算式按各档答案折算：{words}", *inner.why), inner.grade)


def _weight(text: str) -> str:
    if text.endswith("%"):
        return text
    return f"{text}%" if float(text) > 1 or text == "0" else f"{float(text) * 100:g}%"


def line(said: Said) -> Proposal | None:
    """Return a straight line between two points, or 按比例 with a pass mark where it ends at the target."""
    found = _LINE.search(said.text)
    if found is None or _percent(found["a"]) != _percent(found["c"]):
        return None
    low, high = _percent(found["c"]), _percent(found["b"])
    points = found["p"] if found["p"][0].isdecimal() else "100%"
    why = f"算式“{found.group()}”是从 {low} 到 {high} 的直线"
    if high == "100%" and "完成率" in said.around and points == "100%":
        return Proposal(
            {"kind": "proportional", "target": "100%", "pass_mark": low}, (f"{why}，即及格线 {low}",)
        )
    rule = {"kind": "linear", "from": {"at": low, "points": "0"}, "to": {"at": high, "points": points}}
    return Proposal(rule, (why, f"{low} 得 0 分，{high} 得满分"))


def _percent(text: str) -> str:
    return text if text.endswith("%") else f"{float(text) * 100:g}%" if float(text) <= 1 else f"{text}%"


def bands(said: Said, known: Measure | None) -> Proposal | None:
    """Return bands: two or more awards, each with the stretch of numbers it is given for."""
    rows = _rows(said.text)
    if rows is None or len(rows) < 2:
        return None
    fit = fitted([one for one, _ in rows])
    if fit.overlap:
        return None
    cuts = dict(zip(fit.order, fit.stretches, strict=True))
    listed = [{"when": str(cuts[n]), "points": amount.points} for n, (_, amount) in enumerate(rows)]
    first, last = fit.stretches[0], fit.stretches[-1]
    rule: Plain = {"kind": "bands", "bands": listed}
    unsaid = list(fit.unsaid)
    rule |= _domain(first, last, unsaid)
    why = [f"各档的界限和分值都写出来了，共 {len(listed)} 档"]
    why += [f"{words}，落在此处的不自动给分" for words in unsaid]
    node: Plain = {}
    if known is not None:
        rule = {"kind": "bands", "value": known.name, **{k: v for k, v in rule.items() if k != "kind"}}
        node = known.node()
        why.append(f"指标按“{known.name} = {known.formula}”计算")
    return Proposal(rule, tuple(why), Grade.STATED, node)


def _rows(text: str) -> list[tuple[Stretch, Amount]] | None:
    """Return each award with its stretch; None where one has none or points are taken off step by step."""
    rows: list[tuple[Stretch, Amount]] = []
    if any("每" in words for words, _ in losses(text)):
        return None
    pairs = awards(text)
    found = [(stretch(_condition(words)), words, amount) for words, amount in pairs]
    overrun = any(one is not None and one.high and _OVERRUN.search(words) for one, words, _ in found)
    rising = any(one is not None and one.low and one.high is None for one, _, _ in found)
    for one, words, amount in found:
        if overrun and (one is None or not _OVERRUN.search(words)) and _ON_TIME.search(words) and not rows:
            one = stretch("不超过0%")
        if one is None and amount is pairs[-1][1] and short(words).startswith(_LEFT_OVER):
            one = _rest(rows)
        if one is None:
            return None
        exact = one.low is not None and one.low is one.high
        if exact and (amount.full or (rising and one.where != (0, 0))):
            one = Stretch(low=one.low, where=one.where)
        rows.append((one, amount))
    return rows


def _rest(rows: list[tuple[Stretch, Amount]]) -> Stretch | None:
    """Return what 其他 covers: all beyond the one open side of the others; None where they leave two."""
    if len(rows) < 2:
        return None
    fit = fitted([one for one, _ in rows]).stretches
    first, last = fit[0], fit[-1]
    if last.high is None and first.low is not None:
        return Stretch(high=replace(first.low, edge=Edge.OPEN if first.low.closed else Edge.CLOSED))
    if first.low is None and last.high is not None:
        return Stretch(low=replace(last.high, edge=Edge.OPEN if last.high.closed else Edge.CLOSED))
    return None


def _condition(words: str) -> str:
    """Return the condition behind the last remark before an award."""
    return words.rpartition(":")[2] if stretch(words.rpartition(":")[2]) else words


def _domain(first: Stretch, last: Stretch, unsaid: list[str]) -> Plain:
    """Return what a rule says of numbers below its lowest and above its highest band."""
    made: Plain = {}
    if first.low is not None:
        if first.low.number == 0:
            made["domain"] = ">=0"
        else:
            unsaid.append(f"{first.low.text} 以下没有写")
    if last.high is not None:
        if last.high.text == "100%" and last.high.edge is not Edge.OPEN:
            made["domain"] = "[0%, 100%]" if "domain" in made else "<=100%"
        else:
            unsaid.append(f"{last.high.text} 以上没有写")
    if unsaid:
        made["gaps"] = "undetermined"
    return made


_TIMES = re.compile(
    r"(?:^|[;。\n,:=]|等于|为|按)(?P<x>[^;。\n,:=]*?(?:率|比例|程度|比重|占比|比|[/÷][^;。\n,=]*?)\)?)(?:的?值)?(?:×100%)?"
    r"[×*](?P<p>\d+(?:\.\d+)?分?|[^\d,;。]{0,6}(?:分值|满分|权重分?|标准分|分数))"
)
_OVER_TARGET = re.compile(
    r"(?P<x>[^,;。:\n=]*?)[/÷](?P<t>(?:预期|年度|计划|绩效)?目标值?|(?:目标|标准|计划|预期|指标)(?:值|数|量)?)[)]?(?:×100%)?[×*](?P<p>\d+|[^\d,;。]{0,6}(?:分值|满分|权重))"
)
_BY_RATE = re.compile(
    r"按照?(?P<x>[^,;。]{0,14}?(?:率|比例|比|程度|占比))(?:直接)?(?:计算)?(?:得分|计分|给分|计算|折算|评分|赋分|酌情)"
)
_PASS = re.compile(
    r"低于(?P<p>\d+(?:\.\d+)?%)的?不得分[^;。]*超[出过][^;。]*部分[^;。]{0,6}(?:折算|计算|计分)"
)
_INVERSE = re.compile(
    r"(?P<t>(?:预期|年度|计划)?目标值?|标准值|计划(?:值|数)?)[/÷](?P<x>实际[^,;。×*]*?)\)?[×*]"
)


def proportional(said: Said) -> Proposal | None:
    """Return 按比例 (or 越小越好 where the target is divided by the actual)."""
    if found := _INVERSE.search(said.text):
        target = _target(said)
        if target is None:
            return None
        why = f"“{found.group()[:40]}”是目标除以实际，越小越好"
        return Proposal({"kind": "lower_better", "target": target}, (why,))
    for pattern in (_OVER_TARGET, _TIMES, _BY_RATE):
        if found := pattern.search(said.text):
            return _scaled(said, found, by_target=pattern is _OVER_TARGET)
    return None


def _scaled(said: Said, found: re.Match[str], *, by_target: bool) -> Proposal | None:
    quoted = f"“{short(found.group(), 50)}”按完成的比例得分"
    reached = [one for words, amount in awards(said.text) if amount.full or amount.of(said.full) == said.full
               if (one := stretch(words)) is not None and one.low is not None]  # fmt: skip
    target, said_by = _rate_target(said, found["x"], by_target, reached)
    if target is None:
        return None
    rule: Plain = {"kind": "proportional", "target": target}
    node: Plain = {}
    known = measure_in(said.around, said.name) or _own_ratio(found, said.name)
    why = [quoted, said_by]
    if known is not None and not by_target:
        rule = {"kind": "proportional", "value": known.name, "target": target}
        node = known.node()
        why.append(f"指标按“{known.name} = {known.formula}”计算")
    if passed := _PASS.search(said.text):
        rule["pass_mark"] = passed["p"]
        why.append(f"低于 {passed['p']} 不得分，以上按超出部分折算")
    else:
        node |= _below_pass(said, rule, why)
    return Proposal(rule, tuple(why), Grade.STATED, node)


def _own_ratio(found: re.Match[str], name: str) -> Measure | None:
    return measure_in(f"{short(name)}={found['x']}", name) if "/" in found["x"] or "÷" in found["x"] else None


def _rate_target(said: Said, words: str, by_target: bool, reached: list[Stretch]) -> tuple[str | None, str]:
    if reached and reached[0].low is not None:
        return reached[0].low.text, f"达到 {reached[0].low.text} 得满分"
    printed = _target(said)
    if by_target or "目标" in words:
        return printed, f"目标取表中所列“{said.wording.target}”"
    if re.search(r"率|比例|占比|比重|/|÷", words):
        return "100%", "比率本身乘以分值，100% 得满分"
    return printed, f"目标取表中所列“{said.wording.target}”"


def _target(said: Said) -> str | None:
    """Return the printed target as a figure, None if it is none."""
    found = re.search(r"\d+(?:\.\d+)?\s*(?:%|‰|[\u4e00-\u9fff]{0,2})", said.wording.target.replace("％", "%"))
    text = found.group().strip() if found else ""
    quantity = read_quantity(text) if text else None
    return text if quantity is not None and quantity.number > 0 else None


def _below_pass(said: Said, rule: Plain, why: list[str]) -> Plain:
    """Return the modifier for 低于…不得分; it takes everything, and is no pass mark."""
    for words, amount in awards(said.text):
        one = stretch(words)
        if amount.points == "0" and one is not None and one.high is not None and one.low is None:
            sign = "<=" if one.high.closed else "<"
            why.append(f"{sign}{one.high.text} 不得分")
            when = f"{rule.get('value', 'value')} {sign} {one.high.text}"
            return {"modifiers": [{"kind": "zero", "when": when, "name": f"低于 {one.high.text}"}]}
    return {}


def known_measure(said: Said) -> Measure | None:
    """Return the formula of the figure the leaf is about."""
    return measure_in(said.around, said.name) or ratio_in(said.text, said.name)
