"""征求意见: letters out, replies in, every opinion with its disposition, and the table of both to print."""

from __future__ import annotations

import secrets
from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, url_for

from service import clock
from service.errors import NotFoundError
from service.extensions import db
from service.queries.doable import doable
from service.queries.opinionroom import Card, OpinionRoom, opinion_room, opinion_values
from service.queries.reader import OpenCase
from service.report import profile as profiles
from service.report.opinionlist import NAME, opinion_document, table_rows
from service.web.access import access
from service.web.cases import case_page
from service.web.doing import form_of
from service.web.downloads import TYPES, handed_out
from service.web.forms.act import ACTS
from service.workbooks.plain import plain_workbook
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
    acts = doable(
        db.session(), case.row, case.account, case.roles, today=today, among=frozenset({*WHOLE, *SINGLE})
    )
    found = {each.action: each.missing for each in acts}
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


@pages.get("/cases/<case>/opinions/table.<media>")
@access(Action.EVALUATION_READ)
def table_file(case: OpenCase, media: str) -> Any:
    """Hand out 意见采纳情况表 as .docx or .xlsx, with the columns of the case's report profile."""
    if media not in ("docx", "xlsx"):
        raise NotFoundError("没有这种格式")
    return opinion_file(case, media)


def opinion_file(case: OpenCase, media: str) -> Any:
    """Return 意见采纳情况表 as an attachment; `media` is docx or xlsx."""
    room, columns = _room(case), profiles.load(case.row.profile).opinions
    rows = table_rows(columns, [opinion_values(card) for card in room.cards])
    left = f"；尚有 {room.open} 条没有办结，不是最后结果" if room.open else ""
    today = clock.local_date(clock.now())
    notes = (f"{case.row.title}（{case.row.code}）", f"制表日期 {today.isoformat()}{left}")
    if media == "docx":
        content = opinion_document(notes, columns, rows)
    else:
        content = plain_workbook(NAME, notes, [(column.title, column.width) for column in columns], rows)
    return handed_out(BytesIO(content), f"{case.code}-{NAME}.{media}", TYPES[media])


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
