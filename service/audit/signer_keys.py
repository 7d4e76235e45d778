"""The keys of a signer: the one that signs, the one before it while both sign, the one to come.

- A key changes by an act of two persons that stands in the log (``key.rotate``) and in the signer's history:
  that line is sealed by the old key and proven by the new one, and its checkpoint carries both signatures.
- From then on the new key signs and the old one signs beside it, until it is revoked (``key.revoke``) as of
  a size: a checkpoint above it needs the new key.
- The history line is what counts; files left behind by a crash are put right by it (`KeyRing.settle`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.audit.canonical import decode_strict
from service.audit.checkpoint import Checkpoint, SignerKey, VerifierKey, split_note, strict_base64
from service.audit.facts import ROTATE_ACTION
from service.audit.restore import RestoreEvent, demand_persons
from service.audit.signer_files import replace_file, seal_holds, sync_directory, unsealed_text, write_new
from service.errors import IntegrityFailureError, InvalidError

KEY, OLD, NEXT = "key", "key.old", "key.next"
ROTATE, REVOKE = "rotate", "revoke"


class KeyEvent(RestoreEvent):
    """A change of keys as recorded in the log: a ``key.rotate`` or ``key.revoke`` entry and its place."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of the log and the sizes it is good for: from `since` up to `until`, without end if None."""

    key: VerifierKey
    since: int = 0
    until: int | None = None


class KeyRing:
    """The key files in the signer's directory, read anew at every opening."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        current = self._read(KEY)
        if current is None:
            raise IntegrityFailureError("签署器没有密钥")
        self.current, self.old, self.next = current, self._read(OLD), self._read(NEXT)

    def _read(self, name: str) -> SignerKey | None:
        path = self._directory / name
        return SignerKey.parse(path.read_text(encoding="utf-8")) if path.exists() else None

    def prepare(self) -> SignerKey:
        """Return the key to come; made once, and used until it is the current one."""
        if self.next is None:
            self.next = SignerKey.generate(self.current.name)
            write_new(self._directory / NEXT, (self.next.text + "\n").encode())
            sync_directory(self._directory)
        return self.next

    def note(self, checkpoint: Checkpoint, *also: SignerKey) -> str:
        """Return the checkpoint signed by the current key, by the old one if both sign, and by `also`."""
        others = (*((self.old,) if self.old else ()), *also)
        lines = "".join(each.line(checkpoint.text) for each in others)
        return self.current.sign(checkpoint.text) + lines

    def settle(self, lines: Iterable[str]) -> None:
        """Make the files what the history says; what it does not know of has not happened."""
        if self.old is None and self.next is None:
            return
        for line in lines:
            told = decode_strict(line.encode())
            if told["kind"] == ROTATE and self.next and told["new"] == str(self.next.verifier):
                self._move_on()
            if told["kind"] == REVOKE and self.old and told["old"] == str(self.old.verifier):
                self._forget(OLD)

    def _move_on(self) -> None:
        if self.next is None:
            return
        if self.current != self.next:
            replace_file(self._directory / OLD, (self.current.text + "\n").encode())
            replace_file(self._directory / KEY, (self.next.text + "\n").encode())
            self.old, self.current = self.current, self.next
        self._forget(NEXT)

    def _forget(self, name: str) -> None:
        (self._directory / name).unlink(missing_ok=True)
        sync_directory(self._directory)
        self.old = None if name == OLD else self.old
        self.next = None if name == NEXT else self.next

    def demand(self, event: KeyEvent, rotated: int) -> dict[str, Any]:
        """Return what the entry of `event` says, if these keys can follow it.

        Args:
            rotated: size at which the current key began, 0 for the first.

        Raises:
            InvalidError, IntegrityFailureError: it is no such entry, or speaks of other keys or sizes.
        """
        leaf = decode_strict(event.leaf)
        told = leaf.get("key") if isinstance(leaf, dict) else None
        if not isinstance(told, dict):
            raise IntegrityFailureError("所报的记录不是更换或撤销密钥")
        demand_persons(event, told["persons"], "更换或撤销密钥")
        if leaf["action"] == ROTATE_ACTION:
            if self.old is not None:
                raise InvalidError("上一把旧密钥还没有撤销，先运行 pingji audit revoke-key")
            coming = str(self.next.verifier) if self.next else ""
            expected: tuple[str, str | None, int | None] = (str(self.current.verifier), coming, None)
        else:
            if self.old is None:
                raise InvalidError("没有并行签署的旧密钥可以撤销；先更换密钥")
            expected = (str(self.old.verifier), None, told["above"])
            if not rotated <= told["above"] <= event.size:
                raise InvalidError(f"撤销起点须在 {rotated} 与 {event.size} 之间")
        if (told["old"], told["new"], told["above"]) != expected:
            raise IntegrityFailureError("记录中的密钥不是签署器现用的")
        return {name: told[name] for name in ("old", "new", "above")}


def trusted_keys(lines: Iterable[str], current: VerifierKey) -> tuple[TrustedKey, ...]:
    """Return every key of the log with the sizes it is good for, oldest first, as the history tells."""
    keys: list[TrustedKey] = []
    for line in lines:
        told = decode_strict(line.encode())
        size = Checkpoint.parse(split_note(told["note"])[0]).size
        if told["kind"] == ROTATE:
            keys = keys or [TrustedKey(VerifierKey.parse(told["old"]))]
            keys.append(TrustedKey(VerifierKey.parse(told["new"]), size))
        elif told["kind"] == REVOKE:
            keys = [
                TrustedKey(each.key, each.since, told["above"]) if str(each.key) == told["old"] else each
                for each in keys
            ]
    return tuple(keys) or (TrustedKey(current),)


def rotated_at(lines: Iterable[str], current: VerifierKey) -> int:
    """Return the size from which the current key is good."""
    return trusted_keys(lines, current)[-1].since


def seals_hold(lines: tuple[str, ...], current: VerifierKey) -> bool:
    """Say whether every line is sealed by the key of its time, following the changes back from `current`."""
    key = current
    for line in reversed(lines):
        told = decode_strict(line.encode())
        if told["kind"] == ROTATE and told["new"] == str(key):
            if not key.verifies(unsealed_text(told, "proof").encode(), strict_base64(told["proof"], "自证")):
                return False
            key = VerifierKey.parse(told["old"])
        if not seal_holds(line, key):
            return False
    return True


def policy_text(keys: Iterable[TrustedKey], witnesses: str = "quorum none\n") -> str:
    """Return the C2SP policy file of these keys; our comments say for which sizes each is good.

    Args:
        witnesses: the lines on witnesses, groups and quorum.
    """
    lines: list[str] = []
    for each in keys:
        lines.append(f"log {each.key}")
        if each.since:
            lines.append(f"# pingji key {each.key.key_id.hex()} from {each.since}")
        if each.until is not None:
            lines.append(f"# pingji key {each.key.key_id.hex()} until {each.until}")
    return "\n".join([*lines, witnesses])
