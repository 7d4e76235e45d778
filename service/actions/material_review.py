"""材料审核: verdict per document, requests for correction (补正) in rounds, and passing the stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.actions.self_assessment import mark_opened
from service.actions.steps import CaseWork, Read, case_action, lacking, next_number, one
from service.actions.transaction import Actor
from service.errors import Problem, StaleError
from service.models.evaluation import Evaluation
from service.models.fieldwork import ReviewItem, Supplement, SupplementState, Verdict
from service.workflow.actions import Action


@dataclass(frozen=True, slots=True)
class GiveVerdict:
    """The verdict on one required document or node."""

    subject: str
    verdict: Verdict
    note: str = ""
    node: str = ""
    version: int | None = None
    """The version of this round's verdict the person has seen, 0 for none yet; None takes it as it is."""


@dataclass(frozen=True, slots=True)
class RequestSupplement:
    """What the unit has to supply or correct, until when; `nodes` are the lines it may edit meanwhile."""

    items: tuple[str, ...]
    due_on: date
    mandatory: bool = True
    nodes: tuple[str, ...] = ()


def give_verdict(actor: Actor, evaluation: str, command: GiveVerdict) -> None:
    """The document has a verdict in the present round; an earlier one of this round is replaced.

    Raises:
        StaleError: somebody else has judged it since the person saw it; what he said is named.
    """
    given = lacking(审核的材料=command.subject)
    with case_action(
        actor, Action.REVIEW_VERDICT, evaluation=evaluation, reason=command.note, given=given
    ) as work:
        round_ = supplement_rounds(work) + 1
        query = select(ReviewItem).where(
            ReviewItem.evaluation_id == work.case.id,
            ReviewItem.round == round_,
            ReviewItem.subject == command.subject,
        )
        item = work.session.scalar(query)
        _demand_seen(item, command)
        if item is None:
            item = ReviewItem(evaluation_id=work.case.id, round=round_, subject=command.subject)
            work.tx.add(item)
        item.verdict, item.note, item.node = command.verdict, command.note, command.node
        item.author = work.person
        mark_opened(work)


def _demand_seen(item: ReviewItem | None, command: GiveVerdict) -> None:
    if command.version is None or command.version == (item.version if item else 0):
        return
    said = f"{item.verdict.label} {item.note}".strip() if item else ""
    raise StaleError(
        Problem("这一项刚由他人认定，没有覆盖", value=said, cure="返回核对对方的认定后再记；下面是您填写的")
    )


def supplement_rounds(work: CaseWork) -> int:
    """Return how many rounds of correction went out so far; a draft is no round yet."""
    query = select(func.coalesce(func.max(Supplement.round), 0)).where(
        Supplement.evaluation_id == work.case.id, Supplement.state != SupplementState.DRAFT
    )
    return int(work.session.scalar(query) or 0)


def draft_supplement(actor: Actor, evaluation: str, command: RequestSupplement) -> str:
    """Return the code of a request that an evaluator drafted; the team leader sends it."""
    with case_action(actor, Action.SUPPLEMENT_DRAFT, evaluation=evaluation) as work:
        return _new_request(work, command, SupplementState.DRAFT).code


def send_letter(actor: Actor, evaluation: str, *, codes: tuple[str, ...], due_on: date | None = None) -> int:
    """Return the round in which all these drafts are with the unit from today, as one letter.

    `due_on` replaces the dates of the single drafts.

    Raises:
        ActionRefusedError: none is named, or one of them is no draft any more.
    """

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        found = [one(session, Supplement, evaluation=case.id, code=code, what="补正要求") for code in codes]
        sent = tuple(f"{r.code} 已经发出" for r in found if r.state is not SupplementState.DRAFT)
        return {"target_missing": sent if found else ("要发出的补正要求",)}

    with case_action(actor, Action.SUPPLEMENT_REQUEST, evaluation=evaluation, given=target) as work:
        round_ = supplement_rounds(work) + 1
        for code in codes:
            request: Supplement = one(
                work.session, Supplement, evaluation=work.case.id, code=code, what="补正要求"
            )
            request.state, request.requested_on = SupplementState.SENT, work.tx.on
            request.requested_by, request.round = work.person, round_
            request.due_on = due_on or request.due_on
        return round_


