"""A stretch of numbers as words give it, and several of them fitted together into bands.

An edge is closed, open, closed by usage (以上, 以下) or not said. Usage gives way to what is said beside it;
an edge nobody states belongs to neither band.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction

from service.scoring.quantities import exact

UNIT = (
    r"(?:%|‰|个百分点|分(?!钟)|个工作日|工作日|天|日|小时|分钟|个月|月|年|周"
    r"|次|个|家|人|万元|元|起|件|项|台|处|例|级|倍)"
)
N = rf"\d+(?:\.\d+)?{UNIT}?"
_GAP = r"[^\d,;。≥≤<>]{0,10}?"
_DASH = r"(?:[-~—–至到]|以上至|以上到)"
_EDGE = r"(?:\((?P<{0}>不?含)(?:本数)?\)|(?P<{0}x>含|不含))?"


class Edge(IntEnum):
    """What the words say of an end, weakest last."""

    UNSAID = 0
    USAGE = 1
    OPEN = 2
    CLOSED = 3


@dataclass(frozen=True, slots=True)
class End:
    """One end of a stretch: its number in the unit of `text`, and whether it belongs."""

    number: Fraction
    text: str
    edge: Edge

    @property
    def closed(self) -> bool:
        """Return whether the end belongs."""
        return self.edge in (Edge.CLOSED, Edge.USAGE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers between two ends, either of which may be missing; `where` is the matched text's span."""

    low: End | None = None
    high: End | None = None
    where: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        low, high = self.low, self.high
        if low is None or high is None:
            end = low or high
            assert end is not None
            sign = (">" if low is not None else "<") + ("=" if end.closed else "")
            return f"{sign}{end.text}"
        if low.number == high.number and low.closed and high.closed:
            return f"={low.text}"
        return f"{'[' if low.closed else '('}{low.text}, {high.text}{']' if high.closed else ')'}"


def _end(text: str, edge: Edge, like: str = "") -> End:
    found = re.match(r"(\d+(?:\.\d+)?)(.*)", text)
    assert found is not None
    unit = found.group(2) or re.sub(r"^[\d.]+", "", like)
    unit = {"分": "", "个百分点": "%"}.get(unit, unit)
    return End(exact(found.group(1)), f"{found.group(1)}{unit}", edge)


def _marked(groups: dict[str, str | None], name: str, default: Edge) -> Edge:
    said = groups.get(name) or groups.get(f"{name}x")
    return default if not said else Edge.OPEN if said.startswith("不") else Edge.CLOSED


_BETWEEN = re.compile(rf"(?P<a>{N})(?P<s>[<≤>≥])[^\d<≤>≥,;。]{{1,24}}(?P<t>[<≤>≥])(?P<b>{N})")
_BRACKETS = re.compile(rf"(?P<l>[\[(])(?P<a>{N})[,、](?P<b>{N})(?P<r>[\])])")
_RANGE = re.compile(
    rf"(?P<a>{N}){_EDGE.format('e')}(?:及?以上)?[,、]?{_DASH}[,、]?(?P<b>{N}){_EDGE.format('f')}(?:以下|以内|之间)?"
)
_BOTH = re.compile(
    rf"(?:(?P<o>不低于|大于等于|≥|高于|大于|超过|>)|){_GAP}(?P<a>{N}){_EDGE.format('e')}(?P<up>及?以上)?[,、但且而]{{0,2}}"
    rf"(?P<p>低于|小于|不足|不到|<|≤|不超过|不高于){_GAP}(?P<b>{N})"
)
_ABOVE_BELOW = re.compile(
    rf"(?P<a>{N}){_EDGE.format('e')}(?:及|含)?以上[,、且但至到]{{0,2}}(?P<b>{N}){_EDGE.format('f')}(?:及|含)?以[下内]"
)
_FROM = re.compile(
    rf"(?:≥|不低于|不小于|不少于|大于或?等于|高于或?等于|达到|达)({_GAP})(?P<a>{N})(?:\(含\)|及)?(?:以上)?"
)
_OVER = re.compile(rf"(?:>|高于|大于|超过|多于|超出)({_GAP})(?P<a>{N})(?!以内)")
_UPTO = re.compile(
    rf"(?:≤|不高于|不超过|不大于|未超过|没有超过|不过|小于或?等于|低于或?等于|不多于|控制在)({_GAP})(?P<a>{N})(?:\(含\))?(?:以[内下])?"
)
_UNDER = re.compile(rf"(?:<|低于|小于|不足|少于|不到|未达到?|达不到|不满|未满)({_GAP})(?P<a>{N})(?:以下)?")
_ABOVE = re.compile(rf"(?P<a>{N})(?:\((?P<e>不?含)\)|(?P<ex>含))?(?P<both>及)?以上")
_BELOW = re.compile(rf"(?P<a>{N})(?:\((?P<e>不?含)\)|(?P<ex>含))?(?P<both>及)?以(?P<in>[下内])")
_TO = re.compile(rf"^[^\d]{{0,4}}至(?P<a>{N})")
_BARE = re.compile(rf"^[^\d<>≤≥]{{0,8}}(?P<a>{N})的?,?$")
_EXACT = re.compile(rf"(?:=|等于|为|是|率|度)(?P<a>{N})(?![-~]|以|[(]?不?含)")


