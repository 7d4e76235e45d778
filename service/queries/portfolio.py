"""The figures over all cases a person may read: due days, stages, grades, rates, in the same few queries.

- A case is late if the day due in its present stage is past: 自评 has its own, 材料审核 and 现场核查 the
  earliest open request for correction, 征求意见 the newest draft; 定稿 has none.
- Points, totals and grades are those last frozen, and only of cases whose scores this person may read.
- Days in a stage are calendar days; days late are working days. Amounts are 分 of yuan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.consultation import DraftIssue
from service.models.evaluation import Evaluation, MoneyFact, StageTrack
from service.models.fieldwork import Supplement, SupplementState
from service.models.plan import FrameworkVersion
from service.models.selfassessment import SelfAssessment
from service.queries.caselist import latest_reports, readable, units_of
from service.queries.people import live_grants
from service.queries.sheet import parsed_text
from service.queries.todo import days_left
from service.scoring.quantities import exact
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.stages import Stage, Status

AMOUNTS = ("budget", "adjusted", "initial", "budget_full", "budget_initial")
"""Kinds of money that say how much a case is about, the first one known counts."""


@dataclass(frozen=True, slots=True)
class Figured:
    """One case with what the figures need.

    Args:
        left: working days left in the present stage, negative when late, None without a due day.
        rate: total over full marks, None if not frozen, not to be shown or without full marks.
    """

    id: str
    code: str
    title: str
    kind: Kind
    year: str
    stage: Stage
    status: Status
    imported: bool
    due_on: date | None
    left: int | None
    amount: int | None
    grade: str
    total: Fraction | None
    claimed: Fraction | None
    rate: Fraction | None

    @property
    def running(self) -> bool:
        """Return whether it is on its way: issued, not signed, not stopped, not imported."""
        return self.status is Status.ACTIVE and self.stage is not Stage.SIGNED and not self.imported

    @property
    def late(self) -> int:
        """Return how many working days it is late, 0 if it is not or is not on its way."""
        return -self.left if self.running and self.left is not None and self.left < 0 else 0

    @property
    def weight(self) -> int:
        """Return lateness times amount, by which late cases are sorted."""
        return self.late * (self.amount or 0)


@dataclass(frozen=True, slots=True)
class StageFigure:
    """One stage: cases in it now, late ones, the next day due, median days of passages through it."""

    stage: Stage
    count: int
    late: int
    next_due: date | None
    days: Fraction | None
    passed: int


@dataclass(frozen=True, slots=True)
class RateFigure:
    """Mean rate of the frozen results of one year and kind, and of how many."""

    year: str
    kind: Kind
    rate: Fraction
    count: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All figures; `cases` are those of the filter, in order of code."""

    cases: tuple[Figured, ...]
    stages: tuple[StageFigure, ...]
    years: tuple[str, ...]

    @property
    def late(self) -> tuple[Figured, ...]:
        """Return the late cases, worst first: lateness times amount, then lateness."""
        found = [case for case in self.cases if case.late]
        return tuple(sorted(found, key=lambda case: (-case.weight, -case.late, case.code)))

    @property
    def grades(self) -> tuple[tuple[str, int], ...]:
        """Return grade and number of cases, 优 to 差 and then others by name; empty if none has one."""
        counts: dict[str, int] = {}
        for case in self.cases:
            if case.grade:
                counts[case.grade] = counts.get(case.grade, 0) + 1
        if not counts:
            return ()
        usual = [(name, counts.pop(name, 0)) for name in "优良中差"]
        return (*usual, *sorted(counts.items()))

    @property
    def rates(self) -> tuple[RateFigure, ...]:
        """Return the mean rate per year and kind, newest year first."""
        groups: dict[tuple[str, Kind], list[Fraction]] = {}
        for case in self.cases:
            if case.rate is not None:
                groups.setdefault((case.year, case.kind), []).append(case.rate)
        made = [RateFigure(y, k, sum(r, Fraction(0)) / len(r), len(r)) for (y, k), r in groups.items()]
        order = list(Kind)
        return tuple(sorted(made, key=lambda f: (-_number(f.year), f.year, order.index(f.kind))))

    @property
    def pairs(self) -> tuple[Figured, ...]:
        """Return the cases whose own total and final total are both known."""
        return tuple(case for case in self.cases if case.claimed is not None and case.total is not None)


def _number(year: str) -> int:
    return int(year) if year.isascii() and year.isdigit() else 0


def portfolio(session: Session, account: str, *, year: str, kind: str, today: date) -> Portfolio:
    """Return the figures over the cases `account` may read, narrowed to a year and a kind if given."""
    grants = live_grants(session, account, today)
    scored = readable(grants, Action.SCORES_READ)
    latest = latest_reports()
    columns = (
        Evaluation.id, Evaluation.code, Evaluation.title, Evaluation.kind, Evaluation.year,
        Evaluation.stage, Evaluation.status, Evaluation.imported, Evaluation.self_due_on,
        Evaluation.framework_id, latest.c.total, latest.c.grade, scored.label("scored"),
    )  # fmt: skip
    mine = readable(grants, Action.EVALUATION_READ)
    query = select(*columns).outerjoin(latest, latest.c.evaluation_id == Evaluation.id).where(mine)
    found = session.execute(query.order_by(Evaluation.code)).all()
    years = tuple(sorted({row.year for row in found}, reverse=True))
    rows = [row for row in found if year in ("", row.year) and kind in ("", row.kind.value)]
    cases = _figured(session, rows, today=today)
    return Portfolio(tuple(cases), _stages(session, cases), years)


