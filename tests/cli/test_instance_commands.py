"""init, run, db, user, audit, evidence, backup, restore and doctor, as an operator types them."""

from __future__ import annotations

import hashlib
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
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from service.audit import verifier
from service.audit.signer_client import SignerClient, signer_at
from service.cli import entry
from service.instance import open_instance
from service.jobs.worker import descendants
from tests.cli.answers import document
from tests.ports import free_port

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
    size, root64 = signed["checkpoint"].split("\n")[1:3]
    paper = f"{size} {b64decode(root64).hex(' ', 2)}"
    assert live("audit", "verify", "--printed", paper)[0] == 0
    code, said, _ = live("audit", "verify", "--printed", f"{int(size) - 1}{paper[len(size) :]}", "--json")
    assert (code, json.loads(said)["first_bad"]["verdict"]) == (1, "witnesses")
    assert live("audit", "verify", "--printed", f"{int(size) + 5}{paper[len(size) :]}")[0] == 1
    assert live("audit", "verify", "--printed", "7 abc")[0] == 1
    assert live("audit", "export", tmp_path / "bundle")[0] == 1


def test_an_entry_and_the_growth_since_a_checkpoint_are_proven_to_a_stranger(
    live: Run, folder: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(folder / "pingji.db")) as connection:
        entry, leaf = connection.execute("SELECT entry_id, leaf_hash FROM audit_entry").fetchone()
    assert live("audit", "proof", entry)[0] == 3
    kept = tmp_path / "kept"
    kept.write_text(document(live("audit", "checkpoint", "--json"))["checkpoint"])
    assert live("user", "create", "later", "--duty", "经办", "--as", "admin")[0] == 0
    assert live("audit", "checkpoint")[0] == 0
    target = tmp_path / "entry.tlog-proof"
    vkey = document(live("audit", "proof", entry, "--out", target, "--json"))["vkey"]
    assert live("audit", "proof", entry, "--out", target)[0] == 1
    assert live("audit", "proof", "nothing", "--out", tmp_path / "x")[0] == 2
    assert live("audit", "growth", kept, "--out", tmp_path / "grown")[0] == 0
    assert live("audit", "growth", tmp_path / "missing")[0] == 2
    assert verifier.main([str(target), "--vkey", vkey, "--leaf", leaf.hex()]) == 0
    assert verifier.main([str(tmp_path / "grown"), "--vkey", vkey, "--checkpoint", str(kept)]) == 0


def test_the_offline_verifiers_are_handed_out_as_two_files(live: Run, tmp_path: Path, root: Path) -> None:
    told = document(live("audit", "verifier", tmp_path / "given", "--json"))["sha256"]
    assert sorted(told) == ["verifier.html", "verifier.py"]
    for name, digest in told.items():
        data = (tmp_path / "given" / name).read_bytes()
        assert data == (root / "service/audit" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
    assert live("audit", "verifier", tmp_path / "given")[0] == 1


def test_signing_keys_change_under_two_names_and_a_policy_tells_the_auditor(
    live: Run, folder: Path, tmp_path: Path
) -> None:
    people = ("--as", "admin", "--with", "security", "--reason", "例行更换")
    before = tmp_path / "before"
    before.write_text(document(live("audit", "checkpoint", "--json"))["checkpoint"])
    assert live("audit", "revoke-key", *people)[0] == 1
    assert live("audit", "rotate-key", "--as", "admin", "--with", "admin", "--reason", "x")[0] == 1
    assert live("audit", "rotate-key", "--as", "security", "--with", "admin", "--reason", "x")[0] == 1
    rotated = document(live("audit", "rotate-key", *people, "--json"))
    assert rotated["checkpoint"].count("\n— ") == 2
    assert live("audit", "rotate-key", *people)[0] == 1
    assert live("audit", "revoke-key", *people, "--above", "0")[0] == 1
    revoked = document(live("audit", "revoke-key", *people, "--json"))
    assert revoked["checkpoint"].count("\n— ") == 1
    policy = tmp_path / "policy"
    policy.write_text(document(live("audit", "policy", "--json"))["policy"])
    assert live("audit", "verify")[0] == 0
    assert live("audit", "export", tmp_path / "bundle")[0] == 0
    told = ["--policy", str(policy), "--checkpoint", str(before)]
    assert verifier.main([str(tmp_path / "bundle"), *told]) == 0
    assert verifier.main([str(tmp_path / "bundle"), "--vkey", revoked["vkey"]]) == 1
    assert live("audit", "growth", before, "--out", tmp_path / "grown")[0] == 0
    assert verifier.main([str(tmp_path / "grown"), *told]) == 0


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
    return free_port()


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
        urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing-here", timeout=60)
    assert answer.value.code == 404
    answer.value.close()
    code, _, err = live("run")
    assert (code, "已在运行" in err) == (3, True)
    family = descendants(served.pid)
    assert family
    served.send_signal(signal.SIGINT)
    assert served.wait(120) == 0
    assert [pid for pid in family if alive(pid)] == []


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet asked for by whoever inherited it does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def signing_child(parent: int) -> int | None:
    """The signer among the children of `parent`."""
    for pid in descendants(parent):
        with suppress(OSError):
            if b"service.jobs.signing" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


def awaited(asked: Callable[[], object]) -> Any:
    until = time.monotonic() + 120
    while not (found := asked()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def test_a_running_instance_signs_in_a_process_of_its_own_that_comes_back_when_killed(
    served: subprocess.Popen[str], live: Run, folder: Path
) -> None:
    door = folder / "signer.sock"
    awaited(door.exists)
    # Whoever may not read the key gets his checkpoint all the same: the process alone opens it.
    first = awaited(lambda: signing_child(served.pid))
    signed = document(live("audit", "checkpoint", "--json"))
    assert isinstance(signer_at(folder / "signer"), SignerClient)
    code, _, err = live("signer")
    assert (code, "已有一个签名器" in err) == (3, True)
    os.kill(first, signal.SIGKILL)
    again = awaited(lambda: (now := signing_child(served.pid)) not in (None, first) and now)
    assert again != first
    awaited(lambda: isinstance(signer_at(folder / "signer"), SignerClient))
    assert document(live("audit", "checkpoint", "--json")) == signed
    assert live("audit", "verify")[0] == 0
    found = {each["what"]: each["state"] for each in document(live("doctor", "--json"))}
    assert found["留痕签名器"] == "正常"


def test_the_signer_runs_alone_until_told_to_stop(live: Run, folder: Path) -> None:
    environ = os.environ | {"PINGJI_INSTANCE": str(folder)}
    command = [sys.executable, "-c", "from service.cli import main; main()", "signer"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert "signer.sock" in process.stdout.readline()
        assert isinstance(signer_at(folder / "signer"), SignerClient)
        assert live("audit", "checkpoint")[0] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
        assert "已停止" in process.stdout.read()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert not (folder / "signer.sock").exists()
    assert live("audit", "checkpoint")[0] == 0


def test_a_taken_port_is_named_with_its_cure(live: Run, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(port))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, _, err = live("run")
    assert (code, f"127.0.0.1:{port}" in err, "PORT" in err) == (3, True, True)
