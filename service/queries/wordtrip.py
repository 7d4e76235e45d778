"""Working copies taken of a case, and files that came back, as the page of them needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.operational import Draft
from service.report.workcopy import Place

TAKEN, RETURNED = "report.copy", "report.back"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: who took which version when, its file, its places and figures, the versions of its pieces."""

    id: str
    docx: str
    short: str
    number: int
    reader: str
    taken_at: datetime
    places: tuple[Place, ...]
    figures: tuple[str, ...]
    versions: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Back:
    """One file that came back: what it is called, which copy it is of, what was read."""

    sha256: str
    filename: str
    copy: Copy
    reading: Mapping[str, Any]


def copies_taken(session: Session, case: Evaluation) -> tuple[Copy, ...]:
    """Return the copies taken of this case by anybody, newest first."""
    query = select(Draft).where(Draft.form == TAKEN, Draft.evaluation_id == case.id)
    return tuple(_copy(row) for row in session.scalars(query.order_by(Draft.saved_at.desc())))


def copy_named(session: Session, case: Evaluation, *, identity: str, short: str) -> Copy | None:
    """Return the copy of this identity; without one the newest whose short code is in the header."""
    known = copies_taken(session, case)
    named = next((copy for copy in known if copy.id == identity), None)
    return named or next((copy for copy in known if short and not identity and copy.short == short), None)


def returned(session: Session, case: Evaluation, account: str, sha256: str) -> Back | None:
    """Return what this account brought back under this digest, None if nothing."""
    query = select(Draft).where(
        Draft.account_id == account, Draft.form == RETURNED, Draft.target == f"{case.id}:{sha256}"
    )
    row = session.scalar(query)
    if row is None:
        return None
    copy = copy_named(session, case, identity=row.data["copy"], short="")
    return None if copy is None else Back(sha256, row.data["filename"], copy, row.data["reading"])


def _copy(row: Draft) -> Copy:
    data = row.data
    return Copy(
        id=row.target,
        docx=data["docx"],
        short=data["short"],
        number=data["number"],
        reader=data["reader"],
        taken_at=row.saved_at,
        places=tuple(Place(**place) for place in data["places"]),
        figures=tuple(data["figures"]),
        versions={(kind, section): version for kind, section, version in data["versions"]},
    )
