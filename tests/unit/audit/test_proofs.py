"""A proof in a file stands alone: one verifier, one key, and whatever is altered in it is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service.audit import verifier
from service.audit.checkpoint import Checkpoint, open_checkpoint
from service.audit.merkle import EMPTY_ROOT
from service.audit.proofs import INCLUSION, growth_file, inclusion_file
from service.audit.verifier import Given, Refused, main, verify_proof
from service.errors import IntegrityFailureError, InvalidError
from tests.conftest import Depth
from tests.unit.audit.conftest import FILE


def hashes(log: Any) -> list[bytes]:
    return [part.hash for part in log.parts]


@pytest.fixture
def inclusion(log: Any, tmp_path: Path) -> Path:
    """The proof of the fourth entry, entry enclosed."""
    path = tmp_path / "entry.tlog-proof"
    path.write_text(inclusion_file(log.note, hashes(log), 3, entry=log.parts[3].data), encoding="utf-8")
    return path


@pytest.fixture
def earlier(log: Any) -> bytes:
    """The first checkpoint, as an auditor has kept it."""
    note: str = json.loads(log.signer.history()[0])["note"]
    return note.encode()


@pytest.fixture
def growth(log: Any, earlier: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "log.tlog-growth"
    old = open_checkpoint(earlier, [log.signer.verifier])
    path.write_text(growth_file(log.note, hashes(log), old), encoding="utf-8")
    return path


def failed(outcome: verifier.Outcome) -> set[str]:
    return {name for name, each in outcome.verdicts.items() if not each.ok}


def test_the_files_have_the_form_of_the_standards(inclusion: Path, growth: Path, log: Any) -> None:
    lines = inclusion.read_text().split("\n")
    assert lines[0] == INCLUSION
    assert base64.b64decode(lines[1].removeprefix("extra ")) == log.parts[3].data
    assert lines[2] == "index 3"
    assert inclusion.read_text().endswith("\n\n" + log.note)
    assert growth.read_text().split("\n")[0] == "old 3"
    assert growth.read_text().endswith("\n\n" + log.note)


def test_every_entry_is_proven_with_and_without_its_words(log: Any, tmp_path: Path) -> None:
    path = tmp_path / "each"
    for index, part in enumerate(log.parts):
        path.write_text(inclusion_file(log.note, hashes(log), index, entry=part.data))
        outcome = verify_proof(path, log.vkey, part.hash.hex())
        assert failed(outcome) == set()
        assert part.entry_id in outcome.text()
        path.write_text(inclusion_file(log.note, hashes(log), index, entry=None))
        assert verify_proof(path, log.vkey, part.hash.hex()).ok
        assert failed(verify_proof(path, log.vkey)) == {"proof"}


def test_growth_is_proven_against_the_checkpoint_kept_and_no_other(
    growth: Path, earlier: bytes, log: Any, other_log: Any
) -> None:
    outcome = verify_proof(growth, log.vkey, kept=earlier)
    assert failed(outcome) == set()
    assert "原样仍在" in outcome.text()
    assert failed(verify_proof(growth, log.vkey)) == {"proof"}
    assert failed(verify_proof(growth, log.vkey, kept=log.note.encode())) == {"proof"}
    with pytest.raises(Refused, match="核验人保存的检查点"):
        verify_proof(growth, log.vkey, kept=other_log.note.encode())


def test_growth_from_nothing_to_any_size_is_proven(log: Any, tmp_path: Path) -> None:
    from_nothing = Checkpoint(log.origin, 0, EMPTY_ROOT)
    path = tmp_path / "growth"
    signer = log.signer.__class__.create(tmp_path / "again", log.origin)
    leaves = hashes(log)
    for size in range(len(leaves) + 1):
        root = verifier.tree_root(leaves[:size])
        at = json.loads(log.parts[0].data)["at"]
        note = signer.sign(size, root, lambda a, b: leaves[a:b], at=datetime.fromisoformat(at))
        path.write_text(growth_file(note, leaves[:size], from_nothing))
        assert verify_proof(path, str(signer.verifier), kept=signer.notes()[0][1].encode()).ok


@pytest.mark.parametrize("name", ["inclusion", "growth"])
def test_every_altered_byte_is_refused(
    name: str,
    log: Any,
    earlier: bytes,
    deep: Depth,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every value at every place when `deep`; a spread of both otherwise."""
    path: Path = request.getfixturevalue(name)
    data = path.read_bytes()
    leaf = log.parts[3].hash.hex() if name == "inclusion" else None
    # The same true note need not be multiplied out again and again; a false one is never remembered.
    monkeypatch.setattr(verifier, "open_note", cache(verifier.open_note))
    policy = verifier.trusted(log.vkey)
    digest = None if leaf is None else bytes.fromhex(leaf)
    places = deep.numbers(0, len(data)) or range(0, len(data), len(data) // 60)
    for at in places:
        byte = data[at]
        for value in set(range(256) if deep else (byte ^ 1, byte ^ 0x20)) - {byte}:
            made = data[:at] + bytes([value]) + data[at + 1 :]
            assert not verifier.ProofCheck(made, policy, digest, earlier).run().ok, (at, value)
    for wrong in (data[:-1], data + b"\n", data[1:], b"", data.replace(b"\n", b"\r\n")):
        path.write_bytes(wrong)
        assert not verify_proof(path, log.vkey, leaf, earlier).ok


def test_the_proof_of_another_entry_than_the_receipt_names_is_refused(inclusion: Path, log: Any) -> None:
    outcome = verify_proof(inclusion, log.vkey, log.parts[4].hash.hex())
    assert failed(outcome) == {"proof"}
    assert "不是回执上的那一条" in outcome.text()
    with pytest.raises(Refused, match="--leaf"):
        verify_proof(inclusion, log.vkey, "nonsense")


def test_a_file_at_hand_is_the_one_the_proven_entry_registers(
    growth: Path, earlier: bytes, log: Any, tmp_path: Path
) -> None:
    good, bad = (Given("报告.pdf", hashlib.sha256(data).hexdigest()) for data in (FILE, FILE + b"\n"))
    path = tmp_path / "file.tlog-proof"
    path.write_text(inclusion_file(log.note, hashes(log), 4, entry=log.parts[4].data), encoding="utf-8")
    assert "所给的 报告.pdf 是序号 4" in verify_proof(path, log.vkey, given=good).text()
    assert failed(verify_proof(path, log.vkey, given=bad)) == {"entries"}
    path.write_text(inclusion_file(log.note, hashes(log), 4, entry=None), encoding="utf-8")
    leaf = log.parts[4].hash.hex()
    assert failed(verify_proof(path, log.vkey, leaf, given=good)) == {"proof"}
    assert failed(verify_proof(growth, log.vkey, kept=earlier, given=good)) == {"proof"}


def test_a_fork_of_the_kept_size_is_named(inclusion: Path, log: Any, tmp_path: Path) -> None:
    forger = log.signer.__class__.create(tmp_path / "forger", log.origin)
    (forger.directory / "key").write_text((log.signer.directory / "key").read_text())
    forger = log.signer.__class__(forger.directory)
    forged = [b"\1" * 32, *hashes(log)[1:]]
    at = json.loads(log.parts[0].data)["at"]
    note = forger.sign(
        len(forged), verifier.tree_root(forged), lambda a, b: forged[a:b], at=datetime.fromisoformat(at)
    )
    assert failed(verify_proof(inclusion, log.vkey, kept=note.encode())) == {"proof"}


def test_the_one_copied_file_judges_proofs_by_its_exit_code(
    inclusion: Path, growth: Path, log: Any, earlier: bytes, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(earlier)
    base = [sys.executable, "-I", "-S", verifier.__file__]
    for words, code in (
        ([inclusion, "--vkey", log.vkey], 0),
        ([growth, "--vkey", log.vkey, "--checkpoint", kept], 0),
        ([growth, "--vkey", log.vkey], 1),
        ([inclusion, "--vkey", log.vkey, "--leaf", "0" * 64], 1),
        ([inclusion, "--vkey", log.vkey, "--leaf", "0"], 2),
    ):
        made = subprocess.run([*base, *map(str, words)], capture_output=True, text=True, check=False)
        assert made.returncode == code, made
    assert main([str(kept), "--vkey", log.vkey, "--leaf", "0" * 64]) == 2


def test_what_is_not_in_the_checkpoint_is_not_proven(log: Any, other_log: Any, earlier: bytes) -> None:
    leaves = hashes(log)
    for wrong in (leaves[:-1], [*leaves, leaves[0]], hashes(other_log)):
        with pytest.raises(IntegrityFailureError):
            inclusion_file(log.note, wrong, 0, entry=None)
    with pytest.raises(InvalidError):
        inclusion_file(log.note, leaves, len(leaves), entry=None)
    with pytest.raises(IntegrityFailureError):
        growth_file(log.note, leaves, Checkpoint(log.origin, 2, EMPTY_ROOT))
    for bad in (Checkpoint("elsewhere", 0, EMPTY_ROOT), Checkpoint(log.origin, len(leaves) + 1, EMPTY_ROOT)):
        with pytest.raises(InvalidError):
            growth_file(log.note, leaves, bad)