def request_supplement(actor: Actor, evaluation: str, command: RequestSupplement) -> str:
    """Return the code of the request sent to the unit, in the next round."""
    given = lacking(要补的内容="".join(command.items))
    with case_action(actor, Action.SUPPLEMENT_REQUEST, evaluation=evaluation, given=given) as work:
        return _new_request(work, command, SupplementState.SENT).code


def _new_request(work: CaseWork, command: RequestSupplement, state: SupplementState) -> Supplement:
    request = Supplement(
        evaluation_id=work.case.id,
        code=f"BZ{next_number(work.session, Supplement, work.case.id)}",
        round=supplement_rounds(work) + 1,
        mandatory=command.mandatory,
        items=list(command.items),
        nodes=list(command.nodes),
        state=state,
        requested_by=work.person,
        requested_on=work.tx.on,
        due_on=command.due_on,
    )
    work.tx.add(request)
    return request


_OPEN = (SupplementState.SENT, SupplementState.ANSWERED, SupplementState.CONFIRMED)


def waiting(person: str, code: str, *states: SupplementState) -> Read:
    """Return the facts of a request: whether it waits in one of `states` and who answered it."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        request: Supplement = one(session, Supplement, evaluation=case.id, code=code, what="补正要求")
        return {
            "target_open": request.state in states,
            "target_mine": request.answered_by == person,
        }

    return target


def answer_supplement(actor: Actor, evaluation: str, *, code: str, answer: str) -> None:
    """The request carries the unit's answer, waiting for its head."""
    sent = waiting(actor.person, code, SupplementState.SENT)

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        return {**sent(session, case), **lacking(答复=answer)}

    with case_action(actor, Action.SUPPLEMENT_ANSWER, evaluation=evaluation, given=target) as work:
        request: Supplement = one(
            work.session, Supplement, evaluation=work.case.id, code=code, what="补正要求"
        )
        request.state, request.answer = SupplementState.ANSWERED, answer
        request.answered_by, request.answered_on = work.person, work.tx.on


def confirm_supplement(actor: Actor, evaluation: str, *, code: str) -> None:
    """The unit's head stands behind the answer."""
    given = waiting(actor.person, code, SupplementState.ANSWERED)
    with case_action(actor, Action.SUPPLEMENT_CONFIRM, evaluation=evaluation, given=given) as work:
        apply_confirmation(work, code)


def apply_confirmation(work: CaseWork, code: str) -> None:
    """The request counts as confirmed by the unit's head."""
    request: Supplement = one(work.session, Supplement, evaluation=work.case.id, code=code, what="补正要求")
    request.state = SupplementState.CONFIRMED


def close_supplement(actor: Actor, evaluation: str, *, code: str, reason: str) -> None:
    """The team is satisfied with the answer, or gives the request up, and closes it."""
    given = waiting(actor.person, code, *_OPEN)
    with case_action(
        actor, Action.SUPPLEMENT_CLOSE, evaluation=evaluation, reason=reason, given=given
    ) as work:
        request: Supplement = one(
            work.session, Supplement, evaluation=work.case.id, code=code, what="补正要求"
        )
        request.state = SupplementState.CLOSED


def propose_pass(actor: Actor, evaluation: str) -> None:
    """The team leader holds that the material suffices."""
    with case_action(actor, Action.REVIEW_PROPOSE_PASS, evaluation=evaluation) as work:
        work.case.review_passed_by = work.person


def pass_review(actor: Actor, evaluation: str) -> None:
    """Material review is passed; the case moves on."""
    with case_action(actor, Action.REVIEW_PASS, evaluation=evaluation):
        pass
