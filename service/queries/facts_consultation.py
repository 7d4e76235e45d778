"""Facts of the consultation: window, replies, dispositions."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries.consultation import latest_issue, opinions_with_dispositions
from service.queries.effects import effects_unapplied
from service.queries.facts_asked import asks
from service.queries.parties import parties_of
from service.workflow import guards as g
from service.workflow.actions import Action

_GUARDS = (
    g.RECIPIENTS, g.WINDOW_OPEN, g.WINDOW_CLOSED, g.REPLIES_IN, g.OPINIONS_ANSWERED, g.DISPOSITIONS_CONFIRMED,
    g.EFFECTS_APPLIED, g.UNIT_EVIDENCE, g.FINDINGS_SETTLED,
)  # fmt: skip


def needed(action: Action) -> bool:
    """Return whether a rule of this act asks for the window, the replies or what became of them."""
    return asks(action, *_GUARDS)


def gather(session: Session, case: Evaluation, *, today: date) -> dict[str, Any]:
    """Return the facts of the consultation by field name of `Facts`."""
    issue = latest_issue(session, case.id)
    pairs = opinions_with_dispositions(session, case.id)
    answered = {o.organisation_id for o, _ in pairs if issue and o.received_on >= issue.issued_on}
    addressees = {unit.id: unit.name for unit in parties_of(session, case.id, "evaluated")}
    contested = [(o, d) for o, d in pairs if not o.lapsed and not o.agrees]
    return {
        "recipients_missing": () if addressees else ("被评价单位",),
        "window_open": issue is not None and today <= issue.due_on,
        "window_closed": issue is not None and today > issue.due_on,
        "replies_missing": tuple(name for key, name in addressees.items() if key not in answered),
        "opinions_unanswered": tuple(o.code for o, d in contested if d is None or not d.reason),
        "dispositions_unconfirmed": tuple(
            o.code for o, d in contested if d is None or d.confirmed_by is None
        ),
        "effects_unapplied": effects_unapplied(session, case.id, pairs),
    }
