"""What the database role of the running service may do on PostgreSQL: its work, and nothing to the log.

- Entries, disclosures, blame rows, checkpoints, attestations: read and append. The head: read, and move on.
- Audited tables: everything but delete; operational tables: everything; the revision: read.
- Triggers refuse the same, but only the owner's absence makes it certain that nobody drops the triggers.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.dialects.postgresql import dialect

from service.errors import InvalidError, NotPermittedError, Problem
from service.models.base import audited_tables
from service.models.guards import LOG_KEYS

HEAD, HEAD_COLUMNS = "audit_head", ("size", "frontier", "last_at")
REVISION = "alembic_version"
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
LONGEST = 63
"""Bytes PostgreSQL keeps of a name."""


def wanted(metadata: MetaData) -> Mapping[str, tuple[str, ...]]:
    """Return table → privileges of the service's role, in the order of `PRIVILEGES`."""
    audited = set(audited_tables(metadata))
    found: dict[str, tuple[str, ...]] = {}
    for table in sorted(metadata.tables):
        if table == HEAD:
            found[table] = ("SELECT", "UPDATE")
        elif table in LOG_KEYS:
            found[table] = ("SELECT", "INSERT")
        else:
            found[table] = PRIVILEGES[:3] if table in audited else PRIVILEGES[:4]
    return {**found, REVISION: ("SELECT",)}


def quoted(name: str) -> str:
    """Return `name` as an identifier of PostgreSQL.

    Raises:
        InvalidError: if no role can have this name.
    """
    if not name or "\0" in name or len(name.encode()) > LONGEST:
        allowed = f"1 至 {LONGEST} 字节"
        raise InvalidError(Problem("角色名不合规", path="--role", value=name, allowed=allowed))
    return '"' + name.replace('"', '""') + '"'


def grants(role: str, schema: str, metadata: MetaData) -> tuple[str, ...]:
    """Return the statements after which `role` has exactly the wanted privileges on our tables.

    Raises:
        InvalidError: if no role can have this name.
    """
    who, where, tables = quoted(role), quoted(schema), wanted(metadata)
    every = ", ".join(quoted(table) for table in tables)
    statements = [
        f"REVOKE ALL ON {every} FROM {who}",
        f"REVOKE CREATE ON SCHEMA {where} FROM {who}",
        f"GRANT USAGE ON SCHEMA {where} TO {who}",
    ]
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    for table, privileges in tables.items():
        if table != HEAD:
            by_privileges.setdefault(privileges, []).append(quoted(table))
    for privileges, names in by_privileges.items():
        statements.append(f"GRANT {', '.join(privileges)} ON {', '.join(names)} TO {who}")
    columns = ", ".join(HEAD_COLUMNS)
    return (*statements, f"GRANT SELECT, UPDATE ({columns}) ON {quoted(HEAD)} TO {who}")


def planned(engine: Engine, role: str, metadata: MetaData) -> tuple[str, ...]:
    """Return the statements for this database, after asking whether they can be applied.

    Raises:
        InvalidError: not PostgreSQL, no such role, or the role is above every privilege.
        NotPermittedError: the connected role does not own the tables.
    """
    if engine.dialect.name != dialect.name:
        raise InvalidError(
            Problem(
                "SQLite 没有数据库角色，不能授权",
                value=engine.dialect.name,
                allowed="PostgreSQL",
                cure="单机实例不需要这一步，由实例目录的文件权限保护",
            )
        )
    with engine.connect() as connection:
        statements = grants(role, _schema(connection), metadata)
        _check_role(connection, role)
        if not _owned(connection, _current(connection)):
            raise NotPermittedError(
                Problem("当前数据库角色不是表的属主，不能授权", value=_current(connection),
                        cure="把 PINGJI_DATABASE 换成属主的地址再运行")
            )  # fmt: skip
    return statements


def excess(connection: Connection, metadata: MetaData) -> tuple[str, ...]:
    """Return in words what the connected role may do beyond its work, and what it lacks; empty on SQLite."""
    if connection.dialect.name != dialect.name:
        return ()
    role = _current(connection)
    if _above(connection, role):
        return (f"角色 {role} 是超级用户，触发器和授权都拦不住它",)
    if _owned(connection, role):
        return (f"角色 {role} 是表的属主，能停用防护触发器",)
    return tuple(_differences(connection, metadata))


def _differences(connection: Connection, metadata: MetaData) -> list[str]:
    held, found = _held(connection, tuple(wanted(metadata))), []
    for table, privileges in wanted(metadata).items():
        more = [p for p in PRIVILEGES if (table, p) in held and p not in privileges]
        less = [p for p in privileges if (table, p) not in held]
        found += [f"表 {table} 多出 {'、'.join(more)}"] if more else []
        found += [f"表 {table} 缺少 {'、'.join(less)}"] if less else []
    if connection.scalar(text("SELECT has_column_privilege('audit_head', 'origin', 'UPDATE')")):
        found.append(f"表 {HEAD} 多出 UPDATE origin")
    if connection.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")):
        found.append("可在模式中建表")
    return found


def _held(connection: Connection, tables: tuple[str, ...]) -> set[tuple[str, str]]:
    query = text(
        "SELECT c.relname, p.name FROM pg_class c, unnest(CAST(:privileges AS text[])) AS p(name) "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:tables) "
        "AND (has_table_privilege(c.oid, p.name) OR p.name IN ('SELECT', 'INSERT', 'UPDATE') "
        "AND has_any_column_privilege(c.oid, p.name))"
    )
    rows = connection.execute(query, {"privileges": list(PRIVILEGES), "tables": list(tables)})
    return {(str(table), str(privilege)) for table, privilege in rows}


def _check_role(connection: Connection, role: str) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
        create = f"CREATE ROLE {quoted(role)} LOGIN"
        raise InvalidError(
            Problem("没有这个数据库角色", path="--role", value=role, cure=f"先由数据库管理员执行 {create}")
        )
    if _above(connection, role) or _owned(connection, role):
        raise InvalidError(
            Problem(
                "这个角色是超级用户或表的属主，收不回它的权限",
                path="--role",
                value=role,
                cure="另建一个普通角色给服务使用",
            )
        )


def _current(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_user")))


def _schema(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_schema()")))


def _above(connection: Connection, role: str) -> bool:
    query = text("SELECT rolsuper FROM pg_roles WHERE rolname = :role")
    return bool(connection.scalar(query, {"role": role}))


def _owned(connection: Connection, role: str) -> bool:
    """Say whether `role` is, or may become, the owner of the log."""
    query = text(
        "SELECT pg_has_role(:role, relowner, 'MEMBER') FROM pg_class "
        "WHERE relnamespace = current_schema()::regnamespace AND relname = 'audit_entry'"
    )
    return bool(connection.scalar(query, {"role": role}))
