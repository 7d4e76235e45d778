"""A witness as C2SP tlog-witness describes it, small enough to be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.verifier import Checkpoint, Policy, Proof, grows_into, open_note

EMPTY = hashlib.sha256(b"").digest()


@dataclass
class SmallWitness:
    """Remembers the largest tree it saw; `answer` is what it says to a POST.

    `late` shifts its clock by seconds, `lie` makes its signature false, `status` answers nothing else.
    """

    name: str
    vkey_of_log: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seen: Checkpoint = field(default_factory=lambda: Checkpoint("", 0, EMPTY))
    asked: int = 0
    late: int = 0
    lie: bool = False
    status: int = 0

    @property
    def mark(self) -> bytes:
        """Type and public key."""
        return b"\x04" + self.key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """What names the key in signature lines."""
        return hashlib.sha256(f"{self.name}\n".encode() + self.mark).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as it is passed on."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.mark).decode()}"

    def answer(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Judge an add-checkpoint request."""
        self.asked += 1
        if self.status or path != "/add-checkpoint":
            return self.status or 404, "text/plain", b""
        proof = Proof.read(body)
        point = open_note(proof.note, Policy.parse(f"log {self.vkey_of_log}\nquorum none\n"))
        if proof.number != self.seen.size:
            return 409, "text/x.tlog.size", f"{self.seen.size}\n".encode()
        if not grows_into(self.seen, point, proof.hashes):
            return 422, "text/plain", b""
        self.seen = point
        return 200, "text/plain", self.line(proof.note.partition(b"\n\n")[0] + b"\n")

    def line(self, text: bytes) -> bytes:
        """The countersignature under a checkpoint's text."""
        moment = int(time.time()) + self.late
        signature = self.key.sign(f"cosignature/v1\ntime {moment}\n".encode() + text)
        held = self.key_id + moment.to_bytes(8, "big") + (bytes(64) if self.lie else signature)
        return f"— {self.name} {base64.b64encode(held).decode()}\n".encode()
