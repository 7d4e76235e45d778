"""个人设置: duty, organisation, password, logins, one-time codes; and 解除锁定 for the security officer.

Everything here concerns the person logged in; the pages that set up one-time codes open even to whom
nothing else opens before he has done so.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for

from service import clock
from service.actions import factors, logins, own
from service.actions.actor import Actor
from service.actions.wishes import keep_wishes
from service.errors import InvalidError, NotFoundError, NotPermittedError, ServiceError
from service.extensions import db
from service.queries.logins import KEY_NAMES, KEYS, Login, Wishes, logins_of
from service.queries.people import account_by_login, instance_roles
from service.web import stepup
from service.web.access import Entry, access, login_now
from service.web.errors import status_of
from service.web.forms.fields import words_typed
from service.web.identity import house, rotated
from service.workflow.roles import Role

pages = Blueprint("account", __name__)
BROWSERS = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows", "Android": "安卓", "iPhone": "苹果手机", "iPad": "苹果平板",
    "Mac OS": "苹果电脑", "Linux": "Linux",
}  # fmt: skip
Work = Callable[[], Any]
Page = Callable[[ServiceError], str]


def _login() -> Login:
    login = login_now()
    if login is None:
        raise NotPermittedError("登录已失效")
    return login


def _actor() -> Actor:
    login = _login()
    roles = instance_roles(db.session(), login.account, today=clock.local_date(clock.now()))
    return Actor(account=login.account, name=login.name, roles=roles, ip=request.remote_addr)


def _tried(work: Work, page: Page) -> Any:
    """Answer with what `work` gives; a refusal gives the page back with what is wrong."""
    try:
        return work()
    except ServiceError as refused:
        db.session.rollback()
        status = status_of(refused)
        if status >= 500 or status == 404:
            raise
        return page(refused), status


def _settings_page(refused: ServiceError | None = None, unkept: ServiceError | None = None) -> str:
    login = _login()
    return render_template(
        "web/account.html",
        login=login,
        logins=logins_of(db.session(), login.account, at=clock.now()),
        refused=refused,
        unkept=unkept,
        typed=request.form if unkept is not None else None,
        key_names=KEY_NAMES,
        device=device,
        codes_left=factors.recovery_codes_left(login.account),
        unlocks=Role.SE in _actor().roles,
        policy=house().passwords,
    )


def device(agent: str) -> str:
    """Return browser and system a program says it is, in words; what it is else is not told."""
    browser = next((word for mark, word in BROWSERS.items() if f"{mark}/" in agent), "")
    system = next((word for mark, word in SYSTEMS.items() if mark in agent), "")
    return "，".join(part for part in (browser and f"{browser} 浏览器", system) if part) or "其他程序"


@pages.get("/account")
@access(Entry.RENEWING)
def show() -> str:
    """Show who one is here, where one is logged in, and how one proves it."""
    return _settings_page()


@pages.post("/account/password")
@access(Entry.RENEWING)
def password() -> Any:
    """Change the password; other logins end."""

    def work() -> Any:
        typed = own.NewPassword(*(request.form.get(name, "") for name in ("old", "new", "again")))
        own.change_password(_actor(), typed, house().passwords, at=clock.now())
        rotated()
        flash("密码已修改，其他地方的登录已失效", "done")
        return redirect(url_for("account.show"), 303)

    return _tried(work, _settings_page)


@pages.post("/account/wishes")
@access(Entry.LOGGED_IN)
def wishes() -> Any:
    """Keep how the person wants his pages."""

    def work() -> Any:
        letters = {act: request.form.get(act, key).strip().upper() for act, key in KEYS.items()}
        wanted = Wishes(keys=request.form.get("keys") == "1", letters=letters)
        keep_wishes(_login().account, wanted, at=clock.now())
        flash("快捷键已保存", "done")
        return redirect(url_for("account.show"), 303)

    return _tried(work, _wishes_page)


def _wishes_page(refused: ServiceError) -> str:
    return _settings_page(unkept=refused)


@pages.get("/account/left")
@access(Entry.ENTERING)
def left() -> Response:
    """Tell how long the login is still good; asking does not keep it alive."""
    return jsonify(left=_login().left(clock.now()))


@pages.get("/account/stay")
@access(Entry.ENTERING)
def stay() -> Response:
    """Keep the login alive, as every page does, and tell how long it is good now."""
    return jsonify(left=_login().left(clock.now(), used=True))


@pages.post("/account/logins/end")
@access(Entry.LOGGED_IN)
def end() -> Any:
    """End one of the person's own logins elsewhere."""
    logins.end_login(_login().account, request.form.get("login", ""))
    flash("该登录已结束", "done")
    return redirect(url_for("account.show"), 303)


