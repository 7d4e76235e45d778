"""The signer: it keeps its own memory outside the database and never signs two histories.

- State lies in one directory (0700, files 0600) that the database cannot reach: ``key``, ``history``
  (append-only JSON lines, each sealed by the key and citing the hash of the line before) and
  ``state`` (size, root, frontier, number and hash of history lines). One lock file serialises all
  processes.
- It extends its *own* frontier with the leaf hashes since its last signature and compares the
  outcome with the root it is asked to sign; a smaller log, another root at the same size, or a
  changed past are refused.
- ``leaves`` repeats the leaf hashes it signed, so that a later verification can name the first
  changed entry exactly; it is a memory aid, rebuilt when lost, and never trusted above the root.
- The line is on disk before the note leaves; a crash in between is healed on the next opening.
- A restore from a backup is the one way backwards: the log must hold a ``system.restore`` entry
  that cites exactly the signer's last checkpoint, everything below that entry must be what was
  signed before, and two different named persons and a reason go into the history for ever.
"""

from __future__ import annotations

import base64
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from service.audit.canonical import Plain, decode_strict, encode
from service.audit.checkpoint import Checkpoint, SignerKey, VerifierKey, open_checkpoint
from service.audit.merkle import HASH_SIZE, Frontier, leaf_hash, root_of
from service.audit.restore import NamedPerson, RestoreEvent, demand_event, restored_frontier
from service.audit.signer_files import (
    binding_roots,
    chain_fault,
    demand_private,
    line_hash,
    replace_file,
    seal_holds,
    sync_directory,
    unsealed_text,
    write_new,
)
from service.audit.signer_keys import KEY, REVOKE, ROTATE, KeyEvent, KeyRing, rotated_at, seals_hold
from service.audit.signer_state import SignerState, extended
from service.clock import stamp
from service.errors import IntegrityFailureError, InvalidError, UnavailableError

__all__ = ["NamedPerson", "RestoreEvent", "Signer", "SignerState"]

STATE, HISTORY, LOCK, LEAVES = "state", "history", "lock", "leaves"
Leaves = Callable[[int, int], Iterable[bytes]]


