"""The token of this request: read, exchanged for a newer one, and the rules it is checked by."""

from __future__ import annotations

from flask import current_app, g
from flask_login import UserMixin, current_user, login_user

from service import clock
from service.actions.logins import House, house_of, rotate
from service.extensions import db
from service.queries.logins import Login, login_of


class User(UserMixin):  # type: ignore[misc]
    """Somebody logged in: the token of the cookie and whose login it is."""

    def __init__(self, token: str, login: Login | None) -> None:
        self.token = token
        self.login = login

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return self.token


def house() -> House:
    """Return how this instance lets people in."""
    if "house" not in g:
        g.house = house_of(current_app.config["PINGJI"])
    found: House = g.house
    return found


def token_now() -> str:
    """Return the token of this request's login, empty for a visitor."""
    return getattr(current_user, "token", "")


def take_token(token: str) -> None:
    """The cookie of the answer carries this token, and the rest of the request is done under it."""
    login_user(User(token, login_of(db.session(), token, at=clock.now())))


def rotated() -> None:
    """The login has a new token, on the terms its account has now."""
    take_token(rotate(token_now(), house(), at=clock.now()))
