"""待办: the first page after login: what this person has to do, what is late, what others have to do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service import clock
from service.actions.notices import mark_read
from service.extensions import db
from service.queries.todo import Task, todo_of
from service.web.access import Entry, access, login_now
from service.web.forms.act import acts_of
from service.web.tabs import TABS, act_url
from service.workflow.actions import Action

pages = Blueprint("todo", __name__)
SHOWN = 60
"""Most lines of one group; more are said in a sentence and found in the list of cases."""


@pages.get("/todo")
@access(Entry.LOGGED_IN)
def show() -> str:
    """Show what waits for this person across all his cases."""
    login = login_now()
    today = clock.local_date(clock.now())
    found = todo_of(db.session(), login.account if login else "", today=today)
    groups = (
        ("urgent", "临期与逾期", "还剩 3 个工作日以内或已经逾期，不论由谁办理。", found.urgent),
        ("mine", "需要我办理", "按期限先后；没有期限的按等待时间。", found.mine),
        ("others", "等待他人", "本人参与的评价眼下由别人办理的事项。", found.others),
    )
    return render_template(
        "web/todo.html",
        found=found,
        groups=groups,
        errands=[each for each in found.errands if each.endpoint in current_app.view_functions],
        today=today,
        shown=SHOWN,
        link=link,
    )


@pages.post("/todo/notices/read")
@access(Entry.LOGGED_IN)
def read() -> Response:
    """Mark one notice of the person, or all, as read and go back."""
    login = login_now()
    if login is not None:
        mark_read(login.account, notice=request.form.get("notice", ""), at=clock.now())
    return redirect(url_for("todo.show"), 303)


def link(task: Task) -> str:
    """Return the page on which the matter is done: its tab, else its own form, else the case."""
    return place_of(task.action, task.code, mine=task.mine)


def place_of(action: Action, code: str, *, mine: bool) -> str:
    """Return the address of the page of a case on which `action` is done."""
    acts = acts_of(action)
    endpoints: dict[str, Any] = {tab.name: tab.endpoint for tab in TABS}
    endpoint = endpoints.get(acts[0].at, "") if acts and mine else ""
    if endpoint in current_app.view_functions:
        return url_for(endpoint, case=code)
    if acts and mine:
        return act_url(acts[0], code, back=url_for("todo.show"))
    return url_for("cases.overview", case=code)
