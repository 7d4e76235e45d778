"""Scoring rules as a report prints them: bands of a rate with their points, alternatives with their
points. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_P = r"(\d+(?:\.\d+)?)"
_PERCENT = r"(\d+(?:\.\d+)?)%"
_AWARD = re.compile(rf"(?:得分?|计|为|，|,|的|：|:)\s?{_P}分|(?P<none>不得分|不计分)|^{_P}分")
_BETWEEN = re.compile(
    r"(?P<x>\d+(?:\.\d+)?)%(?:[（(]含[）)])?"
    r"(?:\s?(?P<a>[<≤＜]=?)[\u4e00-\u9fff\w]{1,20}?(?P<b>[<≤＜]=?)\s?|[-—~－至到])"
    r"(?P<y>\d+(?:\.\d+)?)%(?P<right>[（(]不?含[）)])?"
)
_LEAST = re.compile(
    rf"(?:≥|>=|达到|不低于|不小于|大于等于|大于或等于|高于或等于){_PERCENT}|{_PERCENT}(?:[（(]含[）)])?(?:及|\(含\)|（含）)?以上"
)
_OVER = re.compile(rf"(?:＞|>|超过|高于|大于){_PERCENT}")
_MOST = re.compile(rf"(?:≤|<=|不超过|未超过|不高于|不大于|小于等于|小于或等于){_PERCENT}")
_UNDER = re.compile(rf"(?:＜|<|低于|不足|小于|不到){_PERCENT}|{_PERCENT}(?:[（(]不含[）)])?以下")
_FORMULA = re.compile(r"得分\s?[=＝]|评分\s?[=＝]|等于|[*×][^分；;。]{0,8}分|按比例|比例(?:得|计|扣)分")
_SHARE = re.compile(rf"率\s?[*×xX]\s?{_P}分")
_SOFT = re.compile(r"酌情|每|扣|最高|以内|比例|之间|视|合计|分别|累计|一项|缺一|=|＝|率")
_RANGE = re.compile(rf"得?{_P}\s?[-—~－至]\s?{_P}分")
_ITEM = re.compile(r"^\s?(?:\d{1,2}[.、．)）](?!\d)|[（(]\d{1,2}[）)]|[①-⑳]|[A-EＡ-Ｅa-e][.、．)）])")
_LEAST_STEPS = 3
_NO_END = Fraction(-(10**9))


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a rate in percent with its points; None where a formula gives them."""

    low: Fraction | None
    low_in: bool
    high: Fraction | None
    high_in: bool
    points: Fraction | None

    def holds(self, value: Fraction) -> bool:
        """Return whether a rate lies in the band."""
        above = self.low is None or value > self.low or (self.low_in and value == self.low)
        below = self.high is None or value < self.high or (self.high_in and value == self.high)
        return above and below


def bands_of(criteria: str) -> tuple[Band, ...]:
    """Return the bands a rule lists in order; () if it lists fewer than two."""
    pieces = [p.strip() for p in re.split(r"[；;。\n]", criteria) if p.strip()]
    found = [b for n, p in enumerate(pieces, 1) if (b := _band(re.sub(rf"^{n}[.．]", "", p))) is not None]
    return tuple(found) if len(found) > 1 else ()


def _band(piece: str) -> Band | None:
    formula = bool(_FORMULA.search(piece))
    awards = list(_AWARD.finditer(piece))
    if re.search("每", piece) or (not formula and len(awards) != 1):
        return None
    points: Fraction | None = None
    if not formula:
        written = awards[0][1] or awards[0][3]
        points = Fraction(written) if written else Fraction(0)
    head = piece if formula or not awards else piece[: awards[0].start()]
    head = re.split("得分[=＝]", head)[0]
    return _interval(head, points)


def _interval(head: str, points: Fraction | None) -> Band | None:
    both = _BETWEEN.search(head)
    if both:
        low_in = both["a"] is None or "≤" in both["a"] or "=" in both["a"]
        high_in = "≤" in (both["b"] or "") or (both["right"] or "不").strip("（(").startswith("含")
        return Band(Fraction(both["x"]), low_in, Fraction(both["y"]), high_in, points)
    for pattern, over, inside in (
        (_MOST, False, True),
        (_LEAST, True, True),
        (_UNDER, False, False),
        (_OVER, True, False),
    ):
        found = pattern.search(head)
        if found:
            edge = Fraction(next(g for g in found.groups() if g))
            return (
                Band(edge, inside, None, False, points) if over else Band(None, False, edge, inside, points)
            )
    return None


def points_for(bands: tuple[Band, ...], value: Fraction) -> Fraction | None:
    """Return the points of the narrowest band a rate lies in, None if none fits or a formula gives them."""
    held = [b for b in bands if b.holds(value)]
    ends = [
        (b.low if b.low is not None else _NO_END, -b.high if b.high is not None else _NO_END) for b in held
    ]
    return held[ends.index(max(ends))].points if held else None


def share_of(criteria: str) -> Fraction | None:
    """Return the points of which a rate gives its share (执行率×2分), None if the rule is no such one."""
    found = _SHARE.findall(criteria)
    return Fraction(found[0]) if len(found) == 1 else None


def steps_of(criteria: str, top: Fraction) -> tuple[tuple[Fraction, Fraction], ...]:
    """Return the awards that alternatives 1. 2. 3. … allow, each as a range; () if the rule leaves more room.

    The first must give the full marks and each less than the one before; a word that leaves room (酌情,
    每…扣) ends it.
    """
    pieces = [p for p in re.split(r"\n|(?<=[。；;])", criteria) if p.strip()]
    items = [p for p in pieces if _ITEM.match(p)]
    if len(items) < _LEAST_STEPS or len(items) != len(pieces) or _SOFT.search(criteria):
        return ()
    found = []
    for piece in items:
        between = _RANGE.search(piece)
        awards = list(_AWARD.finditer(piece))
        if between:
            found.append((Fraction(between[1]), Fraction(between[2])))
        elif len(awards) == 1:
            written = awards[0][1] or awards[0][3]
            points = Fraction(written) if written else Fraction(0)
            found.append((points, points))
        else:
            return ()
    highs = [high for _, high in found]
    return tuple(found) if highs[0] == top and highs == sorted(set(highs), reverse=True) else ()