def _factor_page(refused: ServiceError | None = None, codes: tuple[str, ...] = ()) -> str:
    login = _login()
    secret = "" if login.factor else _pending(login)
    return render_template(
        "web/account_factor.html",
        login=login,
        refused=refused,
        codes=codes,
        codes_left=factors.recovery_codes_left(login.account),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        demanded=_demanded(login),
        stepup=stepup.asked(True),
    )


def _pending(login: Login) -> str:
    try:
        return factors.pending_secret(login.account, house().box)
    except NotFoundError:
        return ""


def _demanded(login: Login) -> bool:
    return bool(factors.roles_held(login.account) & house().demanded)


@pages.get("/account/factor")
@access(Entry.ENTERING)
def factor() -> str:
    """Show whether one-time codes are used, and the next step of setting them up."""
    return _factor_page()


@pages.post("/account/factor/start")
@access(Entry.ENTERING)
def start() -> Any:
    """Make a secret that waits for its first code."""

    def work() -> Any:
        _demand_proof()
        factors.start_factor(_login().account, house().box)
        return redirect(url_for("account.factor"), 303)

    return _tried(work, _factor_page)


@pages.get("/account/factor/picture.svg")
@access(Entry.ENTERING)
def picture() -> Response:
    """Draw the waiting secret for the device's camera."""
    login = _login()
    secret = factors.pending_secret(login.account, house().box)
    code = segno.make(factors.address_of(secret, login.name), error="m", micro=False)
    drawn = BytesIO()
    code.save(drawn, kind="svg", scale=5, border=4, title="动态口令二维码", light="#fff")
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@pages.post("/account/factor/confirm")
@access(Entry.ENTERING)
def confirm() -> Any:
    """Take the first code; show the recovery codes, this once."""

    def work() -> str:
        fresh, code = stepup.proven(True), request.form.get("code", "")
        codes = factors.confirm_factor(_actor(), code, house().box, fresh=fresh, at=clock.now())
        rotated()
        return _factor_page(codes=codes)

    return _tried(work, _factor_page)


@pages.post("/account/factor/renew")
@access(Entry.LOGGED_IN)
def renew() -> Any:
    """Show new recovery codes, this once."""
    return _tried(
        lambda: _factor_page(codes=factors.renew_recovery_codes(_actor(), fresh=stepup.proven(True))),
        _factor_page,
    )


@pages.post("/account/factor/stop")
@access(Entry.LOGGED_IN)
def stop() -> Any:
    """Use no one-time codes any more, where they are not demanded."""

    def work() -> Any:
        factors.end_factor(_actor(), fresh=stepup.proven(True), demanded=_demanded(_login()))
        rotated()
        flash("已停用动态口令", "done")
        return redirect(url_for("account.factor"), 303)

    return _tried(work, _factor_page)


def _demand_proof() -> None:
    if not stepup.proven(True):
        raise InvalidError("须再次输入本人密码")


def _unlock_page(refused: ServiceError | None = None) -> str:
    if Role.SE not in _actor().roles:
        raise NotPermittedError("只有安全管理员可以解除锁定")
    typed = request.form if request.method == "POST" else request.args
    return render_template("web/account_unlock.html", refused=refused, typed=typed, stepup=stepup.asked(True))


@pages.get("/account/unlock")
@access(Entry.LOGGED_IN)
def unlocking() -> str:
    """Show the form to the security administrator."""
    return _unlock_page()


@pages.post("/account/unlock")
@access(Entry.LOGGED_IN)
def unlock() -> Any:
    """Forget an account's wrong tries; clear its lost one-time codes if that was ticked."""

    def work() -> Any:
        name = request.form.get("login", "").strip()
        reason = words_typed(request.form.get("reason", ""), path="reason", label="核实经过", limit=500)
        if request.form.get("reset") == "1":
            fresh, target = stepup.proven(True), account_by_login(db.session(), name).id
            factors.reset_factor(_actor(), account=target, reason=reason, fresh=fresh)
        own.unlock(_actor(), login=name, reason=reason)
        flash(f"已解除 {name} 的登录锁定", "done")
        return redirect(url_for("account.unlocking"), 303)

    return _tried(work, _unlock_page)
