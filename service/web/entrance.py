"""Coming in and going out.

- The session cookie is signed and carries a random token; what the token opens stands in the database.
- A login always gets a new token and a new cookie content; the one held before is ended.
- Who uses one-time codes gives his password first and the code on a page of its own.
- There is no way back in but the password: no remember-me cookie is ever set.
- Whose login it was stays in the cookie until he leaves: if it ends while a form is open, what was typed
  goes through the login and is sent on afterwards (`service.web.interrupted`).
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, Request, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, logout_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from service import clock
from service.actions.attempts import LockedError
from service.actions.logins import (
    ChallengeOverError,
    Entered,
    Visitor,
    keep_alive,
    log_in,
    log_out,
    pass_challenge,
)
from service.errors import NotPermittedError
from service.extensions import db
from service.queries.logins import login_of
from service.web import interrupted
from service.web.access import Entry, access
from service.web.bearer import NoTokenError, load_bearer
from service.web.identity import User, house, take_token, token_now
from service.web.programs import for_program

pages = Blueprint("entrance", __name__)
manager = LoginManager()
csrf = CSRFProtect()
CHALLENGE = "challenge"
ASKING = "account.left"
"""Asks how long a login is good, and must not make it longer."""
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*\Z")


def init_app(app: Flask) -> None:
    """Attach login and CSRF protection to `app`."""
    # The token lives as long as the cookie: a form left open over lunch is not lost to a clock.
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    manager.session_protection = None
    # Without flask-login's own context processor: an error page must not ask the database who is here.
    manager.init_app(app, add_context_processor=False)
    csrf.init_app(app)


@manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> User | None:
    """Return the user of a token that is good now; using it keeps it alive."""
    if for_program():
        # A cookie opens nothing there, so that no foreign page can use it.
        return None
    now = clock.now()
    login = login_of(db.session(), token, at=now)
    if login is None:
        return None
    if request.endpoint != ASKING:
        keep_alive(token, seen_at=login.seen_at, at=now)
    return User(token, login)


@manager.request_loader  # type: ignore[untyped-decorator]
def _load_program(asked: Request) -> User | None:
    """Return the owner of a program's token, on the addresses for programs alone."""
    return load_bearer(asked) if for_program() else None


@manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _ask() -> Any:
    """Send a visitor to the login page, and back here afterwards with what he had typed."""
    if for_program():
        raise NoTokenError
    kept = interrupted.keep()
    if kept or request.headers.get("HX-Request"):
        return _form("", kept=kept), 401
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
    """Try name and password; go on to the code, or to the page first asked for."""
    name, wanted = request.form.get("login", ""), own_path(request.form.get("next", ""))
    kept = request.form.get("kept", "")
    try:
        entered = log_in(name, request.form.get("password", ""), _visitor(), house(), at=clock.now())
    except LockedError as locked:
        page = _form(wanted, name, problem=str(locked), kept=kept)
        return page, 429, {"Retry-After": str(locked.seconds)}
    except NotPermittedError as refused:
        return _form(wanted, name, problem=str(refused), kept=kept), 403
    if entered.waits:
        return _challenge(entered, wanted, kept)
    return _let_in(entered, wanted, kept)


@pages.post("/login/code")
@access(Entry.ANYONE)
def prove() -> Any:
    """Try the one-time or a recovery code of a login begun with the password."""
    wanted, kept = own_path(request.form.get("next", "")), request.form.get("kept", "")
    token, code = session.get(CHALLENGE, ""), request.form.get("code", "")
    try:
        entered = pass_challenge(token, code, _visitor(), house(), at=clock.now())
    except ChallengeOverError as over:
        session.pop(CHALLENGE, None)
        return _form(wanted, problem=str(over), kept=kept), 403
    except LockedError as locked:
        page = _code_form(wanted, kept, problem=str(locked))
        return page, 429, {"Retry-After": str(locked.seconds)}
    except NotPermittedError as refused:
        return _code_form(wanted, kept, problem=str(refused)), 403
    return _let_in(entered, wanted, kept)


@pages.post("/logout")
@access(Entry.ANYONE)
def leave() -> Response:
    """End the login; the old cookie opens nothing any more."""
    if current_user.is_authenticated:
        log_out(current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("entrance.login", left=1), 303)


def _visitor() -> Visitor:
    agent = request.headers.get("User-Agent", "")
    return Visitor(address=request.remote_addr or "", agent=agent, token=token_now())


def _challenge(entered: Entered, wanted: str, kept: str) -> str:
    """Ask for the code; what the visitor held before has ended."""
    interrupted.clear_but_forms(entered.account)
    session[CHALLENGE] = entered.token
    return _code_form(wanted, kept)


def _let_in(entered: Entered, wanted: str, kept: str) -> Any:
    """Give the cookie its new content; go on where the person wanted to, or to what he had typed."""
    interrupted.clear_but_forms(entered.account)
    take_token(entered.token)
    return interrupted.resume(kept, entered.account) or redirect(wanted, 303)


def _form(wanted: str, name: str = "", *, problem: str = "", kept: str = "") -> str:
    left = request.method == "GET" and request.args.get("left") == "1"
    return render_template("web/login.html", wanted=wanted, name=name, problem=problem, left=left, kept=kept)


def _code_form(wanted: str, kept: str, *, problem: str = "") -> str:
    return render_template("web/login_code.html", wanted=wanted, kept=kept, problem=problem)
