"""Coming in and going out.

- The session cookie is signed and carries a random token; what the token opens stands in the database.
- A login always gets a new token and a new cookie content; the one held before is ended.
- There is no way back in but the password: no remember-me cookie is ever set.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from service import clock
from service.actions.logins import LockedError, Visitor, keep_alive, log_in, log_out
from service.errors import NotPermittedError
from service.extensions import db
from service.queries.logins import Login, login_of
from service.web.access import Entry, access

pages = Blueprint("entrance", __name__)
manager = LoginManager()
csrf = CSRFProtect()
CSRF_SECONDS = 12 * 3600
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*\Z")


class User(UserMixin):  # type: ignore[misc]
    """Somebody logged in: the token of the cookie and whose login it is."""

    def __init__(self, token: str, login: Login | None) -> None:
        self.token = token
        self.login = login

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return self.token


def init_app(app: Flask) -> None:
    """Attach login and CSRF protection to `app`."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", CSRF_SECONDS)
    manager.session_protection = None
    # Without flask-login's own context processor: an error page must not ask the database who is here.
    manager.init_app(app, add_context_processor=False)
    csrf.init_app(app)


@manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> User | None:
    """Return the user of a token that is good now; using it keeps it alive."""
    now = clock.now()
    login = login_of(db.session(), token, at=now)
    if login is None:
        return None
    keep_alive(token, seen_at=login.seen_at, at=now)
    return User(token, login)


@manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _ask() -> Response:
    """Send a visitor to the login page, and back here afterwards."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("entrance.login", next=wanted or None))


def own_path(path: str) -> str:
    """Return `path` if it is a path of this site, the first page otherwise."""
    return path if _LOCAL.match(path) else url_for("todo.show")


@pages.get("/login")
@access(Entry.ANYONE)
def login() -> str | Response:
    """Show the form; who is logged in already goes on."""
    wanted = own_path(request.args.get("next", ""))
    return redirect(wanted) if current_user.is_authenticated else _form(wanted)


@pages.post("/login")
@access(Entry.ANYONE)
def enter() -> Any:
    """Try name and password; go on to the page first asked for."""
    name, wanted = request.form.get("login", ""), own_path(request.form.get("next", ""))
    visitor = Visitor(
        address=request.remote_addr or "",
        agent=request.headers.get("User-Agent", ""),
        token=getattr(current_user, "token", ""),
    )
    try:
        token = log_in(name, request.form.get("password", ""), visitor, at=clock.now())
    except LockedError as locked:
        return _form(wanted, name, problem=str(locked)), 429, {"Retry-After": str(locked.seconds)}
    except NotPermittedError as refused:
        return _form(wanted, name, problem=str(refused)), 403
    session.clear()
    login_user(User(token, None))
    return redirect(wanted, 303)


@pages.post("/logout")
@access(Entry.ANYONE)
def leave() -> Response:
    """End the login; the old cookie opens nothing any more."""
    if current_user.is_authenticated:
        log_out(current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("entrance.login", left=1), 303)


def _form(wanted: str, name: str = "", *, problem: str = "") -> str:
    left = request.method == "GET" and request.args.get("left") == "1"
    return render_template("web/login.html", wanted=wanted, name=name, problem=problem, left=left)
