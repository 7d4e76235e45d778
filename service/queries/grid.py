"""The score sheet as it is worked on: per leaf its rule in words, the form of its result, and what is open.

- Built on the same unfolded sheet the score page shows; nothing is computed here that the sheet did not.
- `missing` and `lacks` are what the leader's 提交评分 will ask for; `findings` those of the self-check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from service.frameworks.rulewords import rule_words
from service.models.evaluation import Evaluation
from service.models.score import LeafResult
from service.queries.offers import Offer, offered_deductions
from service.queries.once import rows_of
from service.queries.sheet import framework_of, needs_input, scoring_facts
from service.queries.unfolding import Reason, ScoreTable, Unfolded, score_table
from service.report.caseview import AdjustmentView, DeductionView
from service.report.sheetcheck import Finding, check_figures
from service.report.snapshot import CaseSnapshot
from service.scoring.entry import EntryField, entry_fields, remark_fields
from service.scoring.entryform import left_over, shown
from service.scoring.framework import Framework, Node
from service.scoring.inputs import LeafInput
from service.scoring.leaf import outcome
from service.scoring.lines import Status
from service.scoring.methods import LABELS
from service.scoring.quantities import exact

DRAFT, PENDING = "起草", "待确认"
_MUTE = frozenset({Status.SHARED, Status.DROPPED, Status.MOVED})


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a row with what it holds now."""

    field: EntryField
    value: str


@dataclass(frozen=True, slots=True)
class RowForm:
    """What is typed into one row: the fields of its rule, the remarks, what is stored in which version."""

    cells: tuple[Cell, ...]
    remarks: tuple[Cell, ...]
    version: int
    stored: Mapping[str, Any]


NO_FORM = RowForm((), (), 0, {})


@dataclass(frozen=True, slots=True)
class GridRow:
    """One leaf.

    Args:
        words: the rule in words, its kind first; `clause` where it stands; `kind` the kind alone.
        cells: what the rule reads; `remarks` what every result may say besides.
        version: of the stored result, 0 if there is none.
        stored: the result in plain form.
        missing: why the line has no points though it needs some, "" if it has.
        lacks: what its deductions and adjustments still need.
        deviates: points by which the adjustment moves away from the rule, None if it does not.
    """

    unfolded: Unfolded
    words: tuple[str, ...]
    clause: str
    kind: str
    cells: tuple[Cell, ...]
    remarks: tuple[Cell, ...]
    version: int
    stored: Mapping[str, Any]
    missing: str
    lacks: tuple[str, ...]
    findings: tuple[Finding, ...]
    deviates: str | None

    @property
    def code(self) -> str:
        """Return the code of the indicator."""
        return self.unfolded.line.code

    @property
    def folded(self) -> bool:
        """Return whether no remark was filled, so they may stay folded."""
        return not any(cell.value for cell in self.remarks)


@dataclass(frozen=True, slots=True)
class Grid:
    """The whole sheet in work: `lines` in document order, a row for each leaf, None for what sums up."""

    table: ScoreTable
    lines: tuple[tuple[Unfolded, GridRow | None], ...]
    sheet: str
    late: bool
    findings: tuple[Finding, ...]
    offers: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[GridRow, ...]:
        """Return the rows of the leaves."""
        return tuple(row for _, row in self.lines if row is not None)

    def row(self, code: str) -> GridRow | None:
        """Return the row of this leaf, None if there is no such leaf."""
        return next((row for row in self.rows if row.code == code), None)

    @property
    def drafts(self) -> tuple[tuple[str, str], ...]:
        """Return kind of act and code of everything not yet submitted."""
        return tuple(_drafts(self))

    @property
    def lacking(self) -> tuple[tuple[str, str], ...]:
        """Return code of the line and what it lacks before the leader may submit."""
        return tuple((row.code, text) for row in self.rows for text in (row.missing, *row.lacks) if text)

    @property
    def done(self) -> int:
        """Return how many rows have points."""
        return sum(1 for row in self.rows if row.unfolded.line.awarded is not None)


def _drafts(grid: Grid) -> Iterator[tuple[str, str]]:
    for line, _ in grid.lines:
        yield from (("deduction", r.code) for r in line.deductions if r.state == DRAFT)
        yield from (("adjustment", r.code) for r in line.adjustments if r.state == DRAFT)
    yield from (("deduction", r.code) for r in grid.table.taken if r.state == DRAFT)
    yield from (("adjustment", r.code) for r in grid.table.overall if r.state == DRAFT)


def grid_of(session: Session, case: Evaluation, *, sheet: str = "", only: str | None = None) -> Grid | None:
    """Return the sheet of this name as it is worked on, None before a plan was approved.

    Args:
        only: the one leaf whose rule and fields are wanted; the other rows come without them.
    """
    table = score_table(session, case, sheet=sheet)
    if table is None:
        return None
    gathered = _Gathered(session, case, table, sheet, only)
    lines = tuple((line, gathered.row(line)) for line in table.lines)
    late = bool(case.facts.get("scores_ever_submitted", False))
    offers: dict[str, tuple[Offer, ...]] = {}
    for offer in offered_deductions(session, case, sheet=sheet):
        offers[offer.node] = (*offers.get(offer.node, ()), offer)
    return Grid(table, lines, sheet, late, tuple(gathered.found.get("", ())), offers)


