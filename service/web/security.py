"""What every answer carries and every request must show, whatever route it meets.

- Content Security Policy without inline script or style, eval or foreign address; pages need no JavaScript.
- An unsafe request comes from our own page: `Origin` (or `Sec-Fetch-Site`) says so, besides the token.
- Without configured host names only loopback names are answered, so a foreign name cannot be rebound.
- Whatever is not a static file is never stored by a cache.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from service.web.programs import for_program

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STATIC_AGE = 3600
UNCHANGING = frozenset({"static", "bootstrap.static", "parts.htmx"})


class ForeignOriginError(BadRequest):
    """An unsafe request that does not come from a page of this site."""

    description = "请求不是从本站页面发出的，未作任何改动。"


def init_app(app: Flask) -> None:
    """Check every request to `app` and harden every answer of it."""
    if not app.config.get("TRUSTED_HOSTS"):
        app.config["TRUSTED_HOSTS"] = list(LOOPBACK)
    app.before_request(_demand_own_origin)
    app.after_request(_harden)


def _demand_own_origin() -> None:
    if request.method in SAFE or for_program():
        # A program shows its token; no browser adds one by itself.
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        raise ForeignOriginError
    if origin is None and site is None:
        raise ForeignOriginError
    if origin is not None and (urlsplit(origin).netloc != request.host or origin == "null"):
        raise ForeignOriginError


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.endpoint in ("static", "bootstrap.static", "parts.htmx") and response.status_code in (
        200,
        304,
    ):
        response.headers["Cache-Control"] = f"public, max-age={STATIC_AGE}"
    else:
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
