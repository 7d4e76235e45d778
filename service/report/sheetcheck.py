"""The figures of a snapshot recomputed: ledger, sums, rates, total, grade. Pure.

Every finding names what was expected and what stands there; all of them together, none is fatal here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from service.report.figures import exact, num, pct
from service.report.snapshot import CaseSnapshot, LineView

ERROR, REVIEW, HINT = "error", "review", "hint"
_TOTAL = frozenset({"", "total"})
LABELS = {ERROR: "错误", REVIEW: "待核", HINT: "提示"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the check found: severity, rule, place, quoted text, expected and actual value.

    `context` is the whole paragraph it stands in, where it stands in one.
    """

    severity: str
    rule: str
    place: str
    text: str
    expected: str = ""
    actual: str = ""
    context: str = field(default="", compare=False)

    def __str__(self) -> str:
        values = f"（应为{self.expected}，现为{self.actual}）" if self.expected or self.actual else ""
        return f"{LABELS[self.severity]} {self.place}：{self.text}{values}"


def check_figures(snapshot: CaseSnapshot) -> tuple[Finding, ...]:
    """Return what does not add up in the score sheet of `snapshot`."""
    found: list[Finding] = []
    for line in snapshot.sheet.lines:
        found += _rate(line)
        found += _ledger(line)
    found += _sums(snapshot)
    found += _total(snapshot)
    found += _grade(snapshot)
    return tuple(found)


def _rate(line: LineView) -> Iterator[Finding]:
    top, got, given = exact(line.max), exact(line.awarded), exact(line.rate)
    if top is None or got is None or given is None or top <= 0:
        return
    if given != got / top:
        yield Finding(ERROR, "rate", f"指标{line.code}", f"{line.name}得分率", pct(got / top), pct(given))


def _ledger(line: LineView) -> Iterator[Finding]:
    top, got = exact(line.max), exact(line.awarded)
    parts = [exact(line.deductions), exact(line.bonuses), exact(line.adjustment)]
    if top is None or got is None or parts[0] is None or line.block:
        return
    lost, more, moved = (p if p is not None else Fraction(0) for p in parts)
    want = top - lost + more + moved
    if got != want:
        yield Finding(
            ERROR, "ledger", f"指标{line.code}", f"{line.name}：分值－扣分＋加分＋裁量", num(want), num(got)
        )


def _sums(snapshot: CaseSnapshot) -> Iterator[Finding]:
    lines = {line.code: line for line in snapshot.sheet.lines}
    own = {d.node for d in snapshot.deductions} | {a.node for a in snapshot.adjustments}
    blocks = {block.code for block in snapshot.sheet.blocks}
    parents: dict[str, list[LineView]] = {}
    for line in lines.values():
        if line.parent in lines and line.parent not in blocks:
            parents.setdefault(line.parent, []).append(line)
    for code, children in parents.items():
        for label, column in (("分值", "max"), ("评价得分", "awarded")):
            values = [exact(getattr(child, column)) for child in children]
            stated = exact(getattr(lines[code], column))
            if stated is None or None in values or (code in own and column == "awarded"):
                continue
            want = sum((v for v in values if v is not None), Fraction(0))
            if want != stated:
                declared = bool(snapshot.framework.defects) and column == "max"
                yield Finding(
                    HINT if declared else ERROR,
                    "sum",
                    f"指标{code}",
                    f"{lines[code].name}下级{label}合计",
                    num(want),
                    num(stated),
                )


def _total(snapshot: CaseSnapshot) -> Iterator[Finding]:
    sheet = snapshot.sheet
    total = exact(sheet.total)
    if total is None:
        return
    if sheet.composite:
        pairs = [(exact(c.weight), exact(c.awarded)) for c in sheet.composite]
        if any(w is None or a is None for w, a in pairs):
            return
        want = sum((w * a for w, a in pairs if w is not None and a is not None), Fraction(0))
    else:
        tops = [exact(line.awarded) for line in sheet.lines if not line.parent and not line.block]
        extra = [exact(b.awarded) for b in sheet.blocks]
        if not tops or None in tops or None in extra:
            return
        want = sum((v for v in (*tops, *extra) if v is not None), -(exact(sheet.lowered) or Fraction(0)))
    places = snapshot.framework.places
    own = {d.node for d in snapshot.deductions} | {a.node for a in snapshot.adjustments}
    if abs(want - total) * 10**places >= 1 and not own & _TOTAL:
        yield Finding(ERROR, "total", "总分", "各项得分合计", num(want), num(total))


def _grade(snapshot: CaseSnapshot) -> Iterator[Finding]:
    total, bands = exact(snapshot.sheet.total), snapshot.framework.bands
    if total is None or not bands or snapshot.sheet.grade is None:
        return
    fitting = [b.name for b in bands if (low := exact(b.low)) is not None and total >= low]
    if fitting and fitting[0] != snapshot.sheet.grade:
        yield Finding(REVIEW, "grade", "等级", "等级与分数段", fitting[0], snapshot.sheet.grade)
