"""From stored rows to the frozen file, and from the frozen file to the signed one.

- Rendering happens outside any lock; `freeze_report` afterwards refuses if the content has moved on.
- Without a converter the report is the .docx with one detached signature per part.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from service.actions.finalisation import Frozen
from service.actions.reportcheck import findings_of
from service.actions.workshop import Workshop
from service.errors import IntegrityFailureError, Problem
from service.evidence.store import EvidenceStore
from service.models.evaluation import Evaluation
from service.models.report import ReportVersion, SignatureState
from service.queries.content import content_digest
from service.queries.parties import name_of_part
from service.queries.reports import approvals_of
from service.queries.snapshot import audit_point, take_snapshot
from service.report import freeze, profile, sign
from service.report.noted import Noted
from service.report.render import RenderResult, render
from service.report.seal import Mark
from service.report.signatories import Part, fields
from service.report.snapshot import CaseSnapshot
from service.workflow.actions import Action
from service.workflow.kinds import KINDS, Firm, Kind
from service.workflow.stages import Stage

PDF, DOCX = "pdf", "docx"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered report: what to freeze."""

    frozen: Frozen

    @property
    def findings(self) -> tuple[Noted, ...]:
        """Return what both checkers found, errors first."""
        return self.frozen.findings


def render_report(
    session: Session, case: Evaluation, workshop: Workshop, *, today: date, at: datetime, version: int = 1
) -> Rendered:
    """Return the report of the case as it is now, rendered, checked and put into the store.

    Raises:
        InvalidError: if the words name figures, tables or sections that do not exist.
        UnavailableError: if the converter fails.
    """
    snapshot = take_snapshot(session, case, demo=workshop.demo, today=today, version=version)
    snapshot = replace(snapshot, audit=audit_point(session))
    with tempfile.TemporaryDirectory(prefix="pingji-") as folder:
        result, docx = _docx(snapshot, workshop, Path(folder) / "report.docx")
    findings = findings_of(docx, snapshot)
    content, media, pages = _freeze(case, snapshot, docx, workshop, at=at)
    return Rendered(
        frozen=Frozen(
            profile=case.profile,
            template_sha256=snapshot.template.sha256 if snapshot.template else "",
            snapshot_sha256=content_digest(snapshot),
            docx_sha256=_put(workshop.store, docx),
            frozen_sha256=_put(workshop.store, content),
            media=media,
            pages=pages,
            files=((hashlib.sha256(content).hexdigest(), len(content), media),
                   (result.sha256, len(docx), DOCX)),
            findings=findings,
        ),
    )  # fmt: skip


def _docx(snapshot: CaseSnapshot, workshop: Workshop, path: Path) -> tuple[RenderResult, bytes]:
    can_convert = workshop.converter.available() is None
    result = render(
        snapshot,
        profile.load(snapshot.profile),
        path,
        paginate=workshop.converter.paginate if can_convert else None,
        files=workshop.store.read,
        own=workshop.own_template(snapshot),
    )
    return result, path.read_bytes()


def _freeze(
    case: Evaluation, snapshot: CaseSnapshot, docx: bytes, workshop: Workshop, *, at: datetime
) -> tuple[bytes, str, int]:
    scores = snapshot.to_plain()
    checkpoint = scores["audit"]
    if workshop.converter.available() is not None:
        return freeze.freeze_docx(docx, scores=scores, checkpoint=checkpoint).content, DOCX, 0
    pdf = workshop.converter.convert(docx)
    frozen = freeze.freeze(
        pdf,
        title=snapshot.title,
        at=at,
        scores=scores,
        checkpoint=checkpoint,
        fields=fields((Part.ORGANISER,) if case.stage is Stage.SIGNED else parts_of(case)),
    )
    return frozen.content, PDF, freeze.page_count(frozen.content)


def parts_of(case: Evaluation) -> tuple[Part, ...]:
    """Return the signature fields of the case's report in signing order, by its kind.

    A 更正 is signed by the organising side alone: nobody else approves it.
    """
    if case.kind is Kind.UNIT_SELF:
        return (Part.ORGANISER,)
    spec = KINDS[case.kind]
    engaged = spec.firm is Firm.ALWAYS or (spec.firm is Firm.POSSIBLE and bool(case.facts.get("firm")))
    lead = (Part.LEAD_EVALUATOR,) if spec.certifies else ()
    return (*lead, *((Part.AGENCY_SEAL,) if engaged else ()), Part.ORGANISER)


def _put(store: EvidenceStore, content: bytes) -> str:
    return store.put(content).sha256


@dataclass(frozen=True, slots=True)
class Stamped:
    """A signed report: the file, and for a .docx one detached signature (.p7s) per part."""

    content: bytes
    detached: tuple[tuple[Part, bytes], ...] = ()


def stamp_report(
    session: Session, case: Evaluation, report: ReportVersion, workshop: Workshop, *, at: datetime
) -> Stamped:
    """Return the signed file made of the frozen one: one signature per part that approved it, in order.

    Each mark carries the business date of the approval it stands for, and says so if that was on paper.

    Raises:
        IntegrityFailureError: if the stored frozen file is not what was approved.
    """
    frozen = workshop.store.read(report.frozen_sha256)
    if hashlib.sha256(frozen).hexdigest() != report.frozen_sha256:
        raise IntegrityFailureError(Problem("库中的冻结文件与登记的摘要不一致", value=report.frozen_sha256))
    given = {a.part: a for a in approvals_of(session, case.id) if a.report_id == report.id}
    marks = []
    for part in parts_of(case):
        approval = next((given[act.value] for act in _ACTS_OF_PART[part] if act.value in given), None)
        if approval is not None:
            party = name_of_part(session, case, part)
            paper = approval.signature is SignatureState.PAPER
            marks.append(
                Mark(
                    part=part,
                    party=f"{party}（{approval.signature.label}）" if paper else party,
                    on=approval.on,
                )
            )
    signers = [(mark, workshop.keys.signer(mark.part, at=at)) for mark in marks]
    if report.media == DOCX:
        return Stamped(
            frozen, tuple((mark.part, sign.sign_detached(frozen, key, at=at)) for mark, key in signers)
        )
    seals = [sign.Seal(signer=key, mark=mark, at=at) for mark, key in signers]
    done = sign.sign(frozen, seals, frozen_sha256=report.frozen_sha256, fonts=workshop.fonts)
    return Stamped(done.content)


_ACTS_OF_PART: Mapping[Part, tuple[Action, ...]] = {
    Part.LEAD_EVALUATOR: (Action.REPORT_CERTIFY,),
    Part.AGENCY_SEAL: (Action.REPORT_SEAL,),
    Part.ORGANISER: (Action.REPORT_SIGN, Action.CORRECTION_SIGN),
    Part.UNIT: (Action.REPORT_SIGN,),
}
