"""A copy of the report for reading while it is written: never frozen, marked on every page.

The mark carries the kind of draft, its number, the short code of its content and who asked for it, so a
copy that travels says where it came from: at the top of every page and across it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from service.actions.reportcheck import findings_of
from service.actions.workshop import Workshop
from service.errors import NotFoundError, Problem
from service.models.evaluation import Evaluation
from service.queries.content import content_digest
from service.queries.reports import latest_report
from service.queries.snapshot import take_snapshot
from service.report import profile
from service.report.render import render
from service.report.snapshot import CaseSnapshot
from service.report.watermark import stamped


@dataclass(frozen=True, slots=True)
class DraftCopy:
    """The copy: SHA-256 of the .docx and, if a converter works, of the .pdf; mark and findings."""

    docx: str
    pdf: str
    mark: str
    short: str
    findings: tuple[str, ...]


def short_code(snapshot: CaseSnapshot) -> str:
    """Return the short code of what the report says, e.g. ``7F3A-91C2``."""
    digest = content_digest(snapshot).upper()
    return f"{digest[:4]}-{digest[4:8]}"


def draft_copy(
    session: Session, evaluation: str, workshop: Workshop, *, today: date, reader: str
) -> DraftCopy:
    """Return the report as it is now, printed with the draft's mark and put into the store.

    Raises:
        NotFoundError: there is no such case.
        InvalidError: the words name figures, tables or sections that do not exist.
        UnavailableError: the converter failed.
    """
    case = session.get(Evaluation, evaluation)
    if case is None:
        raise NotFoundError(Problem("没有这个评价", value=evaluation))
    last = latest_report(session, case.id)
    number = last.number + 1 if last else 1
    snapshot = take_snapshot(session, case, demo=workshop.demo, today=today, version=number)
    short = short_code(snapshot)
    mark = f"{'' if snapshot.draft else f'初稿（第{number}稿）　'}短码 {short}　{reader}"
    plain = _printed(snapshot, workshop, mark)
    found = tuple(map(str, findings_of(plain, snapshot)))
    docx = stamped(plain, f"初稿　第{number}稿　{short}　{reader}")
    can = workshop.converter.available() is None
    pdf = workshop.converter.convert(docx) if can else b""
    stored = workshop.store.put(docx).sha256
    return DraftCopy(stored, workshop.store.put(pdf).sha256 if pdf else "", mark, short, found)


def _printed(snapshot: CaseSnapshot, workshop: Workshop, mark: str) -> bytes:
    can = workshop.converter.available() is None
    with tempfile.TemporaryDirectory(prefix="pingji-") as folder:
        path = Path(folder) / "draft.docx"
        render(
            snapshot,
            profile.load(snapshot.profile),
            path,
            paginate=workshop.converter.paginate if can else None,
            files=workshop.store.read,
            own=workshop.own_template(snapshot),
            mark=mark,
        )
        return path.read_bytes()
