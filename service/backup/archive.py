"""The one file of a backup: a tar whose last member lists every other one with size and SHA-256.

- Member names are relative, plain and known: nothing can be written outside the folder chosen.
- The file is 0600, complete or absent. It holds keys: whoever has it can sign for the instance.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from service.errors import IntegrityFailureError, InvalidError, Problem

FORMAT = "pingji-backup/1"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
_NAME = re.compile(r"(?:[\w.-]+/)*[\w.-]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Args:
        kind, origin, created: of the instance, as in its marker.
        made: when the backup was made, UTC text.
        dialect: ``sqlite`` or ``postgresql``; a backup goes back into the same.
        revision: of the tables.
        size, root: of the log in the database (root in hex).
        members: name → (bytes, SHA-256 in hex).
    """

    kind: str
    origin: str
    created: str
    made: str
    dialect: str
    revision: str
    size: int
    root: str
    members: Mapping[str, tuple[int, str]]
    format: str = FORMAT


class Writer:
    """Puts members into an open archive and remembers what they were."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, tuple[int, str]] = {}

    def add(self, name: str, content: IO[bytes], size: int) -> str:
        """Store `size` bytes of `content` as `name` and return their SHA-256 in hex.

        Raises:
            InvalidError: the name is not plain.
        """
        if not plain(name):
            raise InvalidError(Problem("备份中不能有此文件名", value=name))
        counted = _Counted(content)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self._tar.addfile(entry, counted)
        self.members[name] = (size, counted.digest.hexdigest())
        return self.members[name][1]

    def add_file(self, name: str, path: Path) -> str:
        """Store the file at `path` as `name` and return its SHA-256 in hex."""
        with path.open("rb") as content:
            return self.add(name, content, path.stat().st_size)

    def close(self, manifest: Manifest) -> None:
        """Store the list of members last."""
        text = json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        self._tar.addfile(entry, io.BytesIO(text))


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """Make the archive `target` during the block; it appears complete, on disk and 0600, or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def read(source: Path, *, into: Path | None = None) -> Manifest:
    """Return the manifest after checking every member; with `into`, write the members below that folder.

    Raises:
        InvalidError: not a backup.
        IntegrityFailureError: a member is missing, surplus or changed; all are named.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() and plain(entry.name) else None
                if content is None:
                    raise InvalidError(Problem("备份中有不允许的成员", file=str(source), value=entry.name))
                if entry.name == MANIFEST:
                    manifest = _parse(content.read(), source)
                else:
                    found[entry.name] = _take(content, into / entry.name if into else None)
    except (OSError, EOFError, tarfile.TarError) as error:
        broken = Problem("备份文件无法读取", file=str(source), value=type(error).__name__)
        raise InvalidError(broken) from error
    if manifest is None:
        raise IntegrityFailureError(Problem("备份没有清单，可能未写完", file=str(source)))
    _compare(found, manifest.members, source)
    return manifest


def plain(name: str) -> bool:
    """Return whether `name` is relative and stays below its folder."""
    return bool(_NAME.fullmatch(name)) and ".." not in name.split("/")


def _take(content: IO[bytes], target: Path | None) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(target or os.devnull, "wb", opener=_private) as out:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return size, digest.hexdigest()


def _parse(text: bytes, source: Path) -> Manifest:
    try:
        members = json.loads(text)
        listed = {name: (int(size), str(digest)) for name, (size, digest) in members.pop("members").items()}
        manifest = Manifest(**members, members=listed)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidError(Problem("备份清单无法读取", file=str(source), value=str(error))) from error
    if manifest.format != FORMAT:
        unknown = Problem("备份格式不受支持", file=str(source), value=manifest.format, allowed=FORMAT)
        raise InvalidError(unknown)
    return manifest


def _compare(
    found: Mapping[str, tuple[int, str]], listed: Mapping[str, tuple[int, str]], source: Path
) -> None:
    words = {name: "与清单不符" for name in found.keys() & listed.keys() if found[name] != listed[name]}
    words |= dict.fromkeys(listed.keys() - found.keys(), "清单中有而备份中没有")
    words |= dict.fromkeys(found.keys() - listed.keys(), "清单中没有")
    if words:
        raise IntegrityFailureError(
            Problem(said, path=name, file=str(source)) for name, said in sorted(words.items())
        )


class _Counted:
    """Passes bytes on and digests them."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self.digest.update(chunk)
        return chunk


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
