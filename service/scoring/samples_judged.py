"""Samples of rules a person judges: levels, elements, choices, counts that are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from service.scoring.methods.all_or_nothing import AllOrNothing
from service.scoring.methods.base import Rule
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.checklist import Checklist
from service.scoring.methods.discretionary import Discretionary
from service.scoring.methods.levels import Levels
from service.scoring.methods.not_stated import NotStated
from service.scoring.methods.occurrence import CountStep, Item
from service.scoring.methods.per_occurrence import PerOccurrence
from service.scoring.methods.reverse import Reverse
from service.scoring.quantities import exact_text
from service.scoring.trial import FINE, RULINGS, Plain, Sample, chosen


def judged(rule: Rule, full: Fraction) -> Iterator[Sample]:
    """Yield samples that need no formula solved; nothing for kinds that are measured or hold rules."""
    maker = _MAKERS.get(type(rule))
    return iter(()) if maker is None else maker(rule, full)


def _all_or_nothing(rule: AllOrNothing, full: Fraction) -> Iterator[Sample]:
    if rule.met is not None or rule.when is not None:
        return
    for word, label, points in (("yes", "符合", rule.points), ("no", "不符合", rule.otherwise)):
        for more, extra in chosen(points, full):
            yield Sample(label + more, {"met": word, **extra})


def _levels(rule: Levels, full: Fraction) -> Iterator[Sample]:
    for level in rule.levels:
        for more, extra in chosen(level.points, full):
            yield Sample(f"{level.code} 级{more}", {"level": level.code, **extra})


def _checklist(rule: Checklist, full: Fraction) -> Iterator[Sample]:
    met = {element.code: "met" for element in rule.elements}
    yield Sample("各要点都满足", {"elements": met})
    yield Sample("各要点都不满足", {"elements": dict.fromkeys(met, "unmet")})
    for element in rule.elements:
        name = element.name or element.code
        yield Sample(f"只有“{name}”不满足", {"elements": {**met, element.code: "unmet"}})
        if not element.whole:
            yield Sample(f"“{name}”满足一半", {"elements": {**met, element.code: "50%"}})


def _discretionary(rule: Discretionary, full: Fraction) -> Iterator[Sample]:
    low, high = rule.low.limits(full)[0], rule.high.limits(full)[1]
    step = rule.step or FINE
    for label, points in (
        ("最高", high),
        ("最低", low),
        ("最低再加一步", low + step),
        ("超出最高", high + step),
    ):
        yield Sample(f"{label}（{exact_text(points)} 分）", _points(points))


def _points(points: Fraction) -> Plain:
    return {"points": exact_text(points), "reason": "样例"}


def _not_stated(rule: NotStated, full: Fraction) -> Iterator[Sample]:
    yield Sample("直接给满分", {"awarded": exact_text(full), "reason": "样例"})
    yield Sample("直接给 0 分", {"awarded": "0", "reason": "样例"})


def _per_occurrence(rule: PerOccurrence, full: Fraction) -> Iterator[Sample]:
    if any(item.value is not None for item in rule.items):
        return
    floor = rule.floor.limits(full)[0]
    yield from _counts(rule.items, full, full - floor, "扣到最低")


def _counts(items: tuple[Item, ...], full: Fraction, range_: Fraction, end: str) -> Iterator[Sample]:
    """Yield counts of none, one of each, and as many as use the range up, with one more and one less."""
    none = {item.code: "0" for item in items}
    yield Sample("一次也没有", _counted(none))
    for item in items:
        for number in _numbers(item, full, range_):
            word = f"，{end}" if number > 1 else ""
            label = f"{item.title} {number} 次{word}"
            yield Sample(label, _counted({**none, item.code: str(number)}))
        if item.step is CountStep.NOT_STATED:
            for ruling in RULINGS:
                result = {**_counted({**none, item.code: "1.5"}), "step_ruling": ruling.value}
                yield Sample(f"{item.title} 1.5 次，裁定{ruling.label}", result)


def _numbers(item: Item, full: Fraction, range_: Fraction) -> list[int]:
    per = item.per.limits(full)[0] if item.per else Fraction(0)
    unit = ceil(item.unit.number / item.unit.factor)
    if not per:
        return [unit]
    last = ceil(range_ / per) * unit
    return sorted({number for number in (unit, last - unit, last, last + unit) if number > 0})


def _counted(counts: Mapping[str, str]) -> Plain:
    return {"count": counts[""]} if list(counts) == [""] else {"counts": dict(counts)}


def _bonus(rule: Bonus, full: Fraction) -> Iterator[Sample]:
    (item,) = rule.items
    cap = rule.cap if rule.cap is not None else Fraction(10)
    if item.per is None:
        for label, points in (("不加分", Fraction(0)), ("加到上限", cap), ("超过上限", cap + 1)):
            yield Sample(f"{label}（{exact_text(points)} 分）", _points(points))
    elif item.value is None:
        yield from _counts(rule.items, full, cap, "加到上限")


def _reverse(rule: Reverse, full: Fraction) -> Iterator[Sample]:
    if any(item.value is not None for item in rule.items):
        return
    counted = tuple(item for item in rule.items if item.per is not None or item.fatal or item.event)
    if counted:
        yield from _counts(counted, full, -rule.floor, "扣到最低")
    none = {item.code: "0" for item in counted}
    base: dict[str, Any] = {"counts": none} if none else {}
    for item in rule.items:
        if item in counted:
            continue
        for amount in (Fraction(0), -rule.floor, -rule.floor + 1):
            text = exact_text(amount)
            yield Sample(f"{item.title}酌情扣 {text} 分", {**base, "deduct": {item.code: text}})
    if not rule.items:
        for points in (Fraction(0), rule.floor, rule.floor - 1):
            yield Sample(f"直接写 {exact_text(points)} 分", _points(points))


_MAKERS: Mapping[type[Rule], Callable[[Any, Fraction], Iterator[Sample]]] = {
    AllOrNothing: _all_or_nothing,
    Levels: _levels,
    Checklist: _checklist,
    Discretionary: _discretionary,
    NotStated: _not_stated,
    PerOccurrence: _per_occurrence,
    Bonus: _bonus,
    Reverse: _reverse,
}
