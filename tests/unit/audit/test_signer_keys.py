"""A key changes in the open: two persons, the log, the history and the auditor's policy say the same."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit import signer_keys, verifier
from service.audit.checkpoint import Checkpoint, SignerKey, VerifierKey, open_checkpoint
from service.audit.leaf import KeyFact, LeafActor, LeafFacts, build
from service.audit.merkle import root_of
from service.audit.proofs import inclusion_file
from service.audit.signer import NamedPerson, Signer
from service.audit.signer_keys import policy_text, trusted_keys
from service.audit.verifier import Policy, Refused, main, verify_bundle, verify_proof
from service.errors import IntegrityFailureError, InvalidError


def failed(outcome: verifier.Outcome) -> set[str]:
    return {name for name, each in outcome.verdicts.items() if not each.ok}


def grown(log: Any) -> str:
    log.add("evaluation.edit")
    note: str = log.sign()
    return note


@pytest.fixture
def rotated(log: Any) -> tuple[Any, VerifierKey, VerifierKey, int]:
    """The log after a change of keys; the old key, the new one, and the size at which it began."""
    old = log.signer.verifier
    log.change_key()
    return log, old, log.signer.verifier, len(log.parts)


def test_both_keys_sign_until_the_old_one_is_revoked(rotated: Any) -> None:
    log, old, new, since = rotated
    assert old != new
    for note in (log.note, grown(log)):
        assert open_checkpoint(note, [old]) == open_checkpoint(note, [new])
    log.change_key(above=since)
    for note in (log.note, grown(log)):
        assert open_checkpoint(note, [new]).size
        with pytest.raises(IntegrityFailureError):
            open_checkpoint(note, [old])
    keys = trusted_keys(log.signer.history(), log.signer.verifier)
    assert [(each.key, each.since, each.until) for each in keys] == [(old, 0, since), (new, since, None)]
    assert sorted(each.name for each in log.signer.directory.glob("key*")) == ["key"]


def test_a_bundle_over_several_keys_is_verified_by_the_policy_and_by_no_single_key(
    rotated: Any, tmp_path: Path
) -> None:
    log, old, new, since = rotated
    grown(log)
    overlap = log.policy
    log.change_key(above=since)
    grown(log)
    log.change_key()
    bundle = log.export(tmp_path / "bundle")
    policy = Policy.parse(log.policy)
    outcome = verify_bundle(bundle, policy)
    assert failed(outcome) == set()
    assert "更换密钥：例行更换" in outcome.text()
    assert f"撤销密钥（{since} 条以后）" in outcome.text()
    # One key alone cannot vouch for the time of the other, and who has not heard of the revocation is told.
    assert failed(verify_bundle(bundle, str(new))) == {"history"}
    assert "signature" in failed(verify_bundle(bundle, str(old)))
    outcome = verify_bundle(bundle, Policy.parse(overlap))
    assert failed(outcome) == {"history"}
    assert "策略没有写明" in outcome.text()


def test_a_stolen_old_key_signs_nothing_above_the_size_of_its_revocation(
    rotated: Any, tmp_path: Path
) -> None:
    log, _, _, since = rotated
    thief = SignerKey.parse((log.signer.directory / "key.old").read_text())
    log.change_key(above=since)
    policy = Policy.parse(log.policy)
    hashes = [part.hash for part in log.parts]
    path = tmp_path / "proof"
    for size, good in ((since, True), (since + 1, False)):
        note = thief.sign(Checkpoint(log.origin, size, root_of(hashes[:size])).text)
        path.write_text(inclusion_file(note, hashes[:size], 0, entry=None))
        outcome = verify_proof(path, policy, hashes[0].hex())
        assert outcome.ok is good
        assert good or "已经撤销" in outcome.text()
    # A new key is not good for what was signed before it came.
    early = Policy.parse(policy_text(trusted_keys(log.signer.history(), log.signer.verifier)[1:]))
    fresh = SignerKey.parse((log.signer.directory / "key").read_text())
    note = fresh.sign(Checkpoint(log.origin, 1, root_of(hashes[:1])).text)
    path.write_text(inclusion_file(note, hashes[:1], 0, entry=None))
    assert "尚未启用" in verify_proof(path, early, hashes[0].hex()).text()


def test_what_does_not_agree_is_not_followed(log: Any) -> None:
    signer: Signer = log.signer
    before = signer.history()
    stranger = str(SignerKey(log.origin, bytes(32)).verifier)
    event = log.key_event()
    same = (event.persons[0], event.persons[0])
    other = (event.persons[0], NamedPerson("account-9", "某人"))
    cases = (
        replace(event, persons=same),
        replace(event, persons=other),
        replace(event, reason=" "),
        replace(event, index=event.size),
        replace(event, index=0),
        replace(event, root=b"\0" * 32),
        replace(event, leaf=log.parts[0].data),
        log.key_event(new=stranger),
        log.key_event(old=stranger),
    )
    for case in cases:
        with pytest.raises((InvalidError, IntegrityFailureError)):
            signer.change_key(case, log.leaves, at=_at(log))
    assert signer.history() == before
    with pytest.raises(InvalidError, match="没有并行签署"):
        signer.change_key(_revocation(log, str(signer.verifier), 3), log.leaves, at=_at(log))
    log.change_key()
    with pytest.raises(InvalidError, match="还没有撤销"):
        log.change_key()
    since = len(log.parts) - 1
    for above in (since - 1, 10**6):
        with pytest.raises(InvalidError, match="撤销起点"):
            log.change_key(above=above)


def _at(log: Any) -> Any:
    return verifier.datetime.fromisoformat(json.loads(log.parts[0].data)["at"])


def _revocation(log: Any, old: str, above: int) -> signer_keys.KeyEvent:
    entry = log.add("key.revoke", reason="失窃", key=KeyFact(old, None, above, ("account-1", "account-2")))
    size = len(log.parts)
    root = root_of(log.leaves(0, size))
    persons = (NamedPerson("account-1", "系统管理员"), NamedPerson("account-2", "审计员"))
    return signer_keys.KeyEvent(entry.data, size - 1, size, root, persons, "失窃")


def test_a_fork_cannot_be_smuggled_in_with_a_new_key(log: Any) -> None:
    event = log.key_event()
    log.parts[0] = log.parts[1]
    forged = replace(event, root=root_of(log.leaves(0, event.size)))
    with pytest.raises(IntegrityFailureError, match="拒绝签署"):
        log.signer.change_key(forged, log.leaves, at=_at(log))


@pytest.mark.parametrize("act", ["rotate", "revoke"])
@pytest.mark.parametrize("step", range(8))
def test_a_crash_at_any_step_is_put_right_by_the_history(
    log: Any, monkeypatch: pytest.MonkeyPatch, act: str, step: int
) -> None:
    """The power goes at the `step`th durable write of the act; the next opening finds one of two states."""
    if act == "revoke":
        log.change_key()
    since = len(log.parts)
    event = log.key_event(above=since if act == "revoke" else None)
    before = log.signer.history()
    with monkeypatch.context() as patched:
        _fail_at(patched, step)
        with suppress(PowerCutError):
            log.note = log.signer.change_key(event, log.leaves, at=_at(log))
    log.signer = Signer(log.signer.directory)
    history = log.signer.history()
    assert history[: len(before)] == before
    if len(history) == len(before):
        log.note = log.signer.change_key(event, log.leaves, at=_at(log))
    assert [json.loads(line)["kind"] for line in log.signer.history()].count(act) == 1
    files = {each.name for each in log.signer.directory.glob("key*")}
    assert files == ({"key", "key.old"} if act == "rotate" else {"key"})
    assert open_checkpoint(grown(log), [log.signer.verifier]).size == len(log.parts)


class PowerCutError(Exception):
    pass


def _fail_at(patched: pytest.MonkeyPatch, step: int) -> None:
    left = [step]

    def counted(real: Any) -> Any:
        def write(*words: Any) -> Any:
            if left[0] == 0:
                raise PowerCutError
            left[0] -= 1
            return real(*words)

        return write

    for module in ("service.audit.signer", "service.audit.signer_keys"):
        patched.setattr(f"{module}.replace_file", counted(getattr(signer_keys, "replace_file")))  # noqa: B009
    patched.setattr("service.audit.signer_keys.sync_directory", counted(signer_keys.sync_directory))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"account-2"', '"account-1"'),
        ('"reason":"例行更换"', '"reason":""'),
        ('"kind":"rotate"', '"kind":"checkpoint"'),
        ('"proof":"', '"proof":"A'),
    ],
)
def test_a_change_of_keys_that_differs_from_the_log_is_named(
    rotated: Any, tmp_path: Path, old: str, new: str
) -> None:
    log = rotated[0]
    lines = list(log.signer.history())
    assert old in lines[-1]
    bundle = log.export(tmp_path / "bundle", history=[*lines[:-1], lines[-1].replace(old, new)])
    assert "history" in failed(verify_bundle(bundle, Policy.parse(log.policy)))


def test_an_entry_no_signer_followed_is_named(log: Any, tmp_path: Path) -> None:
    log.key_event()
    log.sign()
    outcome = verify_bundle(log.export(tmp_path / "bundle"), log.vkey)
    assert failed(outcome) == {"history"}
    assert "没有进入签署器历史" in outcome.text()


def test_an_entry_about_keys_says_everything() -> None:
    actor, at = LeafActor("account-1", "SA"), verifier.datetime(2026, 3, 2, tzinfo=verifier.timezone.utc)
    for action, new, above, persons in (
        ("key.rotate", None, None, ("a", "b")),
        ("key.rotate", "k", 3, ("a", "b")),
        ("key.revoke", "k", None, ("a", "b")),
        ("evaluation.edit", "k", None, ("a", "b")),
        ("key.rotate", "k", None, ("a", "a")),
    ):
        with pytest.raises(InvalidError):
            build(LeafFacts("log", "id", at, actor, action, key=KeyFact("old", new, above, persons)))


# --- the policy and its witnesses -----------------------------------------------------------------


class Seer:
    """A witness: it cosigns what it is shown (C2SP tlog-cosignature)."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        data = b"\x04" + self.key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        self.vkey = f"{name}+{self.key_id.hex()}+{base64.b64encode(data).decode()}"

    def line(self, note: str, time: int = 1_790_000_000) -> str:
        text = note.split("\n\n")[0] + "\n"
        mark = self.key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        encoded = base64.b64encode(self.key_id + time.to_bytes(8, "big") + mark).decode()
        return f"— {self.name} {encoded}\n"


