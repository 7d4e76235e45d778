"""征求意见: letters out, replies in, every opinion with its disposition, and the table of both to print."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, render_template, url_for

from service import clock
from service.extensions import db
from service.queries.doable import doable
from service.queries.opinionroom import Card, OpinionRoom, opinion_room
from service.queries.reader import OpenCase
from service.web.access import access
from service.web.cases import case_page
from service.web.doing import form_of
from service.web.forms.act import ACTS
from service.workflow.actions import Action

pages = Blueprint("consultation", __name__)
WHOLE = (
    Action.OPINION_RECORD,
    Action.OPINION_LAPSE,
    Action.DRAFT_ISSUE,
    Action.CONSULTATION_CLOSE,
)
"""Acts on the consultation as a whole."""
SINGLE = {
    Action.DISPOSITION_PROPOSE: ("open", "proposed"),
    Action.DISPOSITION_CONFIRM: ("proposed",),
    Action.DISPOSITION_RETURN: ("proposed",),
}
"""Acts on one opinion, and the states of it in which they are offered."""
NOT_OWN = frozenset({Action.DISPOSITION_CONFIRM, Action.DISPOSITION_RETURN})


@pages.get("/cases/<case>/opinions")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """Show the consultation with the forms this person may use here and now."""
    here = url_for("consultation.show", case=case.code)
    room = _room(case)
    today = clock.local_date(clock.now())
    found = {
        d.action: d.missing for d in doable(db.session(), case.row, case.account, case.roles, today=today)
    }
    whole = [
        {**_form(case, action, here), "missing": found[action]}
        for action in WHOLE
        if action in found and (not found[action] or action is Action.CONSULTATION_CLOSE)
    ]
    single = {action: _form(case, action, here) for action in SINGLE if not found.get(action, ("",))}
    forms = {card.code: _forms(card, single) for card in room.cards}
    return case_page("opinions", case, room=room, whole=whole, forms=forms)


@pages.get("/cases/<case>/opinions/table")
@access(Action.EVALUATION_READ)
def table(case: OpenCase) -> str:
    """Show 意见采纳情况表 laid out for A4 landscape."""
    room = _room(case)
    today = clock.local_date(clock.now())
    return render_template("web/opinion_table.html", case=case, row=case.row, room=room, today=today)


def _room(case: OpenCase) -> OpinionRoom:
    today = clock.local_date(clock.now())
    return opinion_room(db.session(), case.row, person=case.account, scores=case.scores, today=today)


def _form(case: OpenCase, action: Action, back: str) -> dict[str, Any]:
    """Return the empty form of an act, whose list of opinions is read once for all cards."""
    form = form_of(case, ACTS[action.value], sent={}, apart=f"{action.value}-")
    return {**form, "back": back}


def _forms(card: Card, made: dict[Action, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the forms of one opinion, with what was proposed before filled in."""
    return [
        _about(form, card, action)
        for action, form in made.items()
        if card.state in SINGLE[action] and not (action in NOT_OWN and card.own)
    ]


def _about(form: dict[str, Any], card: Card, action: Action) -> dict[str, Any]:
    said = {"opinion": card.code, "effect": card.effect, "reason": card.reason, "verdict": card.verdict}
    if action is not Action.DISPOSITION_PROPOSE:
        said = {"opinion": card.code}
    fields = [
        {
            **field,
            "id": f"{card.code}-{action.value}-{field['name']}",
            "value": said.get(field["name"], ""),
            "values": [said.get(field["name"], "")],
            "widget": "hidden" if field["name"] == "opinion" else field["widget"],
        }
        for field in form["fields"]
    ]
    return {**form, "fields": fields, "key": secrets.token_urlsafe(18)}
