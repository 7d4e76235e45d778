"""The test bench of a framework: sample results in, every line with its rule points and arithmetic out.

Nothing here is stored and nothing is computed that a real sheet would not: it is `score` without a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from service.errors import InvalidError, Problem
from service.scoring.arithmetic import Calendar
from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.lines import Entry, SheetLine
from service.scoring.quantities import exact_text
from service.scoring.samples import Sample, leaf_samples
from service.scoring.sheet import ScoreSheet, score


@dataclass(frozen=True, slots=True)
class BenchLine:
    """One line: figures as exact text (分, rate as ratio), None where there is none and `note` says why."""

    code: str
    name: str
    level: int
    leaf: bool
    max: str | None
    rule_points: str | None
    awarded: str | None
    rate: str | None
    status: str
    steps: tuple[str, ...]
    computed: tuple[tuple[str, str, str | None], ...]
    elements: tuple[tuple[str, str, str], ...]
    note: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """A whole trial; `steps` lead from the top lines to total and grade."""

    lines: tuple[BenchLine, ...]
    max: str | None
    total: str | None
    grade: str | None
    steps: tuple[str, ...]
    note: str
    warnings: tuple[str, ...]

    def line(self, code: str) -> BenchLine:
        """Return the line of a node; KeyError if the framework has none."""
        return {line.code: line for line in self.lines}[code]


@dataclass(frozen=True, slots=True)
class Trial:
    """One automatic sample of a leaf with what its rule gives."""

    sample: Sample
    line: BenchLine


def try_out(
    framework: Framework,
    results: Mapping[str, Mapping[str, Any]],
    *,
    money: Mapping[str, int] | None = None,
    calendar: Calendar | None = None,
) -> Bench:
    """Return the lines that plain results (FORMAT.md section 16) by code would give.

    A result that fits no rule is no error here: its line says what is the matter.

    Args:
        money: 分 by code, for rules that read it.

    Raises:
        InvalidError: every unknown code and every member of a result that is unknown or of the wrong shape.
    """
    facts = ScoringFacts(inputs=_read(framework, results), money=money or {}, calendar=calendar or Calendar())
    return _bench(score(framework, facts))


def try_edges(framework: Framework, code: str) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    """Return the automatic samples of a leaf tried out, and what could not be sampled, in words.

    Raises:
        KeyError: the framework has no such node.
    """
    found = leaf_samples(framework, code)
    trials = [Trial(one, try_out(framework, {code: one.result}).line(code)) for one in found.samples]
    return tuple(trials), found.untried


def _read(framework: Framework, results: Mapping[str, Mapping[str, Any]]) -> dict[str, LeafInput]:
    problems: list[Problem] = []
    inputs: dict[str, LeafInput] = {}
    for code, plain in results.items():
        if code not in framework.by_code:
            problems.append(Problem("指标体系中没有这个编号", path=code, value=code, cure="核对编号"))
            continue
        try:
            inputs[code] = LeafInput.from_plain(plain)
        except InvalidError as error:
            problems += [_under(code, one) for one in error.problems]
    if problems:
        raise InvalidError(problems)
    return inputs


def _under(code: str, one: Problem) -> Problem:
    path = f"{code}.{one.path}" if one.path else code
    return Problem(one.message, path=path, value=one.value, allowed=one.allowed, cure=one.cure)


def _bench(sheet: ScoreSheet) -> Bench:
    return Bench(
        lines=tuple(_line(line) for line in sheet.lines),
        max=_text(sheet.max),
        total=_text(sheet.total),
        grade=sheet.grade,
        steps=sheet.steps,
        note=sheet.note,
        warnings=sheet.warnings,
    )


def _line(line: SheetLine) -> BenchLine:
    return BenchLine(
        code=line.code,
        name=line.name,
        level=line.level,
        leaf=line.leaf,
        max=_text(line.max),
        rule_points=_text(line.rule_points),
        awarded=_text(line.awarded),
        rate=_text(line.rate),
        status=line.status.label,
        steps=line.steps,
        computed=tuple(_computed(entry) for entry in line.entries),
        elements=tuple((one.name, exact_text(one.points), exact_text(one.max)) for one in line.elements),
        note=line.note,
        warnings=line.warnings,
    )


def _computed(entry: Entry) -> tuple[str, str, str | None]:
    return entry.kind.label, entry.reason, _text(entry.effective)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else exact_text(value)