ONE, TWO, THREE = (Seer(f"w{n}.example", n) for n in (1, 2, 3))


def witnessed_policy(log: Any, quorum: str) -> Policy:
    words = "\n".join(f"witness {name} {seer.vkey}" for name, seer in (("A", ONE), ("B", TWO), ("C", THREE)))
    groups = "group pair 2 A B\ngroup most any pair C"
    return Policy.parse(f"log {log.vkey}\n{words}\n{groups}\nquorum {quorum}\n")


@pytest.mark.parametrize(
    ("quorum", "seers", "enough"),
    [
        ("none", (), True),
        ("A", (), False),
        ("A", (ONE,), True),
        ("A", (TWO,), False),
        ("pair", (ONE,), False),
        ("pair", (ONE, TWO), True),
        ("most", (ONE,), False),
        ("most", (THREE,), True),
        ("most", (ONE, TWO), True),
    ],
)
def test_enough_witnesses_must_have_seen_the_checkpoint(
    log: Any, tmp_path: Path, quorum: str, seers: tuple[Seer, ...], enough: bool
) -> None:
    note = log.note + "".join(seer.line(log.note) for seer in seers)
    bundle = log.export(tmp_path / "bundle", note=note)
    outcome = verify_bundle(bundle, witnessed_policy(log, quorum))
    assert outcome.ok is enough
    assert enough or "见证不足" in outcome.text()
    assert outcome.text().count("2026-09-21T") == len(seers)


