"""A fresh database with all tables and guards, its log begun, and an application at work in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from service.extensions import db, init_app
from service.models.migrate import begin_log, upgrade
from tests.cluster import running_cluster

ORIGIN = "pingji/demo/0123456789abcdef"
DATABASES = ("SQLite", "PostgreSQL")


@contextmanager
def fresh_database(kind: str = DATABASES[0]) -> Iterator[Path]:
    """Push the app context of a database of this kind, and give a temporary folder.

    SQLite lies in the folder; PostgreSQL is a server of its own that ends with the block.
    """
    with tempfile.TemporaryDirectory() as name:
        if kind == DATABASES[0]:
            with _at_work(f"sqlite:///{Path(name) / 'bench.db'}"):
                yield Path(name)
            return
        with running_cluster() as cluster, _at_work(cluster.url(cluster.create())):
            yield Path(name)


@contextmanager
def _at_work(url: str) -> Iterator[None]:
    app = Flask("service")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_app(app)
    with app.app_context():
        upgrade(db.engine)
        begin_log(db.engine, ORIGIN)
        yield
        db.session.remove()
        db.engine.dispose()
