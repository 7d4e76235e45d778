"""接口令牌: tokens by which a program of the person logged in uses the API, issued and revoked here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from service import clock
from service.actions.tokens import LONGEST, IssueToken, issue_token, revoke_token
from service.actions.transaction import Actor
from service.errors import NotPermittedError, ServiceError
from service.extensions import db
from service.queries.logins import Login
from service.queries.people import instance_roles
from service.queries.tokens import Scope, tokens_of
from service.web import stepup
from service.web.access import Entry, access, login_now
from service.web.errors import status_of
from service.web.forms.act import read
from service.web.forms.fields import Choice, Day, Form, Several, Words, shown

pages = Blueprint("tokens", __name__)
SCOPES = {scope.value: scope.label for scope in Scope}
USUAL = timedelta(days=90)


class NewToken(Form):
    """A token to be issued."""

    name = Words(required=True, limit=80, metadata=shown("用途", "如 市级平台每日取数"))
    scopes = Several(required=True, metadata=shown("用途范围", options=SCOPES, widget="several"))
    expires_on = Day(required=True, metadata=shown("到期日", widget="day"))


class Revocation(Form):
    """A token to be revoked."""

    token = Choice(required=True, metadata=shown("令牌"))


@pages.get("/account/tokens")
@access(Entry.LOGGED_IN)
def show() -> str:
    """List the person's tokens, with a form for a new one."""
    return _page()


@pages.post("/account/tokens")
@access(Entry.LOGGED_IN)
def issue() -> Any:
    """Issue a token and show it, this once."""
    try:
        sent = {name: request.form.get(name, "") for name in ("name", "expires_on")}
        data = read(NewToken, {**sent, "scopes": request.form.getlist("scopes")})
        fresh = stepup.proven(True)
        scopes = tuple(Scope(name) for name in data["scopes"])
        command = IssueToken(data["name"], scopes, data["expires_on"])
        token = issue_token(_actor(), command, fresh=fresh)
    except ServiceError as refused:
        db.session.rollback()
        if status_of(refused) >= 500:
            raise
        return _page(refused), status_of(refused)
    return _page(issued=token)


@pages.post("/account/tokens/revoke")
@access(Entry.LOGGED_IN)
def revoke() -> Any:
    """Revoke one of the person's tokens."""
    revoke_token(_actor(), token=request.form.get("token", ""))
    flash("令牌已撤销，使用它的程序不再能登录", "done")
    return redirect(url_for("tokens.show"), 303)


def _page(refused: ServiceError | None = None, *, issued: str = "") -> str:
    login, today = _login(), clock.local_date(clock.now())
    return render_template(
        "web/account_tokens.html",
        tokens=tokens_of(db.session(), login.account, today=today),
        scopes=SCOPES,
        refused=refused,
        wrong={p.path for p in refused.problems} if refused else set(),
        typed=request.form,
        usual=(today + USUAL).isoformat(),
        last=(today + LONGEST).isoformat(),
        issued=issued,
        proof=stepup.asked(True),
        code_asked=stepup.code_asked(),
    )


def _login() -> Login:
    login = login_now()
    if login is None:
        raise NotPermittedError("登录已失效")
    return login


def _actor() -> Actor:
    login = _login()
    today: date = clock.local_date(clock.now())
    roles = instance_roles(db.session(), login.account, today=today)
    return Actor(account=login.account, name=login.name, roles=roles, ip=request.remote_addr)
