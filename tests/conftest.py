"""Fixtures every test may use, and the guards no test escapes.

`instance`, `settings` and `app` are real and lie under `tmp_path`; `frozen_clock` stops the one clock.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from service import clock, create_app
from service.instance import Instance, InstanceKind, create_instance
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class FrozenClock:
    """Stands still until told to move."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **units: float) -> datetime:
        """Move on by `timedelta(**units)` and return the new moment."""
        self.at += timedelta(**units)
        return self.at


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep every n-th test file if ``PINGJI_SLICE`` is ``i/n``; all slices together are everything."""
    if not (named := os.environ.get("PINGJI_SLICE")):
        return
    part, parts = (int(number) for number in named.split("/"))
    files = {path: number for number, path in enumerate(sorted({item.path for item in items}))}
    dropped = [item for item in items if files[item.path] % parts != part - 1]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in dropped]


@pytest.fixture
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """`clock.now()` answers 2026-03-02 09:30 in China until advanced."""
    frozen = FrozenClock(START)
    monkeypatch.setattr(clock, "now", frozen)
    return frozen


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A new demo instance."""
    return create_instance(tmp_path / "instance", InstanceKind.DEMO, at=START)


@pytest.fixture
def settings(instance: Instance) -> Settings:
    """The settings of `instance` with every default."""
    return Settings.from_env({"PINGJI_INSTANCE": str(instance.path)})


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on an empty SQLite database without tables; its context is pushed."""
    made = create_app(settings)
    with made.app_context():
        yield made


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the working tree."""
    return ROOT


@pytest.fixture(scope="session")
def deep() -> bool:
    """Whether the full counts were asked for (`./dev deep`)."""
    return os.environ.get("PINGJI_DEEP") == "1"


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the five published reports; the only reason a test may be skipped."""
    named = os.environ.get("PINGJI_SEEDS")
    folder = Path(named) if named else ROOT.parent / "shared" / "seeds"
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"持续集成必须提供五份报告原文：{folder}")
    pytest.skip("五份报告原文不在本机（PINGJI_SEEDS）")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that leaves this machine fails at once."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: tuple[str, int] | str | bytes) -> None:
        if self.family != socket.AF_UNIX and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"测试不得访问网络：{address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture
def environ(settings: Settings) -> Callable[..., dict[str, str]]:
    """Builds the environment of a subprocess that works in this test's instance."""

    def build(**extra: str) -> dict[str, str]:
        base = {k: v for k, v in os.environ.items() if not k.startswith("PINGJI_")}
        return base | {"PINGJI_INSTANCE": str(settings.instance.path), "PYTHONUTF8": "1"} | extra

    return build
