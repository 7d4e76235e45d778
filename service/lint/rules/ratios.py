"""Rates are the quotient of what is printed: 执行率 of money, 完成率 of counts, growth from one figure
to another.

Source: 财预〔2020〕10号 附1（执行数÷全年预算数）and 附2（实际支出÷实际到位，及各项率的算式）. Of several
figures near a rate any two that give it are enough; it is told only if none do and the words say which
two are meant. Tolerance: half a unit of the rate's last printed decimal; if it could hold for figures
that were rounded before printing, somebody must look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

from service.lint.amounts import Quantity, quantities
from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import mark_of
from service.lint.material import Material
from service.lint.numbers import DIGITS, Number, decimals, exact
from service.lint.shape import sentences
from service.report.figures import num, score

_IS = r"(?:均)?(?:为|是|达到?|仅为?|：|:)?"
_MONEY_RATE = re.compile(
    rf"(?P<word>(?:预算|资金|经费|项目)?(?:执行率|支付率|支出率|支付进度|支出进度|执行进度|拨付率|到位率|下达率|资金使用率|结余率|节约率)){_IS}(?P<n>{DIGITS})%"
)
_COUNT_RATE = re.compile(rf"(?P<word>[\u4e00-\u9fff]{{1,8}}率){_IS}(?P<n>{DIGITS})%")
_GROWTH = re.compile(
    rf"(?:由|从)[^，。；由从]{{0,16}}?(?P<a>{DIGITS})(?P<u>[\u4e00-\u9fff%]{{0,3}}?)(?:大幅|逐步)?(?:增加|增长|提高|上升|提升|扩大|下降|降低|减少|压减|缩短|降)(?:到|至)(?:了)?(?P<b>{DIGITS})(?P<v>[\u4e00-\u9fff%]{{0,3}})[，,（(]?"
    rf"(?:同比|比上年|较上年|共|累计)?(?:增长|增幅|增加|提高|上升|下降|降幅|降低|减少|提升)(?:率)?(?:了|为|达)?(?P<n>{DIGITS})%"
)
_FRACTION = re.compile(
    r"(?P<n>\d{1,6})个(?P<noun>[\u4e00-\u9fff]{2})[^。；]{0,80}?(?P<how>未超过|不超过|未达到?|不到|不足|没有达到|超过|达到)[^。；，\d]{0,8}(?P<share>1/3|三分之一|1/2|一半|二分之一|2/3|三分之二)"
)
_FRACTIONS = {
    "1/3": Fraction(1, 3),
    "三分之一": Fraction(1, 3),
    "1/2": Fraction(1, 2),
    "一半": Fraction(1, 2),
    "二分之一": Fraction(1, 2),
    "2/3": Fraction(2, 3),
    "三分之二": Fraction(2, 3),
}
_SPENT = re.compile(r"支出|支付|执行|使用|拨付|列支|报销|到位|下达|花费|结余|节约|剩余")
_PLANNED = re.compile(r"预算|批复|安排|到位|下达|投资|总额|拨款|计划|申报|概算|收入|资金")
_HEDGED = re.compile(r"(?:约|近|超过?|逾|不低于|不少于|高于|低于|大于|小于|等于|目标|≥|≤|>|<)$")
_COUNTED = frozenset("个项次人户家份套台件条处所名场册批辆座栋亩吨笔起张节") | {
    "人次",
    "公里",
    "平方米",
    "万人次",
    "万人",
}
_BACK, _NEAREST, _MOST_RATES, _MOST_IN_CELL = 6, 16, 30, 8


def check(material: Material) -> Iterator[Finding]:
    """Yield rates that no two figures near them give."""
    past: list[Quantity] = []
    limits: list[int] = []
    for block, paragraph in material.document.paragraphs():
        mark = mark_of(paragraph.text)
        if mark and mark.form in ("chapter", "cn"):
            past, limits = [], []
        held = quantities(paragraph.text)
        money = [q for q in held if q.kind == "money"]
        yield from _money_rates(Spot(block), paragraph.text, money, past)
        yield from _count_rates(Spot(block), paragraph.text, held)
        yield from _growth(Spot(block), paragraph.text)
        yield from _shares(material, Spot(block), paragraph.text)
        limits.append(len(money))
        past += money
        if len(limits) > _BACK:
            past = past[limits.pop(0) :]
    for spot, text in material.prose:
        if spot.row >= 0:
            held = quantities(text)
            yield from _money_rates(spot, text, [q for q in held if q.kind == "money"], [])
            yield from _count_rates(spot, text, held)


def _rate(found: re.Match[str]) -> Number:
    return Number(
        exact(found["n"]), decimals(found["n"]), "%", found.start("n"), found.end(), found["n"] + "%"
    )


def gives(a: Fraction, b: Fraction, rate: Number) -> bool:
    """Return whether a ÷ b printed with the decimals of `rate` is `rate`."""
    return b != 0 and abs(a / b * 100 - rate.value) <= rate.half


def _money_rates(
    spot: Spot, text: str, money: Sequence[Quantity], past: Sequence[Quantity]
) -> Iterator[Finding]:
    since = 0
    for found in islice(_MONEY_RATE.finditer(text), _MOST_RATES if spot.row < 0 else _MOST_IN_CELL):
        rate = _rate(found)
        if _HEDGED.search(text[: found.start("n")]):
            continue
        here = [q for q in money if q.start < found.end() + 60][-_NEAREST:]
        near = [q for q in here if since <= q.start < found.start()] or here
        since = found.end()
        everything = [*past[-_NEAREST:], *here]
        remainder = "结余" in found["word"] or "节约" in found["word"]
        if not here or any(_fits(a, b, rate, remainder=remainder) for a in everything for b in everything):
            continue
        if sum_gives(here, everything, rate):
            continue
        upper = _last(near, _SPENT, found["word"][-3:-1]) or (near[0] if len(near) == 1 else None)
        lower = _last([q for q in near if q is not upper], _PLANNED, "") or _last(past, _PLANNED, "")
        if upper is None or lower is None or upper is lower:
            continue
        yield _finding("ratio.money", spot, text, found.start(), rate, upper, lower, remainder=remainder)


def sum_gives(here: Sequence[Quantity], wholes: Sequence[Quantity], rate: Number) -> bool:
    """Return whether all the amounts together give the rate over one of them, as 分两次下达 does."""
    near = here[-_NEAREST // 2 :]
    for first in range(len(near)):
        for last in range(first + 2, min(len(near), first + 4) + 1):
            made = sum((q.value for q in near[first:last]), Fraction(0))
            if any(gives(made, q.value, rate) or gives(q.value, made, rate) for q in wholes):
                return True
    return False


def _fits(a: Quantity, b: Quantity, rate: Number, *, remainder: bool) -> bool:
    if a is b:
        return False
    return gives(a.value, b.value, rate) or (remainder and gives(b.value - a.value, b.value, rate))


def _last(held: Sequence[Quantity], words: re.Pattern[str], own: str) -> Quantity | None:
    """Return the last amount whose words fit, one that shares the rate's own word before others."""
    fitting = [q for q in held if words.search(q.label)]
    same = [q for q in fitting if own and own in q.label]
    if words is _PLANNED:
        fitting = [q for q in fitting if "预算" in q.label] or fitting
    chosen = same or fitting
    return chosen[-1] if chosen else None


