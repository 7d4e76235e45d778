"""线下登记: an act done on paper is registered by one person for another, with its document.

- Registering *does* the act: the same guards judge the person who signed the paper, the same effect
  follows, and the entry names both.
- The scan may come with the registration; both are kept or neither. It is of a class of its own, so that
  papers about a frozen report do not change what the report says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.actions.consultation import RecordOpinion, apply_opinion, opinion_facts
from service.actions.evidence import AddEvidence, inspected, keep_evidence
from service.actions.finalisation import apply_approval, apply_signature
from service.actions.material_review import apply_confirmation, waiting
from service.actions.papercode import REPORT_ACTS, read_code, unlike
from service.actions.self_assessment import apply_submission
from service.actions.site_verification import apply_response, finding_facts
from service.actions.steps import CaseWork, case_action, next_number, one
from service.actions.transaction import Actor
from service.evidence.store import EvidenceStore
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence
from service.models.fieldwork import FindingState, SupplementState
from service.models.report import PaperAct, SignatureState
from service.queries.content import PAPER_SCAN
from service.queries.people import roles_in
from service.workflow.actions import Action
from service.workflow.roles import Role


@dataclass(frozen=True, slots=True)
class RegisterPaper:
    """Which act was done on paper, by whom, with which document.

    Args:
        act: the act the paper stands for.
        for_account, for_role: id and part of the person who signed it.
        document_on, document_no: date and 文号 of the document.
        form_code: short code the paper carries, of the form or of the frozen report.
        evidence: code of the scan among the case's evidence; empty if `scan` comes now.
        scan: the file itself and its name.
        target: code of the request or finding the act answers, if any.
        text: response or opinion written on the paper.
        organisation: id of the organisation an opinion comes from.
        agrees: whether an opinion agrees.
        seen: sha256 of the version the paper names (certificate, seal, signature).
    """

    act: Action
    for_account: str
    for_role: Role
    document_on: date
    evidence: str = ""
    document_no: str = ""
    form_code: str = ""
    target: str = ""
    text: str = ""
    organisation: str = ""
    agrees: bool = False
    seen: str = ""
    scan: tuple[str, bytes] | None = None


def register_paper(
    actor: Actor,
    evaluation: str,
    command: RegisterPaper,
    *,
    given: Mapping[str, Any] | None = None,
    store: EvidenceStore | None = None,
) -> str:
    """Return the code of the registration; the act has taken effect as done by the person named.

    Raises:
        ActionRefusedError: naming what the paper lacks and what keeps the act itself from being done.
        InvalidError: if the scan is not an allowed kind of file.
    """
    media = inspected(*command.scan) if command.scan else None

    def facts(session: Session, case: Evaluation) -> dict[str, Any]:
        return {
            "paper_act": command.act,
            "paper_for": command.for_role,
            "paper_missing": _missing(command) + _not_his(session, case, command),
            "paper_unlike": unlike(
                session, case, command.act, command.form_code, scan=command.evidence, seen=command.seen
            ),
            "seen_hash": command.seen,
            **_target(session, case, command),
            **(given or {}),
        }

    with case_action(
        actor,
        Action.PAPER_REGISTER,
        evaluation=evaluation,
        reason=command.text,
        given=facts,
        acted_for=command.for_account,
    ) as work:
        if command.scan and media and store:
            kept = keep_evidence(work, _piece(command, command.scan), media=media, store=store)
            command = replace(command, evidence=kept.code)
        row = _row(work, command)
        work.tx.add(row)
        _EFFECTS[command.act](work, command)
        return row.code


def _missing(command: RegisterPaper) -> tuple[str, ...]:
    parts = (
        ("扫描件", command.evidence or command.scan),
        ("文号或短码", command.document_no or command.form_code),
        ("为谁登记", command.for_account),
        ("纸上写明的报告短码", command.form_code or command.act not in REPORT_ACTS),
    )
    return tuple(name for name, value in parts if not value)


def _piece(command: RegisterPaper, scan: tuple[str, bytes]) -> AddEvidence:
    """Return the scan as a piece of evidence, named by what was done on it."""
    filename, content = scan
    name = f"{command.act.label} {command.document_no or read_code(command.form_code)}"
    return AddEvidence(name, filename, content, klass=PAPER_SCAN)


def _not_his(session: Session, case: Evaluation, command: RegisterPaper) -> tuple[str, ...]:
    """Return a lack if the person named did not hold the part on the day of the document."""
    held = roles_in(session, command.for_account, case, today=command.document_on)
    return () if command.for_role in held else (f"办理人在本评价中的{command.for_role.label}职责",)


def _target(session: Session, case: Evaluation, command: RegisterPaper) -> Mapping[str, Any]:
    if command.act is Action.SUPPLEMENT_CONFIRM:
        return _facts(waiting(command.for_account, command.target, SupplementState.ANSWERED), session, case)
    if command.act in {Action.FINDING_CONFIRM, Action.FINDING_OBJECT}:
        return _facts(
            finding_facts(command.for_account, command.target, FindingState.RECORDED), session, case
        )
    if command.act is Action.OPINION_RECORD:
        return opinion_facts(session, case, _said(command))
    return {}


def _facts(given: Any, session: Session, case: Evaluation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = given(session, case)
    return found


def _row(work: CaseWork, command: RegisterPaper) -> PaperAct:
    scan: Evidence = one(work.session, Evidence, evaluation=work.case.id, code=command.evidence, what="佐证")
    return PaperAct(
        evaluation_id=work.case.id,
        code=f"XX{next_number(work.session, PaperAct, work.case.id)}",
        act=command.act.value,
        document_no=command.document_no,
        form_code=read_code(command.form_code),
        document_on=command.document_on,
        for_account=command.for_account,
        registered_by=work.actor.person,
        evidence_id=scan.id,
    )


def _opinion(work: CaseWork, command: RegisterPaper) -> None:
    apply_opinion(work, _said(command))


def _said(command: RegisterPaper) -> RecordOpinion:
    return RecordOpinion(organisation=command.organisation, text=command.text, agrees=command.agrees)


def _approval(work: CaseWork, command: RegisterPaper) -> None:
    apply_approval(work, command.act, seen=command.seen, signature=SignatureState.PAPER)


def _signature(work: CaseWork, command: RegisterPaper) -> None:
    apply_signature(work, command.act, seen=command.seen, signature=SignatureState.PAPER)


_EFFECTS: Mapping[Action, Callable[[CaseWork, RegisterPaper], None]] = {
    Action.SELF_SUBMIT: lambda work, _: apply_submission(work),
    Action.SUPPLEMENT_CONFIRM: lambda work, command: apply_confirmation(work, command.target),
    Action.FINDING_CONFIRM: lambda work, command: apply_response(
        work, command.target, FindingState.CONFIRMED, command.text
    ),
    Action.FINDING_OBJECT: lambda work, command: apply_response(
        work, command.target, FindingState.OBJECTED, command.text
    ),
    Action.OPINION_RECORD: _opinion,
    Action.REPORT_CERTIFY: _approval,
    Action.REPORT_SEAL: _approval,
    Action.REPORT_SIGN: _signature,
}
