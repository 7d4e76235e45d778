"""All rules over one document; the findings in reading order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from service.lint.document import Document
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.rules import (
    columns,
    contents,
    counts,
    crosschecks,
    dates,
    deductions,
    equations,
    grades,
    means,
    numbering,
    rates,
    ratios,
    repeats,
    rubric,
    signs,
    sums,
    tablesums,
    wording,
)

Rule = Callable[[Material], Iterator[Finding]]
RULES: tuple[Rule, ...] = tuple(
    module.check
    for module in (
        rates,
        deductions,
        sums,
        tablesums,
        columns,
        ratios,
        means,
        equations,
        grades,
        counts,
        crosschecks,
        rubric,
        numbering,
        repeats,
        signs,
        dates,
        contents,
        wording,
    )
)
_ORDER = {severity: number for number, severity in enumerate(Severity)}


def check(document: Document) -> tuple[Finding, ...]:
    """Return every finding on `document`, each once, in reading order."""
    material = Material(document)
    found = dict.fromkeys(finding for rule in RULES for finding in rule(material))
    return tuple(sorted(found, key=lambda f: (f.spot.block, f.spot.row, f.spot.column, _ORDER[f.severity])))
