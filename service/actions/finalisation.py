"""定稿: words, self-check, freeze, internal review, certificate, seal, second review, signature.

- Freezing is done in two steps: a job renders outside any lock, then `freeze_report` records the
  bytes only if the content is still what was rendered.
- Whoever signs names the sha256 he saw; it must be that of the frozen file.
- The signed bytes come after 签发, made by a job from the frozen file; `finish_report` records them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.database_errors import STALE
from service.actions.steps import CaseWork, Read, case_action, next_number
from service.actions.transaction import Actor, StoredFile, transaction
from service.errors import ActionRefusedError, Problem, StaleError
from service.models.evaluation import Evaluation
from service.models.report import Approval, Narrative, ReportState, ReportVersion, SignatureState
from service.queries.content import content_digest, present_snapshot
from service.queries.reports import latest_report
from service.queries.sheet import current_sheet, scaled
from service.queries.waivers import relied_on, still_open
from service.report.noted import Noted
from service.workflow.actions import Action


@dataclass(frozen=True, slots=True)
class Words:
    """One piece of the report: `kind` section, problem, suggestion, table, image or note."""

    kind: str
    section: str
    body: str = ""
    position: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a freeze produced: digests of content and files, and the number of pages."""

    profile: str
    snapshot_sha256: str
    docx_sha256: str
    frozen_sha256: str
    media: str
    pages: int
    files: tuple[tuple[str, int, str], ...]
    findings: tuple[Noted, ...] = ()
    template_sha256: str = ""


def write_report(
    actor: Actor,
    evaluation: str,
    *,
    words: tuple[Words, ...],
    expected: Mapping[tuple[str, str], int] | None = None,
) -> None:
    """Each piece of `words` stands in the report; pieces not mentioned stay.

    Args:
        expected: the version of each piece the actor has seen, by kind and section; 0 where there was none.

    Raises:
        StaleError: a piece is no longer the one expected.
    """
    with case_action(actor, Action.REPORT_WRITE, evaluation=evaluation) as work:
        write_words(work, words, expected)


def _demand_seen(work: CaseWork, piece: Words, version: int) -> None:
    row = _stored(work, piece)
    if (row.version if row is not None else 0) != version:
        raise StaleError(Problem(STALE, path=piece.section, value=str(version)))


def write_words(
    work: CaseWork, words: tuple[Words, ...], expected: Mapping[tuple[str, str], int] | None = None
) -> None:
    """Each piece of `words` stands in the report; `expected` as for `write_report`."""
    for piece in words:
        if expected is not None:
            _demand_seen(work, piece, expected.get((piece.kind, piece.section), 0))
        _write(work, piece)


def _stored(work: CaseWork, piece: Words) -> Narrative | None:
    query = select(Narrative).where(
        Narrative.evaluation_id == work.case.id,
        Narrative.kind == piece.kind,
        Narrative.section == piece.section,
    )
    return work.session.scalar(query)


def _write(work: CaseWork, piece: Words) -> None:
    row = _stored(work, piece)
    if row is None:
        row = Narrative(evaluation_id=work.case.id, kind=piece.kind, section=piece.section)
        work.tx.add(row)
    row.body, row.position, row.data, row.author = piece.body, piece.position, dict(piece.data), work.person


def freeze_report(actor: Actor, evaluation: str, command: Frozen) -> str:
    """Return the id of the frozen version; the rendered content is the present content.

    Raises:
        ActionRefusedError: if the content changed since it was rendered, or something found on it is neither
            mended nor signed off; names each.
    """
    given = found_open(command)
    with case_action(actor, Action.REPORT_FREEZE, evaluation=evaluation, given=given) as work:
        return freeze_version(work, command).id


def found_open(command: Frozen) -> Read:
    """Return what reads, after the lock, the findings on the file that are still open."""

    def given(session: Session, case: Evaluation) -> Mapping[str, Any]:
        return {"selfcheck_findings": tuple(map(str, still_open(session, case, command.findings)))}

    return given


def freeze_version(work: CaseWork, command: Frozen, *, reason: str = "") -> ReportVersion:
    """Return the new frozen version; an unsigned earlier one is superseded.

    Raises:
        ActionRefusedError: if the content changed since it was rendered.
    """
    if command.snapshot_sha256 != content_digest(present_snapshot(work.session, work.case)):
        raise ActionRefusedError(Problem("排版之后内容有变动", cure="重新冻结"))
    sheet = current_sheet(work.session, work.case)
    total = sheet.total_text if sheet else None
    previous = latest_report(work.session, work.case.id)
    if previous is not None and previous.state is ReportState.FROZEN:
        previous.state = ReportState.SUPERSEDED
    row = ReportVersion(
        evaluation_id=work.case.id,
        number=next_number(work.session, ReportVersion, work.case.id),
        profile=command.profile,
        template_sha256=command.template_sha256,
        total=total,
        total_scaled=scaled(total),
        grade=(sheet.grade if sheet else None) or "",
        snapshot_sha256=command.snapshot_sha256,
        docx_sha256=command.docx_sha256,
        frozen_sha256=command.frozen_sha256,
        media=command.media,
        pages=command.pages,
        frozen_on=work.tx.on,
        reason=reason,
        findings=[str(found) for found in command.findings],
        waivers=relied_on(work.session, work.case, command.findings),
        requested_by=work.person,
    )
    work.tx.add(row)
    work.session.flush()
    work.tx.files.extend(StoredFile(*file) for file in command.files)
    return row


