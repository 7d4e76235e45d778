"""A witness of another author cosigns our honest growth and refuses rollback and fork, also after its death.

It is aics-witness 0.1.0 over aics-tlog 0.2.1 (PyPI, Apache-2.0), which need Python 3.12 or newer: the test
makes them an environment of their own in its temporary folder, with the uv of the development lock, and
pinned to the day of that lock. The Python is one of this machine; failing that, one that uv fetches.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.actions.cosigning import cosignature
from service.audit.checkpoint import SignerKey, open_checkpoint
from service.audit.merkle import consistency_proof, leaf_hash, root_of
from service.audit.proofs import inclusion_file
from service.audit.signer import Signer
from service.audit.verifier import WITNESS_KEY, Key, Policy, open_note, verify_proof
from service.errors import IntegrityFailureError, UnavailableError
from service.witnesses import Cosigner
from tests.conftest import ROOT
from tests.ports import free_port

PACKAGES = ("aics-tlog==0.2.1", "aics-witness==0.1.0")
DAY = "2026-11-14"
ORIGIN = "pingji/live/0123456789abcdef"
NAME = "witness.example.org/w1"
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
WAIT = 120

pytestmark = pytest.mark.deep


def python_new_enough() -> str:
    """Return a Python from 3.12 on of this machine, or what makes uv fetch one."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    named = (shutil.which(f"python3.{minor}") for minor in range(12, 16))
    built = (str(each) for each in sorted(pyenv.glob("versions/3.1[2-9].*/bin/python3")))
    for each in (*filter(None, named), *built):
        # A name on the path may be a mere shim with nothing behind it.
        if subprocess.run([each, "-c", ""], capture_output=True, check=False).returncode == 0:
            return each
    return ">=3.12"