def test_a_false_line_of_a_known_witness_spoils_the_checkpoint(log: Any, tmp_path: Path) -> None:
    elsewhere = ONE.line(log.note.replace("\n", "x\n", 1))
    impostor = Seer(ONE.name, 9)
    impostor.key_id = ONE.key_id
    for number, line in enumerate((elsewhere, impostor.line(log.note))):
        bundle = log.export(tmp_path / str(number), note=log.note + line)
        assert failed(verify_bundle(bundle, witnessed_policy(log, "none"))) == {"signature"}


@pytest.mark.parametrize(
    "text",
    [
        "quorum none\n",
        "log LOG\n",
        "log LOG\nquorum none\nquorum none\n",
        "log LOG\nquorum A\n",
        "log LOG\nlog LOG\nquorum none\n",
        "log LOG\nlog OTHER\nquorum none\n",
        "log WITNESS\nquorum none\n",
        "log LOG\nwitness A LOG\nquorum none\n",
        "log LOG\nwitness A WITNESS\nwitness B WITNESS\nquorum A\n",
        "log LOG\nwitness A WITNESS\ngroup g 2 A\nquorum g\n",
        "log LOG\nwitness A WITNESS\ngroup g 0 A\nquorum g\n",
        "log LOG\nwitness A WITNESS\ngroup g all A A\nquorum g\n",
        "log LOG\nwitness A WITNESS\ngroup g any A\ngroup h any A\nquorum g\n",
        "log LOG\nwitness none WITNESS\nquorum none\n",
        "log LOG\ngroup g any none\nquorum none\n",
        "log LOG\nquorum none\nnonsense\n",
        "log LOG\r\nquorum none\r\n",
        "log LOG\n# pingji key 00000000 from 3\nquorum none\n",
        "log LOG\n# pingji key ID from -3\nquorum none\n",
        "log LOG\n# pingji kye ID from 3\nquorum none\n",
    ],
)
def test_a_policy_of_another_form_is_refused(log: Any, other_log: Any, text: str) -> None:
    words = {"LOG": log.vkey, "OTHER": other_log.vkey, "WITNESS": ONE.vkey}
    for name, value in (*words.items(), ("ID", log.signer.verifier.key_id.hex())):
        text = text.replace(name, value)
    with pytest.raises(Refused):
        Policy.parse(text)


def test_comments_spaces_and_addresses_in_a_policy_are_allowed(log: Any) -> None:
    policy = Policy.parse(f"# said\n\n \tlog\t{log.vkey}  https://log.example/ \n#x\nquorum none")
    assert (policy.name, policy.quorum) == (log.origin, "none")


def test_the_policy_comes_as_a_file_from_outside_the_bundle(
    rotated: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = rotated[0]
    bundle = log.export(tmp_path / "bundle")
    outside = tmp_path / "policy"
    outside.write_text(log.policy)
    assert main([str(bundle), "--policy", str(outside)]) == 0
    assert main([str(bundle), "--policy", str(outside), "--vkey", log.vkey]) == 2
    assert main([str(bundle), "--policy", str(tmp_path / "none")]) == 2
    (bundle / "policy").write_text(log.policy)
    assert main([str(bundle), "--policy", str(bundle / "policy")]) == 2
    assert "另行得到的公钥" in capsys.readouterr().err
    assert main([str(bundle), "--policy", str(outside)]) == 1
    assert "自带密钥" in capsys.readouterr().out
