"""A worker that also knows the test's own kinds of job; run as ``python -m slowly``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.errors import ActionRefusedError, UnavailableError
from service.jobs import bodies, embedded


def slow(args: Mapping[str, Any], context: bodies.JobContext) -> dict[str, int]:
    """Note the start, take a while, note the end."""
    trace = Path(args["trace"])
    _append(trace, f"start {context.claim.attempt} {os.getpid()}")
    context.tell("一半")
    time.sleep(float(args.get("seconds", 0)))
    _append(trace, f"end {context.claim.attempt} {os.getpid()}")
    return {"attempt": context.claim.attempt}


def suicidal(args: Mapping[str, Any], context: bodies.JobContext) -> None:
    """Kill the worker every time."""
    _append(Path(args["trace"]), f"start {context.claim.attempt} {os.getpid()}")
    os.kill(os.getpid(), signal.SIGKILL)


def unavailable(args: Mapping[str, Any], context: bodies.JobContext) -> str:
    """Fail once for want of something, then succeed."""
    if context.claim.attempt == 1:
        raise UnavailableError("转换程序没有应答")
    return "done"


def refused(args: Mapping[str, Any], context: bodies.JobContext) -> None:
    """Be refused by the process."""
    raise ActionRefusedError(["缺少理由", "缺少依据"])


def spawning(args: Mapping[str, Any], context: bodies.JobContext) -> None:
    """Start a program in a session of its own, as the converter is started, and wait for it."""
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    _append(Path(args["trace"]), f"child {child.pid}")
    child.wait()


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    for name in ("slow", "suicidal", "unavailable", "refused", "spawning"):
        bodies.BODIES[f"test.{name}"] = f"slowly:{name}"
    sys.modules["slowly"] = sys.modules["__main__"]
    embedded.main()
