"""Whether a person still owes his promise of secrecy and declaration of interests (保密承诺与回避申报)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.queries.people import declaration_of
from service.queries.reader import OpenCase
from service.workflow.actions import Action
from service.workflow.machine import permits
from service.workflow.stages import Status


def owes_declaration(session: Session, case: OpenCase) -> bool:
    """Return whether this person works on a running case and has not declared his interests in it.

    Who has to declare is what the rule table says of 申报回避; an imported case is only read.
    """
    row = case.row
    if row.status is not Status.ACTIVE or row.imported:
        return False
    if not permits(row.kind, row.stage, row.status, Action.CONFLICT_DECLARE, case.roles):
        return False
    return declaration_of(session, row.id, case.account) is None
