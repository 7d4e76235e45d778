"""What waits for one person across all cases, and what he waits for; at most 15 queries for any number.

- The words and the holders of each matter come from `workflow.court`; the counts from `standings`.
- Days left are working days: 0 is today, a negative number says how many it is late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.library import LibraryFramework, LibraryState
from service.models.operational import Notice
from service.models.organisation import GrantState, Handover, Revocation, RoleGrant
from service.models.template import ReportTemplate
from service.queries.accountdesk import open_revocation
from service.queries.people import live_grants
from service.queries.standings import MyCase, my_cases, standings
from service.workflow.actions import Action
from service.workflow.court import INSIDE, Matter, Standing, waiting
from service.workflow.deadlines import WorkingCalendar, days_late, load_calendar, working_days
from service.workflow.roles import Role

SOON = 3
"""Working days before the end from which a matter counts as 临期."""
NOTICES = 30


@dataclass(frozen=True, slots=True)
class Task:
    """One matter of one case as a person reads it.

    Args:
        number: how many of it, 0 if it is not counted.
        left: working days left, None without a due day.
        since: day it has been waiting from, None if unknown.
        mine: whether this person can do it; else `whom` says who.
    """

    code: str
    title: str
    stage: str
    action: Action
    label: str
    number: int
    due_on: date | None
    left: int | None
    since: date | None
    mine: bool
    whom: str

    @property
    def urgent(self) -> bool:
        """Return whether it is late or will be within three working days."""
        return self.left is not None and self.left <= SOON


@dataclass(frozen=True, slots=True)
class Errand:
    """Something outside any case: what, how many, the endpoint of its page."""

    label: str
    number: int
    endpoint: str


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """One message to the person."""

    id: str
    title: str
    body: str
    link: str
    at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class Todo:
    """Everything on the first page of one person; `cases` counts what he can read that is not over."""

    tasks: tuple[Task, ...]
    errands: tuple[Errand, ...]
    notices: tuple[NoticeShown, ...]
    cases: int

    @property
    def urgent(self) -> tuple[Task, ...]:
        """Return what is late or nearly, by whoever it has to be done, soonest first."""
        return _by_day([task for task in self.tasks if task.urgent])

    @property
    def mine(self) -> tuple[Task, ...]:
        """Return what this person can do and what is not urgent."""
        return _by_day([task for task in self.tasks if task.mine and not task.urgent])

    @property
    def others(self) -> tuple[Task, ...]:
        """Return what others have to do and what is not urgent."""
        return _by_day([task for task in self.tasks if not task.mine and not task.urgent])


def todo_of(session: Session, account: str, *, today: date) -> Todo:
    """Return what waits for `account` today."""
    cases = my_cases(session, account, today=today)
    known = standings(session, cases, account)
    tasks = tuple(task for case in cases for task in tasks_of(case, known[case.row.id], today=today))
    return Todo(tasks, _errands(session, account, today=today), _notices(session, account), len(cases))


def tasks_of(case: MyCase, known: Standing, *, today: date) -> Iterator[Task]:
    """Yield what the case waits for, as far as these roles may know of it."""
    for matter in waiting(known):
        mine = bool(matter.roles & case.roles)
        if mine or not matter.internal or case.roles & INSIDE:
            yield _task(case, matter, mine=mine, today=today)


def _task(case: MyCase, matter: Matter, *, mine: bool, today: date) -> Task:
    row = case.row
    return Task(
        code=row.code,
        title=row.title,
        stage=row.stage.label,
        action=matter.action,
        label=matter.label,
        number=matter.number,
        due_on=matter.due_on,
        left=None if matter.due_on is None else days_left(matter.due_on, today),
        since=matter.since,
        mine=mine,
        whom="、".join(role.label for role in Role if role in matter.roles),
    )


@lru_cache(maxsize=4096)
def days_left(due_on: date, today: date) -> int:
    """Return the working days left until `due_on`, 0 on the day itself, negative when it is past."""
    late = days_late(due_on, today, _calendar())
    return -late if late else working_days(today, due_on, _calendar())


@cache
def _calendar() -> WorkingCalendar:
    return load_calendar()


def _by_day(tasks: Sequence[Task]) -> tuple[Task, ...]:
    far = date.max
    return tuple(sorted(tasks, key=lambda t: (t.due_on or far, not t.mine, t.since or far, t.code)))


def _errands(session: Session, account: str, *, today: date) -> tuple[Errand, ...]:
    """Return what waits outside any case: grants, their ends and hand-overs, what is to approve."""
    grants = [grant for grant in live_grants(session, account, today) if grant.evaluation_id is None]
    roles = {grant.role for grant in grants}
    homes = [grant.organisation_id for grant in grants if grant.role is Role.FR]
    open_grants = (RoleGrant.state == GrantState.PROPOSED, RoleGrant.proposed_by != account)
    open_ends = (*open_revocation(), Revocation.proposed_by != account)
    open_passes = (Handover.confirmed_by.is_(None), Handover.proposed_by != account)
    proposed = (
        LibraryFramework.state == LibraryState.PROPOSED,
        LibraryFramework.organisation_id.in_(homes),
        LibraryFramework.proposed_by != account,
    )
    layouts = (
        ReportTemplate.state == LibraryState.PROPOSED,
        ReportTemplate.organisation_id.in_(homes),
        ReportTemplate.proposed_by != account,
    )
    if not roles & {Role.SE, Role.FR}:
        return ()
    counted = [
        select(func.count()).select_from(model).where(*conditions).scalar_subquery()
        for model, conditions in (
            (RoleGrant, open_grants),
            (Revocation, open_ends),
            (Handover, open_passes),
            (LibraryFramework, proposed),
            (ReportTemplate, layouts),
        )
    ]
    given, ended, passed, drafted, laid_out = session.execute(select(*counted)).one()
    asked = (
        (Role.SE, "确认授权", given, "people.index"),
        (Role.SE, "确认收回授权", ended, "people.index"),
        (Role.SE, "确认职责移交", passed, "people.index"),
        (Role.FR, "批准指标体系", drafted, "library.index"),
        (Role.FR, "批准报告模板", laid_out, "templates.index"),
    )
    return tuple(Errand(label, count, page) for role, label, count, page in asked if count and role in roles)


def _notices(session: Session, account: str) -> tuple[NoticeShown, ...]:
    """Return the newest messages, unread ones first."""
    query = (
        select(Notice)
        .where(Notice.account_id == account)
        .order_by(Notice.read_at.is_not(None), Notice.created_at.desc())
        .limit(NOTICES)
    )
    return tuple(
        NoticeShown(n.id, n.title, n.body, n.link, n.created_at, n.read_at is not None)
        for n in session.scalars(query)
    )
