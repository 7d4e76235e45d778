"""The two slow acts on a report: rendering and freezing it, and stamping the signed file.

Both may run twice: a second freeze makes a further version only if nothing changed meanwhile, a
second stamp finds the first one's file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service import clock
from service.actions.actor import Actor
from service.actions.correction import freeze_correction
from service.actions.finalisation import finish_report, freeze_report
from service.actions.rendering import DOCX, render_report, stamp_report
from service.actions.workshop import Workshop
from service.errors import NotFoundError, Problem
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.report import ReportState, ReportVersion
from service.queries.reports import latest_report
from service.report.sign import detached_name
from service.report.signatories import Part
from service.workflow.stages import Stage

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FrozenReport:
    """A frozen version: its row, what the signer will see, and what the checkers said."""

    id: str
    sha256: str
    pages: int
    findings: tuple[str, ...]


def freeze_now(
    actor: Actor, evaluation: str, workshop: Workshop, *, tell: Tell = lambda _: None
) -> FrozenReport:
    """Return the report of the case rendered, checked and recorded as frozen.

    Raises:
        ActionRefusedError: the process forbids it, or the checkers found what is neither mended nor signed
            off; all of it is named.
        UnavailableError: the converter failed.
    """
    session, now = db.session(), clock.now()
    case = session.get(Evaluation, evaluation)
    if case is None:
        raise NotFoundError(Problem("没有这个评价", value=evaluation))
    last = latest_report(session, case.id)
    tell("排版")
    today = actor.on or clock.local_date(now)
    rendered = render_report(
        session, case, workshop, today=today, at=now, version=last.number + 1 if last else 1
    )
    signed = case.stage is Stage.SIGNED
    session.rollback()
    tell("登记")
    act = freeze_correction if signed else freeze_report
    report = act(actor, evaluation, rendered.frozen)
    found = tuple(map(str, rendered.findings))
    return FrozenReport(report, rendered.frozen.frozen_sha256, rendered.frozen.pages, found)


def stamp_now(account: str, report: str, workshop: Workshop, *, tell: Tell = lambda _: None) -> str:
    """Return the path of the signed file, which is also in the store and recorded.

    Raises:
        NotFoundError: there is no such report, or it is not 签发.
        IntegrityFailureError: the frozen bytes are not what was approved.
    """
    session, now = db.session(), clock.now()
    row = session.get(ReportVersion, report)
    if row is None or row.state is not ReportState.SIGNED:
        raise NotFoundError(Problem("没有这一版已签发的报告", value=report))
    case = session.get_one(Evaluation, row.evaluation_id)
    path = workshop.reports / f"{case.code}-v{row.number}.{row.media}"
    if row.final_sha256 is not None and workshop.store.exists(row.final_sha256) and _beside(path):
        path.write_bytes(workshop.store.read(row.final_sha256))
        return str(path)
    tell("签章")
    stamped = stamp_report(session, case, row, workshop, at=now)
    blob = workshop.store.put(stamped.content)
    beside = [workshop.store.put(signature) for _, signature in stamped.detached]
    case_id, final = case.id, (blob.sha256, blob.size, row.media)
    session.rollback()
    actor = Actor(account=account, name="", roles=frozenset())
    signatures = tuple((each.sha256, each.size, "p7s") for each in beside)
    finish_report(actor, case_id, report=report, final=final, signatures=signatures)
    path.write_bytes(stamped.content)
    for part, signature in stamped.detached:
        detached_name(path, part).write_bytes(signature)
    return str(path)


def _beside(path: Path) -> bool:
    """Return whether nothing is missing beside the file: a .docx needs its detached signatures."""
    return path.suffix != f".{DOCX}" or any(detached_name(path, part).is_file() for part in Part)
