"""Score a case file without a database: sheet, quotations, expectations (`pingji score FILE`)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from service.cases import reader
from service.cases.hints import hints
from service.cases.preview import preview
from service.cases.source import CaseFile
from service.errors import Problem
from service.queries.figures import figures_of
from service.quotations.compare import Comparison, compare
from service.quotations.expectations import Expectations, hold
from service.quotations.lookup import Figures
from service.scoring.quantities import exact_text, show
from service.scoring.sheet import ScoreSheet


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored case: its sheets, every figure, what agrees and what does not; `hints` never fail it."""

    file: CaseFile
    sheet: ScoreSheet
    sheets: dict[str, ScoreSheet]
    figures: Figures
    comparison: Comparison
    expectations: Expectations
    findings: tuple[Problem, ...]
    hints: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether nothing failed: expectations, undeclared differences, stated rule figures."""
        return not (self.expectations.failed or self.comparison.undeclared or self.findings)

    def to_plain(self) -> dict[str, Any]:
        """Return the JSON form shared with the replay; `stage` is None, `report` empty."""
        return {
            "case": self.file.case.case,
            "kind": self.file.case.kind,
            "stage": None,
            **sheet_summary(self.file, self.sheet),
            **comparison_plain(self.comparison),
            **expectations_plain(self.expectations),
            "findings": [str(problem) for problem in self.findings],
            "hints": [str(problem) for problem in self.hints],
            "report": None,
            "signature": "none",
        }


def score_file(path: str | Path) -> Scored:
    """Return the scored case stored at `path`.

    Raises:
        InvalidError: every fault of the file.
    """
    return score_case(reader.load(path))


def score_case(file: CaseFile) -> Scored:
    """Return the scored case."""
    seen = preview(file)
    figures = figures_of(seen.snapshot)
    comparison = compare([item.quoted() for item in file.case.published], figures)
    expectations = hold(file.case.expect, figures)
    return Scored(
        file,
        seen.sheet,
        seen.sheets,
        figures,
        comparison,
        expectations,
        _rule_faults(file, figures),
        hints(file, seen),
    )


def _rule_faults(file: CaseFile, figures: Figures) -> tuple[Problem, ...]:
    """Return a problem for each adjustment whose stated rule figure is not the computed one."""
    problems = []
    for index, item in enumerate(file.case.adjustments):
        if not item.rule or item.target != "leaf" or item.sheet:
            continue
        computed = figures.nodes.get(item.node, {}).get("rule")
        if computed is not None and computed != Fraction(item.rule):
            shown = exact_text(computed)
            problems.append(
                file.document.problem(
                    ("adjustments", index, "rule"),
                    f"细则应得分与系统算出的 {shown} 不同",
                    cure="核对结果和规则，或删去 rule",
                )
            )
    return tuple(problems)


def sheet_summary(file: CaseFile, sheet: ScoreSheet) -> dict[str, Any]:
    """Return total and grade as text or None, and the adjustments with both figures."""
    return {
        "total": None if sheet.total is None else show(sheet.total, sheet.rounding.places),
        "grade": sheet.grade,
        "adjustments": [
            {
                "node": item.node,
                "rule": _rule(sheet, item.node, item.target),
                "awarded": item.awarded,
                "reason": item.reason,
            }
            for item in file.case.adjustments
            if item.withdrawn is None
        ],
    }


def _rule(sheet: ScoreSheet, node: str, target: str) -> str | None:
    if target != "leaf":
        return None
    points = sheet.line(node).rule_points
    return None if points is None else exact_text(points)


def comparison_plain(comparison: Comparison) -> dict[str, Any]:
    """Return `published` of the JSON form."""
    return {
        "published": {
            "agree": [
                {"path": a.path, "published": a.published, "computed": a.computed} for a in comparison.agree
            ],
            "differ": [
                {
                    "path": d.path,
                    "published": d.published,
                    "computed": d.computed,
                    "kind": d.kind,
                    "declared": d.declared,
                    "cause": d.cause,
                }
                for d in comparison.differ
            ],
            "uncomputable": [
                {"path": u.path, "published": u.published, "cause": u.cause} for u in comparison.uncomputable
            ],
            "needless": list(comparison.needless),
        }
    }


def expectations_plain(expectations: Expectations) -> dict[str, Any]:
    """Return `expectations` of the JSON form."""
    failed = [{"path": f.path, "expected": f.expected, "actual": f.actual} for f in expectations.failed]
    return {"expectations": {"held": expectations.held, "failed": failed}}
