"""征求意见: the draft goes out, opinions come in, each is answered, another person confirms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, Given, case_action, lacking, next_number, one
from service.actions.transaction import Actor
from service.audit.canonical import encode
from service.errors import ActionRefusedError, Problem
from service.models.consultation import Disposition, DispositionVerdict, DraftIssue, Opinion
from service.models.evaluation import Evaluation, Party
from service.queries.drafts import shown_points
from service.queries.sheet import current_sheet
from service.workflow.actions import Action


@dataclass(frozen=True, slots=True)
class RecordOpinion:
    """One opinion of an organisation; `agrees` for an answer without objection."""

    organisation: str
    text: str
    agrees: bool = False
    node: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class ProposeDisposition:
    """What the team would do with an opinion, why, and what it does to the points."""

    opinion: str
    verdict: DispositionVerdict
    reason: str
    effect: str = ""


def issue_draft(actor: Actor, evaluation: str, *, due_on: date, reason: str = "") -> None:
    """The draft is out for opinions until `due_on`; the sheet it shows is fixed by its digest.

    The points of every node are kept, so that what is lowered later goes to the unit again.
    """
    with case_action(actor, Action.DRAFT_ISSUE, evaluation=evaluation, reason=reason) as work:
        sheet = current_sheet(work.session, work.case)
        plain = sheet.sheet.to_plain() if sheet else {}
        work.tx.add(
            DraftIssue(
                evaluation_id=work.case.id,
                number=next_number(work.session, DraftIssue, work.case.id),
                issued_on=work.tx.on,
                due_on=due_on,
                issued_by=work.person,
                total=sheet.total_text if sheet else None,
                sheet_sha256=hashlib.sha256(encode(plain)).hexdigest(),
                awarded=shown_points(work.session, work.case),
            )
        )


def record_opinion(actor: Actor, evaluation: str, command: RecordOpinion) -> str:
    """Return the code of the opinion, which now needs a disposition unless it agrees.

    Raises:
        ActionRefusedError: if it says nothing and does not agree, or comes from nobody in the case.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        return opinion_facts(session, case, command)

    with case_action(actor, Action.OPINION_RECORD, evaluation=evaluation, given=target) as work:
        return apply_opinion(work, command).code


def opinion_facts(session: Session, case: Evaluation, command: RecordOpinion) -> dict[str, Any]:
    """Return what an opinion lacks: words, or an organisation that is in the case."""
    said = () if command.agrees or command.text.strip() else ("意见内容",)
    return {"target_missing": said + _foreign(session, case, command.organisation)}


def _foreign(session: Session, case: Evaluation, organisation: str) -> tuple[str, ...]:
    query = select(Party.id).where(Party.evaluation_id == case.id, Party.organisation_id == organisation)
    return () if session.scalars(query).first() else ("反馈单位（须是本评价的当事单位）",)


def lapse_opinion(actor: Actor, evaluation: str, *, organisation: str) -> str:
    """Return the code of the event that no opinion came in time; it is not a consent."""
    with case_action(actor, Action.OPINION_LAPSE, evaluation=evaluation) as work:
        return apply_opinion(work, RecordOpinion(organisation=organisation, text=""), lapsed=True).code


def apply_opinion(work: CaseWork, command: RecordOpinion, *, lapsed: bool = False) -> Opinion:
    """Return the new row of an opinion, or of the event that none came."""
    row = Opinion(
        evaluation_id=work.case.id,
        code=f"Y{next_number(work.session, Opinion, work.case.id)}",
        organisation_id=command.organisation,
        lapsed=lapsed,
        agrees=command.agrees,
        node=command.node,
        place=command.place,
        text=command.text,
        received_on=work.tx.on,
        author=work.person,
    )
    work.tx.add(row)
    return row


def _disposition_of(work: CaseWork, code: str) -> tuple[Opinion, Disposition | None]:
    opinion: Opinion = one(work.session, Opinion, evaluation=work.case.id, code=code, what="意见")
    found = work.session.scalar(select(Disposition).where(Disposition.opinion_id == opinion.id))
    return opinion, found


def propose_disposition(actor: Actor, evaluation: str, command: ProposeDisposition) -> None:
    """The opinion has a proposed answer with a reason; an unconfirmed earlier one is replaced."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        opinion: Opinion = one(session, Opinion, evaluation=case.id, code=command.opinion, what="意见")
        waits = not (opinion.agrees or opinion.lapsed)
        return {"target_open": waits, **lacking(处理理由=command.reason)}

    with case_action(
        actor, Action.DISPOSITION_PROPOSE, evaluation=evaluation, reason=command.reason, given=target
    ) as work:
        opinion, found = _disposition_of(work, command.opinion)
        if found is not None and found.confirmed_by is not None:
            raise ActionRefusedError(
                Problem("处理已确认，不能再改", value=command.opinion, cure="先退回处理")
            )
        if found is None:
            found = Disposition(opinion_id=opinion.id)
            work.tx.add(found)
        found.verdict, found.reason, found.effect = command.verdict, command.reason, command.effect
        found.proposed_by = work.person


def _proposed(actor: Actor, code: str) -> Given:
    """Return the facts of a proposed disposition: that it exists and who proposed it."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        opinion: Opinion = one(session, Opinion, evaluation=case.id, code=code, what="意见")
        found = session.scalar(select(Disposition).where(Disposition.opinion_id == opinion.id))
        mine = found is not None and found.proposed_by == actor.person
        words = lacking(处理理由=found.reason if found else "")
        return {"target_open": found is not None, "target_mine": mine, **words}

    return target


def return_disposition(actor: Actor, evaluation: str, *, opinion: str, reason: str) -> None:
    """The answer is open again; the organising side does not agree with it."""
    given = _proposed(actor, opinion)
    with case_action(
        actor, Action.DISPOSITION_RETURN, evaluation=evaluation, reason=reason, given=given
    ) as work:
        found = _required(work, opinion)
        found.confirmed_by = None


def confirm_disposition(actor: Actor, evaluation: str, *, opinion: str) -> None:
    """The organising side stands behind the answer; its confirmer is not its proposer."""
    given = _proposed(actor, opinion)
    with case_action(actor, Action.DISPOSITION_CONFIRM, evaluation=evaluation, given=given) as work:
        found = _required(work, opinion)
        found.confirmed_by = work.person


def _required(work: CaseWork, opinion: str) -> Disposition:
    found = _disposition_of(work, opinion)[1]
    if found is None:
        raise ActionRefusedError(Problem("这条意见还没有拟定处理", value=opinion))
    return found


def close_consultation(actor: Actor, evaluation: str) -> None:
    """Every opinion is answered and confirmed; the case is in 定稿."""
    with case_action(actor, Action.CONSULTATION_CLOSE, evaluation=evaluation):
        pass
