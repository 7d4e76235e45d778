"""Whose token a request bears, and what the token may be used for."""

from __future__ import annotations

from flask import Request, g, request
from werkzeug.exceptions import Unauthorized

from service import clock
from service.errors import NotPermittedError, Problem
from service.extensions import db
from service.queries.tokens import Scope, token_login
from service.web.identity import User

SCHEME = "bearer "


class ScopeMissingError(NotPermittedError):
    """The token is good but was not issued for this."""

    code = "scope_missing"


class NoTokenError(Unauthorized):
    """No token, or one that opens nothing."""

    description = "请求没有带有效的令牌（Authorization: Bearer …）；令牌在“个人设置 → 接口令牌”签发"


def load_bearer(asked: Request) -> User | None:
    """Return the owner of the token, None if there is none or it opens nothing now."""
    header = asked.headers.get("Authorization", "")
    if not header.lower().startswith(SCHEME):
        return None
    token = header[len(SCHEME) :].strip()
    found = token_login(db.session(), token, at=clock.now())
    if found is None:
        return None
    login, g.scopes = found
    return User(token, login)


def demand_scope(scope: Scope) -> None:
    """Accept only a token issued for this.

    Raises:
        ScopeMissingError: naming the scope that lacks.
    """
    held = held_scopes()
    if scope not in held:
        words = "、".join(each.label for each in sorted(held))
        raise ScopeMissingError(
            Problem(
                f"令牌没有“{scope.label}”范围",
                value=words,
                allowed=scope.label,
                cure="另行签发带此范围的令牌",
            )
        )


def scope_of_request() -> Scope:
    """Return the scope a request of this method needs."""
    return Scope.READ if request.method in ("GET", "HEAD", "OPTIONS") else Scope.ACT


def held_scopes() -> frozenset[Scope]:
    """Return what the token of this request may be used for."""
    held: frozenset[Scope] = g.get("scopes", frozenset())
    return held
