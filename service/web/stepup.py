"""A fresh proof of identity inside the form of an act that needs one (签发, 用印, 终止 …).

Five minutes after the password was last proven (at login or here) an act asks for it again; the proof
is sent with the act's own form, so nothing typed is lost.
"""

from __future__ import annotations

from datetime import timedelta

from flask import request
from flask_login import current_user

from service import clock
from service.actions.logins import prove_again
from service.web.access import login_now

FRESH = timedelta(minutes=5)


def asked(needed: bool) -> bool:
    """Return whether the form of an act has to ask for the password."""
    login = login_now()
    if not needed or login is None:
        return False
    return clock.now() - login.proven_at >= FRESH


def proven(needed: bool) -> bool:
    """Return whether the person has proven himself within five minutes, by now or with this form.

    Raises:
        NotPermittedError: the password sent is wrong.
        LockedError: too many wrong ones.
    """
    login = login_now()
    if not needed or login is None:
        return False
    if not asked(needed):
        return True
    if "password" not in request.form:
        return False
    prove_again(current_user.token, request.form["password"], request.remote_addr or "", at=clock.now())
    return True
