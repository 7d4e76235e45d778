"""Settings are safe by default, and a dangerous one refuses the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from service.errors import InvalidError
from service.instance import Instance, InstanceKind, create_instance
from service.settings import Settings


def private(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_fresh_instance_needs_no_settings(settings: Settings) -> None:
    assert settings.database_url == f"sqlite:///{settings.instance.database}"
    assert (settings.host, settings.port, settings.demo) == ("127.0.0.1", 8750, True)


def test_no_secret_stands_in_the_printed_form(settings: Settings) -> None:
    assert settings.secret_key not in repr(settings)
    assert "database_url" not in repr(settings)


def test_a_database_address_can_come_from_a_private_file(instance: Instance, tmp_path: Path) -> None:
    file = private(tmp_path / "db", "postgresql://pingji@localhost/pingji\n")
    found = Settings.from_env({"PINGJI_INSTANCE": str(instance.path), "PINGJI_DATABASE_FILE": file})
    assert found.database_url == "postgresql://pingji@localhost/pingji"


BAD: dict[str, Callable[[Path], dict[str, str]]] = {
    "unknown name": lambda _: {"PINGJI_DATABSE": "sqlite://"},
    "debug": lambda _: {"PINGJI_DEBUG": "1"},
    "flask debug": lambda _: {"FLASK_DEBUG": "true"},
    "port is a word": lambda _: {"PORT": "http"},
    "port is zero": lambda _: {"PORT": "0"},
    "port too high": lambda _: {"PORT": "65536"},
    "port in foreign digits": lambda _: {"PORT": "８７５０"},
    "no worker": lambda _: {"PINGJI_WORKERS": "0"},
    "passwords by no known name": lambda _: {"PINGJI_PASSWORDS": "mild"},
    "passwords too short": lambda _: {"PINGJI_PASSWORDS": "length=8"},
    "passwords twice": lambda _: {"PINGJI_PASSWORDS": "days=90 days=30"},
    "proxy is a name": lambda _: {"PINGJI_TRUSTED_PROXY": "127.0.0.1 proxy.local"},
    "flag is a word": lambda _: {"PINGJI_SECURE_COOKIES": "yes"},
    "database unknown": lambda _: {"PINGJI_DATABASE": "mysql://localhost/x"},
    "database no address": lambda _: {"PINGJI_DATABASE": "pingji.db"},
    "broker unknown": lambda _: {"PINGJI_BROKER": "memory://"},
    "evidence unknown": lambda _: {"PINGJI_EVIDENCE": "http://host/x"},
    "secret short": lambda t: {"PINGJI_SECRET_FILE": private(t / "s", "a1b2c3d4")},
    "secret uniform": lambda t: {"PINGJI_SECRET_FILE": private(t / "s", "a" * 64)},
    "secret default": lambda t: {"PINGJI_SECRET_FILE": private(t / "s", "changeme-0123456789abcdef01234567")},
    "secret readable": lambda t: {"PINGJI_SECRET_FILE": private(t / "s", "0123456789abcdef" * 4, 0o644)},
    "secret empty": lambda t: {"PINGJI_SECRET_FILE": private(t / "s", "\n")},
    "secret missing": lambda t: {"PINGJI_SECRET_FILE": str(t / "none")},
    "secret one character": lambda t: {"PINGJI_SECRET_FILE": private(t / "s", "短")},
    "database file readable": lambda t: {"PINGJI_DATABASE_FILE": private(t / "d", "sqlite://", 0o640)},
    "database twice": lambda t: {
        "PINGJI_DATABASE_FILE": private(t / "d", "sqlite:///x"), "PINGJI_DATABASE": "sqlite:///y"
    },
    "demo opened to others": lambda _: {
        "PINGJI_HOST": "0.0.0.0", "PINGJI_TRUSTED_HOSTS": "a", "PINGJI_SECURE_COOKIES": "1",
        "PINGJI_TRUSTED_PROXY": "10.0.0.2",
    },
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_dangerous_setting_refuses_the_start(instance: Instance, tmp_path: Path, case: str) -> None:
    with pytest.raises(InvalidError) as refused:
        Settings.from_env({"PINGJI_INSTANCE": str(instance.path)} | BAD[case](tmp_path))
    assert len(refused.value.problems) == 1


def test_a_live_instance_opens_to_others_only_with_hosts_cookies_and_a_proxy(
    tmp_path: Path, instance: Instance
) -> None:
    live = create_instance(tmp_path / "live", InstanceKind.LIVE, at=datetime.fromisoformat(instance.created))
    base = {"PINGJI_INSTANCE": str(live.path), "PINGJI_HOST": "0.0.0.0"}
    with pytest.raises(InvalidError) as refused:
        Settings.from_env(base)
    needed = {
        "PINGJI_TRUSTED_HOSTS": "pj.local",
        "PINGJI_SECURE_COOKIES": "1",
        "PINGJI_TRUSTED_PROXY": "10.0.0.2 fd00:0::2",
    }
    assert {p.path for p in refused.value.problems} == set(needed)
    for name in needed:
        with pytest.raises(InvalidError, match=name):
            Settings.from_env(base | {k: v for k, v in needed.items() if k != name})
    found = Settings.from_env(base | needed)
    assert found.trusted_hosts == ("pj.local",)
    assert found.trusted_proxy == ("10.0.0.2", "fd00::2")


def test_all_problems_are_named_at_once_and_no_password_is_shown(instance: Instance) -> None:
    with pytest.raises(InvalidError) as refused:
        Settings.from_env({
            "PINGJI_INSTANCE": str(instance.path), "PORT": "x", "PINGJI_DATABASE": "mysql://u:hunter2@h/x",
        })  # fmt: skip
    assert len(refused.value.problems) == 2
    assert "hunter2" not in str(refused.value)
