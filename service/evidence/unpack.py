"""What is inside a ZIP that was accepted: its files by the names their maker gave them."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from service.errors import InvalidError, Problem
from service.evidence.containers import MAX_TOTAL, member_name, open_container

_LEFTOVERS = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive: its place, its path as written, its size in bytes once unpacked."""

    number: int
    path: str
    size: int

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path.replace("\\", "/").rpartition("/")[2]


class Archive:
    """An accepted archive held open, for who takes many of its files one after the other.

    Raises:
        InvalidError: it is no archive, or one that would be refused.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._container = _opened(stream)
        self._entries = self._container.infolist()

    def members(self) -> tuple[Member, ...]:
        """Return its files in its own order, without folders and what systems leave behind."""
        found = (Member(n, member_name(entry), entry.file_size) for n, entry in enumerate(self._entries))
        return tuple(m for m in found if m.name and not _left_behind(m.path))

    def content(self, member: Member) -> bytes:
        """Return the bytes of one member.

        Raises:
            InvalidError: they cannot be unpacked, or are more than the directory says.
        """
        try:
            with self._container.open(self._entries[member.number]) as part:
                content = part.read(min(member.size, MAX_TOTAL) + 1)
        except _DAMAGED as error:
            raise InvalidError(Problem("压缩包内的文件损坏，不能解出", value=member.path)) from error
        if len(content) != member.size:
            raise InvalidError(Problem("压缩包内的文件与目录所载大小不符", value=member.path))
        return content


def members(stream: BinaryIO) -> tuple[Member, ...]:
    """Return the files of the archive in its own order, without folders and what systems leave behind.

    Raises:
        InvalidError: it is no archive, or one that would be refused.
    """
    return Archive(stream).members()


def member_bytes(stream: BinaryIO, member: Member) -> bytes:
    """Return the bytes of one member.

    Raises:
        InvalidError: they cannot be unpacked, or are more than the directory says.
    """
    return Archive(stream).content(member)


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    size = stream.seek(0, os.SEEK_END)
    container, problems = open_container(stream, size)
    if container is None:
        raise InvalidError(problems)
    return container


def _left_behind(path: str) -> bool:
    low = path.replace("\\", "/").lower()
    return low.startswith(_LEFTOVERS[0]) or low.rpartition("/")[2] in _LEFTOVERS[1:]
