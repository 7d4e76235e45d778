"""The points a sentence speaks of: awarded, taken off, a share, a limit; each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.quantities import exact, exact_text

_N = r"\d+(?:\.\d+)?"
_POINT = r"分(?![钟之公局管析])"
_WHOLE = (
    r"(?:分值|权重分值?|权重|满分|总分|标准分|分数|该项分值?|本项分值?|该指标分值?|本指标分值?|指标分值?)"
)
_DASH = r"[-~—–至到]"


class Kind(StrEnum):
    """What an amount is."""

    AWARD = "award"
    LOSS = "loss"
    BONUS = "bonus"
    LOSS_CAP = "loss_cap"
    WORTH = "worth"


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount; `points` as a rule writes it (``2``, ``80%``, ``0..1``), `full` for 满分."""

    kind: Kind
    points: str
    start: int
    end: int
    full: bool = False
    judged: bool = False

    def of(self, whole: Fraction | None) -> Fraction | None:
        """Return the (lowest) points in 分 for `whole` full marks, None where they need an unknown whole."""
        if self.full:
            return whole
        low = self.points.partition("..")[0]
        if low.endswith("%"):
            return None if whole is None else whole * exact(low[:-1]) / 100
        return exact(low)


_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "loss_cap",
        re.compile(rf"(?:最多|至多|最高|累计不超过|不超过)(?:扣|减)(?:分|除|减)?(?P<a>{_N}){_POINT}"),
    ),
    ("threshold", re.compile(rf"(?:扣到|扣至|直到|直至|减到|减至)(?P<a>{_N}){_POINT}")),
    ("loss_all", re.compile(rf"(?:扣除?|减去?)(?:全部|该项|本项|所有|完该项|完)(?:{_WHOLE}|得分|分)")),
    (
        "loss",
        re.compile(
            rf"(?P<judged>酌情|适当|视情况?)?(?:扣减|扣除|倒扣|扣|减去|减)(?:分)?:?(?P<a>{_N}){_POINT}"
        ),
    ),
    ("loss", re.compile(rf"(?:扣减|扣除|倒扣|扣|减去|减){_WHOLE}的?(?P<p>{_N})%")),
    ("loss", re.compile(rf"(?:扣减|扣除|倒扣|扣|减去|减)(?P<p>{_N})%的?(?:{_WHOLE}|分)?")),
    ("bonus", re.compile(rf"(?:加|奖励)(?P<a>{_N}){_POINT}")),
    ("award", re.compile(rf"(?:得|计|给|记)?{_WHOLE}的?(?P<p>{_N})%?(?:{_DASH}(?P<p2>{_N}))?%")),
    ("award", re.compile(rf"(?:得|计|给|记)(?P<p>{_N})%?(?:{_DASH}(?P<p2>{_N}))?%的?(?:{_WHOLE}|分)?")),
    ("worth", re.compile(rf"\((?:满分|共|计|总分)?(?P<a>{_N}){_POINT}\)")),
    (
        "worth",
        re.compile(rf"(?:最高|满分|总分|共|合计|最高得分?|最高不超过|最高计)(?:为|是)?(?P<a>{_N}){_POINT}"),
    ),
    (
        "threshold",
        re.compile(rf"(?:[≥≤<>]|不低于|不高于|低于|高于|超过|不足|达到|大于|小于|在)(?P<a>{_N}){_POINT}"),
    ),
    (
        "threshold",
        re.compile(rf"(?P<a>{_N})(?:{_DASH}{_N})?{_POINT}(?:\(不?含\))?(?:及|含)?(?:以上|以下|以内|之间)"),
    ),
    ("threshold", re.compile(rf"{_N}{_DASH}{_N}{_POINT}(?=的?,?(?:得|计|为))")),
    (
        "full",
        re.compile(r"得(?:该项|本项|此项|全部|指标|权重|标准)*(?:满分|全分|满|分值|全部分值?)|计满分|给满分"),
    ),
    ("zero", re.compile(r"不得分|不予?(?:计|给|记)分|(?:得|计|记)?零分|该项无分")),
    ("award", re.compile(rf"(?:得分?|计|给|记|赋|为|打)?:?(?P<a>{_N})分?{_DASH}(?P<b>{_N}){_POINT}")),
    ("award", re.compile(rf"(?:得分?|计|给|记|赋|打):?(?P<a>{_N}){_POINT}")),
    ("award", re.compile(rf"(?P<bare>)(?<![\d.%*×/=+-])(?P<a>{_N}){_POINT}")),
)


def amounts(text: str) -> tuple[Amount, ...]:
    """Return every amount of a plain text in order; thresholds such as ≥90分 are none."""
    taken = [False] * len(text)
    found: list[Amount] = []
    for name, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                found.extend(_made(name, match))
    found = sorted(found, key=lambda one: one.start)
    return tuple(_titled(text, found))


def _made(name: str, match: re.Match[str]) -> Iterator[Amount]:
    if name == "threshold":
        return
    groups = match.groupdict()
    start, end = match.span()
    if name in ("full", "loss_all"):
        kind = Kind.AWARD if name == "full" else Kind.LOSS
        yield Amount(kind, "100%", start, end, full=True)
        return
    points = "0" if name == "zero" else _points(groups)
    kind = Kind.AWARD if name == "zero" else Kind(name)
    yield Amount(kind, points, start, end, judged=bool(groups.get("judged")))


def _points(groups: dict[str, str | None]) -> str:
    """Return the points of a match as a rule writes them."""
    low, high = groups.get("a") or groups.get("p"), groups.get("b") or groups.get("p2")
    sign = "%" if groups.get("p") else ""
    ends = sorted(exact(one) for one in (low, high) if one)
    return "..".join(f"{exact_text(end)}{sign}" for end in dict.fromkeys(ends))


_TITLE = re.compile(rf"^[^,;。:\d]{{2,24}}(?P<a>{_N}){_POINT}[,:]")


def _titled(text: str, found: list[Amount]) -> Iterator[Amount]:
    """An amount right behind the title of a sentence is what the part is worth, if more amounts follow."""
    title = _TITLE.match(text)
    led = any(one.full or one.kind is Kind.LOSS or text[one.start] in "得计给" for one in found)
    for one in found:
        behind = title is not None and one.kind is Kind.AWARD and one.end == title.end() - 1 and led
        bare = re.match(_N, text[one.start : one.end]) is not None
        yield Amount(Kind.WORTH, one.points, one.start, one.end) if behind and bare else one


def awards(text: str) -> tuple[tuple[str, Amount], ...]:
    """Return every award of a text with the words before it, back to the award or sentence before."""
    found = []
    for one in amounts(text):
        if one.kind is Kind.AWARD:
            found.append((text[_begin(text, one.start) : one.start], one))
    return tuple(found)


def _begin(text: str, at: int) -> int:
    """Return where the words that belong to the amount at `at` begin."""
    earlier = [one.end for one in amounts(text) if one.end <= at and one.kind is not Kind.WORTH]
    stops = [text.rfind(sign, 0, at) + 1 for sign in ";。\n"]
    return max([0, *earlier, *stops])


def losses(text: str) -> tuple[tuple[str, Amount], ...]:
    """Return every loss of a text with the words before it, back to the amount or sentence before."""
    return tuple(
        (text[_begin(text, one.start) : one.start], one) for one in amounts(text) if one.kind is Kind.LOSS
    )
