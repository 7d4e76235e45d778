"""What who only reads leaves in the log: samples drawn, extracts taken, material of internal cases opened.

No row of any case is changed by these; the entry is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.actions.accounts import instance_action
from service.actions.steps import case_action
from service.actions.transaction import Actor, Receipt, StoredFile, transaction
from service.errors import RepeatedError
from service.queries.openings import opening_key
from service.workflow.actions import Action


def record_sample(actor: Actor, told: str, *, kept: Mapping[str, Any] | None = None) -> Receipt:
    """Return the receipt of the entry that says what was drawn, from what, by which seed.

    So nobody can draw until he likes the draw without every try standing in the log.

    Args:
        kept: by what the same request, sent again, draws the same.

    Raises:
        RepeatedError: this request drew already; carries `kept`.
    """
    with instance_action(actor, Action.AUDIT_SAMPLE, reason=told, given=lambda _: {}) as tx:
        tx.result = kept
    return tx.receipt


def record_extract(
    actor: Actor, evaluation: str, told: str, file: StoredFile, *, kept: Mapping[str, Any] | None = None
) -> Receipt:
    """Return the receipt of the entry that says which extract of the case was taken, with its digest.

    Args:
        kept: by what the same request, sent again, gets the same file.

    Raises:
        NotFoundError, NotPermittedError, ActionRefusedError: as the table says.
        RepeatedError: this request took it already; carries `kept`.
    """
    with case_action(actor, Action.HISTORY_EXTRACT, evaluation=evaluation, reason=told) as work:
        work.tx.files.append(file)
        work.tx.result = kept
    return work.tx.receipt


def record_opening(actor: Actor, evaluation: str, piece: str, told: str, *, day: date) -> None:
    """That the person opened the piece stands in the log, once a day however often he does.

    Args:
        piece: id of the piece; `told` names it.
    """
    try:
        with transaction(
            actor,
            Action.EVIDENCE_OPEN,
            evaluation=evaluation,
            reason=told,
            idempotency_key=opening_key(piece, day),
        ):
            pass
    except RepeatedError:
        return
