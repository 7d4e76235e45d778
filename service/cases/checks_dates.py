"""Check that business dates of a case can follow one another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from service.cases.checks_references import walk
from service.cases.model import Case
from service.cases.source import CaseFile
from service.errors import Problem
from service.yamltext import Place

ORDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "StageNote": (("entered_on", "left_on"),),
    "Plan": (("on", "approved_on"),),
    "Amendment": (("on", "approved_on"),),
    "SelfAssessment": (("on", "submitted_on"), ("submitted_on", "reviewed_on")),
    "Supplement": (("on", "due_on"), ("on", "answered_on"), ("answered_on", "confirmed_on")),
    "Finding": (("on", "confirmed_on"),),
    "Consultation": (("issued_on", "due_on"), ("issued_on", "closed_on")),
    "Disposition": (("on", "confirmed_on"),),
    "PaperAct": (("on", "registered_on"),),
    "Return": (("on", "resubmitted_on"),),
    "Correction": (("on", "signed_on"),),
}


def check_dates(file: CaseFile) -> list[Problem]:
    """Return a problem for every pair of dates that stand the wrong way round."""
    problems = []
    for place, part in walk(file.case):
        for first, second in ORDERS.get(type(part).__name__, ()):
            problems += _pair(
                file, (*place, first), getattr(part, first), (*place, second), getattr(part, second)
            )
    milestones = list(_milestones(file.case))
    for (place, day), (after, later) in pairwise(milestones):
        if not file.case.returns:
            problems += _pair(file, place, day, after, later)
    problems += _opinions(file)
    problems += _after_closing(file)
    problems += _report(file)
    problems += _late(file)
    return problems


def _pair(file: CaseFile, place: Place, day: date | None, after: Place, later: date | None) -> list[Problem]:
    if day is None or later is None or day <= later:
        return []
    line = file.document.line(place)
    return [
        file.document.problem(
            after,
            f"早于第 {line} 行的 {day.isoformat()}，先后不可能",
            allowed=f"{day.isoformat()} 或以后",
            cure="核对两个日期；来源如此印的，记入 published 并省略这里",
        )
    ]


def _milestones(case: Case, *, whole: bool = True) -> Iterator[tuple[Place, date]]:
    """Yield the dated steps in their order; without `whole` up to the end of the consultation."""
    step: dict[str, tuple[Place, date | None]] = {
        a.step: (("approvals", i, "on"), a.on) for i, a in enumerate(case.approvals)
    }
    consultation, review = case.consultation, case.material_review
    own, none = case.self_assessment, (("approvals",), None)
    listed: list[tuple[Any, date | None]] = [
        (("issued_on",), case.issued_on),
        (("self_assessment", "submitted_on"), own.submitted_on if own else None),
        (("material_review", "passed_on"), review.passed_on if review else None),
        step.get("scores_submit", none),
        (("consultation", "issued_on"), consultation.issued_on if consultation else None),
        (("consultation", "closed_on"), consultation.closed_on if consultation else None),
    ]
    later: list[tuple[Any, date | None]] = [
        step.get("internal_review", none),
        step.get("second_review", none),
        step.get("sign", none),
    ]
    steps = [*listed, *later] if whole else listed
    return ((place, day) for place, day in steps if day is not None)


def _opinions(file: CaseFile) -> list[Problem]:
    consultation = file.case.consultation
    problems: list[Problem] = []
    for index, opinion in enumerate(consultation.opinions if consultation else ()):
        here: Place = ("consultation", "opinions", index)
        issued = consultation.issued_on if consultation else None
        problems += _pair(file, ("consultation", "issued_on"), issued, (*here, "on"), opinion.on)
        if opinion.disposition:
            problems += _pair(
                file, (*here, "on"), opinion.on, (*here, "disposition", "on"), opinion.disposition.on
            )
    return problems


def _after_closing(file: CaseFile) -> list[Problem]:
    """Return every opinion or answer dated after the consultation closed; a later return opens it again."""
    held = file.case.consultation
    if held is None or any(order.start in ("consultation", "finalisation") for order in file.case.returns):
        return []
    problems: list[Problem] = []
    closing: Place = ("consultation", "closed_on")
    for index, opinion in enumerate(held.opinions):
        here: Place = ("consultation", "opinions", index)
        dates = [((*here, "on"), opinion.on)]
        if opinion.disposition:
            answer: Place = (*here, "disposition")
            dates += [
                ((*answer, name), getattr(opinion.disposition, name)) for name in ("on", "confirmed_on")
            ]
        for place, day in dates:
            problems += _not_after(file, place, day, closing, held.closed_on, "征求意见已经结束")
    return problems


def _report(file: CaseFile) -> list[Problem]:
    """Return the last step up to the end of the consultation that is dated after the report."""
    case, place = file.case, ("report_on",)
    problems: list[Problem] = []
    for step, day in _milestones(case, whole=False):
        problems += _pair(file, step, day, place, case.report_on)
    for index, opinion in enumerate(case.consultation.opinions if case.consultation else ()):
        if case.consultation and case.consultation.closed_on is None:
            problems += _pair(
                file, ("consultation", "opinions", index, "on"), opinion.on, place, case.report_on
            )
    return problems[-1:]


def _not_after(
    file: CaseFile, place: Place, day: date | None, end: Place, last: date | None, words: str
) -> list[Problem]:
    if day is None or last is None or day <= last:
        return []
    line = file.document.line(end)
    return [
        file.document.problem(
            place,
            f"晚于第 {line} 行的 {last.isoformat()}，{words}",
            allowed=f"{last.isoformat()} 或以前",
            cure="核对两个日期；来源如此印的，记入 published 并省略这里",
        )
    ]


def _late(file: CaseFile) -> list[Problem]:
    own = file.case.self_assessment
    if own is None or own.late is None or own.due_on is None or own.submitted_on is None:
        return []
    if own.late == (own.submitted_on > own.due_on):
        return []
    return [
        file.document.problem(
            ("self_assessment", "late"),
            f"与日期不符：期限 {own.due_on}，报送 {own.submitted_on}",
            cure="改正 late 或日期",
        )
    ]
