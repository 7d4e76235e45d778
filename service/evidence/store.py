"""Bytes by their SHA-256: written once, durable before the commit that cites them, never overwritten.

- Local folder: temporary file → fsync → hard link to the final name → fsync of the folder. The link fails
  if the name exists, so even two writers at once leave one complete file. Layout ``ab/cd/<sha256>``.
- Other fsspec addresses (s3, memory): one upload to the final name, skipped if it is there.
- What is read is hashed again first: damaged bytes are never handed out.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from service.errors import IntegrityFailureError, InvalidError, NotFoundError, Problem, UnavailableError

CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = "incoming"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: SHA-256 in hex, size in bytes."""

    sha256: str
    size: int


class EvidenceStore:
    """The store at an fsspec address, e.g. ``file:///var/lib/pingji/evidence``."""

    def __init__(self, url: str) -> None:
        self.fs, self.root = _filesystem(url)
        self.local = Path(self.root) if isinstance(self.fs, LocalFileSystem) else None

    def put(self, content: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        """Return the blob of `content`, which is durable from here on.

        Args:
            content: bytes, or a stream read to its end.
            limit: most bytes accepted; nothing is kept of more.

        Raises:
            InvalidError: more than `limit` bytes.
            UnavailableError: the store is full or does not answer.
        """
        stream = BytesIO(content) if isinstance(content, bytes) else content
        try:
            return self._put_local(stream, limit) if self.local else self._put_remote(stream, limit)
        except OSError as error:
            full = error.errno in _FULL
            raise UnavailableError(
                "证据库空间不足" if full else f"证据库写入失败：{error.strerror}"
            ) from error

    def open(self, sha256: str) -> BinaryIO:
        """Return the bytes as a stream at its start, hashed before; the caller closes it.

        Raises:
            NotFoundError: not in the store.
            IntegrityFailureError: the stored bytes are no longer these bytes.
        """
        path = self._path(sha256)
        try:
            stream: BinaryIO = self.fs.open(path, "rb")
        except FileNotFoundError as error:
            raise NotFoundError(Problem("证据库中没有这份文件", value=sha256)) from error
        except OSError as error:
            raise UnavailableError(f"证据库读取失败：{error.strerror}") from error
        if _digest(stream) != sha256:
            stream.close()
            raise IntegrityFailureError(Problem("证据文件的内容已被改动", value=sha256))
        stream.seek(0)
        return stream

    def read(self, sha256: str) -> bytes:
        """Return all bytes; raises what `open` raises."""
        with self.open(sha256) as stream:
            return stream.read()

    def exists(self, sha256: str) -> bool:
        """Say whether a file of this name is there; its bytes are not looked at."""
        return bool(self.fs.exists(self._path(sha256)))

    def names(self) -> Iterator[str]:
        """Yield the SHA-256 of everything stored, in no order."""
        if self.fs.exists(self.root):
            for path in self.fs.find(self.root):
                name = str(path).rsplit("/", 1)[-1]
                if _SHA256.fullmatch(name):
                    yield name

    def fsck(self, expected: Mapping[str, int]) -> list[Problem]:
        """Return what is wrong with the `expected` blobs (SHA-256 to size in bytes), every byte read."""
        return [problem for sha256, size in expected.items() for problem in self._check(sha256, size)]

    def _check(self, sha256: str, size: int) -> Iterator[Problem]:
        try:
            found = int(self.fs.size(self._path(sha256)))
        except FileNotFoundError:
            yield Problem("证据文件丢失", value=sha256, cure="从备份恢复该文件")
            return
        if found != size:
            yield Problem(
                "证据文件大小不符", value=f"{sha256}：{found}", allowed=str(size), cure="从备份恢复该文件"
            )
            return
        with self.fs.open(self._path(sha256), "rb") as stream:
            if _digest(stream) != sha256:
                yield Problem("证据文件的内容已被改动", value=sha256, cure="从备份恢复该文件")

    def orphans(self, expected: Iterable[str]) -> list[str]:
        """Return the SHA-256 of stored files nobody expects, sorted: uploads whose commit never came."""
        return sorted(set(self.names()) - set(expected))

    def sweep(self, before: datetime) -> int:
        """Remove unfinished uploads last written before the moment; return how many."""
        removed = 0
        if self.local is not None:
            for path in (self.local / _TEMPORARY).glob("*"):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise InvalidError(Problem("不是 SHA-256", value=sha256))
        return f"{self.root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _put_local(self, stream: BinaryIO, limit: int | None) -> Blob:
        assert self.local is not None
        folder = self.local / _TEMPORARY
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = folder / secrets.token_hex(16)
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440), "wb") as output:
                blob = _copy(stream, output, limit)
                output.flush()
                os.fsync(output.fileno())
            self._publish(temporary, Path(self._path(blob.sha256)))
        finally:
            temporary.unlink(missing_ok=True)
        return blob

    def _publish(self, temporary: Path, target: Path) -> None:
        """Give the finished file its name, durably; an equal one that is there stays."""
        assert self.local is not None
        made = not target.parent.exists()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.link(temporary, target)
        except FileExistsError:
            if target.stat().st_size != temporary.stat().st_size:
                raise IntegrityFailureError(Problem("证据库中的同名文件已损坏", value=target.name)) from None
        for folder in (target.parent, target.parent.parent, self.local) if made else (target.parent,):
            _sync_folder(folder)

    def _put_remote(self, stream: BinaryIO, limit: int | None) -> Blob:
        buffer = BytesIO()
        blob = _copy(stream, buffer, limit)
        path = self._path(blob.sha256)
        if not self.fs.exists(path):
            self.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self.fs.pipe_file(path, buffer.getvalue())
        return blob


def _filesystem(url: str) -> tuple[Any, str]:
    try:
        fs, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UnavailableError(f"证据库地址不能使用：{error}") from error
    return fs, str(root).rstrip("/")


def _copy(source: BinaryIO, target: BinaryIO, limit: int | None) -> Blob:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            raise InvalidError(
                Problem("文件过大", value=f"超过 {limit} 字节", allowed=f"不超过 {limit} 字节")
            )
        digest.update(chunk)
        target.write(chunk)
    return Blob(digest.hexdigest(), size)


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
