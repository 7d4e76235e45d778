"""更正: after signing only a further version exists, asked for, edited, frozen and signed anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from service.actions.finalisation import (
    Frozen,
    Words,
    apply_signature,
    found_open,
    freeze_version,
    write_words,
)
from service.actions.steps import CaseWork, case_action
from service.actions.transaction import Actor
from service.models.report import Narrative, ReportState, SignatureState
from service.queries.pastacts import words_signed
from service.queries.reports import latest_report
from service.workflow.actions import Action


def request_correction(actor: Actor, evaluation: str, *, reason: str) -> None:
    """A correction is open; the signed version stays as it is and stays in force until the next."""
    with case_action(actor, Action.CORRECTION_REQUEST, evaluation=evaluation, reason=reason) as work:
        work.case.facts = {**work.case.facts, "correction": reason}


def edit_correction(
    actor: Actor,
    evaluation: str,
    *,
    words: tuple[Words, ...],
    expected: Mapping[tuple[str, str], int] | None = None,
) -> None:
    """The words of the coming version stand; figures follow the sheet as always.

    Args:
        expected: the version of each piece the actor has seen, as for `write_report`.

    Raises:
        StaleError: a piece is no longer the one expected.
    """
    given = {"target_missing": () if words else ("更正后的文字",)}
    with case_action(actor, Action.CORRECTION_EDIT, evaluation=evaluation, given=given) as work:
        write_words(work, words, expected)


def freeze_correction(actor: Actor, evaluation: str, command: Frozen) -> str:
    """Return the id of the frozen further version, which cites the reason of the correction."""
    given = found_open(command)
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
    """The correction is refused with a reason; the signed version and its words stay in force."""
    with case_action(actor, Action.CORRECTION_REJECT, evaluation=evaluation, reason=reason) as work:
        frozen = latest_report(work.session, work.case.id)
        if frozen is not None and frozen.state is ReportState.FROZEN:
            frozen.state = ReportState.SUPERSEDED
        _restore(work)
        work.case.facts = {k: v for k, v in work.case.facts.items() if k != "correction"}


def _restore(work: CaseWork) -> None:
    """Every piece the correction changed says again what the signed report says; a new one is empty."""
    for key, before in words_signed(work.session, work.case).items():
        piece = work.session.get_one(Narrative, key)
        piece.body = before.get("body", piece.body) or ""
        if "data" in before:
            piece.data = json.loads(before["data"] or "{}")
        if before.get("position") is not None:
            piece.position = before["position"]
