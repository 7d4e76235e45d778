"""Runs one claimed job: lease kept by a thread, outcome stored, errors turned into another try or a stop."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service import clock
from service.errors import ServiceError, UnavailableError
from service.jobs.bodies import JobContext, body_of
from service.jobs.ledger import LEASE, Claim, JobLedger

log = logging.getLogger(__name__)
RENEW_EVERY = LEASE.total_seconds() / 3


def run_job(ledger: JobLedger, job_id: str) -> bool:
    """Run the job if it can be claimed now; return whether it was finished by this call."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    claim = ledger.claim(job_id, worker=worker, at=clock.now())
    if claim is None:
        return False
    with _lease_kept(ledger, claim):
        try:
            result = body_of(claim.kind)(claim.args, JobContext(claim, ledger))
        except UnavailableError as error:
            ledger.fail(claim, str(error), at=clock.now(), final=False)
        except ServiceError as error:
            # Refused by the process or by the data: another try cannot end differently.
            ledger.fail(claim, str(error), at=clock.now(), final=True)
        except Exception as error:
            log.exception("job %s (%s) failed in attempt %d", claim.id, claim.kind, claim.attempt)
            ledger.fail(claim, f"{type(error).__name__}：{error}", at=clock.now(), final=False)
        else:
            return ledger.finish(claim, result, at=clock.now())
    return False


@contextmanager
def _lease_kept(ledger: JobLedger, claim: Claim) -> Iterator[None]:
    """Renew the lease in the background for as long as the block runs."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(RENEW_EVERY):
            try:
                if not ledger.renew(claim, at=clock.now()):
                    log.warning("job %s: the lease was lost", claim.id)
                    return
            except Exception:
                # A busy or restarting database must not end the renewal; the next round tries again.
                log.exception("job %s: the lease could not be renewed", claim.id)

    thread = threading.Thread(target=renew, name=f"lease-{claim.id[:8]}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
