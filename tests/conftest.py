"""Fixtures every test may use, and the guards no test escapes.

`instance`, `settings` and `app` are real and lie under `tmp_path`; `frozen_clock` stops the one clock.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Depth:
    """How much of the counted tests to do: the usual little, everything, or part i of n of everything."""

    full: bool
    part: int = 1
    parts: int = 1

    def __bool__(self) -> bool:
        return self.full

    @property
    def whole(self) -> bool:
        """Whether everything is done in this run."""
        return self.full and self.parts == 1

    def numbers(self, usual: int, full: int) -> range:
        """Numbers of the rounds to do: ``range(usual)``, or this part of ``range(full)``, at least one of them."""
        if not self.full:
            return range(usual)
        first = full * (self.part - 1) // self.parts
        return range(first, max(full * self.part // self.parts, min(first + 1, full)))


def depth() -> Depth:
    """The depth the environment asks for."""
    named = os.environ.get("PINGJI_SLICE") or "1/1"
    part, parts = (int(number) for number in named.split("/"))
    return Depth(os.environ.get("PINGJI_DEEP") == "1", part, parts)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what has a full count if ``PINGJI_SLICE`` is ``i/n``; all slices together are all full counts.

    A counted test does its part of the rounds in every slice; the other deep tests take turns.
    """
    asked = depth()
    if asked.parts == 1:
        return
    counted = [item for item in items if "deep" in getattr(item, "fixturenames", ())]
    marked = [item for item in items if item.get_closest_marker("deep") and item not in counted]
    kept = {*counted, *marked[asked.part - 1 :: asked.parts]}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


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
def deep() -> Depth:
    """How much of the full counts was asked for (`./dev deep`)."""
    return depth()


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


class _Unhandled(logging.Handler):
    """Keeps the errors the application met and had no answer for."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.met: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "unhandled":
            self.met.append(repr(record.exc_info and record.exc_info[1]))


@pytest.fixture(autouse=True)
def nothing_unhandled(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that takes "500" for a refusal or for nothing to see fails all the same."""
    handler, log = _Unhandled(), logging.getLogger("service.web.errors")
    log.addHandler(handler)
    yield
    log.removeHandler(handler)
    assert handler.met == [] or request.node.get_closest_marker("fails_inside")


@pytest.fixture
def environ(settings: Settings) -> Callable[..., dict[str, str]]:
    """Builds the environment of a subprocess that works in this test's instance."""

    def build(**extra: str) -> dict[str, str]:
        base = {k: v for k, v in os.environ.items() if not k.startswith("PINGJI_")}
        return base | {"PINGJI_INSTANCE": str(settings.instance.path), "PYTHONUTF8": "1"} | extra

    return build
