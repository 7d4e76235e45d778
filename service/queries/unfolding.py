"""A score sheet with everything behind each figure: rule, results, arithmetic, reasons, materials.

- One `Unfolded` per line of the sheet, in document order; nothing is computed here that the sheet did not.
- Points are exact text, None is "no figure".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.score import Adjustment, Deduction, LeafResult, ReasonState
from service.queries.evidence import linked_evidence
from service.queries.names import duties
from service.queries.once import rows_of
from service.queries.resultwords import result_lines
from service.queries.sheet import current_sheet
from service.queries.views import sheet_view, view_of
from service.queries.words import value_label
from service.report.snapshot import FrameworkView, LineView, NodeView, SheetView
from service.scoring.facts import TOTAL_NAMES
from service.scoring.lines import Entry
from service.scoring.lines import SheetLine as ScoredLine
from service.scoring.quantities import exact_text


@dataclass(frozen=True, slots=True)
class Reason:
    """One deduction, bonus or adjustment with its ground, as entered by a person.

    Args:
        amount: as stated, None = 来源未载; for an adjustment the points awarded.
        effective: what it really takes (扣完为止), None if it only explains.
        counts: False while it waits for confirmation.
    """

    code: str
    amount: str | None
    effective: str | None
    reason: str
    clause: str
    stage: str
    evidence: tuple[str, ...]
    no_evidence: str
    author: str
    state: str
    counts: bool
    bonus: bool = False
    target: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Computed:
    """One amount the computation made itself: by rule, rounding, cap or event."""

    kind: str
    reason: str
    amount: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured or judged at a node: labelled lines, stage and author."""

    lines: tuple[tuple[str, str], ...]
    stage: str
    author: str


@dataclass(frozen=True, slots=True)
class Unfolded:
    """One line with its reasons.

    `balanced`: awarded = max − deductions + bonuses + adjustment holds for the figures as shown; not so
    in blocks, whose printed full marks are limits.
    """

    line: LineView
    node: NodeView | None
    status: str
    result: Result | None
    computed: tuple[Computed, ...]
    deductions: tuple[Reason, ...]
    adjustments: tuple[Reason, ...]
    evidence: tuple[str, ...]
    warnings: tuple[str, ...]
    leaf: bool
    balanced: bool


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """A whole sheet unfolded; `overall` are adjustments of the total itself, `taken` deductions from it."""

    framework: FrameworkView
    sheet: SheetView
    lines: tuple[Unfolded, ...]
    overall: tuple[Reason, ...]
    warnings: tuple[str, ...]
    sheets: tuple[str, ...]
    taken: tuple[Reason, ...] = ()


def score_table(session: Session, case: Evaluation, *, sheet: str = "") -> ScoreTable | None:
    """Return the sheet of this name unfolded, None before a plan was approved."""
    current = current_sheet(session, case, sheet=sheet)
    if current is None:
        return None
    gathered = _Gathered(session, case, sheet)
    view = sheet_view(current, code=sheet)
    framework = view_of(current.framework)
    nodes = {node.code: node for node in framework.nodes}
    scored = {line.code: line for line in current.sheet.lines}
    return ScoreTable(
        framework=framework,
        sheet=view,
        lines=tuple(
            gathered.unfold(scored.get(shown.code), shown, nodes.get(shown.code)) for shown in view.lines
        ),
        overall=gathered.adjustments_of(""),
        warnings=current.sheet.warnings,
        sheets=tuple(case.facts.get("sheets", ())),
        taken=gathered.deductions_of(),
    )


class _Gathered:
    """Reasons, results and materials of one sheet by node, read once."""

    def __init__(self, session: Session, case: Evaluation, sheet: str) -> None:
        self._links = linked_evidence(session, case)
        self._duties = duties(session)
        self._deductions = _by_node(_rows(session, Deduction, case, sheet))
        self._adjustments = _by_node(_rows(session, Adjustment, case, sheet))
        results = rows_of(session, LeafResult, case.id)
        self._results = {row.node: row for row in results if row.sheet == sheet}

    def unfold(self, line: ScoredLine | None, shown: LineView, node: NodeView | None) -> Unfolded:
        """Return the line with its reasons; `line` is None for the line of a whole block."""
        entries = line.entries if line is not None else ()
        effects = {entry.id: entry for entry in entries if entry.id}
        return Unfolded(
            line=shown,
            node=node,
            status="" if line is None or line.scored else line.status.label,
            result=self._result(shown.code),
            computed=tuple(_computed(entry) for entry in entries if not entry.id),
            deductions=tuple(
                self._reason(row, effects.get(row.code), row.amount, bonus=row.bonus)
                for row in self._deductions.get(shown.code, ())
            ),
            adjustments=self.adjustments_of(shown.code),
            evidence=self._links.get(("node", shown.code), ()),
            warnings=line.warnings if line is not None else (),
            leaf=line is not None and line.leaf,
            balanced=line is not None and line.scored and not line.block and line.max is not None,
        )

    def deductions_of(self) -> tuple[Reason, ...]:
        """Return the deductions from the total itself."""
        rows = [row for name in TOTAL_NAMES for row in self._deductions.get(name, ())]
        return tuple(self._reason(row, None, row.amount, bonus=row.bonus) for row in rows)

    def adjustments_of(self, node: str) -> tuple[Reason, ...]:
        """Return the adjustments at a node or its elements; "" is the total."""
        rows = [
            row
            for place, found in self._adjustments.items()
            for row in found
            if place == node or (node and place.startswith(f"{node}/")) or (not node and place in TOTAL_NAMES)
        ]
        return tuple(self._reason(row, None, row.awarded, target=row.node) for row in rows)

    def _result(self, node: str) -> Result | None:
        row = self._results.get(node)
        if row is None:
            return None
        return Result(result_lines(row.data), row.stage.label, self._duties.get(row.author, ""))

    def _reason(
        self, row: Any, effect: Entry | None, amount: str | None, *, bonus: bool = False, target: str = ""
    ) -> Reason:
        kind = "adjustment" if isinstance(row, Adjustment) else "deduction"
        origin = "，".join(filter(None, (row.origin, row.asked_by, row.paper)))
        taken = effect.effective if effect is not None else None
        return Reason(
            code=row.code,
            amount=amount,
            effective=None if taken is None else exact_text(taken),
            reason=row.reason,
            clause=row.clause,
            stage=row.stage.label,
            evidence=self._links.get((kind, row.code), ()),
            no_evidence=row.no_evidence,
            author=self._duties.get(row.author, ""),
            state=value_label(row.state),
            counts=row.state is not ReasonState.PENDING,
            bonus=bonus,
            target=target,
            origin=origin,
        )


def _computed(entry: Entry) -> Computed:
    amount = entry.effective if entry.effective is not None else entry.nominal
    text = None if amount is None else exact_text(amount)
    return Computed(entry.kind.label, entry.reason, text)


def _rows(session: Session, model: Any, case: Evaluation, sheet: str) -> Sequence[Any]:
    """Return the reasons of a sheet that were not withdrawn."""
    rows = [row for row in rows_of(session, model, case.id) if row.sheet == sheet]
    return [row for row in rows if row.state is not ReasonState.WITHDRAWN]


def _by_node(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.node, []).append(row)
    return found
