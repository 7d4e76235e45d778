"""Files of the signer: durable and private; and its history, a chain of JSON lines."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from service.audit.canonical import decode_strict, encode
from service.audit.checkpoint import Checkpoint, VerifierKey, strict_base64
from service.errors import IntegrityFailureError, UnavailableError


def line_hash(line: str) -> str:
    """Return the hex SHA-256 of one history line, which the next line cites as ``prev``."""
    return hashlib.sha256(line.encode()).hexdigest()


def chain_fault(lines: Iterable[str]) -> int | None:
    """Return the number (from 0) of the first history line that does not cite the one before, or None."""
    previous = ""
    for number, line in enumerate(lines):
        try:
            value: Any = decode_strict(line.encode())
        except IntegrityFailureError:
            return number
        if not isinstance(value, dict) or value.get("prev") != previous:
            return number
        previous = line_hash(line)
    return None


def sealed_text(line: bytes) -> str:
    """Return what a seal signs: a line of its own kind (no origin holds a space) over the unsealed line."""
    return f"pingji-history/1 {hashlib.sha256(line).hexdigest()}\n"


def unsealed_text(line: dict[str, Any], *without: str) -> str:
    """Return what signs a history line that lacks its seal and the members named."""
    rest = {name: value for name, value in line.items() if name not in ("seal", *without)}
    return sealed_text(encode(rest))


def seal_holds(line: str, key: VerifierKey) -> bool:
    """Say whether a history line carries the seal of `key` over all its other members."""
    value = decode_strict(line.encode())
    seal = value.pop("seal", "")
    try:
        return key.verifies(sealed_text(encode(value)).encode(), strict_base64(seal, "封记"))
    except (IntegrityFailureError, TypeError):
        return False


def binding_roots(lines: Iterable[str]) -> dict[int, bytes]:
    """Return size → root of every checkpoint that still binds: a restore drops those above its entry."""
    roots: dict[int, bytes] = {}
    for line in lines:
        value = decode_strict(line.encode())
        if value["kind"] == "restore":
            cut = value["entry"]["index"]
            roots = {size: root for size, root in roots.items() if size <= cut}
        text = str(value["note"]).rpartition("\n\n")[0]
        checkpoint = Checkpoint.parse(text + "\n")
        roots[checkpoint.size] = checkpoint.root
    return roots


def demand_private(directory: Path, names: Iterable[str]) -> None:
    """Raise unless the directory and its files are closed to everybody else."""
    paths = [directory, *(directory / name for name in names)]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise UnavailableError(f"签署器不完整，缺少：{'、'.join(missing)}")
    for path in paths:
        if path.stat().st_mode & 0o077:
            raise IntegrityFailureError(f"签署器的“{path.name}”对他人开放，应只有属主可读写")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that did not exist, readable by its owner only, durable on return."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of `path`: whole, durable, or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    write_new(temporary, data)
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names inside `directory` durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
