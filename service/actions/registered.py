"""What this instance knows of a report file at hand: the registered version it is, or is meant to be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from service.actions.rendering import parts_of
from service.models.evaluation import Evaluation
from service.models.report import ReportVersion
from service.queries.catalogue import report_registered
from service.queries.reports import approvals_of
from service.report.signatories import Part
from service.report.verify import frozen_digests
from service.workflow.actions import Action

PART_OF_ACT = {
    Action.REPORT_CERTIFY.value: Part.LEAD_EVALUATOR,
    Action.REPORT_SEAL.value: Part.AGENCY_SEAL,
    Action.REPORT_SIGN.value: Part.ORGANISER,
    Action.CORRECTION_SIGN.value: Part.ORGANISER,
}


@dataclass(frozen=True, slots=True)
class Registered:
    """The stored SHA-256 of the signed file and of what the signers saw, and whose signatures it carries."""

    final_sha256: str | None
    frozen_sha256: str
    parts: tuple[Part, ...]


def registered_report(session: Session, path: Path) -> Registered | None:
    """Return the version whose signed file lies at `path`, else the one it was made of, else None.

    A file changed after it was signed still begins with the frozen bytes; so it is held to its own record.

    Raises:
        OSError: the file cannot be read.
    """
    final = hashlib.sha256(path.read_bytes()).hexdigest()
    found = report_registered(session, final, frozen_digests(path))
    if found is None:
        return None
    return Registered(found.final_sha256, found.frozen_sha256, _parts(session, found))


def _parts(session: Session, report: ReportVersion) -> tuple[Part, ...]:
    """Return the parts of the case that approved this version, in signing order."""
    case = session.get_one(Evaluation, report.evaluation_id)
    given = {PART_OF_ACT.get(a.part) for a in approvals_of(session, case.id) if a.report_id == report.id}
    return tuple(part for part in parts_of(case) if part in given)
