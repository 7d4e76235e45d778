"""The report versions of a case, and one of their files to hand out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.evaluation import Evaluation
from service.models.report import ReportVersion
from service.queries.once import rows_of
from service.queries.templates import template_names
from service.queries.words import value_label

FILES = {"signed": "签章终稿", "frozen": "冻结文件", "word": "Word 稿"}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file of a version: which, its digest in the store, its extension."""

    part: str
    label: str
    sha256: str
    media: str


@dataclass(frozen=True, slots=True)
class ReportShown:
    """One version: number, state, result, pages, files, what the self-check said, whose layout it has."""

    number: int
    state: str
    total: str | None
    grade: str
    pages: int
    frozen_on: date
    reason: str
    findings: tuple[str, ...]
    files: tuple[ReportFile, ...]
    template: str = ""
    template_sha256: str = ""


def report_room(session: Session, case: Evaluation) -> tuple[ReportShown, ...]:
    """Return the report versions of the case, newest first."""
    rows = rows_of(session, ReportVersion, case.id)
    names = template_names(session, {row.template_sha256 for row in rows})
    return tuple(
        ReportShown(
            number=r.number,
            state=value_label(r.state),
            total=r.total,
            grade=r.grade,
            pages=r.pages,
            frozen_on=r.frozen_on,
            reason=r.reason,
            findings=tuple(map(str, r.findings)),
            files=_files(r),
            template=names.get(r.template_sha256, ""),
            template_sha256=r.template_sha256,
        )
        for r in sorted(rows, key=lambda row: row.number, reverse=True)
    )


def report_file(session: Session, case: Evaluation, number: int, part: str) -> ReportFile:
    """Return one file of one version of this case.

    Raises:
        NotFoundError: there is none.
    """
    rows = rows_of(session, ReportVersion, case.id)
    row = next((row for row in rows if row.number == number), None)
    for file in _files(row) if row is not None else ():
        if file.part == part:
            return file
    raise NotFoundError("没有这份报告文件")


def _files(row: ReportVersion) -> tuple[ReportFile, ...]:
    kept = (
        ("signed", row.final_sha256, row.media),
        ("frozen", row.frozen_sha256, row.media),
        ("word", row.docx_sha256, "docx"),
    )
    return tuple(ReportFile(part, FILES[part], digest, media) for part, digest, media in kept if digest)
