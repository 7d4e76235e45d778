"""Templates of organisations as an account may see them, and the one a case is set with.

- An organisation's own versions are seen by its people in every state; the teams of cases it organises see
  what was approved or retired: they choose from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.evaluation import Evaluation, Party
from service.models.library import LibraryState
from service.models.organisation import Account, Organisation
from service.models.template import ReportTemplate
from service.queries.library import seen_by
from service.report.layoutneeds import lacking, printed
from service.report.profile import Profile

_ROWS = select(ReportTemplate, Organisation.name).join(
    Organisation, Organisation.id == ReportTemplate.organisation_id
)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One version: whose, its name and number from 1, state in Chinese, digest, what it has places for.

    `usage` counts the cases whose reports are set with it; `mine` says the reader proposed it.
    """

    ref: str
    organisation: str
    organisation_name: str
    name: str
    number: int
    filename: str
    sha256: str
    size: int
    state: str
    prints: str
    note: str
    proposed_by: str
    decided_by: str
    decision: str
    usage: int
    mine: bool


def template_lines(session: Session, account: str, *, today: date) -> tuple[TemplateLine, ...]:
    """Return what the account sees, by organisation and name, the newest version first."""
    seen = seen_by(session, account, today)
    rows = session.execute(
        _ROWS.where(ReportTemplate.organisation_id.in_(seen.own | seen.through)).order_by(
            Organisation.name, ReportTemplate.name, ReportTemplate.number.desc()
        )
    ).all()
    duties, used = _duties(session), _usage(session)
    return tuple(_line(row, home, account, duties, used) for row, home in rows if seen.shows(row))


def template_version(session: Session, account: str, ref: str, *, today: date) -> TemplateLine:
    """Return one version.

    Raises:
        NotFoundError: there is none, or the account may not know that there is.
    """
    seen = seen_by(session, account, today)
    found = session.execute(_ROWS.where(ReportTemplate.id == ref)).first()
    if found is None or not seen.shows(found[0]):
        raise NotFoundError("没有这个报告模板")
    return _line(found[0], found[1], account, _duties(session), _usage(session))


def _line(
    row: ReportTemplate, home: str, account: str, duties: dict[str, str], used: dict[str, int]
) -> TemplateLine:
    return TemplateLine(
        ref=row.id, organisation=row.organisation_id, organisation_name=home, name=row.name,
        number=row.number, filename=row.filename, sha256=row.sha256, size=row.size, state=row.state.label,
        prints=printed(row.prints), note=row.note, proposed_by=duties[row.proposed_by],
        decided_by=duties.get(row.decided_by or "", ""),
        decision=row.decision, usage=used.get(row.id, 0), mine=row.proposed_by == account,
    )  # fmt: skip


def _duties(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Account.id, Account.duty)).all())


def _usage(session: Session) -> dict[str, int]:
    query = select(Evaluation.template_id, func.count()).group_by(Evaluation.template_id)
    return {ref: count for ref, count in session.execute(query) if ref}


def organiser_of(session: Session, case: Evaluation) -> str:
    """Return the id of the organisation that organises the case, "" if it has none."""
    return session.scalar(_organiser(case)) or ""


def _organiser(case: Evaluation) -> Select[Any]:
    query = select(Party.organisation_id).where(Party.evaluation_id == case.id, Party.part == "organiser")
    return query.order_by(Party.id).limit(1)


def offered_to(
    session: Session, case: Evaluation, profile: Profile
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return id, words and missing places of every template the case may choose, newest versions first.

    The one it has already is among them even if it was retired since.
    """
    query = _ROWS.where(ReportTemplate.organisation_id == _organiser(case).scalar_subquery())
    rows = session.execute(query.order_by(ReportTemplate.name, ReportTemplate.number.desc())).all()
    return [
        (row.id, f"{row.name}（第 {row.number} 版）", lacking(profile, row.prints))
        for row, _ in rows
        if row.state is LibraryState.APPROVED or row.id == case.template_id
    ]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The template a case is set with: name, version, digest; `state` in Chinese."""

    ref: str
    name: str
    number: int
    sha256: str
    state: str


def chosen_by(session: Session, case: Evaluation) -> Chosen | None:
    """Return the template of the case, None if it is the profile's own."""
    row = session.get(ReportTemplate, case.template_id) if case.template_id else None
    return None if row is None else Chosen(row.id, row.name, row.number, row.sha256, row.state.label)


def template_names(session: Session, digests: set[str]) -> dict[str, str]:
    """Return name and version, in words, of the templates with these SHA-256; "" is the profile's own."""
    wanted = digests - {""}
    if not wanted:
        return {}
    rows = session.scalars(select(ReportTemplate).where(ReportTemplate.sha256.in_(wanted)))
    return {row.sha256: f"{row.name}（第 {row.number} 版）" for row in rows}
