"""A foreign program runs in a cage: own session, own folders, limits, no network, and none of it stays.

- Every child is the leader of its own session; whatever ends the call, the whole group is killed
  before the leader is reaped, so the group number cannot have been given to somebody else.
- The environment is built from nothing: no address, key or setting of ours reaches the child.
- Limits come from `prlimit`, the empty network from `unshare`, death with the parent from `setpriv`
  (util-linux); code between fork and exec would be unsafe in a worker with threads.
  A tool that is missing or not allowed is left out; time-out and group kill always hold.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from service.errors import Problem, UnavailableError

_POLL = 0.02
_DEATH = 5.0
_OPEN_FILES = 1024
_LARGEST_FILE = 512 * 1024 * 1024
_LOG_TAIL = 600


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code (negative: signal number) and the end of what it printed."""

    code: int
    printed: str


def run(command: Sequence[str], *, cwd: Path, environ: Mapping[str, str], seconds: float) -> Ended:
    """Run `command` in the cage and return how it ended; no process of its group is alive afterwards.

    Args:
        command: absolute program and arguments; no shell.
        cwd: existing folder; the output is kept there in ``child.log`` while the call lasts.
        environ: the child's whole environment.
        seconds: wall clock; the CPU time is limited to twice that.

    Raises:
        UnavailableError: the program cannot be started or did not end in time.
    """
    log = cwd / "child.log"
    with log.open("wb") as sink:
        try:
            # The callers of this module give programs from settings and paths they made themselves.
            child = subprocess.Popen(
                [*cage(seconds), *command],
                cwd=cwd, env=dict(environ), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise UnavailableError(
                Problem("转换程序无法启动", value=str(error), cure="检查 LibreOffice 的安装与权限")
            ) from error
    try:
        finished = _wait(child.pid, seconds)
    finally:
        kill_group(child.pid)
        child.wait()
    if not finished:
        raise UnavailableError(
            Problem(
                f"转换超过 {seconds:g} 秒，已终止其全部进程",
                cure="稍后重试；反复出现时检查文档大小或放宽时限",
            )
        )
    printed = log.read_bytes()[-_LOG_TAIL:].decode("utf-8", "replace")
    return Ended(child.returncode, printed.strip())


def _wait(pid: int, seconds: float) -> bool:
    """Return whether child `pid` ended within `seconds`; it is not reaped."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        time.sleep(_POLL)
    return False


def kill_group(leader: int) -> None:
    """Kill every process of the group `leader` leads and wait until none of them runs any more."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    deadline = time.monotonic() + _DEATH
    while _members(leader) and time.monotonic() < deadline:
        time.sleep(_POLL)


def _members(leader: int) -> list[int]:
    """Return the running processes of the group; zombies are dead, only not yet reaped."""
    running = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The command name in brackets may itself contain brackets and blanks.
            state, _parent, group = entry.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
            if state not in "ZX" and int(group) == leader:
                running.append(int(entry.parent.name))
    return running


def cage(seconds: float) -> tuple[str, ...]:
    """Return the prefix of a command that shuts it in as far as this machine allows."""
    prefix: tuple[str, ...] = _no_network()
    limits = shutil.which("prlimit")
    if limits:
        cpu = max(2, round(seconds * 2))
        prefix += (
            limits, f"--cpu={cpu}", "--core=0", f"--fsize={_LARGEST_FILE}", f"--nofile={_OPEN_FILES}",
        )  # fmt: skip
    tether = shutil.which("setpriv")
    if tether:
        prefix += (tether, "--pdeathsig", "KILL", "--")
    return prefix


@functools.cache
def _no_network() -> tuple[str, ...]:
    """Return the command that gives a child an empty network, or nothing where it is forbidden."""
    unshare = shutil.which("unshare")
    for options in (("-n",), ("-r", "-n")):
        probe = [unshare or "false", *options, "true"]
        # Fixed arguments: the program found on PATH and nothing of a user's.
        if unshare and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return (unshare, *options)
    return ()
