"""A fresh proof of identity inside the form of an act that needs one (签发, 用印, 终止 …).

Five minutes after identity was last proven (at login or here) an act asks for the password again, and for
a one-time code where the account uses them. The proof is sent with the act's own form, so nothing typed is
lost; the login gets a new token with it.
"""

from __future__ import annotations

from datetime import timedelta

from flask import request

from service import clock
from service.actions.logins import prove_again
from service.web.access import login_now
from service.web.identity import house, take_token, token_now

FRESH = timedelta(minutes=5)


def asked(needed: bool) -> bool:
    """Return whether the form of an act has to ask for the password."""
    login = login_now()
    if not needed or login is None:
        return False
    return clock.now() - login.proven_at >= FRESH


def code_asked() -> bool:
    """Return whether the password alone is not enough for this person."""
    login = login_now()
    return login is not None and login.factor


def proven(needed: bool) -> bool:
    """Return whether the person has proven himself within five minutes, by now or with this form.

    Raises:
        NotPermittedError: the password or the code sent is wrong.
        LockedError: too many wrong ones.
    """
    login = login_now()
    if not needed or login is None:
        return False
    if not asked(needed):
        return True
    if "password" not in request.form:
        return False
    password, code = request.form["password"], request.form.get("code_now", "")
    take_token(prove_again(token_now(), password, code, house(), at=clock.now()))
    return True
