"""An own PostgreSQL server for the tests: unprivileged, on a socket in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

PORT = 5432
OWNER = "pingji_owner"
_numbers = count(1)


@dataclass(frozen=True)
class Cluster:
    """A running server; everybody on its socket is trusted."""

    folder: Path
    pid: int

    def url(self, database: str, *, user: str = OWNER) -> str:
        """Return the SQLAlchemy address of `database`."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}&port={PORT}"

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(
            host=str(self.folder), port=PORT, user=OWNER, dbname="postgres", autocommit=True
        ) as c:
            c.execute(statement)

    def create(self, template: str = "template0") -> str:
        """Make a database as a copy of `template` and return its name."""
        name = f"case_{os.getpid()}_{next(_numbers)}"
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        return name

    def drop(self, name: str) -> None:
        """Remove the database and whoever is still connected to it."""
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _binaries() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise FileNotFoundError("没有找到 PostgreSQL 的 initdb；请安装 postgresql")


def _unprivileged() -> dict[str, object]:
    """Return who runs the server: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise LookupError("没有可用的普通用户来运行 PostgreSQL")


@contextmanager
def running_cluster(*options: str) -> Iterator[Cluster]:
    """Start a server with the further `options` (``name=value``) and stop it by its process id."""
    folder = Path(tempfile.mkdtemp(prefix="pj-pg-"))
    who = _unprivileged()
    if who:
        os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]
    data, log, binaries = folder / "data", folder / "log", _binaries()
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-A", "trust", "-U", OWNER, "--no-sync", "-E", "UTF8", "--locale=C"],
            check=True, capture_output=True, cwd="/", env=environment, **who,  # type: ignore[call-overload]
        )  # fmt: skip
        command = [str(binaries / "postgres"), "-D", str(data), "-k", str(folder), "-p", str(PORT)]
        for option in ("listen_addresses=", "max_connections=60", "shared_buffers=32MB", *options):
            command += ["-c", option]
        with log.open("wb") as output:
            server = subprocess.Popen(  # type: ignore[call-overload]
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=environment,
                **who,
            )
        try:
            _wait(folder, server, log)
            yield Cluster(folder, server.pid)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(120)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), port=PORT, user=OWNER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL 没有启动：\n{log.read_text(errors='replace')}")
