"""A checkpoint has one writing, and no byte of a signed one can be changed unseen."""

from __future__ import annotations

import base64
import hashlib

import pytest

from service.audit.checkpoint import (
    Checkpoint,
    SignerKey,
    VerifierKey,
    open_checkpoint,
    sign_checkpoint,
    strict_base64,
)
from service.audit.merkle import EMPTY_ROOT
from service.errors import IntegrityFailureError, InvalidError

ORIGIN = "pingji.example/demo/0001"
KEY = SignerKey(ORIGIN, bytes(range(32)))
OTHER = SignerKey("witness.example", bytes(32))
POINT = Checkpoint(ORIGIN, 123, hashlib.sha256(b"root").digest())
NOTE = sign_checkpoint(POINT, KEY)


def test_the_note_has_the_form_of_the_standard() -> None:
    text, signature = NOTE.split("\n\n")
    assert text == f"{ORIGIN}\n123\n{base64.b64encode(POINT.root).decode()}"
    dash, name, encoded = signature.rstrip("\n").split(" ")
    data = base64.b64decode(encoded)
    public = KEY.verifier.public
    assert (dash, name, len(data)) == ("—", ORIGIN, 68)
    assert data[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]


def test_the_key_of_the_published_example_has_its_published_id() -> None:
    """The example key of golang.org/x/mod/sumdb/note, printed in its documentation."""
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert str(VerifierKey.parse(vkey)) == vkey
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert VerifierKey.parse(vkey).verifies(text.encode(), base64.b64decode(signature)[4:])


def test_a_signed_checkpoint_opens_with_its_key_as_text_and_as_bytes() -> None:
    assert open_checkpoint(NOTE, [KEY.verifier]) == POINT
    assert open_checkpoint(NOTE.encode(), [OTHER.verifier, KEY.verifier]) == POINT


def test_keys_survive_being_written_down_and_never_show_the_seed() -> None:
    assert SignerKey.parse(KEY.text + "\n") == KEY
    assert VerifierKey.parse(str(KEY.verifier)) == KEY.verifier
    assert KEY.seed.hex() not in repr(KEY)
    assert "seed" not in repr(KEY)


def test_every_substitution_of_every_byte_is_refused() -> None:
    data = NOTE.encode()
    values = {0, 9, 10, 13, 32, 43, 45, 48, 57, 61, 65, 0x7F, 0x80, 0xE2, 0xFF}
    tried = 0
    for at, byte in enumerate(data):
        for value in values | {byte ^ 1, byte ^ 2, byte ^ 0x20, (byte + 1) % 256, (byte - 1) % 256}:
            if value != byte:
                tried += 1
                with pytest.raises(IntegrityFailureError):
                    open_checkpoint(data[:at] + bytes([value]) + data[at + 1 :], [KEY.verifier])
    assert tried > 3000


def test_every_single_deletion_insertion_and_truncation_is_refused() -> None:
    data = NOTE.encode()
    for at in range(len(data)):
        broken = [data[:at] + data[at + 1 :], data[:at]]
        broken += [data[:at] + extra + data[at:] for extra in (b"\n", b" ", b"0", b"A", b"\r")]
        for each in broken:
            with pytest.raises(IntegrityFailureError):
                open_checkpoint(each, [KEY.verifier])
    for tail in (b"\n", b" ", b"x", b"\xef\xbb\xbf"):
        with pytest.raises(IntegrityFailureError):
            open_checkpoint(data + tail, [KEY.verifier])
    with pytest.raises(IntegrityFailureError):
        open_checkpoint(b"\xef\xbb\xbf" + data, [KEY.verifier])


