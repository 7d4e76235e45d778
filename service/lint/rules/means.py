"""A mean printed after its figures is their mean; a composite is the weighted sum its formula names.

Source: 财预〔2020〕10号 第十八条（百分制）; composites such as 管理40%＋结果60% are local rules stated in
the report itself. Tolerance: half a unit of the last printed decimal of the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import DIGITS, decimals, exact, numbers
from service.report.figures import num, score

_MEAN = re.compile(
    rf"(?<!加权)平均[\u4e00-\u9fff]{{0,10}}?(?:为|是|达到?|：|:)(?P<n>{DIGITS})(?P<unit>%|分|个|万元|元|次|人)"
)
_TERM = r"[\u4e00-\u9fff]{2,24}[*×xX]\s?\d{1,3}(?:\.\d+)?%"
_FORMULA = re.compile(rf"{_TERM}(?:[+＋]{_TERM}){{1,8}}")
_ONE = re.compile(r"([\u4e00-\u9fff]{2,24})[*×xX]\s?(\d{1,3}(?:\.\d+)?)%")
_SCORED = re.compile(rf"(?P<name>[\u4e00-\u9fff]{{2,24}}?)得分(?:合计)?(?:为|是|：|:)?(?P<n>{DIGITS})分")
_WHOLE = re.compile(r"综合|总得分|总分|总体|最终")
_CLAUSE = re.compile(r"[。；;！？\n]")


def check(material: Material) -> Iterator[Finding]:
    """Yield means and weighted totals that do not follow."""
    formulas: list[list[tuple[str, Fraction]]] = []
    for _, text in material.prose:
        formulas += [_weights(m[0]) for m in _FORMULA.finditer(text)]
    for spot, text in material.prose:
        yield from _means(spot, text)
        for weights in formulas:
            yield from _composites(spot, text, weights)


def _means(spot: Spot, text: str) -> Iterator[Finding]:
    start = 0
    for clause in [*(m.start() for m in _CLAUSE.finditer(text)), len(text)]:
        part, start = text[start:clause], clause + 1
        for found in _MEAN.finditer(part):
            held = [
                n
                for n in numbers(part[: found.start()])
                if n.unit == found["unit"]
                and not re.search(r"(?:目标|标准|≥|不低于|超过|同比|增长)[^，]{0,6}$", part[: n.start])
            ]
            if len(held) < 2:
                continue
            mean = sum((n.value for n in held), Fraction(0)) / len(held)
            places = decimals(found["n"])
            half = Fraction(1, 2 * 10**places)
            if abs(mean - exact(found["n"])) > half:
                yield Finding(
                    "mean.plain",
                    Severity.ERROR if len(held) > 2 else Severity.REVIEW,
                    spot,
                    part[max(held[0].start - 10, 0) : found.end()],
                    score(mean, max(places, 2)) + found["unit"],
                    found["n"] + found["unit"],
                    f"({' + '.join(num(n.value) for n in held)}) ÷ {len(held)} = {score(mean, 4)}",
                    f"±{num(half, places + 1)}",
                )


def _weights(formula: str) -> list[tuple[str, Fraction]]:
    return [(m[1], Fraction(m[2]) / 100) for m in _ONE.finditer(formula)]


def _alike(one: str, other: str) -> int:
    """Return the length of the longest run of signs two names share."""
    best = 0
    for start in range(len(one)):
        while one[start : start + best + 1] in other and start + best < len(one):
            best += 1
    return best


def _composites(spot: Spot, text: str, weights: list[tuple[str, Fraction]]) -> Iterator[Finding]:
    scored = [(m["name"], exact(m["n"]), decimals(m["n"]), m) for m in _SCORED.finditer(text)]
    wholes = [s for s in scored if _WHOLE.search(s[0])]
    parts = [s for s in scored if not _WHOLE.search(s[0])]
    if len(wholes) != 1 or len(parts) != len(weights) or sum(w for _, w in weights) != 1:
        return
    chosen = []
    for name, weight in weights:
        fits = sorted(parts, key=lambda s: -_alike(re.sub("得分|合计|绩效|评价", "", name), s[0]))
        chosen.append((weight, fits[0]))
    if len({id(c[1][3]) for c in chosen}) != len(chosen):
        return
    made = sum((w * s[1] for w, s in chosen), Fraction(0))
    _, whole, places, found = wholes[0]
    half = Fraction(1, 2 * 10**places)
    if abs(made - whole) > half:
        yield Finding(
            "weighted.total",
            Severity.ERROR,
            spot,
            text[parts[0][3].start() : found.end()][:120],
            score(made, max(places, 2)) + "分",
            num(whole) + "分",
            " + ".join(f"{num(s[1])}×{num(w * 100)}%" for w, s in chosen) + f" = {num(made)}",
            f"±{num(half, places + 1)}",
        )
    if len({s[1] for s in parts}) == 1 and whole == parts[0][1] and len(parts) > 1:
        yield Finding(
            "identical.scores",
            Severity.HINT,
            spot,
            text[parts[0][3].start() : found.end()][:120],
            "",
            num(whole) + "分",
            note="各部分与综合得分完全相同，请核对评分表",
        )
