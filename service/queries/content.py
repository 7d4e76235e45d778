"""What a report says, apart from who approved it and when: the digest approvals are bound to."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from service.audit.canonical import encode
from service.models.evaluation import Evaluation
from service.queries.once import once
from service.queries.snapshot import take_snapshot
from service.report.snapshot import CaseSnapshot

_MOVING = frozenset(
    {"approvals", "stages", "waterfall", "audit", "version", "report_on", "draft", "demo", "people"}
)


PAPER_SCAN = "线下登记"
"""Class of evidence that documents an act done on paper; it comes after what it approves."""


def content_digest(snapshot: CaseSnapshot) -> str:
    """Return the hex digest of what the report says; approving it, even on paper, changes nothing."""
    plain = {k: v for k, v in snapshot.to_plain().items() if k not in _MOVING}
    if snapshot.template is None:
        # What a report says did not change when templates of one's own came in.
        del plain["template"]
    plain["evidence"] = [piece for piece in plain["evidence"] if piece["kind"] != PAPER_SCAN]
    return hashlib.sha256(encode(plain)).hexdigest()


@once
def present_snapshot(session: Session, case: Evaluation) -> CaseSnapshot:
    """Return the case as it is now, for comparing contents only."""
    return take_snapshot(session, case, demo=False, today=None)