def stretch(text: str) -> Stretch | None:
    """Return the first stretch of numbers a condition names, None if it names none."""
    for reader in (_two_ended, _one_ended):
        found = reader(text)
        if found is not None:
            return found
    return None


def _two_ended(text: str) -> Stretch | None:
    if found := _BETWEEN.search(text):
        return _between(found)
    if found := _BRACKETS.search(text):
        low = Edge.CLOSED if found["l"] == "[" else Edge.OPEN
        high = Edge.CLOSED if found["r"] == "]" else Edge.OPEN
        return Stretch(_end(found["a"], low, found["b"]), _end(found["b"], high, found["a"]), found.span())
    if found := _ABOVE_BELOW.search(text):
        low = _marked(found.groupdict(), "e", Edge.USAGE)
        high = _marked(found.groupdict(), "f", Edge.UNSAID)
        return Stretch(_end(found["a"], low, found["b"]), _end(found["b"], high, found["a"]), found.span())
    if found := _RANGE.search(text):
        low = _marked(found.groupdict(), "e", Edge.UNSAID)
        high = _marked(found.groupdict(), "f", Edge.UNSAID)
        return Stretch(_end(found["a"], low, found["b"]), _end(found["b"], high, found["a"]), found.span())
    return _joined(text)


def _between(found: re.Match[str]) -> Stretch | None:
    signs = found["s"], found["t"]
    if signs[0] in "<≤" and signs[1] in "<≤":
        first, last, ends = found["a"], found["b"], signs
    elif signs[0] in ">≥" and signs[1] in ">≥":
        first, last, ends = found["b"], found["a"], (signs[1], signs[0])
    else:
        return None
    edges = [Edge.CLOSED if sign in "≤≥" else Edge.OPEN for sign in ends]
    return Stretch(_end(first, edges[0], last), _end(last, edges[1], first), found.span())


def _joined(text: str) -> Stretch | None:
    found = _BOTH.search(text)
    if found is None or not (found["o"] or found["up"] or found["e"]):
        return None
    open_low = (found["o"] or "") in ("高于", "大于", "超过", ">")
    low = _marked(found.groupdict(), "e", Edge.OPEN if open_low else Edge.CLOSED)
    high = Edge.CLOSED if found["p"] in ("≤", "不超过", "不高于") else Edge.OPEN
    return Stretch(_end(found["a"], low, found["b"]), _end(found["b"], high, found["a"]), found.span())


def _one_ended(text: str) -> Stretch | None:
    tries: list[tuple[int, int, re.Match[str], str, Edge]] = []
    for pattern, side, edge in (
        (_UPTO, "high", Edge.CLOSED), (_FROM, "low", Edge.CLOSED), (_UNDER, "high", Edge.OPEN),
        (_OVER, "low", Edge.OPEN), (_ABOVE, "low", Edge.USAGE), (_BELOW, "high", Edge.USAGE),
        (_EXACT, "exact", Edge.CLOSED), (_TO, "high", Edge.CLOSED), (_BARE, "exact", Edge.CLOSED),
    ):  # fmt: skip
        if found := pattern.search(text):
            tries.append((found.start(), len(tries), found, side, edge))
    if not tries:
        return None
    _, _, found, side, edge = min(tries, key=lambda one: (_rank(one[3]), one[0], one[1]))
    groups = found.groupdict()
    if groups.get("both") or groups.get("in") == "内":
        edge = Edge.CLOSED
    end = _end(found["a"], _marked(groups, "e", edge))
    if side == "exact":
        return Stretch(end, end, found.span())
    return Stretch(low=end, where=found.span()) if side == "low" else Stretch(high=end, where=found.span())