def row_form(session: Session, case: Evaluation, node: str, *, sheet: str = "") -> RowForm | None:
    """Return what is typed into one row, None if there is no such leaf; no figure is computed for it.

    Raises:
        NotFoundError: before a plan was approved.
    """
    found = framework_of(session, case).by_code.get(node)
    if found is None or not found.leaf:
        return None
    return _form(found, _results(session, case, sheet).get(node))


def _results(session: Session, case: Evaluation, sheet: str) -> dict[str, LeafResult]:
    return {row.node: row for row in rows_of(session, LeafResult, case.id) if row.sheet == sheet}


def _form(node: Node, result: LeafResult | None) -> RowForm:
    stored: Mapping[str, Any] = result.data if result is not None else {}
    fields, remarks = entry_fields(node, LeafInput.from_plain(stored)), remark_fields(node)
    rest = left_over((*fields, *remarks), stored)
    main = {field.path for field in fields}
    return RowForm(
        cells=tuple(Cell(field, shown(field, stored)) for field in fields),
        remarks=tuple(Cell(f, shown(f, stored)) for f in (*remarks, *rest) if f.path not in main),
        version=result.version if result is not None else 0,
        stored=stored,
    )


class _Gathered:
    """Results, rules in plain form and findings of one sheet, by node."""

    def __init__(
        self, session: Session, case: Evaluation, table: ScoreTable, sheet: str, only: str | None
    ) -> None:
        self._only = only
        self._framework = framework_of(session, case)
        self._needed = frozenset(needs_input(self._framework))
        self._results = _results(session, case, sheet)
        self._rules = dict(_plain_rules(self._framework))
        self.found = _findings(case, table)

    def row(self, line: Unfolded) -> GridRow | None:
        """Return the row of a leaf; None for a line that sums up."""
        node = self._framework.by_code.get(line.line.code) if line.leaf else None
        if node is None:
            return None
        wanted = self._only in (None, node.code)
        form = _form(node, self._results.get(node.code)) if wanted else NO_FORM
        return GridRow(
            unfolded=line,
            words=self._words(node) if wanted else (),
            clause=str(self._rules.get(node.code, {}).get("clause", "")) or node.clause,
            kind=LABELS[node.rule.kind] if node.rule is not None else "合并计分",
            cells=form.cells,
            remarks=form.remarks,
            version=form.version,
            stored=form.stored,
            missing=self._missing(line),
            lacks=tuple(_lacks(line)),
            findings=tuple(self.found.get(node.code, ())),
            deviates=_deviation(line),
        )

    def _words(self, node: Node) -> tuple[str, ...]:
        plain = self._rules.get(node.code)
        if plain is None:
            return (f"与 {node.share_of} 合并计分",) if node.share_of else ()
        return rule_words(plain)

    def _missing(self, line: Unfolded) -> str:
        shown = line.line
        if shown.code not in self._needed or shown.awarded is not None or shown.status in _MUTE:
            return ""
        return shown.note or line.status or "没有得分"


def _lacks(line: Unfolded) -> Iterator[str]:
    for reason in (*line.deductions, *line.adjustments):
        yield from _reason_lacks(reason, deduction=reason in line.deductions)


def _reason_lacks(reason: Reason, *, deduction: bool) -> Iterator[str]:
    if deduction and not reason.clause.strip():
        yield f"{reason.code} 没有写依据条款"
    if deduction and not reason.evidence and not reason.no_evidence.strip():
        yield f"{reason.code} 没有佐证，也没有写明原因"
    if reason.state in (DRAFT, PENDING):
        yield (
            f"{reason.code} {reason.state}，尚未提交" if reason.state == DRAFT else f"{reason.code} {PENDING}"
        )


def _deviation(line: Unfolded) -> str | None:
    moved = line.line.adjustment
    return moved if moved is not None and exact(moved) != 0 else None


def _plain_rules(framework: Framework) -> Iterator[tuple[str, Mapping[str, Any]]]:
    todo = [*framework.plain.get("nodes", ()), *framework.plain.get("blocks", ())]
    while todo:
        node = todo.pop()
        if "rule" in node:
            yield node["code"], node["rule"]
        todo += node.get("children", ())


def _findings(case: Evaluation, table: ScoreTable) -> dict[str, list[Finding]]:
    """Return what the self-check of the figures finds, by node; "" for what concerns the whole."""
    snapshot = CaseSnapshot(
        code=case.code,
        title=case.title,
        kind=case.kind.value,
        framework=table.framework,
        sheet=table.sheet,
        deductions=tuple(
            DeductionView(r.code, line.line.code, r.reason) for line in table.lines for r in line.deductions
        ),
        adjustments=tuple(
            AdjustmentView(r.code, node, r.amount or "0", r.reason)
            for node, reasons in (*((u.line.code, u.adjustments) for u in table.lines), ("", table.overall))
            for r in reasons
        ),
    )
    found: dict[str, list[Finding]] = {}
    codes = {line.line.code for line in table.lines}
    for finding in check_figures(snapshot):
        code = finding.place.removeprefix("指标")
        found.setdefault(code if code in codes else "", []).append(finding)
    return found


def rule_gives(session: Session, case: Evaluation, node: str, data: Mapping[str, Any], sheet: str) -> bool:
    """Return whether the rule of `node` gives points for a result not yet stored."""
    framework = framework_of(session, case)
    facts = scoring_facts(session, case, sheet=sheet)
    given = replace(LeafInput.from_plain(data), awarded="")
    facts = replace(facts, inputs={**facts.inputs, node: given})
    return outcome(framework.by_code[node], framework, facts).points is not None