@pytest.fixture(scope="module")
def witness_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the witness in an environment made for it."""
    uv, folder = ROOT / ".venv" / "bin" / "uv", tmp_path_factory.mktemp("witness") / "env"
    python = str(folder / "bin" / "python")
    steps = (
        [uv, "venv", "-q", "--python", python_new_enough(), folder],
        [uv, "pip", "install", "-q", "--system-certs", "--exclude-newer", DAY, "--python", python, *PACKAGES],
    )
    for step in steps:
        made = subprocess.run(step, capture_output=True, text=True, check=False)
        assert made.returncode == 0, f"不能建立见证程序的环境（须有 Python 3.12 或更高版本）：{made.stderr}"
    return folder / "bin" / "aics-witness"


class Witness:
    """One witness with its configuration and database, started and killed at will."""

    def __init__(self, program: Path, folder: Path, vkey: str) -> None:
        self.program, self.config = program, folder / "witness.json"
        self.vkey = self.command("init", "--name", NAME).split()[-1]
        self.command("add-log", "--origin", ORIGIN, "--vkey", vkey)
        self.port = free_port()

    def command(self, *words: str) -> str:
        call = [self.program, words[0], "--config", self.config, *words[1:]]
        return subprocess.run(call, capture_output=True, text=True, check=True, cwd=self.config.parent).stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run it for the block, then kill it without a word."""
        listen = f"127.0.0.1:{self.port}"
        call = [self.program, "serve", "--config", self.config, "--listen", listen]
        with (self.config.parent / "witness.log").open("ab") as told:
            process = subprocess.Popen(call, stdout=told, stderr=told, cwd=self.config.parent)
        try:
            self._await(process)
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            assert process.poll() is None, (self.config.parent / "witness.log").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=60):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("见证程序没有应答")

    def add(self, old: int, proof: tuple[bytes, ...], note: str) -> tuple[int, str]:
        """Hand in a checkpoint and return status and answer (C2SP tlog-witness)."""
        lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", note]
        body = "\n".join(lines).encode()
        call = urllib.request.Request(f"http://127.0.0.1:{self.port}/add-checkpoint", data=body)
        try:
            with urllib.request.urlopen(call, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()


def test_it_countersigns_for_the_service_and_stops_it_when_the_past_is_another(
    witness_program: Path, tmp_path: Path
) -> None:
    signer = Signer.create(tmp_path / "signer", ORIGIN)
    witness = Witness(witness_program, tmp_path, str(signer.verifier))
    asked = Cosigner("w", Key.parse(witness.vkey, WITNESS_KEY), f"http://127.0.0.1:{witness.port}")
    with witness.serving():
        for size, known in ((1, 0), (7, 1), (64, 64), (300, 1)):
            note = signed(signer, leaves(size))
            line = cosignature(asked, signer, note, known, at=datetime.now(UTC))
            assert open_checkpoint(note + line, [signer.verifier]).size == size
            told = f"log {signer.verifier}\nwitness w {witness.vkey}\nquorum w\n"
            assert open_note((note + line).encode(), Policy.parse(told)).seen.keys() == {"w"}
        forger = thief(signer, tmp_path / "thief")
        for size, other in ((200, None), (300, 7), (400, 7)):
            note = signed(forger, leaves(size, other=other))
            with pytest.raises(IntegrityFailureError, match="见证人"):
                cosignature(asked, forger, note, 300, at=datetime.now(UTC))
            forger = thief(signer, tmp_path / f"thief{size}")
    with pytest.raises(UnavailableError, match="没有应答"):
        cosignature(asked, signer, signer.newest() or "", 300, at=datetime.now(UTC))


def leaves(count: int, *, other: int | None = None) -> list[bytes]:
    return [leaf_hash(b"entry %d%s" % (n, b" forged" if n == other else b"")) for n in range(count)]


def signed(signer: Signer, hashes: list[bytes]) -> str:
    return signer.sign(len(hashes), root_of(hashes), lambda start, end: hashes[start:end], at=AT)


def thief(signer: Signer, folder: Path) -> Signer:
    """Return a signer with the same key and no memory: what a stolen key or a restored disk is."""
    forger = Signer.create(folder, ORIGIN)
    shutil.copy(signer.directory / "key", forger.directory / "key")
    return Signer(forger.directory)


def test_it_cosigns_growth_and_refuses_rollback_and_fork(witness_program: Path, tmp_path: Path) -> None:
    signer = Signer.create(tmp_path / "signer", ORIGIN)
    witness = Witness(witness_program, tmp_path, str(signer.verifier))
    cosigned, note = 0, ""
    with witness.serving():
        for size in (1, 2, 7, 8, 64, 65, 257, 300):
            note = signed(signer, leaves(size))
            proof = consistency_proof(leaves(size), cosigned)
            status, line = witness.add(cosigned, proof, note)
            assert (status, line.split(" ")[1]) == (200, NAME)
            assert open_checkpoint(note + line, [signer.verifier]).size == size
            cosigned = size
    # Killed in between, it has forgotten nothing.
    with witness.serving():
        assert witness.add(300, (), note)[0] == 200
        back = signed(thief(signer, tmp_path / "restored"), leaves(65))
        assert witness.add(65, (), back) == (409, "300\n")
        assert witness.add(300, (), back)[0] == 400
        fork = signed(thief(signer, tmp_path / "fork"), leaves(300, other=123))
        assert witness.add(300, (), fork)[0] == 422
        forged = leaves(400, other=123)
        grown = signed(thief(signer, tmp_path / "grown"), forged)
        assert witness.add(300, consistency_proof(forged, 300), grown)[0] == 422
        assert witness.add(300, consistency_proof(leaves(400), 300), grown)[0] == 422
        stranger = SignerKey(ORIGIN, bytes(32)).sign(note.split("\n\n")[0] + "\n")
        assert witness.add(300, (), stranger)[0] == 403
        evidence = witness.command("evidence")
        assert evidence.count(ORIGIN) >= 2
        # The honest log goes on as if nothing had happened, and an auditor's policy counts the witness.
        honest = leaves(301)
        note = signed(signer, honest)
        status, line = witness.add(300, consistency_proof(honest, 300), note)
        assert status == 200
        policy = Policy.parse(f"log {signer.verifier}\nwitness office {witness.vkey}\nquorum office\n")
        proof = tmp_path / "entry.tlog-proof"
        proof.write_text(inclusion_file(note + line, honest, 7, entry=None))
        outcome = verify_proof(proof, policy, honest[7].hex())
        assert outcome.ok
        assert "见证人 office 于" in outcome.text()
        proof.write_text(inclusion_file(note, honest, 7, entry=None))
        assert "见证不足" in verify_proof(proof, policy, honest[7].hex()).text()