def _finding(
    rule: str,
    spot: Spot,
    text: str,
    start: int,
    rate: Number,
    a: Quantity,
    b: Quantity,
    *,
    remainder: bool = False,
) -> Finding:
    upper = b.value - a.value if remainder and a.value * 2 > b.value else a.value
    value = upper / b.value * 100 if b.value else Fraction(0)
    low = (upper - a.half) / (b.value + b.half) * 100
    high = (upper + a.half) / (b.value - b.half) * 100 if b.value > b.half else value
    within = (
        rate.places
        and low - rate.half <= rate.value <= high + rate.half
        and a.number.places + b.number.places > 0
    )
    note = "按印出的数字计算；若原数另有尾数或作了截断，请核对" if within else ""
    quote = text[max(start - 30, 0) : rate.end]
    return Finding(
        rule,
        Severity.REVIEW if within else Severity.ERROR,
        spot,
        quote,
        score(value, max(rate.places, 2)) + "%",
        rate.text,
        f"{a.text(upper)} ÷ {b.number.text} = {score(value, 4)}%",
        f"±{num(rate.half, rate.places + 1)}%",
        note,
    )


def _count_rates(spot: Spot, text: str, held: Sequence[Quantity]) -> Iterator[Finding]:
    """In one sentence, two counts of one unit before a rate: one is the part, the other the whole."""
    for offset, sentence in sentences(text):
        since = offset
        for found in islice(_COUNT_RATE.finditer(sentence), _MOST_RATES):
            rate = _rate(found)
            start = offset + found.start()
            counts = [q for q in held if since <= q.start < start and q.kind in _COUNTED]
            if (
                _MONEY_RATE.search(found[0])
                or "得分" in found["word"]
                or _HEDGED.search(sentence[: found.start("n")])
            ):
                continue
            alike = [q for q in counts if counts and q.kind == counts[-1].kind]
            since = offset + found.end()
            if (
                len(alike) != 2
                or len(counts) != len(alike)
                or re.search("[；;]", text[alike[0].start : start])
            ):
                continue
            a, b = sorted(alike, key=lambda q: q.value)
            if rate.value > 100:
                a, b = b, a
            if (
                a.value
                and b.value
                and not gives(a.value, b.value, rate)
                and not gives(b.value - a.value, b.value, rate)
            ):
                yield _finding("ratio.counts", spot, text, alike[0].start, rate, a, b)


