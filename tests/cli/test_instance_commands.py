"""init, run, db, user, audit, evidence, backup, restore and doctor, as an operator types them."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.cli import entry
from service.instance import open_instance
from service.jobs.worker import descendants

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the instance of this test will be; nothing is there yet."""
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "site"))
    return tmp_path / "site"


@pytest.fixture
def pingji(folder: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in this process; returns exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = entry.run([str(each) for each in arguments])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def live(pingji: Run) -> Run:
    assert pingji("init")[0] == 0
    return pingji


def document(answer: tuple[int, str, str], code: int = 0) -> Any:
    assert answer[0] == code, answer
    return json.loads(answer[1])


def test_init_makes_an_empty_live_instance_and_says_where_the_passwords_are(
    pingji: Run, folder: Path
) -> None:
    made = document(pingji("init", "--json"))
    assert (made["kind"], [a["role"] for a in made["accounts"]]) == ("live", ["SA", "SE"])
    assert open_instance(folder).origin == made["origin"]
    assert Path(made["passwords"]).stat().st_mode & 0o777 == 0o600
    assert all(
        line.split("\t")[2] not in json.dumps(made)
        for line in Path(made["passwords"]).read_text().splitlines()[1:]
    )
    assert document(pingji("case", "list", "--json")) == []


def test_init_never_touches_what_is_there(live: Run, folder: Path) -> None:
    before = (folder / "accounts.txt").read_text()
    code, _, said = live("init")
    assert (code, "目录已有内容" in said) == (1, True)
    assert (folder / "accounts.txt").read_text() == before


@pytest.mark.parametrize(
    "command", ["doctor", "case list", "audit verify", "evidence fsck", "db upgrade", "run"]
)
def test_without_an_instance_the_cure_is_named(pingji: Run, command: str) -> None:
    code, out, err = pingji(*command.split())
    assert "pingjiinit" in "".join((out + err).split())
    assert code == (1 if command == "doctor" else 3)


def test_the_second_upgrade_changes_nothing(live: Run) -> None:
    found = document(live("db", "upgrade", "--json"))
    assert (found["before"] == found["after"], found["changed"]) == (True, False)


def test_an_upgrade_names_and_makes_the_guards_somebody_removed(live: Run, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "pingji.db")) as connection:
        connection.execute("DROP TRIGGER guard_deduction_update")
    (lacked,) = document(live("db", "upgrade", "--json"))["guards"]
    assert "guard_deduction_update" in lacked
    assert document(live("db", "upgrade", "--json"))["guards"] == []
    assert live("doctor", "--json")[0] == 0


def test_accounts_are_made_and_disabled_by_the_right_person_only(live: Run) -> None:
    made = document(live("user", "create", "desk", "--duty", "经办", "--as", "admin", "--json"))
    assert len(made["password"]) >= 12
    assert live("user", "create", "desk", "--duty", "经办", "--as", "admin")[0] == 1
    assert live("user", "create", "other", "--duty", "经办", "--as", "security")[0] == 1
    assert live("user", "create", "other", "--duty", "经办", "--as", "nobody")[0] == 2
    assert live("user", "create", "other", "--duty", "经办")[0] == 2
    assert document(live("user", "unlock", "desk", "--reason", "来电核实", "--as", "security", "--json"))
    assert live("user", "unlock", "desk", "--reason", "来电核实", "--as", "admin")[0] == 1
    assert live("user", "unlock", "nobody", "--reason", "来电核实", "--as", "security")[0] == 2
    assert live("user", "disable", "desk", "--reason", "离职", "--as", "admin")[0] == 0
    assert live("user", "disable", "desk", "--reason", "离职", "--as", "admin")[0] == 2


def test_the_log_verifies_signs_and_leaves_in_a_bundle_an_auditor_checks_alone(
    live: Run, tmp_path: Path, root: Path
) -> None:
    assert document(live("audit", "verify", "--json"))["unanchored"] > 0
    signed = document(live("audit", "checkpoint", "--json"))
    assert document(live("audit", "verify", "--json"))["unanchored"] == 0
    assert live("audit", "export", tmp_path / "bundle")[0] == 0
    verifier = [
        sys.executable,
        "-I",
        root / "service/audit/verifier.py",
        tmp_path / "bundle",
        "--vkey",
        signed["vkey"],
    ]
    assert subprocess.run(verifier, capture_output=True, check=False).returncode == 0
    kept = tmp_path / "note"
    kept.write_text(signed["checkpoint"])
    assert live("audit", "verify", "--vkey", signed["vkey"], "--checkpoint", kept)[0] == 0
    assert live("audit", "verify", "--vkey", signed["vkey"])[0] == 2
    assert live("audit", "export", tmp_path / "bundle")[0] == 1


def test_a_backup_restores_under_two_names_and_verifies_afterwards(live: Run, tmp_path: Path) -> None:
    assert document(live("backup", tmp_path / "copy", "--json"))["entries"] == 1
    assert live("user", "create", "later", "--duty", "经办", "--as", "admin")[0] == 0
    assert live("restore", tmp_path / "copy", "--as", "admin", "--with", "admin", "--reason", "x")[0] == 1
    restored = document(
        live(
            "restore", tmp_path / "copy", "--as", "admin", "--with", "security", "--reason", "演练", "--json"
        )
    )
    assert (restored["entries"], Path(restored["former"]).is_dir()) == (2, True)
    assert document(live("audit", "verify", "--json"))["ok"] is True


def test_an_empty_store_is_clean_and_doctor_is_content(live: Run) -> None:
    assert document(live("evidence", "fsck", "--json")) == {"checked": 0, "problems": [], "orphans": []}
    found = {each["what"]: each["state"] for each in document(live("doctor", "--json"))}
    assert found["数据库与防护"] == found["留痕签名器"] == "正常"
    assert found["初始密码"] == "欠缺"


def test_doctor_finds_an_instance_open_to_others(live: Run, folder: Path) -> None:
    (folder / "keys" / "session.key").chmod(0o644)
    code, out, _ = live("doctor", "--json")
    assert code == 1
    assert any("0644" in each["words"] for each in json.loads(out))


def test_a_live_instance_takes_no_demonstration(live: Run) -> None:
    code, _, err = live("run", "--demo", "--no-server")
    assert (code, "正式实例不装演示数据" in err) == (1, True)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def served(live: Run, folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """``pingji run`` in a process of its own, started as a shell starts background jobs."""
    environ = os.environ | {"PINGJI_INSTANCE": str(folder), "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-c", "from service.cli import main; main()", "run"],
        env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C" in line:
            break
    yield process
    process.kill()
    process.stdout.close()
    process.wait()


def test_run_answers_and_stops_with_everything_it_started(
    served: subprocess.Popen[str], port: int, live: Run
) -> None:
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing-here", timeout=10)
    assert answer.value.code == 404
    answer.value.close()
    code, _, err = live("run")
    assert (code, "已在运行" in err) == (3, True)
    family = descendants(served.pid)
    assert family
    served.send_signal(signal.SIGINT)
    assert served.wait(40) == 0
    time.sleep(0.2)
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []


def test_a_taken_port_is_named_with_its_cure(live: Run, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(port))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, _, err = live("run")
    assert (code, f"127.0.0.1:{port}" in err, "PORT" in err) == (3, True, True)
