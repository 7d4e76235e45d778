"""Wordings that take off so many points each time: 按次（按幅度）扣分, 倒扣."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.frameworks.wording.amounts import Amount, Kind, amounts, awards, losses
from service.frameworks.wording.base import Grade, Plain, Proposal, Said, amount_words, letters
from service.frameworks.wording.intervals import Stretch, stretch
from service.frameworks.wording.quantity import Bound, Measure, bounds_in
from service.frameworks.wording.text import short
from service.scoring.quantities import exact_text, read_quantity

_DOWN = r"下降|降低|减少|下滑|低于?|少于?|短少|不足|未达到?|差"
_UP = r"上升|提高|增加|增长|超过|超出|高于|高出|多于?|延迟|超"
_UNITS = (
    r"个?百分点|%|‰|个工作日|工作日|人次|小时|分钟|平方米|公里|个等级|个级别|个档次|个月|万元"
    r"|次|处|项|个|起|例|天|日|家|人|件|条|份|台|套|户|周|月|年|元|级|档|点"
)
_EACH = re.compile(
    rf"每(?:有|再|发现|发生|出现|存在|缺少?|遗漏|逾期|推迟|滞后|迟|相差|偏离|偏差)*(?P<way>{_UP}|{_DOWN})?[^\d,;。每]{{0,14}}?(?P<n>\d+(?:\.\d+)?)?(?P<u>{_UNITS})"
)
_ONCE = re.compile(
    rf"(?:未|不|没有|没|缺少?|发现|发生|出现|存在|有|降低|低|差|少|超)[^,;。\d]{{0,8}}?(?P<n>1)(?P<u>{_UNITS})|(?P<m>1)(?P<v>次|处|项|起|例|个|件|条)$"
)
_AT_ONE = re.compile(
    r"(?:1|一)(?:项|个|处|条)(?:未|不|没有|没)[^,;。]{0,8}$|(?:未满足|未达到|不符合|不满足|未完成|缺少|缺失|缺)(?:一|1)?(?:项|个|条|处)"
)
_FATAL = re.compile(
    r"(?P<c>[^,;。\n]*(?:没有|未|无|不能|不)[^;。\n]*?)的?,?(?:则|该项|本项|该指标)*(?:为|得|计)?(?:(?<!\d)0分|不得分)"
)
_OTHERWISE = re.compile(r"否则|全部|均|都|其他|其余|扣")
_BEGUN = re.compile(r"不足(?:1|一)?[^,;。]{0,6}(?:的)?,?(?:也)?按(?:照)?(?:1|一)?[^,;。]{0,6}(?:计|算|扣)")
_WHOLE = re.compile(r"(?:不足|不满)(?:1|一)?[^,;。按]{0,6}(?:的)?,?(?:不扣|不计|不予?扣)")


@dataclass(frozen=True, slots=True)
class Unit:
    """For how much a loss is taken: so many of a unit; `way` says which side of the base it lies."""

    number: str
    unit: str
    way: str

    @property
    def ratio(self) -> bool:
        """Return whether it is counted in percent."""
        return self.unit in ("%", "百分点", "个百分点", "点", "‰")


def per_occurrence(said: Said, known: Measure | None) -> Proposal | None:
    """Return 按次扣分: every loss of the wording with what it is taken for."""
    found = [(words, one, _unit(words)) for words, one in losses(said.text) if not one.judged]
    counted = [(words, one, unit) for words, one, unit in found if unit is not None]
    if not counted or len(counted) < len(found) or _other_awards(said):
        return None
    why: list[str] = []
    node: Plain = {}
    items = []
    for words, one, unit in counted:
        item = _item(said, words, one, unit, known, why)
        if item is None:
            return None
        node |= item.pop("node", {})
        items.append(item)
    fatal = _fatal(said, [words for words, _, _ in counted])
    rule = _rule(items, fatal, [words for words, _, _ in counted])
    why += [f"“{words}”的得 0 分" for words in fatal]
    for one in amounts(said.text):
        if one.kind is Kind.LOSS_CAP:
            rule["loss_cap"] = one.points
            why.append(f"最多扣 {one.points} 分")
    return Proposal(rule, tuple(why), Grade.STATED, node)


def _other_awards(said: Said) -> bool:
    """Return whether points are awarded that are neither all nor nothing: this kind could not give them."""
    found = [one for _, one in awards(said.text) if not one.full and one.points != "0"]
    return said.full is not None and any(one.of(said.full) != said.full for one in found)


def _rule(items: list[Plain], fatal: list[str], names: list[str]) -> Plain:
    if len(items) == 1 and not fatal:
        return {"kind": "per_occurrence", **items[0]}
    codes = letters(len(items) + len(fatal))
    rows = [
        {"code": code, "name": _named(name), **item}
        for code, name, item in zip(codes, names, items, strict=False)
    ]
    rows += [
        {"code": code, "name": name, "fatal": "yes"}
        for code, name in zip(codes[len(items) :], fatal, strict=True)
    ]
    return {"kind": "per_occurrence", "items": rows}


def _named(words: str) -> str:
    return short(re.split(r"[,:]", words.strip(",:"))[-1] if len(short(words)) >= 40 else words) or "扣分"


def _unit(words: str) -> Unit | None:
    """Return what the words before a loss count, None if they count nothing."""
    last = words[max(words.rfind(sign) + 1 for sign in ";。\n") :]
    found = [*_EACH.finditer(last)]
    if found:
        one = found[-1]
        way = "up" if re.fullmatch(_UP, one["way"] or "") else "down" if one["way"] else ""
        return Unit(one["n"] or "1", one["u"], way)
    tail = last.rstrip(",的则:")
    if once := _ONCE.search(tail[-16:]):
        return Unit("1", once["u"] or once["v"], "")
    return Unit("1", "项", "") if _AT_ONE.search(tail) else None


def _item(
    said: Said, words: str, one: Amount, unit: Unit, known: Measure | None, why: list[str]
) -> Plain | None:
    per = {"per": one.points}
    if not unit.ratio:
        why.append(f"“{short(words, 60)}”每 {unit.number} {unit.unit}扣{amount_words(one.points)}")
        if unit.number == "1":
            return per
        return {**per, "unit": unit.number, "step": _step(said, why)}
    base = _base(said, unit)
    if base is None:
        return None
    value, node = _gap(said, base, unit, known)
    why.append(f"从 {base.text} 算起，每差 {unit.number}% 扣{amount_words(one.points)}")
    return {"value": value, "unit": f"{unit.number}%", **per, "step": _step(said, why), "node": node}


def _step(said: Said, why: list[str]) -> str:
    if _BEGUN.search(said.text):
        return "begun"
    if _WHOLE.search(said.text):
        return "whole"
    if re.search(r"按比例(?:扣|递减|计算扣)", said.text):
        return "proportional"
    why.append("不足一个单位怎样扣，原文没有写，评分时须裁定")
    return "not_stated"


@dataclass(frozen=True, slots=True)
class _Base:
    text: str
    bounds: tuple[Bound, ...] = ()
    ratio: bool = False


def _base(said: Said, unit: Unit) -> _Base | None:
    """Return the figure full marks are given from: said with them, beside 每低于, or in the target column."""
    for words, amount in awards(said.text):
        several = bounds_in(words)
        same = {str(one.stretch).lstrip("<>=") for one in several}
        if several and len(same) == 1:
            return _Base(same.pop(), several)
        one = stretch(words)
        if one is not None and (amount.full or amount.of(said.full) == said.full):
            return _Base(_edge(one, unit))
    beside = re.search(r"每(?:低于|高于|超过)(\d+(?:\.\d+)?%)", said.text)
    if beside:
        return _Base(beside.group(1))
    found = re.search(r"\d+(?:\.\d+)?%", said.wording.target.replace("％", "%"))
    return _Base(found.group()) if found and read_quantity(found.group()) else None


def _edge(one: Stretch, unit: Unit) -> str:
    first, second = (one.high, one.low) if unit.way == "up" else (one.low, one.high)
    end = first or second
    assert end is not None
    return end.text


def _gap(said: Said, base: _Base, unit: Unit, known: Measure | None) -> tuple[str, Plain]:
    """Return the formula of how far a figure misses its base, and what the leaf holds for it."""
    figure, node = (known.name, known.node()) if known is not None and not base.bounds else ("value", {})
    if base.bounds:
        names = [one.name for one in base.bounds]
        worst = "max" if unit.way == "up" else "min"
        figure = f"{worst}({', '.join(names)})"
        node = {"inputs": {name: {"label": name, "bound": "number"} for name in names}}
    if unit.way == "up":
        return f"max({figure} - {base.text}, 0%)", node
    if unit.way == "down":
        return f"max({base.text} - {figure}, 0%)", node
    return f"abs({figure} - {base.text})", node


def _fatal(said: Said, used: list[str]) -> list[str]:
    """Return what costs everything: 没有…的，得 0 分, in a part of its own."""
    found = []
    for part in said.parts:
        for one in _FATAL.finditer(part.text):
            words = one["c"]
            if (
                not _OTHERWISE.search(words)
                and not any(words in each for each in used)
                and "佐证" not in words
            ):
                found.append(short(words))
    return found


_ADDED = re.compile(
    rf"每[^;。]{{0,24}}?(?P<n>\d+(?:\.\d+)?)?(?:{_UNITS})[^;。\d]{{0,8}}?,?(?:加|奖励)(?P<a>\d+(?:\.\d+)?)分"
)
_MOST = re.compile(r"(?:最多|最高|累计不超过|不超过)(?:加|得)?(?P<a>\d+(?:\.\d+)?)分")


def bonus(said: Said) -> Proposal | None:
    """Return 加分 for a line that only adds: so much each time, or judged, within its limit."""
    most = _MOST.search(said.text)
    cap = most["a"] if most else exact_text(said.full) if said.full else ""
    if not cap:
        return None
    if found := _ADDED.search(said.text):
        rule = {"kind": "bonus", "per": found["a"], "cap": cap}
        if found["n"] and found["n"] != "1":
            rule |= {"unit": found["n"], "step": "not_stated"}
        return Proposal(rule, (f"“{short(found.group(), 50)}”，最多加 {cap} 分",))
    return Proposal({"kind": "bonus", "cap": cap}, (f"没有写每次加几分，在 {cap} 分以内酌情",), Grade.JUDGED)


_NO_ITEM = re.compile(r"^(?:根据|按照|依据|以上|上述|视)[^;。]*(?:酌情|扣分)[^;。]*$")
_EVENT = re.compile(r"(?:直接)?(?:降低|下调|降)(?P<n>\d|一|两)?(?:个)?(?:等次|等级|档次?|级)")
_VETO = re.compile(r"一票否决|直接(?:评|定|判|确定)为")


def reverse(said: Said) -> Proposal | None:
    """Return 倒扣 for a line below zero: its parts with what each costs, judged, or an event."""
    if said.full is None or not said.full:
        return None
    floor = exact_text(-abs(said.full))
    items: list[Plain] = []
    events: list[Plain] = []
    why = [f"本项从 0 起往下扣，最多扣到 {floor} 分"]
    for part in said.parts:
        if part.number:
            _reversed(said, part.text, items, events, why)
    rule: Plain = {"kind": "reverse", "floor": floor}
    if items:
        for code, item in zip(letters(len(items)), items, strict=True):
            rule.setdefault("items", []).append({"code": code, **item})
    else:
        why.append("原文没有分项，整项酌情")
    return Proposal(
        rule,
        tuple(why),
        Grade.STATED if any("per" in one for one in items) else Grade.JUDGED,
        {},
        tuple(events),
    )


def _reversed(said: Said, text: str, items: list[Plain], events: list[Plain], why: list[str]) -> None:
    costs = [(words, one) for words, one in losses(text) if not one.judged and not one.full]
    name = next(
        (short(one) for one in re.split(r"[;。\n]", text) if not _NO_ITEM.match(one) and short(one)), ""
    )
    event = _event(said, text)
    if event is not None:
        name = short(text)
        made = {"code": f"e-{said_code(said, len(events))}", "name": name, **event}
        events.append(made)
        items.append({"name": name, "event": made["code"]})
        effect = "降档" if event["effect"] == "downgrade" else f"不高于{event['grade']}"
        why.append(f"“{name}”发生时{effect}，不另扣分")
        return
    for words, one in costs:
        items.append({"name": short(words) or name, "per": one.points})
    if not costs and name and "评价要点" not in name:
        items.append({"name": name})
        why.append(f"“{name}”没有写扣多少，酌情")


def said_code(said: Said, n: int) -> str:
    """Return a short code for the events of a leaf, fixed by its name."""
    return f"{sum(ord(sign) for sign in said.name) % 1000:03d}{chr(97 + n)}"


def _event(said: Said, text: str) -> Plain | None:
    if found := _EVENT.search(text):
        number = {"一": "1", "两": "2", None: "1"}.get(found["n"], found["n"])
        return {"effect": "downgrade", "by": number}
    if _VETO.search(text) and said.wording.grades:
        grades = said.wording.grades
        named = [one for one in grades if re.search(rf"(?:评|定|判|确定)为[“\"]?{one}", text)]
        return {"effect": "grade", "grade": named[0] if named else grades[-1]}
    return None
