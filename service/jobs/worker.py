"""The embedded worker: one child process that leaves with its parent and comes back when it dies."""

from __future__ import annotations

import ctypes
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

EMBEDDED = "service.jobs.embedded"
PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20.0
RESPAWN_SECONDS = 1.0
DEATH_SECONDS = 5.0
log = logging.getLogger(__name__)


class WorkerChild:
    """Keeps one worker process alive until stopped; every process it leaves behind is ended.

    All spawning happens in one thread: the kernel ties the parent-death signal to the spawning thread.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        log_file: Path,
        module: str = EMBEDDED,
        options: Sequence[str] = (),
    ) -> None:
        self._environ = dict(environ)
        self._module = module
        self._log_file = log_file
        self._options = options
        self._stop = threading.Event()
        self._up = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-child", daemon=True)
        self.spawned = 0

    @property
    def pid(self) -> int | None:
        """Return the process id of the worker of the moment, None between two."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Spawn the worker; it takes jobs a second or two later."""
        self._thread.start()
        self._up.wait()

    def stop(self) -> None:
        """Let the worker finish for a while, then end it and everything it started."""
        self._stop.set()
        process = self._process
        if process and process.poll() is None:
            family = handles(descendants(process.pid) | {process.pid})
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            end(family + handles(descendants(process.pid)))
        self._thread.join()

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._spawn()
            self._up.set()
            process = self._process
            if process is None:
                return
            code = process.wait()
            if not self._stop.is_set():
                log.warning("%s left with code %s and is started again", self._module, code)
                self._stop.wait(RESPAWN_SECONDS)

    def _spawn(self) -> None:
        self.spawned += 1
        arguments = ["--parent", str(os.getpid()), *self._options]
        with open(self._log_file, "ab", opener=_private) as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module, *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=self._environ, start_new_session=True,
            )  # fmt: skip


@contextmanager
def worker_running(
    environ: Mapping[str, str], *, log_file: Path, slots: int = 2, module: str = EMBEDDED
) -> Iterator[WorkerChild]:
    """Have a worker at work during the block."""
    with child_running(environ, log_file=log_file, module=module, options=("--slots", str(slots))) as child:
        yield child


@contextmanager
def child_running(
    environ: Mapping[str, str], *, log_file: Path, module: str, options: Sequence[str] = ()
) -> Iterator[WorkerChild]:
    """Have a process that runs `module` during the block; it comes back when it dies."""
    child = WorkerChild(environ, log_file=log_file, module=module, options=options)
    child.start()
    try:
        yield child
    finally:
        child.stop()


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends; leave at once if it already has."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


def descendants(pid: int) -> set[int]:
    """Return the ids of all processes below `pid`, read from /proc at this moment."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            after_name = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            parents.setdefault(int(after_name[1]), []).append(int(entry.name))
    found: set[int] = set()
    open_ends = [pid]
    while open_ends:
        fresh = [child for child in parents.get(open_ends.pop(), ()) if child not in found]
        found.update(fresh)
        open_ends += fresh
    return found


def handles(pids: Iterable[int]) -> list[int]:
    """Return a handle of each process still there; it never names a later process of the same id."""
    found = []
    for pid in pids:
        with suppress(ProcessLookupError):
            found.append(os.pidfd_open(pid))
    return found


def end(processes: Iterable[int]) -> None:
    """Kill the processes behind the handles, if still there; close each handle once its process is dead."""
    dying = list(processes)
    for handle in dying:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    for handle in dying:
        over = select.poll()
        over.register(handle, select.POLLIN)
        over.poll(DEATH_SECONDS * 1000)
        os.close(handle)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
