"""The list of cases one person may see: scoped in the query by the same rule table, then filtered.

- For each role held, the table says in which kinds, stages and states a case may be read; the grants say
  in which cases the role is held. A case is listed if both are true for one role.
- Totals and grades are those last frozen, and only where the scores may be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, Party
from service.models.organisation import Organisation
from service.models.report import ReportVersion
from service.queries.people import INSTANCE_ROLES, PART_OF_ROLE, Held, live_grants
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

PAGE = 50
MAX_TEXT = 80


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What is asked for; empty members ask for nothing. `page` counts from 1."""

    year: str = ""
    kind: str = ""
    stage: str = ""
    grade: str = ""
    text: str = ""
    page: int = 1

    @property
    def active(self) -> bool:
        """Return whether anything but the page was chosen."""
        return any((self.year, self.kind, self.stage, self.grade, self.text))


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One line of the list; total as exact text, None if not frozen yet or not to be shown."""

    code: str
    title: str
    subject: str
    unit: str
    kind: str
    year: str
    stage: str
    position: int
    status: str
    active: bool
    total: str | None
    grade: str
    imported: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of the list, and what the filters may offer.

    Args:
        found: how many cases match the filter; `visible` how many there are without it.
    """

    rows: tuple[ListedCase, ...]
    found: int
    visible: int
    page: int
    pages: int
    years: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = field(default=tuple((k.value, k.label) for k in Kind))
    stages: tuple[tuple[str, str], ...] = field(default=tuple((s.value, s.label) for s in Stage))


