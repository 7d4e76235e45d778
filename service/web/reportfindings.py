"""自检与勾稽核对 on the page of the report: every finding, who signed it off, and the form to do so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from service.actions.reportcheck import present_findings
from service.actions.workshop import workshop_of
from service.errors import Problem, ServiceError
from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.waivers import Waived, all_waived
from service.report.noted import Noted
from service.web.cases import settings
from service.workflow.actions import Action
from service.workflow.stages import Stage

WAIVING = (Action.REPORT_WAIVE_FINDING, Action.REPORT_WITHDRAW_WAIVER)


@dataclass(frozen=True, slots=True)
class Line:
    """One finding; `waived` by whom, None if nobody."""

    noted: Noted
    waived: Waived | None

    @property
    def open(self) -> bool:
        """Whether 定稿 waits for it."""
        return self.noted.barring and (self.noted.fixed or self.waived is None)


@dataclass(frozen=True, slots=True)
class Listed:
    """What is found on the report; nothing was looked at if `looked` is false.

    `past` are 签认 that cover nothing now: taken back, or the text has changed.
    """

    looked: bool = False
    lines: tuple[Line, ...] = ()
    past: tuple[Waived, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def open(self) -> int:
        """Return how many findings 定稿 waits for."""
        return sum(line.open for line in self.lines)

    @property
    def barring(self) -> tuple[str, ...] | None:
        """Return what the freeze is told stands in its way; None if nothing was looked at."""
        if not self.looked or self.problems:
            return None
        return (f"{self.open} 处，逐处列在“自检与勾稽核对”",) if self.open else ()


def listed(case: OpenCase, today: date) -> Listed:
    """Return what is found on the report as it would be frozen today, or why that cannot be told."""
    try:
        return found_on(case, today)
    except ServiceError as refused:
        return Listed(looked=True, problems=tuple(refused.problems))


def found_on(case: OpenCase, today: date) -> Listed:
    """Return what is found on the report as it would be frozen today, while it can still be frozen.

    Raises:
        InvalidError, UnavailableError: the report cannot be set or read.
    """
    if case.row.stage is not Stage.FINALISATION and not case.row.facts.get("correction"):
        return Listed()
    checked = present_findings(db.session(), case.row, workshop_of(settings()), today=today)
    known = all_waived(db.session(), case.row)
    covered = {waived.finding: waived for waived in known if waived.back_on is None}
    keys = {found.key for found in checked.findings}
    return Listed(
        looked=True,
        lines=tuple(Line(found, covered.get(found.key)) for found in checked.findings),
        past=tuple(w for w in known if w.back_on is not None or w.finding not in keys),
    )
