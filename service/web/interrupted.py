"""A form sent after the login had ended: what was typed is kept and sent on by the same person.

- The fields travel signed inside the login page; nothing is stored, nothing is done before the person has
  logged in again and pressed the button himself.
- They are bound to whose login ended (the cookie still says so): somebody else never sees them.
- Passwords, codes and files are not kept; that files must be chosen again is said.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, render_template, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer

PERSON = "person"
CSRF = "csrf_token"
SECRET = frozenset({"csrf_token", "password", "code_now", "code", "old", "new", "again"})
HOURS_12 = 12 * 3600
MOST = 2_000_000
ANOTHERS = "登录失效前填写的内容属于另一位办理人，没有送出，也不予显示。"
SPOILT = "登录失效前填写的内容没有保留下来，请重新填写。"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="pingji interrupted form")


def keep() -> str:
    """Return what was typed into the form just sent, signed; empty if there is nothing to keep."""
    person = session.get(PERSON, "")
    fields = [(k, v) for k, v in request.form.items(multi=True) if k not in SECRET]
    if request.method != "POST" or not person or not fields or request.path.startswith("/account"):
        return ""
    files = any(file.filename for file in request.files.values())
    signed = _signer().dumps({"person": person, "path": request.path, "fields": fields, "files": files})
    text = signed if isinstance(signed, str) else signed.decode()
    return text if len(text) <= MOST else ""


def resume(kept: str, account: str) -> str | None:
    """Return the page from which the same person sends on what he had typed; None if there is nothing."""
    if not kept:
        return None
    try:
        found: dict[str, Any] = _signer().loads(kept, max_age=HOURS_12)
    except BadSignature:
        flash(SPOILT, "note")
        return None
    if found["person"] != account:
        flash(ANOTHERS, "note")
        return None
    return render_template(
        "web/resume.html", path=found["path"], fields=found["fields"], files=found["files"]
    )


def clear_but_forms(account: str) -> None:
    """The cookie holds nothing of a former login; forms the same person has open stay good."""
    token = session.get(CSRF) if session.get(PERSON) == account else None
    session.clear()
    session[PERSON] = account
    if token:
        session[CSRF] = token