def _rank(side: str) -> int:
    """A bare figure (完成率为100%) counts only where no comparing word stands."""
    return 1 if side == "exact" else 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """Stretches beside each other, lowest first, with what the words leave unsaid."""

    stretches: tuple[Stretch, ...]
    order: tuple[int, ...]
    unsaid: tuple[str, ...]
    overlap: bool = False


def fitted(found: list[Stretch]) -> Fitted:
    """Return the stretches cut so that none covers another; `order` names the place each had in `found`."""
    order = sorted(range(len(found)), key=lambda n: _place(found[n]))
    rows = [found[n] for n in order]
    unsaid: list[str] = []
    overlap = False
    for n in range(len(rows) - 1):
        below, above = rows[n], rows[n + 1]
        if above.low is None or (n + 1 < len(rows) - 1 and above.low is above.high):
            above = replace(above, low=_beyond(below.high)) if above.low is None else above
        if below.high is None:
            below = replace(below, high=_beyond(above.low))
        below, above, words, clash = _seam(below, above)
        rows[n], rows[n + 1] = below, above
        unsaid += words
        overlap = overlap or clash
    return Fitted(tuple(_settled(row, unsaid) for row in rows), tuple(order), tuple(unsaid), overlap)


def _settled(one: Stretch, unsaid: list[str]) -> Stretch:
    """An end nobody else claims belongs to its stretch, as a range is read."""
    claimed = {words.partition(" ")[0] for words in unsaid if "归哪一档" in words}

    def end(found: End | None) -> End | None:
        if found is None or found.edge is not Edge.UNSAID or found.text in claimed:
            return found
        return replace(found, edge=Edge.CLOSED)

    return replace(one, low=end(one.low), high=end(one.high))


def _place(one: Stretch) -> tuple[Fraction, int]:
    if one.low is not None and one.high is not None:
        return (one.low.number + one.high.number) / 2, 0
    end = one.low or one.high
    assert end is not None
    return end.number, 1 if one.low is not None else -1


def _beyond(end: End | None) -> End | None:
    """Return the same number as an end of the neighbour: closed where this one is open."""
    if end is None:
        return None
    return replace(
        end, edge=Edge.OPEN if end.closed else Edge.CLOSED if end.edge is Edge.OPEN else Edge.UNSAID
    )


def _seam(below: Stretch, above: Stretch) -> tuple[Stretch, Stretch, list[str], bool]:
    """Return two neighbours with their common edge in one of them at most."""
    high, low = below.high, above.low
    if high is None or low is None:
        return below, above, [], True
    if high.number > low.number:
        return below, above, [], True
    if high.number < low.number:
        return below, above, [f"{high.text} 与 {low.text} 之间没有写"], False
    return _shared_edge(below, above, high, low)


def _shared_edge(
    below: Stretch, above: Stretch, high: End, low: End
) -> tuple[Stretch, Stretch, list[str], bool]:
    """Return two neighbours that meet in one number."""
    first, second = high.edge, low.edge
    if second is Edge.UNSAID and first in (Edge.UNSAID, Edge.USAGE):
        below = replace(below, high=replace(high, edge=Edge.UNSAID))
        return below, above, [f"{low.text} 归哪一档没有写"], False
    if first in (Edge.UNSAID, Edge.USAGE) and second in (Edge.CLOSED, Edge.USAGE):
        return replace(below, high=replace(high, edge=Edge.OPEN)), above, [], False
    if first is Edge.UNSAID:
        return replace(below, high=replace(high, edge=Edge.CLOSED)), above, [], False
    if second in (Edge.UNSAID, Edge.USAGE):
        edge = Edge.OPEN if high.closed else Edge.CLOSED
        return below, replace(above, low=replace(low, edge=edge)), [], False
    if high.closed and low.closed:
        return below, above, [], True
    gap = [] if high.closed or low.closed else [f"{low.text} 归哪一档没有写"]
    return below, above, gap, False
