"""A consistent copy of the database, and the way back: SQLite by its own backup, PostgreSQL by pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.engine import URL

from service.errors import InvalidError, Problem, UnavailableError

CONNECTION = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}


def dump(engine: Engine, target: Path) -> None:
    """Write a copy of the database at one moment to `target`; writers are not stopped.

    Raises:
        UnavailableError: the database or its tools do not answer.
    """
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(_file(engine.url))) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").close()
        target.chmod(0o600)
        return
    _tool("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--file", str(target)], engine.url)


def load(source: Path, engine: Engine) -> None:
    """Fill the empty database of `engine` with the copy.

    Raises:
        InvalidError: the database already holds tables.
        UnavailableError: the database or its tools do not answer.
    """
    if engine.dialect.name == "sqlite":
        target = _file(engine.url)
        if target.exists():
            raise InvalidError(Problem("数据库文件已存在，不能恢复到其上", value=str(target)))
        shutil.copyfile(source, target)
        target.chmod(0o600)
        return
    if inspect(engine).get_table_names():
        raise InvalidError(Problem("数据库不是空的，不能恢复到其上", cure="另建空数据库并设 PINGJI_DATABASE"))
    name = engine.url.database or ""
    _tool("pg_restore", ["--single-transaction", "--no-owner", "--dbname", name, str(source)], engine.url)


def engine_of(copy: Path) -> Engine:
    """Return an engine on a SQLite copy, for checking it."""
    return create_engine(URL.create("sqlite", database=str(copy)))


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise InvalidError(Problem("内存数据库不能备份"))
    return Path(url.database)


def _tool(program: str, arguments: Sequence[str], url: URL) -> None:
    """Run a PostgreSQL tool; address and password travel in its environment, not on its command line."""
    found = shutil.which(program)
    if found is None:
        missing = Problem("没有 PostgreSQL 的备份工具", value=program, cure="安装 postgresql-client")
        raise UnavailableError(missing)
    environ = dict(os.environ)
    for part, name in CONNECTION.items():
        if (value := getattr(url, part)) is not None:
            environ[name] = str(value)
    for name, written in (("PGHOST", url.query.get("host")), ("PGDATABASE", url.database)):
        if isinstance(written, str):
            environ[name] = written
    done = subprocess.run([found, *arguments], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"退出码 {done.returncode}"]
        raise UnavailableError(Problem(f"{program} 未能完成", value=last[0]))
