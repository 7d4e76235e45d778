"""A time stamp is taken only from who it should be, over what was sent, now; and both verifiers read it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp

from service.audit import timestamps
from service.audit.bundle import BundleSource, export
from service.audit.verifier import Refused, stamp_of, verify_bundle
from service.errors import IntegrityFailureError, InvalidError, UnavailableError
from tests.tsa import Authority, authority, openssl

NOTE = b"pingji/demo/0123456789abcdef\n7\nroot\n\nsignature\n"
NONCE = 0x1234567890ABCDEF


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "good")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "other")


@pytest.fixture(scope="module")
def unfit(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Its certificate is not for time stamps; openssl refuses to stamp with it, so the config is that of good."""
    return authority(tmp_path_factory.mktemp("tsa") / "unfit", usage="clientAuth")


def taken(reply: bytes, tsa: Authority, **more: Any) -> bytes:
    known = {"roots": timestamps.roots_in(tsa.root), "at": datetime.now(UTC), **more}
    return timestamps.token_of(reply, more.pop("note", NOTE), NONCE, **{k: known[k] for k in ("roots", "at")})


def test_a_token_over_the_note_is_taken_and_openssl_agrees(tsa: Authority, tmp_path: Path) -> None:
    token = taken(tsa.reply(timestamps.query(NOTE, NONCE)), tsa)
    roots = timestamps.roots_in(tsa.root)
    stamped = timestamps.judged(token, hashlib.sha256(NOTE).digest(), roots=roots)
    assert abs(datetime.now(UTC) - stamped) < timedelta(minutes=5)
    (tmp_path / "token").write_bytes(token)
    openssl("ts", "-verify", "-digest", hashlib.sha256(NOTE).hexdigest(), "-in", tmp_path / "token", "-token_in",
            "-CAfile", tsa.root)  # fmt: skip
    assert stamp_of(token) == (hashlib.sha256(NOTE).hexdigest(), stamped.strftime("%Y-%m-%dT%H:%M:%SZ"))


BAD: dict[str, Callable[[Authority, Authority], tuple[bytes, dict[str, Any]]]] = {
    "another nonce": lambda tsa, _: (tsa.reply(timestamps.query(NOTE, NONCE + 1)), {}),
    "another note": lambda tsa, _: (tsa.reply(timestamps.query(NOTE + b"x", NONCE)), {}),
    "another authority": lambda _, other: (other.reply(timestamps.query(NOTE, NONCE)), {}),
    "a clock behind": lambda tsa, _: (
        tsa.reply(timestamps.query(NOTE, NONCE)),
        {"at": datetime.now(UTC) - timedelta(minutes=6)},
    ),
    "a clock ahead": lambda tsa, _: (
        tsa.reply(timestamps.query(NOTE, NONCE)),
        {"at": datetime.now(UTC) + timedelta(minutes=6)},
    ),
    "no answer": lambda *_: (b"", {}),
    "a page": lambda *_: (b"<html>200 OK</html>", {}),
    "the request itself": lambda *_: (timestamps.query(NOTE, NONCE), {}),
    "cut off": lambda tsa, _: (tsa.reply(timestamps.query(NOTE, NONCE))[:-20], {}),
    "something after it": lambda tsa, _: (tsa.reply(timestamps.query(NOTE, NONCE)) + b"\0", {}),
}


@pytest.mark.parametrize("how", BAD)
def test_a_reply_that_is_not_ours_is_refused(tsa: Authority, other: Authority, how: str) -> None:
    reply, more = BAD[how](tsa, other)
    with pytest.raises(IntegrityFailureError):
        taken(reply, tsa, **more)


def test_a_refusal_of_the_authority_is_tried_again_later(tsa: Authority) -> None:
    asked = tsp.TimeStampReq.load(timestamps.query(NOTE, NONCE))
    asked["message_imprint"]["hash_algorithm"] = {"algorithm": "sha1"}
    asked["message_imprint"]["hashed_message"] = bytes(20)
    with pytest.raises(UnavailableError, match="没有给出"):
        taken(tsa.reply(asked.dump(force=True)), tsa)


