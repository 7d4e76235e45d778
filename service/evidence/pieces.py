"""Files that come in piece by piece: one growing file each, durable up to what its row says was received."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import BinaryIO

from service.errors import InvalidError, NotFoundError, Problem, UnavailableError
from service.instance import make_private_folder

_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class PieceFolder:
    """The growing files of one instance, by the id of their upload."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, upload: str, offset: int, piece: bytes) -> None:
        """The file holds `piece` at `offset` and nothing after it, durably.

        Raises:
            UnavailableError: the disk is full or does not answer.
        """
        make_private_folder(self._folder)
        try:
            handle = os.open(self._path(upload), os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(handle, "wb") as output:
                output.truncate(offset)
                output.seek(offset)
                output.write(piece)
                output.flush()
                os.fsync(output.fileno())
        except OSError as error:
            full = "上传空间不足" if error.errno in _FULL else "上传写入失败"
            raise UnavailableError(Problem(full, cure="稍后重试；持续出现请告知系统管理员")) from error

    def open(self, upload: str) -> BinaryIO:
        """Return the file as a stream; NotFoundError if nothing of it has come."""
        try:
            return self._path(upload).open("rb")
        except FileNotFoundError as error:
            raise NotFoundError("没有这份上传") from error

    def drop(self, upload: str) -> None:
        """The file is gone, if it was there."""
        self._path(upload).unlink(missing_ok=True)

    def _path(self, upload: str) -> Path:
        if not _NAME.fullmatch(upload):
            raise InvalidError(Problem("不是上传编号", value=upload[:40]))
        return self._folder / f"{upload}.part"
