"""What a sentence says adds up: 其中 items and their whole, items and their 合计, points of parts and
the total.

Source: 财预〔2020〕10号 附1（总额＝当年拨款＋上年结转＋其他）. Tolerance: half a unit
of the last printed decimal of every figure together; within it the difference is told as rounding. Parts
that make less than the whole may be only some of them and are for somebody to look at; parts that make
more never follow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from service.lint.amounts import Quantity, quantities
from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.shape import sentences

_PARTS = re.compile(r"其中|分别为|分别是|包括|分为|构成")
_WHOLE = re.compile(
    r"^[）)]?[，,、]?[\u4e00-\u9fff]{0,6}(?:合计|共计|总计|总共|(?<!其)总(?:支出|投入|投资|预算|收入|成本|金额|额|数|量|得分|分))[\u4e00-\u9fff：:]{0,4}$"
)
_ADDED = frozenset(
    {
        "money",
        "points",
        "个",
        "项",
        "人",
        "户",
        "家",
        "份",
        "套",
        "台",
        "件",
        "处",
        "所",
        "名",
        "场",
        "人次",
        "万人次",
        "次",
    }
)
_NOT_PARTS = re.compile(r"同比|增长|增加|减少|平均|每|单价|超过|不低于|不少于|至少|大于|小于|分值|满分|标准")
_LONGEST_GAP, _MOST_PARTS = 30, 40


def check(material: Material) -> Iterator[Finding]:
    """Yield wholes that are not the sum of their parts."""
    for spot, text in material.prose:
        before: tuple[Quantity, ...] = ()
        for _, sentence in sentences(text):
            held = quantities(sentence)
            yield from _parts_after(spot, sentence, held, before)
            yield from _whole_after(spot, sentence, held)
            before = held


def _parts_after(
    spot: Spot, sentence: str, held: Sequence[Quantity], before: Sequence[Quantity]
) -> Iterator[Finding]:
    triggers = list(_PARTS.finditer(sentence))
    for number, trigger in enumerate(triggers):
        limit = triggers[number + 1].start() if number + 1 < len(triggers) else len(sentence)
        end = min(limit, _scope(sentence, trigger.start()))
        parts = [q for q in held if trigger.end() <= q.start < end]
        own = [q for q in held if q.end <= trigger.start()]
        wholes = own or (list(before) if trigger[0] == "其中" and trigger.start() < 2 else [])
        if not wholes or not parts:
            continue
        kind = (
            wholes[-1].kind
            if wholes[-1].kind in _ADDED
            else next((w.kind for w in reversed(wholes) if w.kind in _ADDED), "")
        )
        wholes = [w for w in wholes if w.kind == kind]
        parts = [p for p in parts if p.kind == kind]
        if not kind or _NOT_PARTS.search(sentence[trigger.start() : end]):
            continue
        yield from _judged(spot, sentence, trigger.start(), wholes, parts, sure=bool(own))


def _scope(sentence: str, start: int) -> int:
    """Return where the bracket ends that `start` stands in, else the end of the sentence."""
    depth = 0
    for position in range(start, len(sentence)):
        if sentence[position] in "（(":
            depth += 1
        elif sentence[position] in "）)":
            depth -= 1
            if depth < 0:
                return position
    return len(sentence)


def _judged(
    spot: Spot,
    sentence: str,
    start: int,
    wholes: Sequence[Quantity],
    parts: Sequence[Quantity],
    *,
    sure: bool,
) -> Iterator[Finding]:
    chosen = _alike(parts, wholes[-1])
    if len(chosen) < 2:
        return
    sums = [sum((p.value for p in chosen[:n]), Fraction(0)) for n in range(2, len(chosen) + 1)]
    if any(w.value == s for w in wholes for s in sums):
        return
    whole = wholes[-1]
    if not sure and len(wholes) > 1:
        return
    made = sums[-1]
    room = whole.half + sum((p.half for p in chosen), Fraction(0))
    quote = sentence[max(whole.start - 12, 0) if sure else start : chosen[-1].end][:120]
    yield _finding(spot, quote, whole, chosen, made, room, less=Severity.REVIEW)


def _alike(parts: Sequence[Quantity], whole: Quantity) -> list[Quantity]:
    """Where each item tells several figures, keep those of the kind the whole is of."""
    endings = Counter(p.label[-2:] for p in parts)
    several = sum(count > 1 for count in endings.values())
    if several > 1 or (len(endings) > 1 and endings[whole.label[-2:]] > 1):
        return [p for p in parts if p.label[-2:] == whole.label[-2:]]
    return list(parts)


def _whole_after(spot: Spot, sentence: str, held: Sequence[Quantity]) -> Iterator[Finding]:
    for number, whole in enumerate(held):
        last = held[number - 1].end if number else 0
        if whole.kind not in _ADDED or not _WHOLE.search(sentence[last : whole.start]):
            continue
        parts: list[Quantity] = []
        for each in reversed(held[max(number - _MOST_PARTS, 0) : number]):
            following = parts[-1].start if parts else whole.start
            if each.depth != whole.depth:
                continue
            if (
                each.kind != whole.kind
                or following - each.end > _LONGEST_GAP
                or _PARTS.search(sentence[each.end : following])
            ):
                break
            parts.append(each)
        parts.reverse()
        span = sentence[parts[0].start - 14 if parts and parts[0].start > 14 else 0 : whole.end]
        if len(parts) < 2 or _NOT_PARTS.search(span) or re.search("[；;]", span):
            continue
        tails = [sum((p.value for p in parts[n:]), Fraction(0)) for n in range(len(parts) - 1)]
        if whole.value in tails or any(p.value == whole.value for p in parts):
            continue
        room = whole.half + sum((p.half for p in parts), Fraction(0))
        yield _finding(spot, span[:120], whole, parts, tails[0], room, less=Severity.ERROR)


def _finding(
    spot: Spot,
    quote: str,
    whole: Quantity,
    parts: Sequence[Quantity],
    made: Fraction,
    room: Fraction,
    *,
    less: Severity,
) -> Finding:
    apart = abs(made - whole.value)
    rounding = apart <= room and apart * 1000 <= abs(whole.value)
    severity = Severity.HINT if rounding else less if made < whole.value else Severity.ERROR
    formula = " + ".join(p.text(p.value) for p in parts) + f" = {whole.text(made)}，相差{whole.text(apart)}"
    note = (
        "在四舍五入的误差之内"
        if rounding
        else "可能只列了一部分"
        if made < whole.value
        else "分项之和大于总数"
    )
    return Finding(
        "sum.rounding" if rounding else "sum.parts",
        severity,
        spot,
        quote,
        whole.text(made),
        whole.number.text,
        formula,
        f"±{whole.text(room)}",
        note,
    )
