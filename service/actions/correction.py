"""更正: after signing only a further version exists, asked for, edited, frozen and signed anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.actions.finalisation import Frozen, Words, apply_signature, freeze_version, write_words
from service.actions.steps import case_action
from service.actions.transaction import Actor
from service.models.report import ReportState, SignatureState
from service.queries.reports import latest_report
from service.workflow.actions import Action


def request_correction(actor: Actor, evaluation: str, *, reason: str) -> None:
    """A correction is open; the signed version stays as it is and stays in force until the next."""
    with case_action(actor, Action.CORRECTION_REQUEST, evaluation=evaluation, reason=reason) as work:
        work.case.facts = {**work.case.facts, "correction": reason}


def edit_correction(actor: Actor, evaluation: str, *, words: tuple[Words, ...]) -> None:
    """The words of the coming version stand; figures follow the sheet as always."""
    given = {"target_missing": () if words else ("更正后的文字",)}
    with case_action(actor, Action.CORRECTION_EDIT, evaluation=evaluation, given=given) as work:
        write_words(work, words)


def freeze_correction(actor: Actor, evaluation: str, command: Frozen, *, given: Mapping[str, Any]) -> str:
    """Return the id of the frozen further version, which cites the reason of the correction."""
    with case_action(actor, Action.CORRECTION_FREEZE, evaluation=evaluation, given=given) as work:
        reason = str(work.case.facts.get("correction", ""))
        return freeze_version(work, command, reason=reason).id


def sign_correction(actor: Actor, evaluation: str, *, seen: str, given: Mapping[str, Any]) -> None:
    """The further version is in force, signed by another than the signer of the last."""
    facts = {"seen_hash": seen, **given}
    with case_action(actor, Action.CORRECTION_SIGN, evaluation=evaluation, given=facts) as work:
        apply_signature(work, Action.CORRECTION_SIGN, seen=seen, signature=SignatureState.ELECTRONIC)
        work.case.facts = {k: v for k, v in work.case.facts.items() if k != "correction"}


def reject_correction(actor: Actor, evaluation: str, *, reason: str) -> None:
    """The correction is refused with a reason; the signed version stays in force."""
    with case_action(actor, Action.CORRECTION_REJECT, evaluation=evaluation, reason=reason) as work:
        frozen = latest_report(work.session, work.case.id)
        if frozen is not None and frozen.state is ReportState.FROZEN:
            frozen.state = ReportState.SUPERSEDED
        work.case.facts = {k: v for k, v in work.case.facts.items() if k != "correction"}
