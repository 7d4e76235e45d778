"""What a report says, apart from who approved it and when: the digest approvals are bound to."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from service.audit.canonical import encode
from service.models.evaluation import Evaluation
from service.queries.snapshot import take_snapshot
from service.report.snapshot import CaseSnapshot

_MOVING = frozenset(
    {"approvals", "stages", "waterfall", "audit", "version", "report_on", "draft", "demo", "people"}
)


def content_digest(snapshot: CaseSnapshot) -> str:
    """Return the hex digest of what the report says; approving a report does not change it."""
    plain = {k: v for k, v in snapshot.to_plain().items() if k not in _MOVING}
    return hashlib.sha256(encode(plain)).hexdigest()


def present_snapshot(session: Session, case: Evaluation) -> CaseSnapshot:
    """Return the case as it is now, for comparing contents only."""
    return take_snapshot(session, case, demo=False, today=None)
