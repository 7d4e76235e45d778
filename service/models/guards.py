"""Triggers that refuse, inside the database, every write that does not come with its entry.

- Audited table: a row may be inserted or updated only if it cites an entry that does not exist yet; the
  deferred foreign key then demands that it exists at the commit. So an honest row always cites the entry
  of its own transaction, which is written last. Deleting and emptying are refused.
- `audit_entry` takes only the next index, and only up to the size the head has been moved to. Entries,
  checkpoints, attestations and blame rows never change. Of a disclosure only salt and body may become
  NULL, together.
- `audit_head` is one row that only grows under one name.
- SQLite: REPLACE deletes without delete triggers unless recursive_triggers is on, so an INSERT whose key
  exists is refused too. `last_audit` has an index there, because inserting the entry looks for the rows
  that wait for it. Whoever can write the file can drop the triggers: verification finds that, not SQLite.
- PostgreSQL: the application role has INSERT and SELECT on the log and UPDATE on its head only (privileges).

A batch rebuild of a table on SQLite drops its triggers silently: every migration ends with `install`.
"""

# ruff: noqa: S608 - the names in these statements come from our metadata, never from input
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, inspect, text

from service.errors import IntegrityFailureError, InvalidError
from service.models.base import audited_tables

MARK = "audit guard:"
LOG_KEYS = {
    "audit_entry": ("id",),
    "audit_disclosure": ("entry_id", "path"),
    "audit_field": ('"table"', "pk", "field", "entry_id"),
    "audit_checkpoint": ("id",),
    "audit_attestation": ("id",),
    "audit_head": ("id",),
}
"""Tables of the log with the columns of their key."""

DIALECTS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Guard:
    """One trigger or index that must be present: its name, its table, and the statements that make it."""

    name: str
    table: str
    ddl: tuple[str, ...]


def trigger_ddl(dialect: str, tables: Iterable[str]) -> tuple[Guard, ...]:
    """Return every guard demanded for the audited `tables` and for the log.

    Raises:
        InvalidError: for a database other than SQLite and PostgreSQL.
    """
    if dialect == "sqlite":
        return (*_sqlite_log(), *(guard for table in tables for guard in _sqlite_audited(table)))
    if dialect == "postgresql":
        return (*_postgresql_log(), *(guard for table in tables for guard in _postgresql_audited(table)))
    raise InvalidError(f"不支持的数据库：{dialect}")


def _sqlite_trigger(
    table: str, event: str, *, suffix: str, message: str, when: str = "", columns: str = ""
) -> Guard:
    name = f"guard_{table}_{suffix}"
    condition = f" WHEN {when}" if when else ""
    of = f" OF {columns}" if columns else ""
    return Guard(
        name,
        table,
        (
            f'CREATE TRIGGER "{name}" BEFORE {event}{of} ON "{table}"{condition} '
            f"BEGIN SELECT RAISE(ABORT, '{MARK} {message}'); END",
        ),
    )


def _sqlite_audited(table: str) -> Iterator[Guard]:
    cited = "EXISTS (SELECT 1 FROM audit_entry WHERE entry_id = NEW.last_audit)"
    again = f'EXISTS (SELECT 1 FROM "{table}" WHERE id = NEW.id)'
    yield _sqlite_trigger(
        table,
        "INSERT",
        suffix="insert",
        when=f"{cited} OR {again}",
        message=f"{table} cites no entry of its own",
    )
    yield _sqlite_trigger(
        table, "UPDATE", suffix="update", when=cited, message=f"{table} cites no entry of its own"
    )
    yield _sqlite_trigger(table, "DELETE", suffix="delete", message=f"{table} is never deleted")
    name = f"guard_{table}_last_audit"
    yield Guard(name, table, (f'CREATE INDEX "{name}" ON "{table}" (last_audit)',))


def _sqlite_log() -> Iterator[Guard]:
    next_one = (
        "NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit_entry) "
        "OR NEW.leaf_index >= coalesce((SELECT size FROM audit_head), 0)"
    )
    for table, key in LOG_KEYS.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        when = next_one if table == "audit_entry" else f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
        yield _sqlite_trigger(
            table, "INSERT", suffix="insert", when=when, message=f"{table} only grows at its end"
        )
        yield _sqlite_trigger(table, "DELETE", suffix="delete", message=f"{table} is never deleted")
        yield _sqlite_trigger(
            table, "UPDATE", suffix="update", when=_CHANGED.get(table, ""), message=f"{table} does not change"
        )


_CHANGED = {
    "audit_head": "NEW.id <> OLD.id OR NEW.origin <> OLD.origin OR NEW.size <= OLD.size",
    "audit_disclosure": (
        "NEW.entry_id <> OLD.entry_id OR NEW.path <> OLD.path OR NEW.digest <> OLD.digest "
        "OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL"
    ),
}
"""When an UPDATE is refused; always, where nothing stands here."""

