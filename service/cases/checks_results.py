"""Check the results of a case against the rules they feed; what no rule can use is refused. Pure.

- The wording of a result is checked first (`LeafInput.from_plain`); only a sound one meets its rule.
- A result that names a missing state, states remarks alone or gives points itself is left to the scoring.
- A bare number beside bounds in percent (or the reverse) is refused: 96 would count as 9600%.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from service import yamltext
from service.cases.facts import money_of
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem
from service.scoring.check import input_problems
from service.scoring.framework import Framework, Node
from service.scoring.inputs import LeafInput
from service.scoring.methods.base import Rule
from service.scoring.quantities import NUMBER, RATIO_UNITS, Quantity, exact_text, read_quantity
from service.yamltext import Place

# A bare figure this large beside percent bounds, or a bare bound this large beside a percent, is no ratio.
_BARE_VALUE, _BARE_BOUND = 2, 10


def check_results(file: CaseFile) -> list[Problem]:
    """Return every result that is miswritten or that the rule of its leaf cannot use."""
    problems: list[Problem] = []
    money = money_of(file.case)
    groups: list[tuple[Place, Mapping[str, Any]]] = [(("results",), file.case.results)]
    groups += [(("sheet_results", sheet), held) for sheet, held in file.case.sheet_results.items()]
    for place, results in groups:
        for code, plain in results.items():
            try:
                given = LeafInput.from_plain(plain)
            except InvalidError as error:
                problems += [moved(file, (*place, code), p) for p in error.problems]
                continue
            found = _misfits(file.framework, code, given, money)
            problems += [moved(file, (*place, code), p) for p in found]
    return problems


def moved(file: CaseFile, place: Place, problem: Problem) -> Problem:
    """Return the problem of a part with the path, line and file of where the part stands."""
    steps = tuple(
        int(step[1:-1]) if step.startswith("[") else step
        for step in re.findall(r"\[\d+\]|[^.\[\]]+", problem.path)
    )
    prefix = yamltext.spell(place)
    return Problem(
        problem.message,
        path=f"{prefix}.{problem.path}" if problem.path else prefix,
        value=problem.value,
        allowed=problem.allowed,
        cure=problem.cure,
        file=file.document.file,
        line=file.document.line((*place, *steps)),
    )


def _misfits(
    framework: Framework, code: str, given: LeafInput, money: Mapping[str, int]
) -> Iterator[Problem]:
    """Yield what keeps the result from being used; the path starts below the node."""
    node = framework.by_code.get(code)
    if node is None:
        return
    for problem in input_problems(framework, code, given, money=money):
        yield Problem(
            problem.message,
            path=problem.path.removeprefix(code).lstrip("."),
            value=problem.value,
            allowed=problem.allowed or "手册第五节里本规则的写法，数用半角，如 90%、1,250.5万元",
            cure=f"{problem.cure}；没有数的写 state，原文写在 actual",
        )
    yield from _out_of_range(node, given)
    if node.rule is not None:
        yield from _percents(node.rule, given, "")


def _out_of_range(node: Node, given: LeafInput) -> Iterator[Problem]:
    if not given.awarded or not NUMBER.fullmatch(given.awarded) or node.max is None or node.block:
        return
    if not 0 <= Fraction(given.awarded) <= node.max:
        yield Problem(
            f"超出 {node.code} 的满分",
            path="awarded",
            value=given.awarded,
            allowed=f"0 到 {exact_text(node.max)}",
            cure="核对指标和分数；超过满分的部分用加分规则",
        )


def _percents(rule: Rule, given: LeafInput, path: str) -> Iterator[Problem]:
    """Yield a problem where a value lacks its percent sign, or its bounds lack theirs; parts included."""
    for name, inner, below in _within(rule, given):
        yield from _percents(inner, below, f"{path}{name}")
    value = read_quantity(given.value) if given.value else None
    if value is None or value.dims:
        return
    bounds = [bound for bound in rule.bounds() if not bound.dims and bound.number]
    written = [bound.unit in RATIO_UNITS for bound in bounds]
    if value.unit not in RATIO_UNITS and any(written) and abs(value.number) > _BARE_VALUE:
        yield _unlike(
            "没有写百分号，会当作倍数",
            given,
            path,
            f"{exact_text(value.number)}%",
            bounds[written.index(True)],
        )
    bare = [bound for bound in bounds if bound.unit not in RATIO_UNITS and abs(bound.number) >= _BARE_BOUND]
    if value.unit in RATIO_UNITS and bare:
        yield _unlike(
            "写了百分号，规则的界限没有写", given, path, exact_text(value.number / value.factor), bare[0]
        )


def _unlike(message: str, given: LeafInput, path: str, instead: str, bound: Quantity) -> Problem:
    return Problem(
        message,
        path=f"{path}value",
        value=given.value,
        allowed=f"与规则的界限 {bound} 同样的写法",
        cure=f"写成 {instead}；规则写错的，改指标体系",
    )


def _within(rule: Rule, given: LeafInput) -> Iterator[tuple[str, Rule, LeafInput]]:
    """Yield each inner rule with the name of its part and the result it reads."""
    for code, inner in rule.inner().items():
        if code in given.rules:
            yield f"rules.{code}.", inner, given.rules[code]
        elif code:
            yield "", inner, given
        else:
            for part, held in given.parts.items():
                yield f"parts.{part}.", inner, held