def test_spare_bits_and_other_alphabets_of_base64_are_refused() -> None:
    assert strict_base64("AA==", "x") == b"\0"
    for text in ("AB==", "AA=", "AA", "A===", "AA==\n", " AA==", "A-==", "_w==", "AA==AA==", "=", "é"):
        with pytest.raises(IntegrityFailureError):
            strict_base64(text, "x")
    assert strict_base64("", "x") == b""


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n0123\n{{root}}\n",
        f"{ORIGIN}\n+123\n{{root}}\n",
        f"{ORIGIN}\n-1\n{{root}}\n",
        f"{ORIGIN}\n1_0\n{{root}}\n",
        f"{ORIGIN}\n１\n{{root}}\n",
        f"{ORIGIN}\n9223372036854775808\n{{root}}\n",
        f"{ORIGIN}\n0\n{{root}}\n",
        f"{ORIGIN}\n123\n{{root}}\nextension\n",
        f"{ORIGIN}\n123\n{{root}}",
        f"{ORIGIN}\n123\n{{root}}\r\n",
        f"{ORIGIN}\n123\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n123\n{base64.b64encode(bytes(33)).decode()}\n",
        "\n123\n{root}\n",
        "two words\n123\n{root}\n",
        f"{ORIGIN}\n123\n",
    ],
)
def test_even_a_signed_text_of_another_form_is_refused(text: str) -> None:
    body = text.format(root=base64.b64encode(POINT.root).decode())
    with pytest.raises(IntegrityFailureError):
        Checkpoint.parse(body)
    with pytest.raises(IntegrityFailureError):
        open_checkpoint(KEY.sign(body), [KEY.verifier])


def test_the_empty_log_has_the_empty_root() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(empty, KEY), [KEY.verifier]) == empty


def line_of(key: SignerKey) -> str:
    return key.sign(POINT.text).split("\n\n")[1]


def test_lines_of_unknown_keys_are_ignored_before_and_after_ours() -> None:
    text, ours = NOTE.split("\n\n")
    stranger = line_of(OTHER)
    for note in (
        f"{text}\n\n{stranger}{ours}",
        f"{text}\n\n{ours}{stranger}",
        f"{text}\n\n{ours}{stranger * 20}",
    ):
        assert open_checkpoint(note, [KEY.verifier]) == POINT
    with pytest.raises(IntegrityFailureError):
        open_checkpoint(f"{text}\n\n{ours}{stranger * 100}", [KEY.verifier])


def test_a_false_line_of_a_known_key_spoils_the_note() -> None:
    text, ours = NOTE.split("\n\n")
    false = KEY.sign("other\n").split("\n\n")[1]
    for tail in (ours + false, false + ours):
        with pytest.raises(IntegrityFailureError, match="签名无效"):
            open_checkpoint(f"{text}\n\n{tail}", [KEY.verifier])


def test_a_note_signed_by_another_name_or_another_key_of_the_same_name_is_refused() -> None:
    namesake = SignerKey(ORIGIN, bytes(32))
    for key in (OTHER, namesake):
        with pytest.raises(IntegrityFailureError):
            open_checkpoint(key.sign(POINT.text), [KEY.verifier])
    with pytest.raises(IntegrityFailureError, match="已知密钥"):
        open_checkpoint(OTHER.sign(POINT.text), [OTHER.verifier])
    with pytest.raises(IntegrityFailureError):
        open_checkpoint(NOTE, [])


def test_during_rotation_either_key_opens_the_note() -> None:
    fresh = SignerKey(ORIGIN, bytes(31) + b"\x07")
    both = NOTE + line_of(fresh)
    assert open_checkpoint(both, [KEY.verifier]) == open_checkpoint(both, [fresh.verifier]) == POINT


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000+",
        str(KEY.verifier)[:-1],
        str(KEY.verifier) + "=",
        str(KEY.verifier).replace("+", "-", 1),
        "x" + str(KEY.verifier),
        "a b+" + str(KEY.verifier).split("+", 1)[1],
        str(KEY.verifier).upper(),
    ],
)
def test_a_malformed_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(InvalidError):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize(
    "text", ["", "PRIVATE+KEY+", KEY.text[8:], KEY.text[:-4], "x" + KEY.text, str(KEY.verifier)]
)
def test_a_malformed_private_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        SignerKey.parse(text)


def test_a_private_key_under_another_name_is_refused() -> None:
    with pytest.raises(InvalidError, match="编号"):
        SignerKey.parse(KEY.text.replace(ORIGIN, "pingji.example/live/0001"))
    with pytest.raises(InvalidError):
        SignerKey.generate("two words")
    with pytest.raises(InvalidError):
        sign_checkpoint(POINT, OTHER)
