"""What the form for a new evaluation offers and helps with: organisations, a free number, working days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, Party
from service.models.organisation import Organisation
from service.queries.people import live_grants
from service.workflow.deadlines import DEFAULT_WORKING_DAYS, Term, due, load_calendar, working_days
from service.workflow.roles import Role

MOST = 20
_CALENDAR = load_calendar()


def desks_of(session: Session, account: str, *, today: date) -> dict[str, str]:
    """Return the organisations, id to name, for which the account is 经办 (FO)."""
    grants = live_grants(session, account, today)
    ids = {g.organisation_id for g in grants if g.role is Role.FO and g.organisation_id}
    return names_of(session, ids)


def names_of(session: Session, organisations: Iterable[str]) -> dict[str, str]:
    """Return the names of these organisations by id, in order of name; unknown ids are left out."""
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(set(organisations)))
    return dict(session.execute(query.order_by(Organisation.name)).all())


def find_organisations(session: Session, text: str) -> tuple[dict[str, str], bool]:
    """Return organisations whose name or code holds `text`, id to name, and whether more were found."""
    query = select(Organisation.id, Organisation.name).order_by(Organisation.name).limit(MOST + 1)
    if text.strip():
        columns = (Organisation.name, Organisation.code)
        query = query.where(or_(*(c.icontains(text.strip()[:80], autoescape=True) for c in columns)))
    found = session.execute(query).all()
    return dict(found[:MOST]), len(found) > MOST


def proposed_code(session: Session, year: str) -> str:
    """Return a number nobody has used, e.g. ``2026-007``: the year and how many there are, plus one."""
    lead = f"{year}-"
    count = session.scalar(select(func.count()).where(Evaluation.code.startswith(lead, autoescape=True))) or 0
    while code_taken(session, f"{lead}{count + 1:03}"):
        count += 1
    return f"{lead}{count + 1:03}"


def code_taken(session: Session, code: str) -> bool:
    """Return whether a case has this number, whoever may see it: numbers are given once."""
    return session.scalar(select(Evaluation.id).where(Evaluation.code == code)) is not None


def usual_due(today: date) -> tuple[int, date, bool]:
    """Return the usual working days for 自评, their end from today, and whether holidays are known."""
    days = DEFAULT_WORKING_DAYS[Term.SELF_ASSESSMENT]
    end = due(today, days, _CALENDAR)
    return days, end, _CALENDAR.knows(end)


def days_until(today: date, until: date) -> int:
    """Return how many working days lie between today and `until`, the last one included."""
    return working_days(today, until, _CALENDAR)


def parties_by_part(session: Session, evaluation: str) -> list[tuple[str, str]]:
    """Return part and name of every organisation of the case, in the order they were named."""
    query = (
        select(Party.part, Organisation.name)
        .join(Organisation, Organisation.id == Party.organisation_id)
        .where(Party.evaluation_id == evaluation)
        .order_by(Party.id)
    )
    return [(part, name) for part, name in session.execute(query)]
