"""Asking the signer's process: the same questions and answers as `Signer`, without ever seeing the key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from service.audit.canonical import Plain, decode_strict
from service.audit.checkpoint import VerifierKey
from service.audit.merkle import HASH_SIZE
from service.audit.restore import RestoreEvent
from service.audit.signer import Leaves, Signer, SignerState
from service.audit.signer_keys import KeyEvent
from service.audit.signer_words import dialled, put, refused, take, talk
from service.clock import stamp
from service.errors import IntegrityFailureError, Problem, UnavailableError

DOOR = "signer.sock"


class Signing(Protocol):
    """What the service needs of a signer, be it in this process or in one of its own."""

    @property
    def origin(self) -> str:
        """The log it signs."""

    @property
    def verifier(self) -> VerifierKey:
        """Its public key."""

    def state(self) -> SignerState:
        """Return what was signed last."""

    def history(self) -> tuple[str, ...]:
        """Return its history lines, chain and seals checked."""

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Return moment and note of every signature, oldest first."""

    def newest(self) -> str | None:
        """Return the newest note, None if there is none."""

    def leaf_hashes(self) -> tuple[bytes, ...] | None:
        """Return the leaf hashes last signed, None if it has lost them."""

    def sign(self, size: int, root: bytes, leaves: Leaves, *, at: datetime) -> str:
        """Sign the grown log and return the note; see `Signer.sign`."""

    def accept_restore(self, event: RestoreEvent, leaves: Leaves, *, at: datetime) -> str:
        """Move to a restored log; see `Signer.accept_restore`."""

    def fresh_key(self) -> VerifierKey:
        """Return the public half of the key to come."""

    def change_key(self, event: KeyEvent, leaves: Leaves, *, at: datetime) -> str:
        """Follow a change of keys in the log; see `Signer.change_key`."""


def door_of(directory: Path) -> Path:
    """Return the socket that belongs to the signer state in `directory`."""
    return directory.with_name(DOOR)


def signer_at(directory: Path) -> Signing:
    """Return the signer with the state in `directory`: its process if one serves, else opened here.

    Raises:
        UnavailableError: none serves, and this account may not read the state.
    """
    line = dialled(door_of(directory))
    if line is not None:
        line.close()
        return SignerClient(door_of(directory))
    try:
        return Signer(directory)
    except PermissionError as error:
        cure = "启动签名器：pingji signer"
        raise UnavailableError(Problem("签名器没有运行，本账户也不能读取它的状态", cure=cure)) from error


class SignerClient:
    """The signer behind a socket."""

    def __init__(self, door: Path) -> None:
        self._door = door

    @property
    def origin(self) -> str:
        """The log it signs."""
        return self.verifier.name

    @property
    def verifier(self) -> VerifierKey:
        """Its public key."""
        return VerifierKey.parse(str(self._ask("key")[0]))

    def state(self) -> SignerState:
        """Return what was signed last."""
        return SignerState.parse(str(self._ask("state")[0]).encode())

    def history(self) -> tuple[str, ...]:
        """Return its history lines."""
        return tuple(self._ask("history")[1])

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Return moment and note of every signature, oldest first."""
        facts = [decode_strict(line.encode()) for line in self.history()]
        return tuple((each["at"], each["note"]) for each in facts)

    def newest(self) -> str | None:
        """Return the newest note, None if there is none."""
        notes = self.notes()
        return notes[-1][1] if notes else None

    def leaf_hashes(self) -> tuple[bytes, ...] | None:
        """Return the leaf hashes last signed, None if it has lost them."""
        known, parts = self._ask("leaves")
        data = bytes.fromhex("".join(parts))
        return tuple(_hashes(data)) if known else None

    def sign(self, size: int, root: bytes, leaves: Leaves, *, at: datetime) -> str:
        """Sign the grown log and return the note; see `Signer.sign`."""
        return str(self._ask("sign", leaves, size=size, root=root.hex(), at=stamp(at))[0])

    def accept_restore(self, event: RestoreEvent, leaves: Leaves, *, at: datetime) -> str:
        """Move to a restored log; see `Signer.accept_restore`."""
        return self._event("restore", event, leaves, at=at)

    def fresh_key(self) -> VerifierKey:
        """Return the public half of the key to come."""
        return VerifierKey.parse(str(self._ask("fresh")[0]))

    def change_key(self, event: KeyEvent, leaves: Leaves, *, at: datetime) -> str:
        """Follow a change of keys in the log; see `Signer.change_key`."""
        return self._event("change", event, leaves, at=at)

    def _event(self, word: str, event: RestoreEvent, leaves: Leaves, *, at: datetime) -> str:
        persons: Plain = [{"account": each.account, "name": each.name} for each in event.persons]
        note, _ = self._ask(
            word, leaves, leaf=event.leaf.hex(), index=event.index, size=event.size,
            root=event.root.hex(), persons=persons, reason=event.reason, at=stamp(at),
        )  # fmt: skip
        return str(note)

    def _ask(self, word: str, leaves: Leaves | None = None, **more: Plain) -> tuple[Any, list[str]]:
        """Return the answer and its parts; whatever leaf hashes the signer wants are handed over."""
        line = dialled(self._door)
        if line is None:
            raise UnavailableError(Problem("签名器没有运行", cure="稍后再试，或启动签名器：pingji signer"))
        parts: list[str] = []
        with closing(line), talk(line) as stream:
            put(stream, {"ask": word, **more})
            while True:
                message = take(stream)
                if message is None:
                    raise UnavailableError(Problem("签名器中断了通话", cure="稍后再试"))
                match message:
                    case {"part": str(part), **rest} if not rest:
                        parts.append(part)
                    case {"want": [int(start), int(end)], **rest} if leaves is not None and not rest:
                        put(stream, {"leaves": b"".join(leaves(start, end)).hex()})
                    case {"done": value, **rest} if not rest:
                        return value, parts
                    case {"refused": dict(told), **rest} if not rest:
                        raise refused(told)
                    case _:
                        raise IntegrityFailureError("签名器的答复写法不对")


def _hashes(data: bytes) -> Iterator[bytes]:
    return (data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))
