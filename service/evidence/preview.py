"""Previews of stored files: drawn by a shut-in child, kept by the file's SHA-256, never the original bytes.

- Pictures are decoded and drawn anew upright and without metadata; of a PDF its first page is drawn.
- Text is cut and its invisible direction marks are made visible; the page escapes it.
- What cannot be drawn is remembered as such; what took too long is tried again another time.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from service.errors import UnavailableError
from service.evidence.kinds import MediaKind
from service.evidence.store import EvidenceStore
from service.instance import make_private_folder
from service.report import office

DRAWN = frozenset({MediaKind.JPG, MediaKind.PNG, MediaKind.TIF, MediaKind.PDF})
EDGES = {"small": 240, "large": 1600}
SECONDS = 20.0
MEMORY = 1 << 30
AT_ONCE = 2
WAIT_SECONDS = 15.0
MAX_TEXT = 20_000
REDRAW = Path(__file__).with_name("redraw.py")
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_slots = threading.BoundedSemaphore(AT_ONCE)


class Previews:
    """The previews of one instance, in a folder that may be emptied at any time."""

    def __init__(self, folder: Path, store: EvidenceStore) -> None:
        self._folder, self._store = folder, store

    def picture(self, sha256: str, kind: MediaKind, size: str) -> Path | None:
        """Return the JPEG that shows the file, None if it cannot be shown.

        Args:
            size: ``small`` or ``large``.

        Raises:
            UnavailableError: too much is being drawn at this moment.
            NotFoundError, IntegrityFailureError: as the store says.
        """
        if kind not in DRAWN or size not in EDGES:
            return None
        kept = self._folder / f"{sha256}-{size}.jpg"
        if not kept.exists():
            make_private_folder(self._folder)
            self._draw(sha256, kind, EDGES[size], kept)
        return kept if kept.exists() and kept.stat().st_size else None

    def _draw(self, sha256: str, kind: MediaKind, edge: int, kept: Path) -> None:
        if not _slots.acquire(timeout=WAIT_SECONDS):
            raise UnavailableError("正在生成的预览过多，请稍后再看")
        try:
            with tempfile.TemporaryDirectory(dir=self._folder) as work:
                source, target = Path(work) / "source", Path(work) / "drawn.jpg"
                with self._store.open(sha256) as stream, source.open("wb") as copy:
                    shutil.copyfileobj(stream, copy)
                if not _drawn(kind, source, target, edge):
                    target.write_bytes(b"")
                os.replace(target, kept)
        except TimeoutError:
            return
        finally:
            _slots.release()


def _drawn(kind: MediaKind, source: Path, target: Path, edge: int) -> bool:
    """Return whether the child drew `target`; TimeoutError if it did not end."""
    if kind is MediaKind.PDF:
        command = _first_page(source, target, edge)
    else:
        command = (sys.executable, "-I", str(REDRAW), str(source), str(target), str(edge))
    if not command:
        return False
    try:
        ended = office.run(
            [*_memory(), *command], cwd=source.parent, environ={"PATH": os.defpath}, seconds=SECONDS
        )
    except UnavailableError as error:
        raise TimeoutError from error
    return ended.code == 0 and target.exists() and target.stat().st_size > 0


def _first_page(source: Path, target: Path, edge: int) -> tuple[str, ...]:
    program = shutil.which("pdftoppm")
    if program is None:
        return ()
    pages = ("-f", "1", "-l", "1", "-singlefile")
    return (program, "-jpeg", "-scale-to", str(edge), *pages, str(source), str(target.with_suffix("")))


def _memory() -> tuple[str, ...]:
    limits = shutil.which("prlimit")
    return (limits, f"--as={MEMORY}") if limits else ()


def text_shown(content: bytes) -> tuple[str, bool]:
    """Return the beginning of a text file with direction marks made visible, and whether it was cut."""
    text = content.decode("utf-8-sig", "replace")
    cut = _DIRECTIONS.sub(lambda found: f"⟦U+{ord(found.group()):04X}⟧", text[:MAX_TEXT])
    return cut, len(text) > MAX_TEXT
