"""A running instance for a browser: `pingji run` with its worker, and the people of a case in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from service import clock, create_app
from service.cases.acts import Planned
from service.cases.company import Operator, assemble, ensure_administrators
from service.cases.source import CaseFile
from service.extensions import db
from service.instance import InstanceKind, create_instance
from service.settings import Settings
from service.setup import prepare
from service.workflow.roles import Role
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PINGJI = [sys.executable, "-c", "from service.cli import main; main()"]
START_SECONDS = 120.0
STOP_SECONDS = 120.0


@dataclass(frozen=True)
class House:
    """Where the site is, and login name and password of every player of the case."""

    address: str
    path: Path
    keys: dict[str, tuple[str, str]]
    organisations: dict[str, str]


def environment(path: Path, **more: str) -> dict[str, str]:
    """The environment of an instance, free of settings of whoever runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PINGJI_") or k == "PINGJI_FONTS"}
    return kept | {"PINGJI_INSTANCE": str(path), "PYTHONUTF8": "1"} | more


def settled(path: Path, file: CaseFile) -> House:
    """An instance with organisations, accounts and grants of the case's people, and no case yet."""
    instance = create_instance(path, InstanceKind.DEMO, at=clock.now())
    app = create_app(Settings.from_env({"PINGJI_INSTANCE": str(path)}))
    with app.app_context():
        prepare(instance)
        administrators, founders = ensure_administrators()
        operator = Operator(administrators[Role.SA], "系统管理员", file.sha256)
        company = assemble(Planned(file).cast, "s3", operator, administrators)
        db.session.remove()
        db.engine.dispose()
    players = list(company.accounts)
    keys = {player: (c.login, c.password) for player, c in zip(players, company.credentials, strict=True)}
    keys |= {founder.login: (founder.login, founder.password) for founder in founders}
    return House("", path, keys, company.organisations)


@contextmanager
def running(house: House) -> Iterator[House]:
    """The same instance, served by `pingji run` with its worker."""
    port = free_port()
    log = (house.path.parent / "run.log").open("ab")
    process = subprocess.Popen(
        [*PINGJI, "run"], cwd=ROOT, env=environment(house.path, PORT=str(port)), stdout=log, stderr=log
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _await(process, address)
        yield House(address, house.path, house.keys, house.organisations)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
        log.close()


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "pingji run 没有启动"
        try:
            with urlopen(f"{address}/login", timeout=60):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("网站没有应答")


def pingji(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command of this instance says."""
    return subprocess.run(
        [*PINGJI, *arguments], cwd=ROOT, env=environment(house.path), capture_output=True, text=True
    )
