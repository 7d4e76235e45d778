"""What the signer remembers of the tree it signed last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from service.audit.canonical import decode_strict, encode
from service.audit.merkle import Frontier
from service.errors import IntegrityFailureError


@dataclass(frozen=True, slots=True)
class SignerState:
    """What the signer remembers: the newest tree it signed, and how long its history is."""

    frontier: Frontier
    lines: int
    last_line: str

    @property
    def size(self) -> int:
        """Number of leaves last signed; 0 if nothing was signed yet."""
        return self.frontier.size

    @property
    def root(self) -> bytes:
        """Root last signed."""
        return self.frontier.root()

    def plain(self) -> bytes:
        """Return the state as its file holds it."""
        return encode(
            {
                "size": self.size,
                "root": self.root.hex(),
                "frontier": self.frontier.pack().hex(),
                "lines": self.lines,
                "last_line": self.last_line,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> SignerState:
        """Return the state of a file; IntegrityFailureError if its parts contradict each other."""
        try:
            value = decode_strict(data)
            frontier = Frontier.unpack(value["size"], bytes.fromhex(value["frontier"]))
            state = cls(frontier, value["lines"], value["last_line"])
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityFailureError("签署器状态文件损坏") from error
        if state.plain() != data:
            raise IntegrityFailureError("签署器状态文件前后矛盾")
        return state


def extended(frontier: Frontier, size: int, fresh: Iterable[bytes]) -> Frontier:
    """Return a copy of `frontier` grown to `size` by the leaf hashes it lacks."""
    grown = Frontier(frontier.size, list(frontier.hashes))
    grown.extend(fresh)
    if grown.size != size:
        raise IntegrityFailureError(f"日志只交出 {grown.size} 条，应为 {size} 条")
    return grown
