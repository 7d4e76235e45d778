"""A framework file somebody hands in: read to its end in a shut-in child before this process touches it.

A file of a stranger may be built to cost memory or time; the child has limits on both, and no network.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from service.errors import InvalidError, Problem, UnavailableError
from service.report import office

MOST_BYTES = 2_000_000
SECONDS = 20.0
MEMORY = 1 << 30
READING = Path(__file__).with_name("reading.py")
SIMPLER = "文件过于庞大或嵌套过深；拆小后再传，长的原文改放佐证"


def checked_text(content: bytes) -> str:
    """Return the text of a file that is a sound framework.

    Raises:
        InvalidError: every fault of the file, each with its line; or it could not be read to its end.
    """
    found = faults_in(content)
    if found:
        raise InvalidError(found)
    return text_in(content)


def draft_text(content: bytes) -> str:
    """Return the text of a file that may still have faults to be put right by its author.

    Raises:
        InvalidError: it is not UTF-8, or could not be read to its end.
    """
    found = faults_in(content)
    try:
        return text_in(content)
    except UnicodeDecodeError:
        raise InvalidError(found) from None


def text_in(content: bytes) -> str:
    """Return the text of a file, its line ends as on this system."""
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def faults_in(content: bytes) -> list[Problem]:
    """Return every fault a framework file has, each with its line.

    Raises:
        InvalidError: it is too large, or a child with limits on time and memory did not come to its end.
    """
    if len(content) > MOST_BYTES:
        raise InvalidError(Problem("文件过大", path="file", allowed="2 MB 以内", cure="长的原文改放佐证"))
    with tempfile.TemporaryDirectory() as work:
        source, faults = Path(work) / "framework.yaml", Path(work) / "faults.json"
        source.write_bytes(content)
        command = (sys.executable, "-I", str(READING), str(source), str(faults))
        found = _faults(command, Path(work), faults)
    if found is None:
        raise InvalidError(Problem("没有读完这个文件", path="file", cure=SIMPLER))
    return found


def _faults(command: tuple[str, ...], work: Path, faults: Path) -> list[Problem] | None:
    """Return what the child found, None if it did not come to an end."""
    limits = shutil.which("prlimit")
    caged = (limits, f"--as={MEMORY}", *command) if limits else command
    try:
        ended = office.run(caged, cwd=work, environ={"PATH": os.defpath, "PYTHONUTF8": "1"}, seconds=SECONDS)
    except UnavailableError:
        return None
    if ended.code != 0 or not faults.exists():
        return None
    return [Problem(**one) for one in json.loads(faults.read_text("utf-8"))]
