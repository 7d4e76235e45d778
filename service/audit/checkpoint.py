"""Signed checkpoints in the open formats C2SP signed-note and tlog-checkpoint, Ed25519.

- Text of a checkpoint: origin, size, base64 root, each on its own line, and nothing else.
- A note is the text, an empty line, and signature lines ``— name base64(key id ‖ signature)``.
- Key id = first 4 bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key); the key's name is the origin.
- Signature lines of unknown keys are ignored (rotation, witnesses); one of a known key must verify.
- Base64 is read strictly: the text of the bytes must be the text that was read.

Source: C2SP signed-note.md and tlog-checkpoint.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.audit.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE
from service.errors import IntegrityFailureError, InvalidError

ED25519 = b"\x01"
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 64
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ufffd]+\Z")
_SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_PRIVATE = "PRIVATE+KEY+"


def strict_base64(text: str, what: str) -> bytes:
    """Return the bytes whose one standard base64 text is `text`.

    Raises:
        IntegrityFailureError: for any other alphabet, padding, spare bits or line break.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise IntegrityFailureError(f"{what}不是有效的 base64") from error
    if base64.b64encode(data).decode() != text:
        raise IntegrityFailureError(f"{what}的 base64 不是唯一写法")
    return data


def _demand_name(name: str) -> str:
    if not _NAME.match(name):
        raise InvalidError(f"密钥名“{name}”不能为空，也不能含空格、加号或控制字符")
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half: name (= origin) and 32-byte Ed25519 key, passed on out of band as a vkey."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in signature lines."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Return the key written as ``name+hex key id+base64``.

        Raises:
            InvalidError: if a part is missing or malformed, or the id does not belong to the key.
        """
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            data = strict_base64(encoded, "公钥")
        except IntegrityFailureError as error:
            raise InvalidError(error.problems) from error
        if len(data) != 33 or data[:1] != ED25519:
            raise InvalidError("公钥不是 Ed25519 公钥")
        key = cls(_demand_name(name), data[1:])
        if key.key_id.hex() != key_id:
            raise InvalidError("公钥的编号与内容不符")
        return key

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Say whether `signature` (64 bytes) is this key's signature of `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """The private half: name (= origin) and 32-byte Ed25519 seed. `text` is what a key file holds."""

    name: str
    seed: bytes

    def __repr__(self) -> str:
        return f"SignerKey(name={self.name!r})"

    @classmethod
    def generate(cls, name: str) -> SignerKey:
        """Return a new key named `name`."""
        return cls(_demand_name(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """Return the key written as ``PRIVATE+KEY+name+hex key id+base64``.

        Raises:
            InvalidError: if it is malformed or the id does not belong to the key.
        """
        name, _, rest = text.strip().removeprefix(_PRIVATE).partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            data = strict_base64(encoded, "私钥")
        except IntegrityFailureError as error:
            raise InvalidError("私钥文件损坏") from error
        if not text.startswith(_PRIVATE) or len(data) != 33 or data[:1] != ED25519:
            raise InvalidError("私钥文件损坏")
        key = cls(_demand_name(name), data[1:])
        if key.verifier.key_id.hex() != key_id:
            raise InvalidError("私钥的编号与内容不符")
        return key

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, private.public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The key in the form `parse` reads; secret."""
        data = base64.b64encode(ED25519 + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{data}"

    def signature(self, text: str) -> bytes:
        """Return the 64-byte signature of `text`; whoever calls keeps kinds of texts apart."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())

    def sign(self, text: str) -> str:
        """Return the note: `text` (ending in a line break) with this key's signature line."""
        return f"{text}\n{self.line(text)}"

    def line(self, text: str) -> str:
        """Return this key's signature line under `text`."""
        encoded = base64.b64encode(self.verifier.key_id + self.signature(text)).decode()
        return f"— {self.name} {encoded}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree as one moment saw it: origin, number of leaves, 32-byte root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint whose text is exactly `text`.

        Raises:
            IntegrityFailureError: if it is not three lines of the one permitted form.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise IntegrityFailureError("检查点必须正好三行")
        origin, size, encoded = lines[:3]
        if not _NAME.match(origin) or not _SIZE.match(size) or int(size) > MAX_SIZE:
            raise IntegrityFailureError("检查点的日志名或记录数写法不对")
        root = strict_base64(encoded, "检查点的根")
        if len(root) != HASH_SIZE or (size == "0" and root != EMPTY_ROOT):
            raise IntegrityFailureError("检查点的根不对")
        return cls(origin, int(size), root)


def sign_checkpoint(checkpoint: Checkpoint, key: SignerKey) -> str:
    """Return the signed note of `checkpoint`; the key must be named by its origin."""
    if checkpoint.origin != key.name:
        raise InvalidError(f"密钥“{key.name}”不能签署日志“{checkpoint.origin}”")
    return key.sign(checkpoint.text)


def open_checkpoint(note: str | bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint of `note`, signed by at least one of `keys` whose name is its origin.

    Raises:
        IntegrityFailureError: malformed note, no signature of a known key, or a false one.
    """
    text, signatures = split_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    signers: set[str] = set()
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is None:
            continue
        if not key.verifies(text.encode(), signature):
            raise IntegrityFailureError(f"“{name}”的签名无效")
        signers.add(name)
    checkpoint = Checkpoint.parse(text)
    if checkpoint.origin not in signers:
        raise IntegrityFailureError(f"检查点没有日志“{checkpoint.origin}”已知密钥的签名")
    return checkpoint


def split_note(note: str | bytes) -> tuple[str, tuple[tuple[str, bytes, bytes], ...]]:
    """Return the signed text and the signature lines as (name, 4-byte key id, signature).

    Raises:
        IntegrityFailureError: if the note has not the form of a signed note.
    """
    data = note if isinstance(note, bytes) else note.encode("utf-8", "surrogatepass")
    if len(data) > MAX_NOTE:
        raise IntegrityFailureError("检查点过长")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise IntegrityFailureError("检查点不是 UTF-8 文字") from error
    if any(ord(each) < 32 and each != "\n" for each in whole):
        raise IntegrityFailureError("检查点含有控制字符")
    text, gap, tail = whole.rpartition("\n\n")
    if not gap or not text or not tail.endswith("\n"):
        raise IntegrityFailureError("检查点没有签名部分")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise IntegrityFailureError("检查点的签名行过多")
    return text + "\n", tuple(_signature_line(line) for line in lines)


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or not _NAME.match(name):
        raise IntegrityFailureError("检查点的签名行写法不对")
    data = strict_base64(encoded, "签名")
    if len(data) < 5:
        raise IntegrityFailureError("签名过短")
    return name, data[:4], data[4:]
