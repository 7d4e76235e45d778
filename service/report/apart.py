"""Templates of organisations are strangers' code: read and set in a shut-in child, never in this process.

The child has limits on time, memory and processor, no network and none of our environment; what it gives
back is a file, and that file is looked at as any stranger's before it goes on.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.errors import InvalidError, Problem, UnavailableError
from service.report import office, package
from service.report.blocks import Report

CPU_SECONDS, MEMORY, SECONDS = 20, 1 << 30, 40.0
AT_ONCE, WAIT_SECONDS = 2, 30.0
CHILD = Path(__file__).with_name("templatechild.py")
AT_FAULT = 3
_slots = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the look at a template found: everything against it, and the parts of a report it prints."""

    problems: tuple[Problem, ...]
    used: frozenset[str]


def look(content: bytes) -> Looked:
    """Return what stands against a template whose container was judged before; nothing of it is stored.

    Raises:
        UnavailableError: too many are being read at this moment.
    """
    with _child("lint", content) as (code, target):
        if code != 0 or target is None:
            return Looked((_limits_problem(),), frozenset())
        told = json.loads(target.read_text("utf-8"))
    return Looked(tuple(Problem(**each) for each in told["problems"]), frozenset(told["used"]))


def typeset(
    report: Report,
    template: bytes,
    *,
    pictures: Mapping[str, bytes],
    pages: Mapping[str, str],
    probe: bool = False,
) -> bytes:
    """Return the .docx of `report` set with a stranger's template.

    Raises:
        InvalidError: the template is at fault, or the child did not come to its end.
        UnavailableError: too many are being set at this moment.
    """
    job = {
        "report": report,
        "template": template,
        "pictures": dict(pictures),
        "pages": dict(pages),
        "probe": probe,
    }
    with _child("set", pickle.dumps(job)) as (code, target):
        if code == AT_FAULT and target is not None:
            raise InvalidError([Problem(**each) for each in json.loads(target.read_text("utf-8"))])
        if code != 0 or target is None:
            raise InvalidError(_limits_problem())
        made = target.read_bytes()
    _demand_plain(made)
    return made


def _demand_plain(content: bytes) -> None:
    """Accept what the child gave back only if it is a document without program and without a way outside.

    Raises:
        InvalidError: it is something else.
    """
    try:
        parts = package.read(content)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InvalidError(_limits_problem()) from error
    links = b"".join(data for name, data in parts.items() if name.endswith(".rels")).lower()
    program = b"macroenabled" in parts.get(package.FIRST, b"").lower() or "word/vbaProject.bin" in parts
    if program or b"external" in links or "word/document.xml" not in parts:
        raise InvalidError(Problem("排出的文件不是普通的 Word 文档", path="template", cure="改用另一版模板"))


def _limits_problem() -> Problem:
    allowed = f"{CPU_SECONDS} 秒、{MEMORY >> 20} MB 之内"
    return Problem(
        "在限定的时间和内存内没有排完",
        path="template",
        allowed=allowed,
        cure="简化模板：删去大图和多余的循环",
    )


@contextmanager
def _child(mode: str, source: bytes) -> Iterator[tuple[int, Path | None]]:
    """Yield exit code and target of a child; nothing of it stays. A child killed by time has code -1."""
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise UnavailableError("正在排印的模板过多，请稍后再试")
    try:
        with tempfile.TemporaryDirectory(prefix="pingji-template-") as folder:
            work = Path(folder)
            given, target = work / "source", work / "target"
            given.write_bytes(source)
            limits = shutil.which("prlimit")
            caged = (limits, f"--cpu={CPU_SECONDS}", f"--as={MEMORY}") if limits else ()
            command = (*caged, sys.executable, "-I", str(CHILD), mode, str(given), str(target))
            environ = {"PATH": os.defpath, "PYTHONUTF8": "1", "TMPDIR": folder}
            try:
                code = office.run(command, cwd=work, environ=environ, seconds=SECONDS).code
            except UnavailableError:
                code = -1
            yield code, target if target.exists() else None
    finally:
        _slots.release()
