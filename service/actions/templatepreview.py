"""A template tried out with a case's data: the same report twice, with the template and with the stock one.

Nothing is recorded in the case; every page is marked 模板试排.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from service.actions.workshop import Workshop
from service.errors import NotFoundError, Problem
from service.models.evaluation import Evaluation
from service.models.template import ReportTemplate
from service.queries.reports import latest_report
from service.queries.snapshot import take_snapshot
from service.report import freeze, profile, selfcheck
from service.report.layoutneeds import lacking
from service.report.render import render

MARK = "模板试排　不作报告使用"
SIDES = ("own", "stock")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: SHA-256 of the .docx and, if a converter works, of the .pdf with its pages."""

    docx: str
    pdf: str
    pages: int
    findings: tuple[str, ...]


def try_out(
    session: Session, evaluation: str, version: str, workshop: Workshop, *, today: date
) -> dict[str, Any]:
    """Return both sides by name with what the template lacks for the profile of the case, in words.

    Raises:
        NotFoundError: there is no such case or version.
        InvalidError: the template does not set this report; or its words name what does not exist.
        UnavailableError: the converter failed.
    """
    case, row = session.get(Evaluation, evaluation), session.get(ReportTemplate, version)
    if case is None or row is None:
        raise NotFoundError(Problem("没有这个评价或模板", value=evaluation if case is None else version))
    last = latest_report(session, case.id)
    number = last.number + 1 if last else 1
    snapshot = take_snapshot(session, case, demo=workshop.demo, today=today, version=number)
    layout = profile.load(snapshot.profile)
    can = workshop.converter.available() is None
    made: dict[str, Any] = {"lacking": list(lacking(layout, row.prints))}
    for side, own in (("own", workshop.store.read(row.sha256)), ("stock", None)):
        with tempfile.TemporaryDirectory(prefix="pingji-") as folder:
            path = Path(folder) / "tried.docx"
            paginate = workshop.converter.paginate if can else None
            render(snapshot, layout, path, paginate=paginate, files=workshop.store.read, own=own, mark=MARK)
            docx = path.read_bytes()
        found = tuple(str(each) for each in selfcheck.errors(selfcheck.check(docx, snapshot)))
        pdf = workshop.converter.convert(docx) if can else b""
        kept = workshop.store.put(pdf).sha256 if pdf else ""
        pages = freeze.page_count(pdf) if pdf else 0
        made[side] = asdict(Side(workshop.store.put(docx).sha256, kept, pages, found))
    return made
