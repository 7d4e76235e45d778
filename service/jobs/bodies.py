"""Which function does the work of which kind of job.

To add a kind: one row here and a function ``body(args, context)`` that takes plain ids, may run twice,
and returns something JSON can hold. It runs inside an app context of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from service.errors import InvalidError, Problem
from service.jobs.ledger import Claim, JobLedger

BODIES: dict[str, str] = {
    "report.freeze": "service.jobs.report:freeze_body",
    "report.stamp": "service.jobs.report:stamp_body",
    "report.preview": "service.jobs.templatepreview:preview_body",
    "report.draft": "service.jobs.draftcopy:draft_body",
    "archive.take": "service.jobs.archive:take_body",
    "bulk.carry_out": "service.jobs.bulk:bulk_body",
    "intake.self": "service.jobs.intake:self_body",
    "intake.projects": "service.jobs.intake:projects_body",
    "audit.checkpoint": "service.jobs.report:checkpoint_body",
    "witness.file": "service.jobs.witnessing:file_body",
    "witness.mail": "service.jobs.witnessing:mail_body",
    "witness.tsa": "service.jobs.witnessing:stamp_body",
    "witness.witness": "service.jobs.witnessing:cosign_body",
}
"""Kind of job → ``module:function``."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running body may say and ask: its claim (id, requester, attempt) and its progress."""

    claim: Claim
    ledger: JobLedger

    def tell(self, progress: str) -> None:
        """Show how far the work is, in words."""
        self.ledger.tell(self.claim, progress)


Body = Callable[[Mapping[str, Any], JobContext], Any]


def body_of(kind: str) -> Body:
    """Return the function of one kind.

    Raises:
        InvalidError: no such kind is registered.
    """
    reference = BODIES.get(kind)
    if reference is None:
        raise InvalidError(Problem("没有这种后台任务", value=kind, allowed="、".join(sorted(BODIES))))
    module, _, name = reference.partition(":")
    found: Body = getattr(import_module(module), name)
    return found
