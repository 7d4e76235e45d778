"""评迹：一项绩效评价从自评到签发报告。

- `create_app` is the only place that sees every part; the parts are named in `PARTS` and `BLUEPRINTS`.
- Importing `service` imports nothing else, so the pure packages stay importable alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from service.settings import Settings

PARTS: tuple[str, ...] = (
    "service.extensions:init_app",
    "service.tasks:init_app",
    "service.web.setup:init_app",
    "service.web.api.documents:init_app",
)
"""``module:function`` called with the app, in order."""

BLUEPRINTS: tuple[str, ...] = (
    "service.web.parts:pages",
    "service.web.entrance:pages",
    "service.web.account:pages",
    "service.web.display:pages",
    "service.web.tokens:pages",
    "service.web.todo:pages",
    "service.web.portfolio:pages",
    "service.web.consultation:pages",
    "service.web.signing:pages",
    "service.web.cases:pages",
    "service.web.downloads:pages",
    "service.web.doing:pages",
    "service.web.work:pages",
    "service.web.visit:pages",
    "service.web.review:pages",
    "service.web.evidence:pages",
    "service.web.uploads:pages",
    "service.web.prints:pages",
    "service.web.people:pages",
    "service.web.system:pages",
    "service.web.unit:pages",
    "service.web.commission:pages",
    "service.web.particulars:pages",
    "service.web.team:pages",
    "service.web.grid:pages",
    "service.web.gridpaste:pages",
    "service.web.planning:pages",
    "service.web.linting:pages",
    "service.web.librarydrafts:pages",
    "service.web.reporttemplates:pages",
    "service.web.writing:pages",
    "service.web.workbooks:pages",
    "service.web.intake:pages",
    "service.web.intakelist:pages",
    "service.web.redline:pages",
    "service.web.timetravel:pages",
    "service.web.auditsearch:pages",
    "service.web.auditsample:pages",
    "service.web.extract:pages",
    "service.web.publiccopy:pages",
    "service.web.archived:pages",
    "service.web.wordtrip:pages",
)
"""``module:name`` of every blueprint registered, in order."""

CHECKS: tuple[str, ...] = ("service.web.access:demand_declared", "service.web.limited:demand_known")
"""``module:function`` called with the finished app; one that raises stops the start."""

MAX_REQUEST_BYTES = 25 * 1024 * 1024


def create_app(settings: Settings) -> Flask:
    """Return the application of one instance, with every part and page attached.

    Raises:
        UnavailableError: a part cannot be reached.
    """
    app: Flask = import_module("flask").Flask("service")
    app.config.from_mapping(
        PINGJI=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        SESSION_COOKIE_NAME="__Host-pingji" if settings.secure_cookies else "pingji",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    for part in PARTS:
        _named(part)(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(_named(blueprint))
    for check in CHECKS:
        _named(check)(app)
    return app


def _named(reference: str) -> Any:
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
