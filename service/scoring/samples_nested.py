"""Samples of rules that hold other rules: each inner sample in turn, the rest standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeAlias

from service.scoring.expressions import Expression
from service.scoring.methods.base import Rule
from service.scoring.methods.combination import Combination, How, SubRule
from service.scoring.methods.per_part import Join, PerPart
from service.scoring.methods.survey import Survey
from service.scoring.samples_measured import conditions
from service.scoring.trial import Plain, Sample, Tried, merged

SamplesOf: TypeAlias = Callable[[Rule, Fraction, Tried], Iterator[Sample]]


def nested(rule: Rule, full: Fraction, tried: Tried, samples_of: SamplesOf) -> Iterator[Sample]:
    """Yield the samples of a survey, combination or per-part rule; nothing for other kinds."""
    if isinstance(rule, Survey):
        yield from _survey(rule, full, tried, samples_of)
    elif isinstance(rule, Combination):
        yield from _combination(rule, full, tried, samples_of)
    elif isinstance(rule, PerPart):
        yield from _per_part(rule, full, tried, samples_of)


def _survey(rule: Survey, full: Fraction, tried: Tried, samples_of: SamplesOf) -> Iterator[Sample]:
    for sample in samples_of(rule.score, full, tried):
        if not _over_one(sample.result):
            yield Sample(f"满意率 {sample.label}", sample.result)
    for level in rule.levels:
        answers: Plain = {one.name: "10" if one is level else "0" for one in rule.levels}
        groups: Plain = {group.name: dict(answers) for group in rule.groups}
        yield Sample(f"全部答“{level.name}”", {"survey": groups or answers})


def _over_one(result: Plain) -> bool:
    """Return whether a sampled rate exceeds 100 %, which no survey can give."""
    text = str(result.get("value", ""))
    return text.endswith("%") and Fraction(text.removesuffix("%")) > 100


def _combination(rule: Combination, full: Fraction, tried: Tried, samples_of: SamplesOf) -> Iterator[Sample]:
    found = {sub.code: list(samples_of(sub.rule, _full(sub, full), tried)) for sub in rule.rules}
    if rule.how is How.FIRST_MATCH:
        yield from _first_match(rule, found, tried)
        return
    empty = [sub.title for sub in rule.rules if not found[sub.code]]
    if empty:
        tried.failed.append(f"“{'、'.join(empty)}”没有样例，请自己填写")
        return
    base, least = _extremes(rule, found, full, tried)
    yield Sample("各条都最高", {"rules": base})
    yield Sample("各条都最低", {"rules": least})
    for sub in rule.rules:
        for sample in found[sub.code]:
            yield Sample(f"{sub.title}：{sample.label}", {"rules": {**base, sub.code: sample.result}})


def _extremes(
    rule: Combination, found: dict[str, list[Sample]], full: Fraction, tried: Tried
) -> tuple[Plain, Plain]:
    """Return the results of the sub-rules that give most and least, by code."""
    most, least = {}, {}
    for sub in rule.rules:
        valued = [
            (points, sample.result)
            for sample in found[sub.code]
            if (points := tried.solver.points(sub.rule, _full(sub, full), sample.result)) is not None
        ]
        first = found[sub.code][0].result
        most[sub.code] = max(valued, key=lambda one: one[0])[1] if valued else first
        least[sub.code] = min(valued, key=lambda one: one[0])[1] if valued else first
    return most, least


def _first_match(rule: Combination, found: dict[str, list[Sample]], tried: Tried) -> Iterator[Sample]:
    """Yield the samples of each sub-rule with its condition true and those before it false."""
    ahead: Plain = {}
    for sub in rule.rules:
        own = {} if sub.when is None else _judged(sub.when, tried, truth=True)
        if own is None:
            tried.failed.append(f"找不到使“{sub.title}”适用的数，请自己填写")
        for sample in found[sub.code] if own is not None else ():
            result = merged(own or {}, sample.result)
            if result is not None:
                yield Sample(f"{sub.title}：{sample.label}", {"rules": {**ahead, sub.code: result}})
        other = None if sub.when is None else _judged(sub.when, tried, truth=False)
        if other is None:
            return
        ahead[sub.code] = other


def _judged(condition: Expression, tried: Tried, *, truth: bool) -> Plain | None:
    """Return a result for which the condition is so, None if none was found."""
    made = (sample.result for sample in conditions(condition, tried))
    return next((result for result in made if tried.solver.holds(condition, result) is truth), None)


def _full(sub: SubRule, full: Fraction) -> Fraction:
    return sub.max.limits(full)[0] if sub.max else full


def _per_part(rule: PerPart, full: Fraction, tried: Tried, samples_of: SamplesOf) -> Iterator[Sample]:
    codes = [part.code for part in rule.parts] or ["甲", "乙"]
    found = list(samples_of(rule.rule, full / len(codes) if rule.how is Join.SUM else full, tried))
    own = {part.code for part in rule.parts if part.weight is not None}
    weights: Plain = {code: "1" for code in codes if code not in own} if rule.how is Join.WEIGHTED else {}
    for sample in found:
        parts = dict.fromkeys(codes, found[0].result) | {codes[0]: sample.result}
        more: Plain = {"weights": weights} if weights else {}
        yield Sample(f"{codes[0]}：{sample.label}", {"parts": parts, **more})
