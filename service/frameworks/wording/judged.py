"""Wordings somebody has to judge: 分级, 全有或全无, 酌情; and wordings in parts: 组合, 要点."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from service.frameworks.wording.amounts import Amount, Kind, amounts, awards, losses
from service.frameworks.wording.base import Grade, Plain, Proposal, Said, letters, points_text, said
from service.frameworks.wording.intervals import stretch
from service.frameworks.wording.quantity import Measure, bounds_in, condition_of
from service.frameworks.wording.text import Clause, clauses, plain, sentences, short

JUDGED = re.compile(
    r"酌情|按(?:情节|程度|情况)|视(?:具体|实际)?(?:情况|情节|程度)|视[^,;。]{0,12}(?:情况|情节|程度)|适当(?:扣|给)分|综合(?:评定|评分|打分|判断)|(?:由)?(?:专家|评价人员)[^,;。]{0,10}(?:打分|评分|给分)|自由裁量"
)
_OTHERWISE = re.compile(r"(?:^|[,;。:])(?:否则|反之|未达标|未达到|不达标|不符合|其他情况|其余|未完成|未)")
_SOME = re.compile(
    r"(?P<c>[^,;。\n]*(?:酌情|视[^,;。]{0,12}情[况节])[^,;。\n]*(?:扣分|给分|得分|扣减|评分|扣)?)"
)
Inner = Callable[[Said], Proposal]


def all_or_nothing(given: Said, known: Measure | None) -> Proposal | None:
    """Return 全有或全无: full marks on a condition, otherwise nothing (or a fixed loss)."""
    pairs = awards(given.text)
    tops = [(words, one) for words, one in pairs if _is_full(given, one)]
    rest = [(words, one) for words, one in pairs if not _is_full(given, one)]
    costs = [
        one
        for words, one in losses(given.text)
        if not one.judged and not one.full and _OTHERWISE.search(f",{words}")
    ]
    nothing = rest and all(one.points == "0" for _, one in rest)
    taken = any(one.full for _, one in losses(given.text)) and not rest
    others = [one for _, one in losses(given.text) if not one.full and one not in costs]
    if JUDGED.search(given.text) or others or len(tops) != 1:
        return None
    if not (nothing or taken or (not rest and len(costs) == 1)):
        return None
    rule: Plain = {"kind": "all_or_nothing"}
    why = [f"“{short(tops[0][0], 60)}”得满分，否则{'不得分' if not costs else '扣分'}"]
    node = _met(given, tops[0][0], rule, known, why)
    if costs:
        left = given.full - exact_of(costs[0], given.full) if given.full is not None else None
        if left is None or left < 0:
            return None
        rule["else"] = points_text(left)
    return Proposal(rule, tuple(why), Grade.STATED, node)


def exact_of(one: Amount, full: Fraction | None) -> Fraction:
    """Return the points of an amount, 0 where they cannot be known."""
    return one.of(full) or Fraction(0)


def _is_full(given: Said, one: Amount) -> bool:
    return one.full or (given.full is not None and one.of(given.full) == given.full)


def _met(given: Said, words: str, rule: Plain, known: Measure | None, why: list[str]) -> Plain:
    """Write into `rule` what has to be met, if it is figures; return what the leaf holds for it."""
    several = bounds_in(words)
    if several:
        rule["when"] = condition_of(several)
        why.append(f"须同时达到：{'、'.join(one.name for one in several)}")
        return {"inputs": {one.name: {"label": one.name} for one in several}}
    one = stretch(words)
    figures = re.findall(r"\d+(?:\.\d+)?(?:%|‰|分|天|小时)", words)
    if one is None or (len(figures) > 1 and not (one.low and one.high)):
        why.append("是否达到由评价人员判断")
        return {}
    if one.low is not None and one.low is one.high and one.low.text.endswith("%"):
        one = replace(one, high=None)
    rule["met"] = str(one)
    if known is None:
        return {}
    rule["value"] = known.name
    return known.node()


def levels(given: Said) -> Proposal | None:
    """Return 分级: descriptions with falling points; a 酌情 between two of them is the range between."""
    rows = _level_rows(given)
    if len(rows) < 2 or not _is_top(given, rows) or sum(1 for words, _ in rows if _figured(words)) > 1:
        return None
    made: list[Plain] = []
    guessed = []
    for n, (words, points) in enumerate(rows):
        if points is None:
            low = next((_low(p, given.full) for _, p in rows[n + 1 :] if p is not None), Fraction(0))
            high = next((_low(p, given.full) for _, p in reversed(rows[:n]) if p is not None), None)
            if high is None or high <= low:
                return None
            points = f"{points_text(low)}..<{points_text(high)}"
            guessed.append(f"“{short(words, 30)}”没有写分数，在上下两级之间酌情（{points}）")
        made.append({"code": letters(len(rows))[n], "points": points, "text": short(words, 80) or "其他"})
    why = (f"按文字分 {len(made)} 级，各级分数原文写出", *guessed)
    return Proposal({"kind": "levels", "levels": made}, why)


def _figured(words: str) -> bool:
    """Return whether a description is one of figures, which is for bands to read."""
    return stretch(words) is not None and re.search(r"\d(?:%|分|天|日|小时)", words) is not None


def _low(points: str, full: Fraction | None) -> Fraction:
    low = points.partition("..")[0]
    if low.endswith("%"):
        return (full or Fraction(0)) * Fraction(low[:-1]) / 100
    return Fraction(low)


def _level_rows(given: Said) -> list[tuple[str, str | None]]:
    """Return what each level says and its points, None where it says 酌情; in the order written."""
    rows: list[tuple[str, str | None]] = []
    for n, text in enumerate(one for part in given.parts for one in sentences(part.text)):
        pairs = awards(text)
        for words, one in pairs:
            some = _SOME.search(words)
            if some and not some["c"].startswith("否则") and rows:
                rows.append((some["c"], None))
                words = words[some.end() :]
            rows.append((words, _points(given, one)))
        end = pairs[-1][1].end if pairs else 0
        if (rows and n and JUDGED.search(text[end:])) or (pairs and JUDGED.search(text[end:])):
            rows.append((text[end:], None))
    return rows


def _points(given: Said, one: Amount) -> str:
    return points_text(given.full) if one.full and given.full is not None else one.points


def _is_top(given: Said, rows: list[tuple[str, str | None]]) -> bool:
    """Return whether the first level gives full marks and every later one less."""
    stated = [points for _, points in rows if points is not None]
    if not stated or rows[0][1] is None:
        return False
    lows = [_low(points, given.full) for points in stated]
    full = given.full if given.full is not None else lows[0]
    return _high(stated[0], given.full) == full and all(a > b for a, b in pairwise(lows))


def _high(points: str, full: Fraction | None) -> Fraction:
    return _low(points.rpartition("..")[2], full)


def discretionary(given: Said) -> Proposal | None:
    """Return 酌情 where the wording leaves the points to judgement."""
    found = JUDGED.search(given.text)
    stated = [one for one in amounts(given.text) if one.kind in (Kind.AWARD, Kind.LOSS) and not one.judged]
    if found is None or any(one.points != "0" and not _is_full(given, one) for one in stated):
        return None
    return Proposal(
        {"kind": "discretionary"}, (f"原文写“{found.group()}”，没有写每种情况几分",), Grade.JUDGED
    )


def worth_of(part: Clause, full: Fraction | None) -> Fraction | None:
    """Return what a part is worth: the points in its title or brackets, else its highest award."""
    found = [*amounts(part.text)]
    own = [one for one in found if one.kind is Kind.WORTH] or [one for one in found if one.kind is Kind.AWARD]
    stated = [value for one in own if not one.full and (value := _top(one, full)) is not None]
    return max(stated) if stated else None


def _top(one: Amount, full: Fraction | None) -> Fraction | None:
    high = one.points.rpartition("..")[2]
    return None if high.endswith("%") and full is None else _low(high, full)


def combination(given: Said, inner: Inner) -> Proposal | None:
    """Return parts that add up to the full marks, each with the rule of its own words."""
    if given.full is None or given.inner:
        return None
    worth = [(part, worth_of(part, given.full)) for part in _parts(given) if part.number]
    parts = [(part, value) for part, value in worth if value]
    if len(parts) < 2 or sum(value for _, value in parts if value) != given.full:
        return None
    if any(value == 0 for _, value in worth):
        return None
    rest = " ".join(part.text for part, value in worth if not value)
    if not JUDGED.search(given.text) and all(_is_plain(part) for part, _ in parts):
        return _elements(given, parts)
    rows: list[Plain] = []
    why = [f"{len(parts)} 条分值相加正好是 {points_text(given.full)} 分，逐条给分后相加"]
    node: Plain = {}
    grade = Grade.STATED
    for code, (part, value) in zip(letters(len(parts)), parts, strict=True):
        title = _title(part.text)
        own = inner(said(replace(given.wording, name=title, criteria=f"{part.text}", max=value), inner=True))
        rule = own.rule or {"kind": "discretionary"}
        grade = grade if own.grade is Grade.STATED else Grade.JUDGED
        rows.append({"code": code, "name": title, "max": points_text(value or Fraction(0)), "rule": rule})
        why += [f"第 {part.number} 条：{one}{'' if own.rule else '，暂按裁量'}" for one in own.why[:2]]
        node |= own.node if own.rule is not None else {}
    if rest:
        why.append(f"“{short(rest, 40)}”适用于以上各条")
    return Proposal({"kind": "combination", "how": "sum", "rules": rows}, tuple(why), grade, node)


def _parts(given: Said) -> tuple[Clause, ...]:
    """Return the parts of a wording: its numbered ones, else what stands up to each award of one sentence."""
    if len([part for part in given.parts if part.number]) > 1:
        return given.parts
    pairs = awards(given.text)
    return tuple(
        Clause(n, given.text[one.start - len(words) : one.end]) for n, (words, one) in enumerate(pairs, 1)
    )


def _title(text: str) -> str:
    """Return the first words of a part as its name, without what it is worth."""
    words = re.sub(r"\d+(?:\.\d+)?分.*", "", text, count=1, flags=re.S).strip(",;。:") or text
    return short(re.sub(r"(?:得|计|给)+$", "", re.split(r"[,;。:]", words)[0]), 30)


def _is_plain(part: Clause) -> bool:
    """Return whether a part only says what it is worth, all of it or nothing."""
    found = [one for one in amounts(part.text) if one.points != "0"]
    return len(found) == 1 and found[0].kind is not Kind.LOSS


def _elements(given: Said, parts: Sequence[tuple[Clause, Fraction]]) -> Proposal:
    whole = bool(
        re.search(r"否则不得分|不(?:符合|满足|达标)(?:的)?,?(?:则)?不得分|否则(?:得)?0分", given.text)
    )
    rows: list[Plain] = [
        {"code": code, "name": _title(part.text), "points": points_text(value or Fraction(0))}
        for code, (part, value) in zip(letters(len(parts)), parts, strict=True)
    ]
    rows = [{**row, "loss": "whole"} for row in rows] if whole else rows
    total = points_text(given.full or Fraction(0))
    return Proposal(
        {"kind": "checklist", "elements": rows}, (f"{len(rows)} 个要点各写明分值，合计 {total} 分",)
    )


_EACH_POINT = re.compile(
    r"每(?:符合|满足|达到|完成|具备|做到|有)[^,;。\d]{0,8}?\d?(?:项|个|条|点)[^,;。\d]{0,8}?,?(?:得|计|加)(?P<a>\d+(?:\.\d+)?)分"
)
_EACH_WORTH = re.compile(r"(?P<l>[^;。]+?),?各(?:得|占|计|为)?(?P<a>\d+(?:\.\d+)?)分")
_EVEN = re.compile(r"(?:各占|各得|平均分配|均分|等权|权重相等|各(?:要点|项)(?:平均|均等))")
_EACH_MISSING = re.compile(
    r"(?:未满足|不满足|不符合|未达到|缺少|缺)(?:其中)?(?:一|1|任意一)(?:项|个|条)[^,;。\d]{0,6},?扣(?P<a>\d+(?:\.\d+)?)分"
)


def checklist(given: Said) -> Proposal | None:
    """Return 要点 of equal worth: 每符合一项得…, shared evenly, or 未满足一项扣… of what is listed."""
    names = _points_listed(given)
    if found := _EACH_POINT.search(given.text):
        each = Fraction(found["a"])
        if names and given.full is not None and each * len(names) == given.full:
            return _equal(names, found["a"], f"每符合一项得 {found['a']} 分，列出 {len(names)} 项")
        return None
    if found := _EACH_MISSING.search(given.text):
        asked = awards(given.text[: found.start()])
        listed = [short(one) for one in re.split(r"[,、]", asked[0][0]) if short(one)] if asked else []
        if given.full is not None and len(listed) > 1 and Fraction(found["a"]) * len(listed) == given.full:
            return _equal(listed, found["a"], f"未满足一项扣 {found['a']} 分，句中列出 {len(listed)} 项")
    if (worth := _EACH_WORTH.search(given.text)) and len(awards(given.text)) == 1:
        listed = [short(one) for one in re.split(r"[,、和]", worth["l"]) if short(one)]
        if given.full is not None and len(listed) > 1 and Fraction(worth["a"]) * len(listed) == given.full:
            return _equal(listed, worth["a"], f"{len(listed)} 项各 {worth['a']} 分")
    if _EVEN.search(given.text) and len(names) > 1 and not losses(given.text):
        rows: list[Plain] = [
            {"code": code, "name": name} for code, name in zip(letters(len(names)), names, strict=True)
        ]
        return Proposal({"kind": "checklist", "elements": rows}, (f"{len(names)} 个要点平分",))
    return None


def _equal(names: list[str], points: str, why: str) -> Proposal:
    rows = [
        {"code": code, "name": name, "points": points, "loss": "whole"}
        for code, name in zip(letters(len(names)), names, strict=True)
    ]
    return Proposal({"kind": "checklist", "elements": rows}, (why,))


def _points_listed(given: Said) -> list[str]:
    """Return the numbered points of the standard, else of the explanation."""
    for text in (given.text, plain(given.wording.explanation)):
        found = [short(part.text) for part in clauses(text) if part.number and not awards(part.text)]
        if len(found) > 1:
            return found
    return []
