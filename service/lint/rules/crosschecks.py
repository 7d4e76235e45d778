"""The same indicator has the same points in the text, in the summary and in the score sheet.

Source: 财预〔2020〕10号 附3（评分表与正文一致）. No tolerance; where both full marks and awarded points
differ the names may mean different things and nothing is told.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import stem
from service.lint.material import Material
from service.report.figures import num

_SUBJECT = re.compile(
    r"(?:[^，。；]{0,4}[、.．）)])?([^，。；]{2,14}?指标)(?:分析)?(?:共)?(?:包括|包含|下设|分为)"
)


@dataclass(frozen=True, slots=True)
class _Fact:
    spot: Spot
    name: str
    max: Fraction
    score: Fraction
    summed: bool = False


def check(material: Material) -> Iterator[Finding]:
    """Yield points that differ between places, and summaries that change the name of what they sum up."""
    yield from _subjects(material)
    tables: dict[str, list[_Fact]] = defaultdict(list)
    for facts in _of_sheets(material):
        for key, fact in facts.items():
            tables[key].append(fact)
    for held in tables.values():
        first = held[0]
        for other in held[1:]:
            yield from _compare(other, first)
    for stated in material.stated:
        if stated.max is None or stated.score is None:
            continue
        own = _Fact(stated.spot, stated.name, stated.max.value, stated.score.value)
        held = tables.get(stem(stated.name), [])
        if held and not any((f.max, f.score) == (own.max, own.score) for f in held):
            yield from _compare(own, held[0])


def _subjects(material: Material) -> Iterator[Finding]:
    """产出指标包括…。绩效指标分值20分: the second sentence speaks of something else."""
    for stated in material.stated:
        text = material.document.context(stated.spot)
        subject = _SUBJECT.match(text)
        if not subject or stated.quote not in text[subject.end() :] or not stated.name.endswith("指标"):
            continue
        one, other = stem(subject[1]), stem(stated.name)
        if one not in other and other not in one:
            yield Finding(
                "wording.subject",
                Severity.HINT,
                stated.spot,
                f"{stated.name}{stated.quote}",
                subject[1],
                stated.name,
                note="前一句说的是另一个名称",
            )


def _of_sheets(material: Material) -> Iterator[dict[str, _Fact]]:
    for sheet in material.sheets:
        title = "" if sheet.score_column is None else sheet.view.titles[sheet.score_column]
        if sheet.score_column is None or "自评" in title:
            continue
        found: dict[str, _Fact] = {}
        twice: set[str] = set()
        rows: dict[int, tuple[Fraction, Fraction]] = {}
        for line in sheet.lines:
            if line.max is None or line.score is None:
                continue
            rows[line.row] = (line.max.value, line.score.value)
            key = stem(line.name)
            twice |= {key} & found.keys()
            found[key] = _Fact(
                Spot(sheet.block, line.row, sheet.score_column), line.name, line.max.value, line.score.value
            )
        for group in sheet.groups:
            if group.column == sheet.groups[0].column and all(r in rows for r in group.rows):
                key = stem(group.name)
                twice |= {key} & found.keys()
                sums = [sum((rows[r][n] for r in group.rows), Fraction(0)) for n in (0, 1)]
                found[key] = _Fact(
                    Spot(sheet.block, group.row, group.column), group.name, sums[0], sums[1], summed=True
                )
        yield {k: f for k, f in found.items() if k not in twice}


def _compare(one: _Fact, other: _Fact) -> Iterator[Finding]:
    if (one.max == other.max) == (one.score == other.score):
        return
    what, a, b = ("得分", one.score, other.score) if one.max == other.max else ("分值", one.max, other.max)
    yield Finding(
        "cross.points",
        Severity.ERROR,
        one.spot,
        f"{one.name} {what}{num(a)}",
        num(b),
        num(a),
        f"另处“{other.name}”{what}{'合计' if other.summed else ''}为{num(b)}",
    )