def test_a_certificate_for_something_else_vouches_for_nothing(tsa: Authority, unfit: Authority) -> None:
    token = taken(tsa.reply(timestamps.query(NOTE, NONCE)), tsa)
    digest = hashlib.sha256(NOTE).digest()
    with pytest.raises(IntegrityFailureError, match="证书"):
        timestamps.judged(token, digest, roots=timestamps.roots_in(unfit.root))
    with pytest.raises(IntegrityFailureError, match="不是对这个"):
        timestamps.judged(token, hashlib.sha256(b"x").digest(), roots=timestamps.roots_in(tsa.root))


def test_no_byte_of_the_signed_part_can_change(tsa: Authority) -> None:
    reply = tsa.reply(timestamps.query(NOTE, NONCE))
    token, roots = taken(reply, tsa), timestamps.roots_in(tsa.root)
    digest = hashlib.sha256(NOTE).digest()
    at = token.index(digest)
    for place in (*range(at - 30, at + 60, 3), len(token) - 5, len(token) - 40):
        spoilt = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        with pytest.raises(IntegrityFailureError):
            timestamps.judged(spoilt, digest, roots=roots)


def test_certificates_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nothing")
    for path in (tmp_path / "x", tmp_path / "away", tmp_path):
        with pytest.raises(InvalidError, match="证书"):
            timestamps.roots_in(path)


def stamped_bundle(log: Any, tsa: Authority, target: Path) -> tuple[Path, Path]:
    """A bundle whose newest checkpoint is stamped, and the file of the token."""
    note = log.note.encode()
    name = hashlib.sha256(note).hexdigest()
    token = tsp.TimeStampResp.load(tsa.reply(timestamps.query(note, NONCE)))["time_stamp_token"].dump()
    source = BundleSource(
        log.note,
        [part.data for part in log.parts],
        log.signer.history(),
        log.disclosures,
        timestamps={name: token},
    )
    export(target, source)
    return target, target / "timestamps" / f"{name}.tst"


def test_the_offline_verifier_reads_what_was_stamped_when(log: Any, tsa: Authority, tmp_path: Path) -> None:
    bundle, file = stamped_bundle(log, tsa, tmp_path / "bundle")
    outcome = verify_bundle(bundle, log.vkey)
    assert outcome.ok
    verdict = outcome.verdicts["timestamps"]
    assert (verdict.checked, len(verdict.notes)) == (1, 2)
    assert f"{log.signer.state().size} 条的检查点于 20" in verdict.notes[0]
    whole, digest = file.read_bytes(), bytes.fromhex(file.stem)
    at = whole.index(digest)
    for spoilt in (whole[: at + 5] + b"\0" + whole[at + 6 :], whole[:at], b"", b"hello", whole[:40]):
        file.write_bytes(spoilt)
        assert not verify_bundle(bundle, log.vkey).verdicts["timestamps"].ok
    file.write_bytes(whole)
    strange = file.with_name("0" * 64 + ".tst")
    file.rename(strange)
    assert "不属于任何检查点" in verify_bundle(bundle, log.vkey).verdicts["timestamps"].problems[0][2]
    strange.rename(file.with_suffix(".txt"))
    assert not verify_bundle(bundle, log.vkey).verdicts["layout"].ok
    assert "timestamps" not in verify_bundle(log.export(tmp_path / "plain"), log.vkey).verdicts


def test_no_nonsense_makes_the_reader_of_tokens_stumble(log: Any, tsa: Authority, tmp_path: Path) -> None:
    _, file = stamped_bundle(log, tsa, tmp_path / "bundle")
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        for change in (0x01, 0x80, 0xFF):
            spoilt = whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
            try:
                stamp_of(spoilt)
            except Refused:
                continue
