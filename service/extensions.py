"""The database of the current application context, and how its connections behave.

- Web, command line, worker and tests all push an app context; inside it `db.session` is the one session,
  for reads and for `transaction()` alike. Code below `web` imports `db` from here and never Flask.
- SQLite: WAL, foreign keys, recursive triggers, synchronous FULL. Reads begin deferred; a connection with
  the execution option ``writing`` begins IMMEDIATE, so a writer waits for the other instead of failing late.
- PostgreSQL: READ COMMITTED and synchronous commits, checked on every new connection.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event

from service.audit.capture import AuditedSession
from service.errors import UnavailableError
from service.models import load_models
from service.models.base import Base

WRITING = "writing"
BUSY_MILLISECONDS = 10_000
_PRAGMAS = (
    f"busy_timeout={BUSY_MILLISECONDS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "trusted_schema=OFF",
)

db = SQLAlchemy(
    model_class=Base,
    session_options={"class_": AuditedSession},
    engine_options={"pool_pre_ping": True},
)


def init_app(app: Flask) -> None:
    """Attach the database of ``SQLALCHEMY_DATABASE_URI`` to `app`, with all models known."""
    load_models()
    db.init_app(app)


@event.listens_for(Engine, "connect")
def _prepare(dbapi_connection: Any, record: Any) -> None:
    """Set up a new connection; raises UnavailableError if PostgreSQL runs with unsafe settings."""
    if isinstance(dbapi_connection, sqlite3.Connection):
        dbapi_connection.isolation_level = None
        for pragma in _PRAGMAS:
            dbapi_connection.execute(f"PRAGMA {pragma}").close()
    elif hasattr(dbapi_connection, "pgconn"):
        _check_postgresql(dbapi_connection)


def _check_postgresql(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('default_transaction_isolation'), current_setting('synchronous_commit')"
        )
        isolation, synchronous = cursor.fetchone()
    connection.rollback()
    if isolation != "read committed" or synchronous == "off":
        raise UnavailableError(f"数据库设置不安全：隔离级别 {isolation}，synchronous_commit {synchronous}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
