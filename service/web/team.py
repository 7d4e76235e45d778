"""人员与回避: who holds which duty in a case, what they declared, and the acts on people and deadlines."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from service import clock
from service.extensions import db
from service.queries import teampage
from service.queries.doable import doable
from service.queries.extensions import extensions
from service.queries.reader import OpenCase
from service.web import doing, tabs
from service.web.access import access
from service.web.cases import case_page
from service.web.forms.act import ACTS
from service.workflow.actions import Action

pages = Blueprint("team", __name__)
HERE = (
    Action.TEAM_ASSIGN.value,
    Action.CONFLICT_OVERRIDE.value,
    Action.DEADLINE_EXTEND.value,
    "papers.register",
)
"""Acts whose forms stand on this page itself."""


@pages.get("/cases/<case>/people")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """Show the people of the case and, to whom it belongs, the forms to assign, decide and extend."""
    today = clock.local_date(clock.now())
    people = teampage.members(db.session(), case.row, today=today)
    return case_page(
        "people",
        case,
        people=people,
        lacking=teampage.lacking(case.row, people),
        dues=teampage.dues(db.session(), case.row, today=today),
        forms=_forms(case),
        asked=extensions(db.session(), case.row),
        answers=case.permits(Action.DEADLINE_REFUSE),
        me=case.account,
    )


def _forms(case: OpenCase) -> list[dict[str, Any]]:
    """Return the forms this person may use now; one that has nothing to choose from is left out."""
    today = clock.local_date(clock.now())
    among = frozenset(act.action for act in ACTS.values() if act.path in HERE)
    found = doable(db.session(), case.row, case.account, case.roles, today=today, among=among)
    offers = tabs.offered(case, found)
    open_now = {act.path for act in offers.first} | {a.path for acts in offers.parts.values() for a in acts}
    return [doing.form_of(case, ACTS[path], apart=f"{path}-") for path in HERE if path in open_now]