def list_cases(session: Session, account: str, wanted: CaseFilter, *, today: date) -> CasePage:
    """Return the page of cases that `account` may read today, newest year first."""
    grants = live_grants(session, account, today)
    mine = readable(grants, Action.EVALUATION_READ)
    scored = readable(grants, Action.SCORES_READ)
    latest = latest_reports()
    base = select(Evaluation).outerjoin(latest, latest.c.evaluation_id == Evaluation.id).where(mine)
    asked = _asked(base, wanted, latest.c.grade, scored)
    found = _count(session, asked)
    pages = max(1, -(-found // PAGE))
    page = min(max(1, wanted.page), pages)
    columns = asked.add_columns(latest.c.total, latest.c.grade, scored.label("scored"))
    order = (Evaluation.year.desc(), Evaluation.code)
    rows = session.execute(columns.order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).all()
    units = units_of(session, [row[0].id for row in rows])
    return CasePage(
        rows=tuple(_line(row, units) for row in rows),
        found=found,
        visible=_count(session, base),
        page=page,
        pages=pages,
        years=tuple(
            session.scalars(select(Evaluation.year).where(mine).distinct().order_by(Evaluation.year))
        ),
        grades=_grades(session, base.where(scored), latest.c.grade),
    )


def cases_after(
    session: Session,
    account: str,
    wanted: CaseFilter,
    *,
    after: tuple[str, str] | None,
    limit: int,
    today: date,
) -> tuple[ListedCase, ...]:
    """Return at most `limit` cases that follow year and code in `after`, in the order of the list.

    A case made meanwhile shifts nothing: the place is where the last one read stood, not a number.
    """
    grants = live_grants(session, account, today)
    scored, latest = readable(grants, Action.SCORES_READ), latest_reports()
    base = select(Evaluation).outerjoin(latest, latest.c.evaluation_id == Evaluation.id)
    asked = _asked(base.where(readable(grants, Action.EVALUATION_READ)), wanted, latest.c.grade, scored)
    if after is not None:
        year, code = after
        later = and_(Evaluation.year == year, Evaluation.code > code)
        asked = asked.where(or_(Evaluation.year < year, later))
    columns = asked.add_columns(latest.c.total, latest.c.grade, scored.label("scored"))
    rows = session.execute(columns.order_by(Evaluation.year.desc(), Evaluation.code).limit(limit)).all()
    units = units_of(session, [row[0].id for row in rows])
    return tuple(_line(row, units) for row in rows)


def latest_reports() -> Subquery:
    """Return the newest report version of every case."""
    newest = (
        select(ReportVersion.evaluation_id, func.max(ReportVersion.number).label("number"))
        .group_by(ReportVersion.evaluation_id)
        .subquery()
    )
    same = (ReportVersion.evaluation_id == newest.c.evaluation_id) & (ReportVersion.number == newest.c.number)
    columns = (ReportVersion.evaluation_id, ReportVersion.total, ReportVersion.grade)
    return select(*columns).join(newest, same).subquery()


def readable(grants: Iterable[Held], action: Action) -> ColumnElement[bool]:
    """Return the condition under which one of the grants permits `action` on a case."""
    single: dict[Role, list[str]] = {}
    wide: list[Held] = []
    for grant in grants:
        if grant.evaluation_id:
            single.setdefault(grant.role, []).append(grant.evaluation_id)
        else:
            wide.append(grant)
    # One condition per role: a condition per case is more than SQLite reads in one statement.
    parts = [and_(Evaluation.id.in_(cases), _permitted(role, action)) for role, cases in single.items()]
    parts += [and_(_held(grant), _permitted(grant.role, action)) for grant in wide]
    return or_(false(), *parts)


def _held(grant: Held) -> ColumnElement[bool]:
    """Return the condition under which a grant for no single case gives its role, as `roles_in` does."""
    if grant.role in INSTANCE_ROLES:
        return true()
    if grant.organisation_id is None or grant.role not in PART_OF_ROLE:
        return false()
    taking_part = exists().where(
        Party.evaluation_id == Evaluation.id,
        Party.organisation_id == grant.organisation_id,
        Party.part == PART_OF_ROLE[grant.role],
    )
    # Without this a query that reads the parties itself would lend its own to the condition.
    return taking_part.correlate(Evaluation)


@cache
def _permitted(role: Role, action: Action) -> ColumnElement[bool]:
    """Return the condition on kind, stage and state under which the table has a row for `role`."""
    held = frozenset({role})
    by_kinds: dict[tuple[Stage, Status], list[Kind]] = {}
    for kind in Kind:
        for stage in Stage:
            for status in Status:
                if permits(kind, stage, status, action, held):
                    by_kinds.setdefault((stage, status), []).append(kind)
    grouped: dict[tuple[Status, tuple[Kind, ...]], list[Stage]] = {}
    for (stage, status), kinds in by_kinds.items():
        grouped.setdefault((status, tuple(kinds)), []).append(stage)
    return or_(
        false(),
        *(
            and_(Evaluation.status == status, Evaluation.kind.in_(kinds), Evaluation.stage.in_(stages))
            for (status, kinds), stages in grouped.items()
        ),
    )


def _asked(
    query: Select[Evaluation], wanted: CaseFilter, grade: ColumnElement[str], scored: ColumnElement[bool]
) -> Select[Evaluation]:
    """Return `query` narrowed to the filter; a word that is none of ours finds nothing."""
    if wanted.year:
        query = query.where(Evaluation.year == wanted.year)
    if wanted.kind:
        kinds = [kind for kind in Kind if kind.value == wanted.kind]
        query = query.where(Evaluation.kind.in_(kinds))
    if wanted.stage:
        stages = [stage for stage in Stage if stage.value == wanted.stage]
        query = query.where(Evaluation.stage.in_(stages))
    if wanted.grade:
        query = query.where(grade == wanted.grade, scored)
    if wanted.text:
        text = wanted.text[:MAX_TEXT]
        columns = (Evaluation.title, Evaluation.code, Evaluation.subject_name)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return query


def _count(session: Session, query: Select[Evaluation]) -> int:
    return (
        session.scalar(select(func.count()).select_from(query.with_only_columns(Evaluation.id).subquery()))
        or 0
    )


def _grades(session: Session, query: Select[Evaluation], grade: ColumnElement[str]) -> tuple[str, ...]:
    return tuple(sorted(filter(None, session.scalars(query.with_only_columns(grade).distinct()))))


def units_of(session: Session, cases: Sequence[str]) -> dict[str, str]:
    """Return the names of the evaluated units by case."""
    query = (
        select(Party.evaluation_id, Organisation.name)
        .join(Organisation, Organisation.id == Party.organisation_id)
        .where(Party.evaluation_id.in_(cases), Party.part == "evaluated")
        .order_by(Party.id)
    )
    found: dict[str, list[str]] = {}
    for case, name in session.execute(query):
        found.setdefault(case, []).append(name)
    return {case: "、".join(names) for case, names in found.items()}


def _line(row: Row[*tuple[Any, ...]], units: dict[str, str]) -> ListedCase:
    case, total, grade, scored = row
    return ListedCase(
        code=case.code,
        title=case.title,
        subject=case.subject_name,
        unit=units.get(case.id, ""),
        kind=case.kind.label,
        year=case.year,
        stage=case.stage.label,
        position=case.stage.position,
        status=case.status.label,
        active=case.status is Status.ACTIVE,
        total=total if scored else None,
        grade=(grade or "") if scored else "",
        imported=case.imported,
    )
