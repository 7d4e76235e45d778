"""Bodies of the jobs that make reports and checkpoints; each may run twice and leaves the same result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from service import clock
from service.actions.actor import Actor
from service.actions.reporting import freeze_now, stamp_now
from service.actions.workshop import Workshop, workshop_of
from service.audit.stored import anchor
from service.extensions import WRITING, db
from service.jobs.bodies import JobContext
from service.jobs.witnessing import ask


def _workshop() -> Workshop:
    return workshop_of(current_app.config["PINGJI"])


def freeze_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Render the case's report and record it as frozen, under the rights of who asked for it.

    Args:
        args: ``evaluation`` id, ``actor`` as `Actor.to_plain`.
    """
    actor = Actor.from_plain(args["actor"])
    frozen = freeze_now(actor, args["evaluation"], _workshop(), tell=context.tell)
    return {
        "report": frozen.id,
        "sha256": frozen.sha256,
        "pages": frozen.pages,
        "findings": list(frozen.findings),
    }


def stamp_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Sign the frozen file of a 签发 report and record the signed one.

    Args:
        args: ``report`` id.
    """
    account = context.claim.account_id or ""
    return {"path": stamp_now(account, args["report"], _workshop(), tell=context.tell)}


def checkpoint_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Have the signer sign the log as it stands, if it has grown, and the witnesses be given it."""
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        note = anchor(connection, _workshop().signer, at=clock.now())
    ask(context.ledger, current_app.config["PINGJI"].witnesses, note)
    return {"note": note}
