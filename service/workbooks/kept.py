"""Workbooks uploaded and not yet confirmed: one per person, case and table, gone after a day."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from service.errors import NotFoundError
from service.instance import make_private_folder

SECONDS = 24 * 3600.0
SUFFIX = ".book"
GONE = "没有等待确认的工作簿，请重新上传"


class KeptBooks:
    """The uploads of one instance that wait for their confirmation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, account: str, case: str, kind: str, *, name: str, content: bytes) -> None:
        """The workbook waits under its name; an earlier one of the same person and table is gone."""
        make_private_folder(self._folder)
        self._sweep()
        handle, made = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as output:
            output.write(len(name.encode()).to_bytes(4, "big") + name.encode() + content)
        os.replace(made, self._path(account, case, kind))

    def open(self, account: str, case: str, kind: str) -> tuple[str, bytes]:
        """Return name and content of the workbook that waits.

        Raises:
            NotFoundError: none waits.
        """
        path = self._path(account, case, kind)
        try:
            found = path.read_bytes()
            # What is still worked with is not swept away under who works with it.
            os.utime(path)
        except FileNotFoundError as error:
            raise NotFoundError(GONE) from error
        length = int.from_bytes(found[:4], "big")
        return found[4 : 4 + length].decode(), found[4 + length :]

    def drop(self, account: str, case: str, kind: str) -> None:
        """No workbook waits."""
        self._path(account, case, kind).unlink(missing_ok=True)

    def _path(self, account: str, case: str, kind: str) -> Path:
        digest = hashlib.sha256("\0".join((account, case, kind)).encode()).hexdigest()
        return self._folder / f"{digest}{SUFFIX}"

    def _sweep(self) -> None:
        old = time.time() - SECONDS
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < old:
                    path.unlink()
