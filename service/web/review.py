"""材料审核: the list of what to judge, one item at a time, the tray of requests and the open questions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from service import clock
from service.errors import NotFoundError
from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.reviewpage import Item, ReviewPage, review_page
from service.queries.selfparts import PART_LABELS
from service.web.access import INSIDE, access
from service.web.cases import case_page
from service.web.doing import form_of
from service.web.forms.act import ACTS
from service.web.inline import inline
from service.workflow.actions import Action

pages = Blueprint("review", __name__)
STATES = (
    ("", "全部"),
    ("open", "未认定"),
    ("missing", "缺"),
    ("mismatch", "不符"),
    ("updated", "材料已更新"),
    ("complete", "齐全"),
)


@pages.get("/cases/<case>/review")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """Show the review: items of the state asked for, the one chosen with its evidence, tray and questions."""
    page = review_page(db.session(), case.row, today=clock.local_date(clock.now()))
    state = request.args.get("state", "")
    state = state if state in dict(STATES) else ""
    listed = [item for item in page.items if not state or _in(item, state)]
    chosen = _chosen(page, listed)
    return case_page(
        "review",
        case,
        page=page,
        states=[(name, label, page.count(name) if name else len(page.items)) for name, label in STATES],
        state=state,
        listed=listed,
        chosen=chosen,
        verdict=_verdict(case, page, listed, chosen, state),
        drafting=_drafting(case, chosen),
        letter=_letter(case, page),
        passing=[_form(case, name) for name in ("review.propose_pass", "review.pass")],
        closes=case.permits(Action.SUPPLEMENT_CLOSE),
        inside=bool(case.roles & INSIDE),
        drafts=case.permits(Action.SUPPLEMENT_DRAFT),
        part_names=PART_LABELS,
    )


def _in(item: Item, state: str) -> bool:
    return item.updated if state == "updated" else item.state == state


def _chosen(page: ReviewPage, listed: list[Item]) -> Item | None:
    asked = request.args.get("item", "")
    if not asked:
        return next((item for item in listed if item.state == "open"), listed[0] if listed else None)
    found = next((item for item in page.items if item.subject == asked), None)
    if found is None:
        raise NotFoundError("没有这个审核事项")
    return found


def _verdict(
    case: OpenCase, page: ReviewPage, listed: list[Item], chosen: Item | None, state: str
) -> dict[str, Any] | None:
    """Return the form for the chosen item; done, it leads to the next one to judge."""
    if chosen is None or not case.permits(Action.REVIEW_VERDICT):
        return None
    form = form_of(case, ACTS[Action.REVIEW_VERDICT.value], apart="v-")
    after = listed[listed.index(chosen) + 1 :] if chosen in listed else []
    following = next((item for item in after if item.state == "open"), after[0] if after else chosen)
    back = url_for("review.show", case=case.code, item=following.subject, state=state or None) + "#item"
    last = chosen.last
    kept = {"verdict": last.verdict, "note": last.note} if last and chosen.version else {}
    return inline(
        form,
        keep=("verdict", "note"),
        back=back,
        subject=chosen.subject,
        node=chosen.node,
        version=str(chosen.version),
        **kept,
    )


def _drafting(case: OpenCase, chosen: Item | None) -> dict[str, str]:
    """Return what a request about the chosen item starts with; empty if none may be drafted."""
    if chosen is None or not case.permits(Action.SUPPLEMENT_DRAFT):
        return {}
    note = chosen.last.note if chosen.last else ""
    back = url_for("review.show", case=case.code, item=chosen.subject)
    start = {"items": f"{chosen.subject}：{note}" if note else f"{chosen.subject}：", "back": back}
    return start | ({"nodes": chosen.node} if chosen.node else {})


def _letter(case: OpenCase, page: ReviewPage) -> dict[str, Any] | None:
    if not page.drafts or not case.permits(Action.SUPPLEMENT_REQUEST):
        return None
    form = inline(form_of(case, ACTS[Action.SUPPLEMENT_REQUEST.value], apart="l-"))
    for field in form["fields"]:
        if field["name"] == "codes":
            field["values"] = [one.code for one in page.drafts]
    return form


def _form(case: OpenCase, name: str) -> dict[str, Any] | None:
    act = ACTS[name]
    return inline(form_of(case, act)) if case.permits(act.action) else None
