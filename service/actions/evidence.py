"""Evidence is added, superseded, linked and voided; bytes are in the store before the commit."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, Given, case_action, lacking, next_number, one
from service.actions.transaction import Actor, StoredFile
from service.errors import ActionRefusedError, Problem
from service.evidence.inspect import MediaKind, inspect_stream
from service.evidence.store import EvidenceStore
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink, EvidenceVersion
from service.models.organisation import Account
from service.queries.pastacts import made_by
from service.workflow.actions import Action


@dataclass(frozen=True, slots=True)
class AddEvidence:
    """A file and what it is; `klass` 正式资料, 工作资料, 原始凭证 or 说明材料; `links` (kind, target).

    `content` may be a stream that can be read more than once, for a file too large to hold in memory.
    """

    name: str
    filename: str
    content: bytes | BinaryIO
    klass: str = ""
    source: str = ""
    proves: str = ""
    period: str = ""
    code: str = ""
    stand_in: bool = False
    links: tuple[tuple[str, str], ...] = ()


def add_evidence(actor: Actor, evaluation: str, command: AddEvidence, *, store: EvidenceStore) -> str:
    """Return the code of the new evidence with version 1.

    Raises:
        InvalidError: if the bytes are not an allowed kind or do not match the name's ending.
    """
    media = inspected(command.filename, command.content)
    given = lacking(材料名称=command.name)
    with case_action(actor, Action.EVIDENCE_ADD, evaluation=evaluation, given=given) as work:
        code = keep_evidence(work, command, media=media, store=store).code
        work.tx.result = code
        return code


def keep_evidence(
    work: CaseWork, command: AddEvidence, *, media: MediaKind, store: EvidenceStore
) -> Evidence:
    """Return the new evidence with version 1, part of the act in progress; whoever is acting handed it in."""
    row = Evidence(
        evaluation_id=work.case.id,
        code=command.code or f"E{next_number(work.session, Evidence, work.case.id):02d}",
        name=command.name,
        klass=command.klass,
        source=command.source,
        proves=command.proves,
        period=command.period,
        stage=work.case.stage,
        stand_in=command.stand_in,
        author=work.actor.person,
    )
    work.tx.add(row)
    work.session.flush()
    _add_version(work, row, command.filename, command.content, media=media.value, store=store)
    for kind, target in command.links:
        work.tx.add(EvidenceLink(evidence_id=row.id, target_kind=kind, target=target))
    return row


def inspected(filename: str, content: bytes | BinaryIO) -> MediaKind:
    """Return the kind of a file handed in.

    Raises:
        InvalidError: if the bytes are not an allowed kind or do not match the name's ending.
    """
    return inspect_stream(filename, BytesIO(content) if isinstance(content, bytes) else content)


def _add_version(
    work: CaseWork,
    row: Evidence,
    filename: str,
    content: bytes | BinaryIO,
    *,
    media: str,
    store: EvidenceStore,
) -> None:
    blob = store.put(content)
    number = work.session.scalar(
        select(func.count()).select_from(EvidenceVersion).where(EvidenceVersion.evidence_id == row.id)
    )
    work.tx.add(
        EvidenceVersion(
            evidence_id=row.id,
            number=int(number or 0) + 1,
            sha256=blob.sha256,
            size=blob.size,
            media=media,
            filename=filename,
            author=work.actor.person,
        )
    )
    work.tx.files.append(StoredFile(blob.sha256, blob.size, media))


def supersede_evidence(
    actor: Actor,
    evaluation: str,
    *,
    code: str,
    filename: str,
    content: bytes,
    reason: str,
    store: EvidenceStore,
) -> None:
    """The evidence has a further version; the earlier bytes stay."""
    media = inspected(filename, content)
    with case_action(
        actor,
        Action.EVIDENCE_SUPERSEDE,
        evaluation=evaluation,
        reason=reason,
        given=_own_side(actor, code),
    ) as work:
        row = _live(work, code)
        _add_version(work, row, filename, content, media=media.value, store=store)


def link_evidence(actor: Actor, evaluation: str, *, code: str, kind: str, target: str) -> None:
    """The evidence also speaks for this node, deduction, finding, stage or paper."""
    given = lacking(关联的事项=kind and target)
    with case_action(actor, Action.EVIDENCE_LINK, evaluation=evaluation, given=given) as work:
        row = _live(work, code)
        known = _linked(work.session, row, kind, target)
        if known is None:
            work.tx.add(EvidenceLink(evidence_id=row.id, target_kind=kind, target=target))
        elif known.void:
            known.void = False
        else:
            raise ActionRefusedError(Problem("这份佐证已经关联到这一项", value=f"{code} {target}"))


def unlink_evidence(actor: Actor, evaluation: str, *, code: str, kind: str, target: str, reason: str) -> None:
    """The evidence no longer speaks for this; that it did, and why no more, stays in the log.

    Raises:
        ActionRefusedError: somebody of another organisation made the link, or it belongs to a reason that
            moves points, whose evidence changes only with the reason itself.
    """

    def found(session: Session, case: Evaluation) -> dict[str, Any]:
        row: Evidence = one(session, Evidence, evaluation=case.id, code=code, what="佐证")
        link = _linked(session, row, kind, target)
        maker = made_by(session, link) if link is not None and not link.void else ""
        return {"target_open": bool(maker), "target_mine": _one_side(session, maker, actor.person)}

    if kind in BOUND:
        cure = "修改这一条扣分或裁量调整，在其中去掉"
        raise ActionRefusedError(Problem("扣分和裁量调整的佐证不能单独解除", value=target, cure=cure))
    with case_action(
        actor, Action.EVIDENCE_UNLINK, evaluation=evaluation, reason=reason, given=found
    ) as work:
        link = _linked(work.session, _live(work, code), kind, target)
        assert link is not None
        link.void = True


BOUND = frozenset({"deduction", "adjustment", "paper"})
"""Kinds of link that are part of an act of their own."""


def _linked(session: Session, row: Evidence, kind: str, target: str) -> EvidenceLink | None:
    query = select(EvidenceLink).where(
        EvidenceLink.evidence_id == row.id, EvidenceLink.target_kind == kind, EvidenceLink.target == target
    )
    return session.scalar(query)


def _one_side(session: Session, one_: str, other: str) -> bool:
    """Return whether both are the same person or of the same organisation."""
    first, second = session.get(Account, one_), session.get(Account, other)
    if first is None or second is None:
        return False
    return first.id == second.id or first.organisation_id == second.organisation_id


def void_evidence(actor: Actor, evaluation: str, *, code: str, reason: str) -> None:
    """The evidence no longer counts; its bytes and history stay."""
    with case_action(
        actor, Action.EVIDENCE_VOID, evaluation=evaluation, reason=reason, given=_own_side(actor, code)
    ) as work:
        row = _live(work, code)
        row.void, row.void_reason = True, reason


def _live(work: CaseWork, code: str) -> Evidence:
    row: Evidence = one(work.session, Evidence, evaluation=work.case.id, code=code, what="佐证")
    if row.void:
        raise ActionRefusedError(Problem("这份佐证已作废", value=code))
    return row


def _own_side(actor: Actor, code: str) -> Given:
    """Return whether the evidence was supplied by the actor or somebody of his organisation."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        row: Evidence = one(session, Evidence, evaluation=case.id, code=code, what="佐证")
        return {"target_mine": _one_side(session, row.author, actor.person), **lacking(材料名称=row.name)}

    return target
