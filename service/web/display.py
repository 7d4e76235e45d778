"""How large the pages are shown: an own choice, kept by the browser and by nothing else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, request, url_for

from service.web.access import Entry, access

pages = Blueprint("display", __name__)
COOKIE = "pingji-display"
LARGE = "large"
KEPT = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Let the templates of `app` ask whether the reader wants large print."""
    app.jinja_env.globals["large_print"] = large_print


def large_print() -> bool:
    """Return whether this browser has chosen 适老显示."""
    return request.cookies.get(COOKIE) == LARGE


@pages.post("/account/display")
@access(Entry.LOGGED_IN)
def choose() -> Any:
    """Keep the choice in this browser for a year; it says nothing of the person and is never stored here."""
    large = request.form.get("display") == LARGE
    flash("已改为适老显示" if large else "已恢复普通显示", "done")
    answer = redirect(url_for("account.show"), 303)
    if large:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        answer.set_cookie(COOKIE, LARGE, max_age=KEPT, secure=secure, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE)
    return answer
