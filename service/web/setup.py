"""The pages' own parts in one place, in the order they must be attached."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask
from flask_bootstrap import Bootstrap5
from jinja2 import StrictUndefined

from service import clock
from service.settings import Settings
from service.web import (
    compressed,
    declaration,
    display,
    entrance,
    errors,
    limited,
    proxy,
    receipts,
    security,
    tabs,
    words,
)
from service.web.access import login_now


def init_app(app: Flask) -> None:
    """Attach assets, words, error pages, login and protection to `app`."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    proxy.init_app(app)
    security.init_app(app)
    compressed.init_app(app)
    receipts.init_app(app)
    entrance.init_app(app)
    limited.init_app(app)
    words.init_app(app)
    errors.init_app(app)
    tabs.init_app(app)
    display.init_app(app)
    settings: Settings = app.config["PINGJI"]
    app.jinja_env.globals.update(
        demo=settings.demo,
        login_now=login_now,
        login_left=login_left,
        assets=_assets(app),
        declaration_owed=declaration.owed,
    )


def login_left() -> int:
    """Return for how many seconds the login of this request, just kept alive, is good."""
    login = login_now()
    return login.left(clock.now(), used=True) if login is not None else 0


def _assets(app: Flask) -> str:
    """Return a short digest of our style sheets and scripts, so that new ones are fetched at once."""
    folder = Path(app.static_folder or "")
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("*.*s")))
    return hashlib.sha256(content).hexdigest()[:10]
