"""The verifier's own Ed25519 agrees with the library, on true and on spoilt signatures."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from service.audit.verifier import ORDER, P, ed25519_verifies


def library_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_a_true_signature_verifies(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    assert ed25519_verifies(key.public_key().public_bytes_raw(), message, key.sign(message))


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=60), st.data())
def test_a_spoilt_signature_message_or_key_is_judged_as_the_library_judges(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    parts = [key.public_key().public_bytes_raw(), message, key.sign(message)]
    which = data.draw(st.integers(0, 2))
    bit = data.draw(st.integers(0, len(parts[which]) * 8 - 1))
    number = int.from_bytes(parts[which], "little") ^ (1 << bit)
    parts[which] = number.to_bytes(len(parts[which]), "little")
    assert not ed25519_verifies(*parts)
    assert not library_verifies(*parts)


def test_bits_all_over_one_signature_count() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    number = int.from_bytes(signature, "little")
    for bit in range(0, 512, 7):
        spoilt = (number ^ (1 << bit)).to_bytes(64, "little")
        assert not ed25519_verifies(public, b"x", spoilt)


def test_a_scalar_beyond_the_order_is_refused_although_the_equation_holds() -> None:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"seed").digest())
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    malleable = signature[:32] + scalar.to_bytes(32, "little")
    assert not ed25519_verifies(public, b"x", malleable)
    assert not library_verifies(public, b"x", malleable)


def test_the_vectors_of_rfc8032_hold() -> None:
    """Tests 1 and 2 of RFC 8032 §7.1."""
    one = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    one_signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    two = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    two_signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519_verifies(bytes.fromhex(one), b"", bytes.fromhex(one_signature))
    assert ed25519_verifies(bytes.fromhex(two), b"\x72", bytes.fromhex(two_signature))
    assert not ed25519_verifies(bytes.fromhex(two), b"", bytes.fromhex(one_signature))


@pytest.mark.parametrize("y", [P, P + 1, 2, 2**255 - 1])
def test_a_key_that_is_no_point_in_its_one_encoding_is_refused(y: int) -> None:
    signature = Ed25519PrivateKey.from_private_bytes(bytes(32)).sign(b"x")
    assert not ed25519_verifies(y.to_bytes(32, "little"), b"x", signature)


@pytest.mark.parametrize(("key_length", "signature_length"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_other_lengths_are_refused(key_length: int, signature_length: int) -> None:
    assert not ed25519_verifies(bytes(key_length), b"x", bytes(signature_length))
