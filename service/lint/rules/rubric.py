"""The points awarded are those the printed rule gives for the printed fact.

Source: 财监〔2021〕4号 第六条, 财预〔2020〕10号 第十五条 (standards are set beforehand). Compared are
rules with bands of a rate, rules that give the share of a rate, and alternatives (1.…得4分 2.…得3分); a
rule with room for judgement (酌情) is left alone. No tolerance on points; where several rates are named
they must all lead to the same points, else nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from service.lint.amounts import Quantity, quantities
from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import Number
from service.lint.rubrics import Band, bands_of, points_for, share_of, steps_of
from service.lint.sheets import Line, Sheet
from service.report.figures import num

_MEASURE = re.compile(r"([\u4e00-\u9fff]{1,10}?[率度])\s?(?:≥|≤|＞|＜|>|<|达到|低于|超过|不低于|高于|[*×])")
_QUOTED = re.compile(r"“[^”]{0,200}”")
_GOAL = re.compile(r"(?:≥|≤|>|<|不低于|不超过|以上|目标|设定|标准|应|达到要求)[^，。；]{0,6}$")
_GENERIC = frozenset({"比率", "比例", "指标", "完成"})


def check(material: Material) -> Iterator[Finding]:
    """Yield awards the printed rule does not give."""
    texts = _prose_of(material)
    for sheet in material.sheets:
        for line in sheet.lines:
            if line.max is None or line.score is None or not line.criteria or line.max.value <= 0:
                continue
            text = "\n".join(filter(None, (line.opinion, texts.get(line.name, ""))))
            yield from _line(sheet, line, line.max, line.score, text)


def _prose_of(material: Material) -> dict[str, str]:
    """Return what the text says of each indicator: its paragraphs up to the next indicator or heading."""
    found: dict[str, str] = {}
    blocks = {s.spot.block: s.name for s in material.stated}
    name = ""
    for block, paragraph in material.document.paragraphs():
        if block in blocks:
            name = blocks[block]
        elif re.match(
            r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.、．](?!\d)",
            paragraph.text,
        ):
            name = ""
        if name:
            found[name] = f"{found.get(name, '')}\n{paragraph.text}"
    return found


def _line(sheet: Sheet, line: Line, top: Number, got: Number, text: str) -> Iterator[Finding]:
    steps = steps_of(line.criteria, top.value)
    spot = Spot(sheet.block, line.row, sheet.score_column if sheet.score_column is not None else -1)
    if steps and not any(low <= got.value <= high for low, high in steps):
        allowed = "、".join(num(b) if a == b else f"{num(a)}－{num(b)}" for a, b in steps)
        yield Finding(
            "rubric.step",
            Severity.REVIEW,
            spot,
            f"{line.name} {top.text} {got.text}",
            f"{allowed}分",
            f"{num(got.value)}分",
            note="得分不在评分标准的任何一档",
        )
        return
    rates = _rates(line, text)
    bands, share = bands_of(line.criteria), share_of(line.criteria)
    made: set[Fraction | None] = set()
    if bands:
        made = {points_for(bands, value) for value, _ in rates}
    elif share is not None:
        made = {min(value / 100, Fraction(1)) * share for value, _ in rates}
    if len(made) == 1:
        points = made.pop()
        if points is not None and points != got.value and round(points, 2) != got.value:
            value, quote = rates[0]
            yield Finding(
                "rubric.band" if bands else "rubric.share",
                Severity.ERROR,
                spot,
                f"{line.name} {top.text} {got.text}",
                f"{num(points)}分",
                f"{num(got.value)}分",
                f"{quote}：{num(value)}% → {num(points)}分",
                note="按评分标准计算",
            )
    elif bands and not rates:
        yield from _attainable(line, spot, bands, got, text)


def _rates(line: Line, text: str) -> list[tuple[Fraction, str]]:
    """Return the percentages the text gives for the measure of the rule, with their words."""
    measure = _MEASURE.search(line.criteria)
    name = measure[1] if measure else line.name
    key = (line.name if name[-2:] in _GENERIC or len(name) < 3 else name)[:-1][-2:]
    if len(key) < 2:
        return []
    plain = _QUOTED.sub(lambda m: "“" + "　" * (len(m[0]) - 2) + "”", text)
    return [
        (q.value, q.label)
        for q in quantities(plain)
        if q.kind == "%" and key in q.label and not _GOAL.search(plain[: q.start]) and "得分率" not in q.label
    ]


def _attainable(line: Line, spot: Spot, bands: tuple[Band, ...], got: Number, text: str) -> Iterator[Finding]:
    """The rate itself is not printed: at least two of the printed amounts must give one that earns the
    award."""
    held: dict[Fraction, Quantity] = {
        q.value: q for q in quantities(text) if q.kind == "money" and q.value > 0
    }
    if (
        len(held) < 2
        or not line.name.endswith("率")
        or not re.search("预算|资金|金额|支出", line.criteria + text)
    ):
        return
    pairs = [(a, b) for a in held for b in held if a < b]
    made = {points_for(bands, a / b * 100) for a, b in pairs}
    whole = {points_for(bands, Fraction(0)), points_for(bands, Fraction(100))}
    if got.value in made or got.value in whole or None in made:
        return
    earned = sorted((p for p in made if p is not None), reverse=True)
    shown = "；".join(
        f"{held[a].number.text}÷{held[b].number.text}={num(a / b * 100, 2)}%" for a, b in pairs[:8]
    )
    yield Finding(
        "rubric.unattained",
        Severity.REVIEW,
        spot,
        f"{line.name} {num(got.value)}",
        "、".join(f"{num(p)}分" for p in earned),
        f"{num(got.value)}分",
        shown,
        note="文中金额两两相除，都得不到评分标准的这一档",
    )
