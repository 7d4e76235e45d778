"""A fresh SQLite database with all tables and guards, its log begun, and an application at work in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from service.extensions import db, init_app
from service.models.migrate import begin_log, upgrade

ORIGIN = "pingji/demo/0123456789abcdef"


@contextmanager
def fresh_database() -> Iterator[Path]:
    """Push the app context of a database in a temporary folder, and give the folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = Flask("service")
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder / 'bench.db'}"
        init_app(app)
        with app.app_context():
            upgrade(db.engine)
            begin_log(db.engine, ORIGIN)
            yield folder
            db.session.remove()
            db.engine.dispose()
