"""Bodies of the jobs that hand a checkpoint to those outside, one job a way; and what sets them going.

Three attempts belong to the job table; after the last one a further job is due later, so that what was
missed during an outage is made up for by itself when the other side is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app

from service import clock
from service.actions.witnessing import attest, digest
from service.actions.workshop import workshop_of
from service.audit.ways import Way
from service.errors import UnavailableError
from service.jobs.bodies import JobContext
from service.jobs.ledger import MAX_ATTEMPTS, JobLedger
from service.settings import Settings
from service.witnesses import Witnesses

KIND = "witness."
LATER = timedelta(minutes=10)


def ask(ledger: JobLedger, witnesses: Witnesses, note: str) -> tuple[str, ...]:
    """Have every configured witness given the newest checkpoint; return the ids of the jobs."""
    return tuple(
        ledger.enqueue(
            f"{KIND}{way.value}", {}, at=clock.now(), once_key=f"witness/{way.value}/{digest(note)}"
        )
        for way in dict.fromkeys(way for way, _ in witnesses.names())
    )


def file_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Append what the witness file lacks."""
    return _body(Way.FILE, context)


def mail_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Mail the newest checkpoint."""
    return _body(Way.MAIL, context)


def stamp_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Have the newest checkpoint time-stamped."""
    return _body(Way.TSA, context)


def cosign_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Have the newest checkpoint countersigned by every witness."""
    return _body(Way.WITNESS, context)


def _body(way: Way, context: JobContext) -> dict[str, Any]:
    settings: Settings = current_app.config["PINGJI"]
    try:
        return {"size": attest(way, settings.witnesses, workshop_of(settings).signer)}
    except UnavailableError as error:
        if context.claim.attempt < MAX_ATTEMPTS:
            raise
        # One further job for each stretch of time, however many checkpoints wait.
        due = clock.now() + LATER
        key = f"witness/{way.value}/again/{int(due.timestamp() // LATER.total_seconds())}"
        context.ledger.enqueue(f"{KIND}{way.value}", {}, at=due, once_key=key)
        return {"failed": str(error)}
