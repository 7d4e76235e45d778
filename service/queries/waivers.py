"""What of the findings on a report was signed off: by whom, when, why, and what is still open.

A 签认 covers the finding whose digest it carries and no other, so it falls by itself when a word or figure
there changes, and stands again when the old text does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.report import ReportVersion, ReportWaiver
from service.queries.once import rows_of
from service.queries.pastacts import duties_of
from service.report.noted import Noted


@dataclass(frozen=True, slots=True)
class Waived:
    """One 签认 as people read it; `back_on` is None unless it was taken back."""

    finding: str
    place: str
    text: str
    reason: str
    duty: str
    on: date
    back_on: date | None = None
    back_duty: str = ""
    back_reason: str = ""


def in_force(session: Session, case: Evaluation) -> dict[str, ReportWaiver]:
    """Return every 签认 not taken back, by the digest of the finding it covers."""
    return {row.finding: row for row in rows_of(session, ReportWaiver, case.id) if not row.withdrawn}


def still_open(session: Session, case: Evaluation, findings: Iterable[Noted]) -> tuple[Noted, ...]:
    """Return the findings that bar 定稿: not only hints, and nobody signed them off, or nobody may."""
    covered = in_force(session, case)
    return tuple(f for f in findings if f.barring and (f.fixed or f.key not in covered))


def relied_on(session: Session, case: Evaluation, findings: Iterable[Noted]) -> list[str]:
    """Return the ids of the 签认 that cover one of the findings."""
    covered = in_force(session, case)
    return [covered[found.key].id for found in findings if found.key in covered]


def taken_back(session: Session, report: ReportVersion) -> tuple[ReportWaiver, ...]:
    """Return the 签认 a frozen report relies on that were taken back since."""
    rows = rows_of(session, ReportWaiver, report.evaluation_id) if report.waivers else ()
    return tuple(row for row in rows if row.id in report.waivers and row.withdrawn)


def all_waived(session: Session, case: Evaluation) -> tuple[Waived, ...]:
    """Return every 签认 of the case in the order they were given."""
    rows = rows_of(session, ReportWaiver, case.id)
    duties: Mapping[str, tuple[str, str]] = duties_of(session) if rows else {}
    return tuple(
        Waived(
            finding=row.finding,
            place=row.place,
            text=row.text,
            reason=row.reason,
            duty=duties.get(row.waived_by, ("", ""))[0],
            on=row.on,
            back_on=row.withdrawn_on,
            back_duty=duties.get(row.withdrawn_by or "", ("", ""))[0],
            back_reason=row.withdrawn_reason,
        )
        for row in rows
    )
