"""The database brought to the newest revision, with every guard in place; works without an app context.

- A revision is numbered ``0001`` … and frozen: it names plain column types, never our models.
- After each upgrade the guards demanded by the tables present are made again, because a table rebuilt on
  SQLite has lost its triggers; at the newest revision they are then checked against the models.
- One upgrade is one database transaction on both databases.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, select, text

from service.audit.merkle import Frontier
from service.errors import IntegrityFailureError, UnavailableError
from service.extensions import WRITING
from service.models import load_models
from service.models.audit import AuditHead
from service.models.guards import check, install

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK_SECONDS = 5
_ADVISORY_LOCK = 0x70696E67


def config(connection: Connection | None = None) -> Config:
    """Return the Alembic configuration of our folder, bound to `connection` if given."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    found.set_main_option("path_separator", "os")
    if connection is not None:
        found.attributes["connection"] = connection
    return found


def head() -> str:
    """Return the newest revision there is."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    if revision is None:
        raise UnavailableError("没有找到数据库迁移文件")
    return revision


def revisions() -> tuple[str, ...]:
    """Return all revisions, oldest first."""
    walk = ScriptDirectory.from_config(config()).walk_revisions()
    return tuple(reversed([script.revision for script in walk]))


def current(engine: Engine) -> str | None:
    """Return the revision the database stands at, or None if it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def demand_current(engine: Engine) -> None:
    """Accept the database only at the newest revision with all guards present.

    Raises:
        UnavailableError: it has to be upgraded first.
        IntegrityFailureError: guards are missing.
    """
    found = current(engine)
    if found != head():
        raise UnavailableError(f"数据库版本为 {found or '空'}，程序需要 {head()}，请先升级数据库")
    with engine.connect() as connection:
        check(connection, load_models())


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, make the missing guards, and check them at the newest one.

    Raises:
        IntegrityFailureError: references would be broken, or guards are missing afterwards.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(**{WRITING: True})
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            _pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                _upgrade(connection, revision)
        finally:
            if sqlite:
                _pragma(connection, "foreign_keys=ON")


def _pragma(connection: Connection, setting: str) -> None:
    """Set a pragma outside any transaction, where alone it takes effect."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA {setting}")


def _upgrade(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    command.upgrade(config(connection), revision)
    install(connection)
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise IntegrityFailureError(f"表 {row[0]} 的引用不成立" for row in broken)
    if MigrationContext.configure(connection).get_current_revision() == head():
        check(connection, load_models())


def grant(engine: Engine, statements: Iterable[str]) -> None:
    """All `statements` have taken effect together; done again they change nothing."""
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def begin_log(engine: Engine, origin: str) -> None:
    """Start the log named `origin` in an upgraded database; it may be called again with the same name.

    Raises:
        IntegrityFailureError: the database already holds another log.
    """
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        found = connection.execute(select(AuditHead.origin)).scalar_one_or_none()
        if found is None:
            empty = Frontier()
            row = {"id": 1, "origin": origin, "size": empty.size, "frontier": empty.pack(), "last_at": None}
            connection.execute(insert(AuditHead), row)
        elif found != origin:
            raise IntegrityFailureError(f"数据库中的日志是 {found}，不是 {origin}")