class Signer:
    """The signer whose state lies in `directory`; made once by `create`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        demand_private(directory, (KEY, STATE, HISTORY, LOCK))
        self._ring = KeyRing(directory)

    @classmethod
    def create(cls, directory: Path, origin: str) -> Signer:
        """Make a new signer for the log `origin` with a fresh key and an empty memory.

        Raises:
            InvalidError: if `directory` already exists: a signer is never made twice.
        """
        key = SignerKey.generate(origin)
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError as error:
            raise InvalidError(f"签署器目录已存在：{directory.name}") from error
        write_new(directory / KEY, (key.text + "\n").encode())
        write_new(directory / LOCK, b"")
        write_new(directory / HISTORY, b"")
        write_new(directory / LEAVES, b"")
        write_new(directory / STATE, SignerState(Frontier(), 0, "").plain())
        sync_directory(directory)
        return cls(directory)

    @property
    def origin(self) -> str:
        """The log this signer signs."""
        return self._ring.current.name

    @property
    def verifier(self) -> VerifierKey:
        """The public key that signs now, to be handed to auditors out of band."""
        return KeyRing(self.directory).current.verifier

    def state(self) -> SignerState:
        """Return what was signed last."""
        with self._locked():
            return self._load()

    def history(self) -> tuple[str, ...]:
        """Return all history lines, oldest first, after checking their chain and their seals."""
        with self._locked():
            self._load()
            lines = self._lines()
        if not seals_hold(lines, self._ring.current.verifier):
            raise IntegrityFailureError("签署器历史中有一行的封记无效")
        return lines

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Return moment (UTC text) and note of every signature, oldest first."""
        with self._locked():
            self._load()
            facts = [decode_strict(line.encode()) for line in self._lines()]
        return tuple((each["at"], each["note"]) for each in facts)

    def newest(self) -> str | None:
        """Return the newest signed note, or None if nothing was signed yet."""
        notes = self.notes()
        return notes[-1][1] if notes else None

    def sign(self, size: int, root: bytes, leaves: Leaves, *, at: datetime) -> str:
        """Sign the log of `size` leaves with `root` and return the note.

        Args:
            leaves: `leaves(start, end)` gives the leaf hashes of that range in order; it is asked
                only for what was added since the last signature.
            at: moment written into the history, aware.

        Returns:
            The new note; the note given before, if the same tree was signed last.

        Raises:
            IntegrityFailureError: the log is smaller than what was signed, differs at the same
                size, or did not grow out of what was signed.
        """
        with self._locked():
            state = self._load()
            if size < state.size:
                raise IntegrityFailureError(f"日志只有 {size} 条，而已签署到 {state.size} 条：拒绝签署")
            fresh = tuple(leaves(state.size, size)) if size > state.size else ()
            frontier = extended(state.frontier, size, fresh)
            if frontier.root() != root:
                raise IntegrityFailureError(f"日志在已签署的 {state.size} 条之后不是原日志的延续：拒绝签署")
            if state.lines and size == state.size:
                return str(decode_strict(self._lines()[-1].encode())["note"])
            note = self._record(state, frontier, {"kind": "checkpoint", "at": stamp(at)})
            self._remember(state.size, fresh, leaves)
            return note

    def accept_restore(self, event: RestoreEvent, leaves: Leaves, *, at: datetime) -> str:
        """Move to the restored log and return its first note; what stays must be as signed.

        Args:
            event: the restore as the log records it.
            leaves: as for `sign`; asked for the whole log.
            at: moment written into the history, aware.

        Raises:
            InvalidError: persons or reason are missing or not those of the entry.
            IntegrityFailureError: the entry cites another checkpoint, is not in the log, or the log
                below it differs from what was signed.
        """
        demand_event(event)
        with self._locked():
            state = self._load()
            cited = decode_strict(event.leaf)["restore"]
            if (cited["size"], cited["root"]) != (state.size, state.root.hex()):
                raise IntegrityFailureError("恢复记录引用的不是签署器最后的检查点")
            signed = binding_roots(self._lines())
            hashes = tuple(leaves(0, event.size))
            frontier = restored_frontier(event, hashes, signed)
            facts: dict[str, Plain] = {
                "kind": "restore",
                "at": stamp(at),
                "from": {"size": state.size, "root": state.root.hex()},
                "entry": {"index": event.index, "hash": leaf_hash(event.leaf).hex()},
                "persons": [{"account": each.account, "name": each.name} for each in event.persons],
                "reason": event.reason.strip(),
            }
            note = self._record(state, frontier, facts)
            replace_file(self.directory / LEAVES, b"".join(hashes))
            return note

    def fresh_key(self) -> VerifierKey:
        """Return the public half of the key to come, made if there is none yet."""
        with self._locked():
            self._load()
            return self._ring.prepare().verifier

    def change_key(self, event: KeyEvent, leaves: Leaves, *, at: datetime) -> str:
        """Follow a ``key.rotate`` or ``key.revoke`` entry of the log and return its first note.

        Args:
            event: the entry, and the log as it is now.
            leaves: as for `sign`; asked for the whole log.
            at: moment written into the history, aware.

        Raises:
            InvalidError, IntegrityFailureError: it speaks of other keys, nobody agreed, or the log is not
                a continuation of what was signed.
        """
        with self._locked():
            state = self._load()
            told = self._ring.demand(event, rotated_at(self._lines(), self._ring.current.verifier))
            hashes = tuple(leaves(0, event.size))
            grown = extended(Frontier(), event.size, hashes)
            if event.size < state.size or root_of(hashes[: state.size]) != state.root:
                raise IntegrityFailureError(f"日志在已签署的 {state.size} 条之后不是原日志的延续：拒绝签署")
            if grown.root() != event.root or hashes[event.index] != leaf_hash(event.leaf):
                raise IntegrityFailureError("日志中没有所报的密钥记录")
            fresh = self._ring.next if told["new"] is not None else None
            facts: dict[str, Plain] = {
                "kind": ROTATE if fresh else REVOKE,
                "at": stamp(at),
                "entry": {"index": event.index, "hash": leaf_hash(event.leaf).hex()},
                "persons": [{"account": each.account, "name": each.name} for each in event.persons],
                "reason": event.reason.strip(),
                **told,
            }
            if fresh is None:
                self._ring.old = None
            note = self._record(state, grown, facts, fresh=fresh)
            self._load()
            replace_file(self.directory / LEAVES, b"".join(hashes))
            return note

    def leaf_hashes(self) -> tuple[bytes, ...] | None:
        """Return the leaf hashes last signed, or None if the aid is lost or not what was signed."""
        with self._locked():
            state = self._load()
            path = self.directory / LEAVES
            data = path.read_bytes() if path.exists() else b""
        hashes = tuple(data[at : at + HASH_SIZE] for at in range(0, state.size * HASH_SIZE, HASH_SIZE))
        if len(data) < state.size * HASH_SIZE or root_of(hashes) != state.root:
            return None
        return hashes

    def _remember(self, start: int, fresh: Sequence[bytes], leaves: Leaves) -> None:
        """Append to the memory aid, or build it anew if a crash or a hand has shortened it."""
        path = self.directory / LEAVES
        if path.exists() and path.stat().st_size >= start * HASH_SIZE:
            os.truncate(path, start * HASH_SIZE)
            with path.open("ab") as file:
                file.write(b"".join(fresh))
            return
        hashes = tuple(leaves(0, start + len(fresh)))
        if root_of(hashes) == self._load().root:
            replace_file(path, b"".join(hashes))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.directory / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._ring = KeyRing(self.directory)
            yield

    def _lines(self) -> tuple[str, ...]:
        return tuple((self.directory / HISTORY).read_text(encoding="utf-8").split("\n")[:-1])

    def _load(self) -> SignerState:
        """Return the state, healed if a crash came between history and state."""
        state = SignerState.parse((self.directory / STATE).read_bytes())
        data = (self.directory / HISTORY).read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        lines = whole.decode().split("\n")[:-1]
        if chain_fault(lines) is not None or len(lines) not in (state.lines, state.lines + 1):
            raise IntegrityFailureError("签署器历史与状态不符，可能被截断或改写")
        if (line_hash(lines[state.lines - 1]) if state.lines else "") != state.last_line:
            raise IntegrityFailureError("签署器历史的最后一行与状态不符")
        if len(data) != len(whole):
            os.truncate(self.directory / HISTORY, len(whole))
        if len(lines) > state.lines:
            key = self._ring.current.verifier
            if not seal_holds(lines[-1], key):
                raise IntegrityFailureError("签署器历史的最后一行封记无效")
            frontier = decode_strict(lines[-1].encode())["frontier"]
            checkpoint = open_checkpoint(decode_strict(lines[-1].encode())["note"], [key])
            state = SignerState(
                Frontier.unpack(checkpoint.size, bytes.fromhex(frontier)), len(lines), line_hash(lines[-1])
            )
            if state.root != checkpoint.root:
                raise IntegrityFailureError("签署器历史的最后一行前后矛盾")
            replace_file(self.directory / STATE, state.plain())
        self._ring.settle(lines)
        return state

    def _record(
        self,
        state: SignerState,
        frontier: Frontier,
        facts: dict[str, Plain],
        *,
        fresh: SignerKey | None = None,
    ) -> str:
        """Write the line, then the state, both durable, and return the note.

        Args:
            fresh: the key that begins with this line: it signs the checkpoint too and proves itself.
        """
        point = Checkpoint(self.origin, frontier.size, frontier.root())
        note = self._ring.note(point, *((fresh,) if fresh else ()))
        facts |= {"note": note, "frontier": frontier.pack().hex(), "prev": state.last_line}
        if fresh is not None:
            facts["proof"] = base64.b64encode(fresh.signature(unsealed_text(facts))).decode()
        seal = self._ring.current.signature(unsealed_text(facts))
        facts["seal"] = base64.b64encode(seal).decode()
        line = encode(facts)
        try:
            with (self.directory / HISTORY).open("ab") as history:
                history.write(line + b"\n")
                history.flush()
                os.fsync(history.fileno())
            replace_file(
                self.directory / STATE,
                SignerState(frontier, state.lines + 1, line_hash(line.decode())).plain(),
            )
        except OSError as error:
            raise UnavailableError(f"签署器不能写入自己的状态：{error.strerror}") from error
        return note
