"""What there is: cases, the contents they cite, their report files. For operators, without a scope."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError, Problem
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.models.evidence import EvidenceVersion
from service.models.operational import Job, JobState
from service.models.organisation import Account
from service.models.report import ReportVersion
from service.queries.reports import latest_report
from service.queries.sheet import framework_of
from service.scoring.quantities import exact, show
from service.workflow.actions import Action

SIGNATURE = "p7s"
DRAFT = "report.draft"


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of the list of cases; total and grade are those last frozen, None before."""

    code: str
    title: str
    kind: str
    year: str
    stage: str
    status: str
    total: str | None
    grade: str | None
    imported: bool


def all_cases(session: Session) -> Sequence[CaseLine]:
    """Return every case in order of its code, words in Chinese."""
    found = session.scalars(select(Evaluation).order_by(Evaluation.code))
    return [_line(session, case) for case in found]


def _line(session: Session, case: Evaluation) -> CaseLine:
    report = latest_report(session, case.id)
    return CaseLine(
        code=case.code, title=case.title, kind=case.kind.label, year=case.year,
        stage=case.stage.label, status=case.status.label,
        total=_shown(session, case, report.total) if report else None,
        grade=(report.grade or None) if report else None,
        imported=case.imported,
    )  # fmt: skip


def _shown(session: Session, case: Evaluation, total: str | None) -> str | None:
    """Return the total at the places of the case's framework."""
    return None if total is None else show(exact(total), framework_of(session, case).rounding.places)


def case_named(session: Session, name: str) -> Evaluation:
    """Return the case with this code or id.

    Raises:
        NotFoundError: there is none.
    """
    found = session.scalars(
        select(Evaluation).where(or_(Evaluation.code == name, Evaluation.id == name))
    ).one_or_none()
    if found is None:
        known = "、".join(session.scalars(select(Evaluation.code).order_by(Evaluation.code).limit(10)))
        raise NotFoundError(
            Problem("没有这个案卷", value=name, allowed=known, cure="用 pingji case list 查看")
        )
    return found


def name_taken(session: Session, name: str) -> bool:
    """Return whether a case has this code, or people were made for one (logins ``name.…``)."""
    case = select(Evaluation.id).where(Evaluation.code == name)
    people = select(Account.id).where(Account.login.startswith(f"{name}.", autoescape=True))
    return session.scalar(case) is not None or session.scalar(people.limit(1)) is not None


def cited_contents(session: Session) -> dict[str, int]:
    """Return SHA-256 → size in bytes of every evidence content any case cites."""
    found = session.execute(select(EvidenceVersion.sha256, EvidenceVersion.size))
    return {row.sha256: row.size for row in found}


def cited_reports(session: Session) -> frozenset[str]:
    """Return the SHA-256 of every report file any version cites: .docx, frozen and signed."""
    columns = (ReportVersion.docx_sha256, ReportVersion.frozen_sha256, ReportVersion.final_sha256)
    return frozenset(each for row in session.execute(select(*columns)) for each in row if each)


def cited_signatures(session: Session) -> dict[str, int]:
    """Return SHA-256 → size of every signature the log says lies beside a signed report."""
    leaves = session.scalars(select(AuditEntry.leaf).where(AuditEntry.action == Action.REPORT_FINISH.value))
    files = [file for leaf in leaves for file in json.loads(leaf)["files"] if file["type"] == SIGNATURE]
    return {file["sha256"]: file["size"] for file in files}


def draft_copies(session: Session) -> frozenset[str]:
    """Return the SHA-256 of every copy for reading that its job offers to who asked for it.

    No case cites them; they are printed again at any time.
    """
    results = session.scalars(select(Job.result).where(Job.kind == DRAFT, Job.state == JobState.DONE.value))
    found = (result[name] for result in results if result for name in ("docx", "pdf"))
    return frozenset(each for each in found if each)


def report_with_final(session: Session, sha256: str) -> ReportVersion | None:
    """Return the report version whose signed file has this SHA-256, None if none has."""
    return session.scalars(select(ReportVersion).where(ReportVersion.final_sha256 == sha256)).first()


def report_registered(session: Session, final: str, frozen: Collection[str]) -> ReportVersion | None:
    """Return the version with this signed file; else the signed one made of a frozen file among `frozen`."""
    made = select(ReportVersion).where(
        ReportVersion.frozen_sha256.in_(frozen), ReportVersion.final_sha256.is_not(None)
    )
    return report_with_final(session, final) or session.scalars(made.order_by(ReportVersion.id)).first()
