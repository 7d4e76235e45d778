"""The append-only witness file: the signer's history, byte for byte, on a medium the database cannot reach.

- One line a checkpoint, as in ``checkpoints.jsonl`` of a bundle: sealed, chained, with the note inside.
- What stands in the file must be the beginning of our history. Anything else is refused and left as it is:
  either somebody changed the file, or our own past is no longer what was witnessed.
- A line cut off by a crash is such a beginning, and is completed. Nothing is ever rewritten, so the medium
  may be append-only (``chattr +a``) or a share that takes only appends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from service.audit.canonical import decode_strict
from service.errors import IntegrityFailureError, Problem, UnavailableError


def bring_up_to_date(path: Path, history: Sequence[str], attested: Collection[str] = ()) -> int:
    """Append the lines of `history` the file lacks, durably, and return how many bytes were added.

    Args:
        attested: SHA-256 (hex) of the notes known to have been in the file: then it is never made anew.

    Raises:
        IntegrityFailureError: the file is not the beginning of `history`, or lacks what it once held.
        UnavailableError: the medium is not there, or takes nothing.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | (0 if attested else os.O_CREAT)
    try:
        with os.fdopen(os.open(path, flags, 0o640), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            kept = file.read()
            rest = _lacking(path, kept, history)
            _demand(path, kept, attested)
            at = 0
            while at < len(rest):
                at += file.write(rest[at:]) or 0
            os.fsync(file.fileno())
            return len(rest)
    except OSError as error:
        cure = "检查介质是否已接上、可写且没有写满"
        problem = Problem(f"见证文件不能写入：{error.strerror}", value=str(path), cure=cure)
        raise UnavailableError(problem) from error


def _demand(path: Path, kept: bytes, attested: Collection[str]) -> None:
    """Refuse a file that has lost a checkpoint it once held."""
    whole = kept[: kept.rfind(b"\n") + 1].split(b"\n")[:-1]
    held = {hashlib.sha256(decode_strict(line)["note"].encode()).hexdigest() for line in whole}
    if not held.issuperset(attested):
        cure = "接上原来的介质；确认丢失的，由审计方另给一个新文件名"
        raise IntegrityFailureError(
            Problem("见证文件比当时写入的短，或换成了另一个文件", file=str(path), cure=cure)
        )


def fault(path: Path, history: Sequence[str]) -> Problem | None:
    """Return why the file is not the beginning of `history`, None if it is.

    Raises:
        UnavailableError: it cannot be read.
    """
    try:
        _lacking(path, path.read_bytes(), history)
    except IntegrityFailureError as error:
        return error.problems[0]
    except OSError as error:
        raise UnavailableError(Problem(f"见证文件不能读出：{error.strerror}", value=str(path))) from error
    return None


def _lacking(path: Path, kept: bytes, history: Sequence[str]) -> bytes:
    """Return what the file lacks of `history`."""
    whole = "".join(f"{line}\n" for line in history).encode()
    if whole.startswith(kept):
        return whole[len(kept) :]
    number, ours, theirs = 0, whole.split(b"\n")[:-1], kept.split(b"\n")
    while number < min(len(ours), len(theirs)) and ours[number] == theirs[number]:
        number += 1
    longer = number >= len(ours)
    told = "有本机签名器没有签过的检查点：本机的签署历史变短了" if longer else "与本机的签署历史不同"
    cure = "不要改动见证文件；由审计方查明是文件被改，还是本机的历史被换"
    raise IntegrityFailureError(Problem(f"见证文件{told}", file=str(path), line=number + 1, cure=cure))
