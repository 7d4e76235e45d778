"""How often was asked lately, counted where every process of the installation sees it.

- A small SQLite file of its own in the instance folder: no business transaction waits for a count and no
  count for one. It is written without waiting for the disk and may be deleted; then counting begins anew.
- A count that cannot be kept lets the request pass and says so in the log: a limit protects the service,
  it must not stop it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from service.limits import Limit

WAIT = 1.0
SWEEP = 5000
_TABLE = "CREATE TABLE IF NOT EXISTS asked (key TEXT PRIMARY KEY, used INTEGER, until REAL) WITHOUT ROWID"
_OVER = "until <= :at OR until > excluded.until"
_COUNT = f"""INSERT INTO asked VALUES (:key, 1, :until) ON CONFLICT (key) DO UPDATE SET
used = CASE WHEN {_OVER} THEN 1 ELSE used + 1 END,
until = CASE WHEN {_OVER} THEN excluded.until ELSE until END
RETURNING used, until"""  # noqa: S608 - our own words alone
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """How often was asked in the present window, this time included, and the seconds until it ends."""

    used: int
    left: float


class Usage:
    """The counts of one installation; safe for threads, and for processes made by forking."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._line: sqlite3.Connection | None = None
        self._process = 0
        self._turns = 0

    def count(self, keys: Mapping[str, Limit], *, at: float) -> dict[str, Asked]:
        """One more request counts under every key; return how it stands with each, {} if nobody knows.

        Args:
            at: now, seconds since 1970 UTC.
        """
        try:
            with self._lock, self._writing() as line:
                self._sweep(line, at)
                return {key: _counted(line, key, limit.seconds, at) for key, limit in keys.items()}
        except (sqlite3.Error, OSError) as error:
            log.warning("requests are not counted: %s", type(error).__name__)
            return {}

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        line = self._opened()
        line.execute("BEGIN IMMEDIATE")
        try:
            yield line
        except BaseException:
            line.rollback()
            raise
        line.commit()

    def _opened(self) -> sqlite3.Connection:
        if self._line is None or self._process != os.getpid():
            try:
                self._line = self._connected()
            except sqlite3.DatabaseError:
                # Cut off by a power failure: nothing in it is worth mending.
                for name in ("", "-wal", "-shm"):
                    Path(f"{self._path}{name}").unlink(missing_ok=True)
                self._line = self._connected()
            self._process = os.getpid()
        return self._line

    def _connected(self) -> sqlite3.Connection:
        line = sqlite3.connect(self._path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        line.execute("PRAGMA journal_mode = WAL")
        line.execute("PRAGMA synchronous = OFF")
        line.execute(_TABLE)
        if line.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        return line

    def _sweep(self, line: sqlite3.Connection, at: float) -> None:
        if self._turns % SWEEP == 0:
            line.execute("DELETE FROM asked WHERE until <= ?", (at,))
        self._turns += 1


def _counted(line: sqlite3.Connection, key: str, seconds: int, at: float) -> Asked:
    """Count one; a window that is over, or reaches further than it can, begins anew."""
    used, until = line.execute(_COUNT, {"key": key, "at": at, "until": at + seconds}).fetchone()
    return Asked(used, until - at)
