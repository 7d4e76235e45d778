"""That somebody opened sensitive material is noted before he sees it: the one thing a GET may write."""

from __future__ import annotations

from service import clock
from service.actions.auditacts import record_opening
from service.extensions import db
from service.queries.openings import opening_due
from service.queries.reader import OpenCase
from service.web.doing import actor_now


def noted(case: OpenCase, piece: str) -> None:
    """The opening of the piece stands in the log, if it is one that has to.

    Raises:
        UnavailableError: it cannot be written; then nothing is shown either.
    """
    day = clock.local_date(clock.now())
    due = opening_due(db.session(), case.row, piece, case.account, day=day)
    if due is not None:
        record_opening(actor_now(case), case.row.id, due[0], due[1], day=day)