def _approve(
    actor: Actor,
    evaluation: str,
    *,
    action: Action,
    seen: str,
    note: str = "",
    signature: SignatureState = SignatureState.NONE,
    given: Mapping[str, Any] | None = None,
) -> None:
    facts = {"seen_hash": seen, **(given or {})}
    with case_action(actor, action, evaluation=evaluation, reason=note, given=facts) as work:
        apply_approval(work, action, seen=seen, signature=signature, note=note)


def apply_approval(
    work: CaseWork, action: Action, *, seen: str, signature: SignatureState, note: str = ""
) -> None:
    """The acting person's approval is on file for what he saw."""
    report = latest_report(work.session, work.case.id)
    work.tx.add(
        Approval(
            evaluation_id=work.case.id,
            part=action.value,
            account_id=work.person,
            report_id=report.id if report else None,
            seen_sha256=seen,
            on=work.tx.on,
            signature=signature,
            note=note,
        )
    )


def review_internally(
    actor: Actor, evaluation: str, *, seen: str, given: Mapping[str, Any], note: str = ""
) -> None:
    """机构内部复核 is on file for the content whose digest the reviewer saw."""
    _approve(actor, evaluation, action=Action.REPORT_INTERNAL_REVIEW, seen=seen, note=note, given=given)


def certify_report(actor: Actor, evaluation: str, *, seen: str, given: Mapping[str, Any]) -> None:
    """主评人 stands for the frozen file."""
    _approve(
        actor,
        evaluation,
        action=Action.REPORT_CERTIFY,
        seen=seen,
        signature=SignatureState.ELECTRONIC,
        given=given,
    )


def seal_report(actor: Actor, evaluation: str, *, seen: str, given: Mapping[str, Any]) -> None:
    """The firm's electronic seal is given to the frozen file."""
    state = SignatureState.ELECTRONIC
    _approve(actor, evaluation, action=Action.REPORT_SEAL, seen=seen, signature=state, given=given)


def review_second(
    actor: Actor, evaluation: str, *, seen: str, given: Mapping[str, Any], note: str = ""
) -> None:
    """组织方复核 is on file for the content whose digest the reviewer saw."""
    _approve(actor, evaluation, action=Action.REPORT_SECOND_REVIEW, seen=seen, note=note, given=given)


def sign_report(actor: Actor, evaluation: str, *, seen: str, given: Mapping[str, Any]) -> None:
    """The report is 签发 and the case SIGNED; a job makes the signed file from the frozen bytes."""
    facts = {"seen_hash": seen, **given}
    with case_action(actor, Action.REPORT_SIGN, evaluation=evaluation, given=facts) as work:
        apply_signature(work, Action.REPORT_SIGN, seen=seen, signature=SignatureState.ELECTRONIC)


def apply_signature(work: CaseWork, action: Action, *, seen: str, signature: SignatureState) -> None:
    """The frozen version is 签发 by the acting person; a job makes the signed file."""
    report = latest_report(work.session, work.case.id)
    if report is None:
        raise ActionRefusedError("报告尚未冻结")
    report.state = ReportState.SIGNED
    apply_approval(work, action, seen=seen, signature=signature)
    work.tx.job("report.stamp", report=report.id)


def finish_report(
    actor: Actor,
    evaluation: str,
    *,
    report: str,
    final: tuple[str, int, str],
    signatures: tuple[tuple[str, int, str], ...] = (),
) -> None:
    """The signed file's sha256 stands beside the frozen one; it is set once, after 签发.

    No role has this act: the worker does it for the signer, and only what he signed can be finished.

    Args:
        final: sha256, size in bytes and media type of the signed file.
        signatures: the same of every signature that lies beside it.
    """
    with transaction(actor, Action.REPORT_FINISH, evaluation=evaluation) as tx:
        row = tx.get(ReportVersion, report)
        if row.state is not ReportState.SIGNED:
            raise ActionRefusedError("报告尚未签发，不能登记终稿")
        if row.final_sha256 is not None and row.final_sha256 != final[0]:
            raise ActionRefusedError("终稿已经登记，不能替换")
        row.final_sha256 = final[0]
        tx.files.extend(StoredFile(*file) for file in (final, *signatures))