def _figured(session: Session, rows: Sequence[Any], *, today: date) -> list[Figured]:
    ids = [row.id for row in rows]
    dues, money, claims = _dues(session, ids), _amounts(session, ids), _claims(session, ids)
    full = _full_marks(session, {row.framework_id for row in rows if row.framework_id and row.total})
    made = []
    for row in rows:
        due = row.self_due_on if row.stage is Stage.SELF_ASSESSMENT else dues.get((row.id, row.stage))
        total = exact(row.total) if row.scored and row.total else None
        marks = full.get(row.framework_id)
        made.append(
            Figured(
                row.id,
                row.code,
                row.title,
                row.kind,
                row.year,
                row.stage,
                row.status,
                row.imported,
                due_on=due,
                left=None if due is None else days_left(due, today),
                amount=money.get(row.id),
                grade=(row.grade or "") if row.scored else "",
                total=total,
                claimed=claims.get(row.id),
                rate=total / marks if total is not None and marks else None,
            )
        )
    return made


def _dues(session: Session, ids: Sequence[str]) -> dict[tuple[str, Stage], date]:
    """Return the day due by case and stage, where the stage sets one."""
    open_ = (Supplement.evaluation_id.in_(ids), Supplement.state == SupplementState.SENT)
    asked = select(Supplement.evaluation_id, func.min(Supplement.due_on)).where(*open_)
    sent = select(DraftIssue.evaluation_id, func.max(DraftIssue.due_on)).where(
        DraftIssue.evaluation_id.in_(ids)
    )
    found = {}
    for case, due in session.execute(asked.group_by(Supplement.evaluation_id)):
        found[case, Stage.MATERIAL_REVIEW] = found[case, Stage.ON_SITE_VERIFICATION] = due
    for case, due in session.execute(sent.group_by(DraftIssue.evaluation_id)):
        found[case, Stage.CONSULTATION] = due
    return found


def _amounts(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Return how much each case is about: the sum of the first kind of money it states."""
    query = (
        select(MoneyFact.evaluation_id, MoneyFact.kind, func.sum(MoneyFact.fen))
        .where(MoneyFact.evaluation_id.in_(ids), MoneyFact.kind.in_(AMOUNTS), MoneyFact.fen.is_not(None))
        .group_by(MoneyFact.evaluation_id, MoneyFact.kind)
    )
    kinds: dict[str, dict[str, int]] = {}
    for case, kind, fen in session.execute(query):
        kinds.setdefault(case, {})[kind] = int(fen or 0)
    return {case: next(sums[k] for k in AMOUNTS if k in sums) for case, sums in kinds.items()}


def _claims(session: Session, ids: Sequence[str]) -> dict[str, Fraction]:
    """Return the total each unit gave itself in its newest round."""
    query = select(SelfAssessment.evaluation_id, SelfAssessment.claimed_total)
    stated = (SelfAssessment.evaluation_id.in_(ids), SelfAssessment.claimed_total.is_not(None))
    rows = session.execute(query.where(*stated).order_by(SelfAssessment.round))
    return {case: exact(total) for case, total in rows if total}


def _full_marks(session: Session, frameworks: Iterable[str]) -> dict[str, Fraction | None]:
    """Return the full marks of these frameworks; a text is parsed once per process, it never changes."""
    wanted = sorted(frameworks)
    query = select(FrameworkVersion.id, FrameworkVersion.sha256).where(FrameworkVersion.id.in_(wanted))
    return {key: _marks(session, key, digest) for key, digest in session.execute(query).all()}


_MARKS: dict[str, Fraction | None] = {}
"""Full marks by digest of the framework's text."""


def _marks(session: Session, key: str, digest: str) -> Fraction | None:
    if digest not in _MARKS:
        body = session.scalars(select(FrameworkVersion.body).where(FrameworkVersion.id == key)).one()
        _MARKS[digest] = parsed_text(digest, body).max
    return _MARKS[digest]


def _stages(session: Session, cases: Sequence[Figured]) -> tuple[StageFigure, ...]:
    running = [case for case in cases if case.running]
    query = select(StageTrack.stage, StageTrack.entered_on, StageTrack.left_on).where(
        StageTrack.evaluation_id.in_([case.id for case in cases]), StageTrack.left_on.is_not(None)
    )
    days: dict[Stage, list[int]] = {}
    for stage, entered, left in session.execute(query):
        days.setdefault(stage, []).append(((left or entered) - entered).days)
    made = []
    for stage in Stage:
        here = [case for case in (cases if stage is Stage.SIGNED else running) if case.stage is stage]
        dues = [case.due_on for case in here if case.due_on and case.left is not None and case.left >= 0]
        passed = days.get(stage, [])
        middle = Fraction(median(passed)) if passed else None
        late = sum(1 for case in here if case.late)
        made.append(StageFigure(stage, len(here), late, min(dues, default=None), middle, len(passed)))
    return tuple(made)


def unit_names(session: Session, cases: Sequence[Figured]) -> dict[str, str]:
    """Return the evaluated units of these cases, by id."""
    return units_of(session, [case.id for case in cases])
