"""Which cases a question is asked of: those whose history the person may read, narrowed as asked.

- Whoever the rule table lets read the history of a case is asked nothing else: auditors of all, officers of
  their bureau's, leaders of their own cases. Interests declared and not yet disposed of close a case.
- What belongs to no case is asked only of what was refused, see `Scope.outside`.
- The team's scores stay closed to the organising side until the leader has submitted them once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, false, func, or_, select
from sqlalchemy.orm import Session

from service import clock
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation, Party
from service.models.organisation import ConflictDeclaration, Organisation
from service.queries.auditquestions import AuditSearch
from service.queries.caselist import readable, units_of
from service.queries.people import Held, live_grants
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import ORGANISING_ROLES, Role
from service.workflow.stages import STAGE_ORDER, Stage

_EARLY = STAGE_ORDER[: STAGE_ORDER.index(Stage.CONSULTATION)]
CHUNK = 500
SECURITY = ("account.", "grant.", "duties.", "security_log.", "system.", "key.")
"""How the names of acts begin that stand in the security log."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One case a question is asked of; `scored`: whether the team's scores may be shown."""

    id: str
    code: str
    title: str
    kind: Kind
    framework: str | None
    scored: bool
    sheets: bool


class Scope:
    """The cases one person asks a question of, as conditions and, where needed, one by one."""

    def __init__(self, session: Session, account: str, wanted: AuditSearch, *, today: date) -> None:
        self.session, self.wanted = session, wanted
        self._grants = live_grants(session, account, today)
        self._account = account

    @cached_property
    def visible(self) -> ColumnElement[bool]:
        """The condition on `Evaluation` that the person may read its history."""
        conflicted = exists().where(
            ConflictDeclaration.evaluation_id == Evaluation.id,
            ConflictDeclaration.account_id == self._account,
            ConflictDeclaration.conflict,
            ConflictDeclaration.overridden_by.is_(None),
        )
        may = readable(self._grants, Action.HISTORY_READ) & readable(self._grants, Action.EVALUATION_READ)
        return may & ~conflicted

    @cached_property
    def scored(self) -> ColumnElement[bool]:
        """The condition on `Evaluation` that the person may see its scores."""
        organising = [grant for grant in self._grants if grant.role in ORGANISING_ROLES]
        others = [grant for grant in self._grants if grant.role not in ORGANISING_ROLES]
        submitted = cast(Evaluation.facts, String).contains('"scores_ever_submitted":true')
        late = or_(Evaluation.stage.not_in(_EARLY), Evaluation.kind == Kind.UNIT_SELF, submitted)
        return or_(_scores(others), and_(_scores(organising), late))

    @cached_property
    def chosen(self) -> ColumnElement[bool]:
        """The condition on `Evaluation` that it is asked: visible and as the filter says."""
        found, wanted = [self.visible], self.wanted
        if wanted.year:
            found.append(Evaluation.year == wanted.year)
        if wanted.case:
            columns = (Evaluation.code, Evaluation.title, Evaluation.subject_name)
            found.append(or_(*(column.icontains(wanted.case, autoescape=True) for column in columns)))
        if wanted.organisation:
            party = (Party.evaluation_id == Evaluation.id, Party.organisation_id == wanted.organisation)
            found.append(exists().where(*party).correlate(Evaluation))
        return and_(*found)

    @cached_property
    def outside(self) -> ColumnElement[bool]:
        """The condition on `AuditEntry` that it belongs to no case and the person may read it.

        Auditors read what was done outside cases as well, but for the security log (accounts, duties,
        tokens, keys), which the rule table opens to the audit administrator alone. Narrowed down to some
        cases, a question is not asked of what belongs to none.
        """
        roles = frozenset(grant.role for grant in self._grants if grant.evaluation_id is None)
        security = or_(*(AuditEntry.action.startswith(part) for part in SECURITY))
        seen = [~security] if Role.AU in roles else []
        seen += [security] if permits(None, None, None, Action.SECURITY_LOG_READ, roles) else []
        narrowed = self.wanted.year or self.wanted.case or self.wanted.organisation
        return and_(AuditEntry.evaluation_id.is_(None), or_(false(), *(() if narrowed else seen)))

    @cached_property
    def reaches_outside(self) -> bool:
        """Whether the person may read anything that belongs to no case."""
        roles = frozenset(grant.role for grant in self._grants if grant.evaluation_id is None)
        return Role.AU in roles or permits(None, None, None, Action.SECURITY_LOG_READ, roles)

    def ids(self, *more: ColumnElement[bool]) -> Select[str]:
        """Return the query of the ids asked."""
        return select(Evaluation.id).where(self.chosen, *more)

    @cached_property
    def cases(self) -> Mapping[str, Asked]:
        """The cases asked, by id."""
        columns = (Evaluation.id, Evaluation.code, Evaluation.title, Evaluation.kind, Evaluation.framework_id)
        sheets = cast(Evaluation.facts, String).contains('"sheets":')
        query = select(*columns, self.scored.label("scored"), sheets.label("sheets")).where(self.chosen)
        return {row.id: Asked(*row) for row in self.session.execute(query)}

    def in_period(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions on `AuditEntry` that it was written in the days asked for."""
        if self.wanted.since:
            yield AuditEntry.at >= _midnight(self.wanted.since)
        if self.wanted.until:
            yield AuditEntry.at < _midnight(self.wanted.until + timedelta(days=1))

    def count(self) -> int:
        """Return how many cases are asked."""
        return self.session.scalar(select(func.count()).select_from(self.ids().subquery())) or 0


def _scores(grants: list[Held]) -> ColumnElement[bool]:
    return readable(grants, Action.SCORES_READ)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.LOCAL).astimezone(UTC)


def offered(session: Session, account: str, *, today: date) -> dict[str, list[tuple[str, str]]]:
    """Return what the filter offers of the cases whose history the person may read: organisations, years."""
    visible = Scope(session, account, AuditSearch(), today=today).visible
    parties = select(Organisation.id, Organisation.name).where(
        Organisation.id.in_(
            select(Party.organisation_id)
            .join(Evaluation, Evaluation.id == Party.evaluation_id)
            .where(visible)
        )
    )
    years = select(Evaluation.year).where(visible).distinct().order_by(Evaluation.year.desc())
    return {
        "organisation": [(row.id, row.name) for row in session.execute(parties.order_by(Organisation.name))],
        "year": [(year, year) for year in session.scalars(years)],
    }


def units(session: Session, cases: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the evaluated units of these cases."""
    return units_of(session, list(cases))