def _shares(material: Material, spot: Spot, text: str) -> Iterator[Finding]:
    """收到30个单位的回复…未超过总单位数的1/3: tried on every number of units the report names."""
    for found in islice(_FRACTION.finditer(text), _MOST_RATES):
        part, noun = exact(found["n"]), found["noun"]
        share = _FRACTIONS[found["share"]]
        above = not re.match("未|不|没有", found["how"])
        bases = {
            exact(m[1])
            for _, held in material.prose
            for m in re.finditer(rf"(\d{{1,6}})个(?:用户)?{noun}", held)
            if exact(m[1]) > part
        }
        against = sorted(base for base in bases if (part / base > share) is not above)
        if against:
            base = against[0] if not above else against[-1]
            yield Finding(
                "ratio.share",
                Severity.REVIEW,
                spot,
                found[0][-100:],
                f"{'不超过' if above else '超过'}{found['share']}",
                found["how"] + found["share"],
                f"{num(part)} ÷ {num(base)} = {score(part / base * 100, 2)}%",
                note=f"以文中的{num(base)}个{noun}计；请核对所指的总数",
            )


def _growth(spot: Spot, text: str) -> Iterator[Finding]:
    for found in _GROWTH.finditer(text):
        a, b, rate = exact(found["a"]), exact(found["b"]), _rate(found)
        if not a or not found["v"].startswith(found["u"]) or found["u"] == "%":
            continue
        value = abs(b - a) / a * 100
        if abs(value - rate.value) > rate.half:
            yield Finding(
                "ratio.growth",
                Severity.ERROR,
                spot,
                found[0],
                score(value, max(rate.places, 2)) + "%",
                rate.text,
                f"|{num(b)} − {num(a)}| ÷ {num(a)} = {score(value, 4)}%",
                f"±{num(rate.half, rate.places + 1)}%",
            )
