"""Everything a report may say about one evaluation, as plain frozen values.

- A snapshot is taken once, inside one database transaction; the report, its self-check, the score
  pages and the case export read it and nothing else.
- `to_plain()` gives a JSON-able tree (dates as ISO text, numbers of points as text, money in 分);
  `from_plain()` gives the equal snapshot back. The plain form is what is frozen and embedded.
- Points are exact text: a finite decimal as written (``4.5``) or a fraction (``2145/5823``);
  None means "no figure", never zero. Money is integer 分 of yuan.
- Nothing here computes: figures are formatted in `figures`, sentences made in `model`.

Text of narrative sections, problems and suggestions may use, at the start of a line, ``## title`` (a
heading one level down), ``**lead**`` (a run-in lead), ``- text`` (a numbered item), and, on a line of
their own, ``[[table:ID]]``, ``[[chart:CODE]]``, ``[[image:ID]]``. Figures are written as tokens such as
``[[node.A.rate|pct]]`` (see `figures.FORMATS` and `facts.KEYS`); other digits are listed by the self-check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from service.report import plain
from service.report.caseview import (
    AdjustmentView,
    ApprovalView,
    AuditPoint,
    Claim,
    DeductionView,
    EvidenceView,
    FindingView,
    FreeTable,
    ImageView,
    Item,
    MoneyFact,
    OpinionView,
    Org,
    Person,
    QuotationView,
    ReviewView,
    StageTrack,
    SupplementView,
    TemplateView,
    VisitView,
    WaterfallStep,
)
from service.report.sheetview import (
    Band,
    BlockView,
    CompositeView,
    FrameworkView,
    LineView,
    NodeView,
    SheetView,
)

__all__ = [
    "AdjustmentView",
    "ApprovalView",
    "AuditPoint",
    "Band",
    "BlockView",
    "CaseSnapshot",
    "Claim",
    "CompositeView",
    "DeductionView",
    "EvidenceView",
    "FindingView",
    "FrameworkView",
    "FreeTable",
    "ImageView",
    "Item",
    "LineView",
    "MoneyFact",
    "NodeView",
    "OpinionView",
    "Org",
    "Person",
    "QuotationView",
    "ReviewView",
    "SheetView",
    "StageTrack",
    "SupplementView",
    "TemplateView",
    "VisitView",
    "WaterfallStep",
]


@dataclass(frozen=True, slots=True)
class CaseSnapshot:
    """One evaluation at one moment. See the module docstring for units and forms."""

    code: str
    title: str
    kind: str
    kind_label: str = ""
    year: str = ""
    subject_kind: str = "project"
    subject_name: str = ""
    secrecy: str = ""
    publicity: str = ""
    profile: str = "standard"
    template: TemplateView | None = None
    report_on: date | None = None
    demo: bool = False
    version: int = 1
    draft: bool = False
    imported: bool = False
    organisations: tuple[Org, ...] = ()
    people: tuple[Person, ...] = ()
    money: tuple[MoneyFact, ...] = ()
    framework: FrameworkView = field(default_factory=lambda: FrameworkView(code="", name=""))
    sheet: SheetView = field(default_factory=SheetView)
    sheets: tuple[SheetView, ...] = ()
    stages: tuple[StageTrack, ...] = ()
    waterfall: tuple[WaterfallStep, ...] = ()
    claims: tuple[Claim, ...] = ()
    deductions: tuple[DeductionView, ...] = ()
    adjustments: tuple[AdjustmentView, ...] = ()
    findings: tuple[FindingView, ...] = ()
    visits: tuple[VisitView, ...] = ()
    reviews: tuple[ReviewView, ...] = ()
    supplements: tuple[SupplementView, ...] = ()
    opinions: tuple[OpinionView, ...] = ()
    evidence: tuple[EvidenceView, ...] = ()
    narrative: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Item, ...] = ()
    suggestions: tuple[Item, ...] = ()
    tables: tuple[FreeTable, ...] = ()
    images: tuple[ImageView, ...] = ()
    quotations: tuple[QuotationView, ...] = ()
    approvals: tuple[ApprovalView, ...] = ()
    stand_ins: tuple[str, ...] = ()
    audit: AuditPoint | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return the JSON-able form: every field by its name, tuples as lists, dates as ISO text."""
        tree: dict[str, Any] = plain.dump(self)
        return tree

    @classmethod
    def from_plain(cls, tree: Mapping[str, Any]) -> CaseSnapshot:
        """Return the snapshot whose plain form is `tree`; absent fields take their defaults.

        Raises:
            InvalidError: naming every unknown field and every value of a wrong type.
        """
        return plain.load(cls, tree)