_FUNCTIONS = {
    "audit_guard_refuse": (
        "RAISE integrity_constraint_violation "
        f"USING MESSAGE = '{MARK} ' || TG_OP || ' refused on ' || TG_TABLE_NAME;"
    ),
    "audit_guard_cite": (
        "IF EXISTS (SELECT 1 FROM audit_entry WHERE entry_id = NEW.last_audit) THEN "
        "RAISE integrity_constraint_violation "
        f"USING MESSAGE = '{MARK} no entry of its own for ' || TG_TABLE_NAME; "
        "END IF; RETURN NEW;"
    ),
    "audit_guard_next": (
        "IF NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit_entry) "
        "OR NEW.leaf_index >= coalesce((SELECT size FROM audit_head), 0) THEN "
        f"RAISE integrity_constraint_violation USING MESSAGE = '{MARK} audit_entry only grows at its end'; "
        "END IF; RETURN NEW;"
    ),
}
"""Bodies of the trigger functions on PostgreSQL; the schema is pinned so that no temporary table deceives."""


def function_ddl(schema: str) -> tuple[str, ...]:
    """Return the statements that make or renew the trigger functions for tables in `schema`."""
    return tuple(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        f'SET search_path = "{schema}", pg_catalog, pg_temp AS $guard$ BEGIN {body} END $guard$'
        for name, body in _FUNCTIONS.items()
    )


def _postgresql_trigger(
    table: str, event: str, *, suffix: str, function: str, level: str = "ROW", when: str = ""
) -> Guard:
    name = f"guard_{table}_{suffix}"
    condition = f" WHEN ({when})" if when else ""
    return Guard(
        name,
        table,
        (
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" '
            f"FOR EACH {level}{condition} EXECUTE FUNCTION {function}()",
        ),
    )


def _postgresql_audited(table: str) -> Iterator[Guard]:
    yield _postgresql_trigger(table, "INSERT OR UPDATE", suffix="write", function="audit_guard_cite")
    yield _postgresql_trigger(table, "DELETE", suffix="delete", function="audit_guard_refuse")
    yield _postgresql_trigger(
        table, "TRUNCATE", suffix="truncate", function="audit_guard_refuse", level="STATEMENT"
    )


def _postgresql_log() -> Iterator[Guard]:
    yield _postgresql_trigger("audit_entry", "INSERT", suffix="insert", function="audit_guard_next")
    for table in LOG_KEYS:
        when = _CHANGED.get(table, "")
        yield _postgresql_trigger(table, "UPDATE", suffix="update", function="audit_guard_refuse", when=when)
        yield _postgresql_trigger(table, "DELETE", suffix="delete", function="audit_guard_refuse")
        yield _postgresql_trigger(
            table, "TRUNCATE", suffix="truncate", function="audit_guard_refuse", level="STATEMENT"
        )


def present(connection: Connection) -> dict[str, str]:
    """Return the guards found in the database: name to table."""
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT name, tbl_name FROM sqlite_master "
            "WHERE type IN ('trigger', 'index') AND substr(name, 1, 6) = 'guard_'"
        )
    else:
        query = (
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND left(t.tgname, 6) = 'guard_' "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
    return {str(name): str(table) for name, table in connection.execute(text(query))}


def existing_audited(connection: Connection) -> tuple[str, ...]:
    """Return the names of the tables of the database that carry `last_audit`, sorted."""
    inspector = inspect(connection)
    return tuple(
        sorted(
            table
            for table in inspector.get_table_names()
            if any(column["name"] == "last_audit" for column in inspector.get_columns(table))
        )
    )


def install(connection: Connection) -> tuple[str, ...]:
    """Make every guard that is demanded by the tables present and missing; return the names made."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        for statement in function_ddl(schema):
            connection.exec_driver_sql(statement)
    found = present(connection)
    made = [guard for guard in trigger_ddl(dialect, existing_audited(connection)) if guard.name not in found]
    for guard in made:
        for statement in guard.ddl:
            connection.exec_driver_sql(statement)
    return tuple(guard.name for guard in made)


def check(connection: Connection, metadata: MetaData) -> None:
    """Accept the database if every guard demanded by `metadata` is present and enabled.

    Raises:
        IntegrityFailureError: naming every guard that is missing.
    """
    found = present(connection)
    missing = [
        g for g in trigger_ddl(connection.dialect.name, audited_tables(metadata)) if g.name not in found
    ]
    if missing:
        raise IntegrityFailureError(f"表 {guard.table} 缺少防护 {guard.name}" for guard in missing)
