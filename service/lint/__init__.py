"""勾稽核对: any report, ours or a stranger's, is read and recomputed; knows nothing of requests or the
database.

From below: `document`, `numbers`, `marks` (what stands there), `shape`, `grid` and `reading` (files
become documents; `readdocx` and `readpdf` are programs of the shut-in child), `tableview`, `sheets`,
`stated`, `amounts`, `rubrics` (what it means), `material` (all of it read once), `rules` (one family a
file), `engine` (all rules).

    checked = lint_report("报告.docx", content)     # InvalidError: not read at all
    checked.findings                                # in reading order, with place and arithmetic

Every rule is general: headings, words and most rows agreeing say what belongs together; what is ambiguous
is not told. A figure is compared exactly (`Fraction`); the tolerance is half a unit of the last printed
decimal, and what lies within it is told as rounding.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from service.lint.document import Document, Table
from service.lint.engine import check
from service.lint.finding import Finding, Severity
from service.lint.reading import read_report


@dataclass(frozen=True)
class Checked:
    """A document with everything found in it."""

    document: Document
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong or to be looked at; hints do not count."""
        return all(finding.severity is Severity.HINT for finding in self.findings)

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings of each severity there are."""
        held = Counter(finding.severity for finding in self.findings)
        return {severity: held[severity] for severity in Severity}

    @property
    def summary(self) -> str:
        """What was looked at and found, in one sentence."""
        tables = sum(isinstance(block, Table) for block in self.document.blocks)
        found = "、".join(f"{severity.value} {count} 处" for severity, count in self.counts.items())
        return f"核对 {len(self.document.blocks) - tables} 段、{tables} 张表，{found}"

    def line(self, finding: Finding) -> str:
        """Return a finding as a clerk reads it: severity, place, quotation, then what follows from the
        figures."""
        pieces = [
            f"应为 {finding.expected}" if finding.expected else "",
            f"现为 {finding.actual}" if finding.actual else "",
            finding.formula,
            f"容差 {finding.tolerance}" if finding.tolerance else "",
            finding.note,
        ]
        quote = " ".join(finding.text.split())
        head = (
            f"{finding.severity.value} {finding.family.label} {self.document.place(finding.spot)}：“{quote}”"
        )
        return head + (f"\n    {'；'.join(filter(None, pieces))}" if any(pieces) else "")

    def to_plain(self) -> dict[str, Any]:
        """Return everything as JSON members."""
        return {
            "file": self.document.name,
            "blocks": len(self.document.blocks),
            "counts": {severity.name.lower(): count for severity, count in self.counts.items()},
            "findings": [
                {
                    "rule": f.rule,
                    "family": f.family.value,
                    "severity": f.severity.name.lower(),
                    "place": self.document.place(f.spot),
                    "text": f.text,
                    "expected": f.expected,
                    "actual": f.actual,
                    "formula": f.formula,
                    "tolerance": f.tolerance,
                    "note": f.note,
                }
                for f in self.findings
            ],
        }


def lint_report(name: str, content: bytes) -> Checked:
    """Return what is found in the report handed in as `name`; nothing of it is kept.

    Raises:
        InvalidError: the file is refused or cannot be read.
        UnavailableError: too many files are being read at this moment.
    """
    document = read_report(name, content)
    return Checked(document, check(document))
