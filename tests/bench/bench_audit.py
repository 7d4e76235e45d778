"""Print what the audit costs: commits per second against the same rows unaudited, and with Continuum.

On SQLite and on a PostgreSQL cluster of its own, with one and with eight writers, each a process with a
case of its own. The writers of all ways stand ready and write in turn, round by round.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.audit_writer import AUDITED, BARE, CONTINUUM, MODES
from tests.bench.rounds import Options, heading, line, options, ratio
from tests.cluster import running_cluster

WRITER = Path(__file__).with_name("audit_writer.py")
NAMES = {BARE: "裸 SQLAlchemy", AUDITED: "有留痕", CONTINUUM: "SQLAlchemy-Continuum"}
WRITERS, SECONDS = (1, 8), 1.2


@dataclass
class Measured:
    """Commits per second of every round, and the milliseconds of all commits."""

    rates: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


@contextmanager
def _writers(mode: str, url: str, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Have `count` processes stand ready; the first one has made the tables."""
    started: list[subprocess.Popen[str]] = []
    try:
        for number in range(count):
            command = [sys.executable, str(WRITER), mode, url, "next" if number else "first"]
            writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            started.append(writer)
            if not number:
                _answer(writer)
        for writer in started[1:]:
            _answer(writer)
        yield started
    finally:
        for writer in started:
            writer.communicate()


def _answer(writer: subprocess.Popen[str]) -> str:
    assert writer.stdout is not None
    told = writer.stdout.readline()
    if not told:
        raise SystemExit("一个写者中途退出")
    return told


def _turn(writers: Sequence[subprocess.Popen[str]], seconds: float, measured: Measured) -> None:
    """Let the writers write at once and add what they did."""
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(f"{seconds}\n")
        writer.stdin.flush()
    answers: list[dict[str, Any]] = [json.loads(_answer(writer)) for writer in writers]
    measured.rates.append(sum(len(each["taken"]) / each["seconds"] for each in answers))
    for each in answers:
        measured.taken += each["taken"]


def _compare(title: str, urls: dict[str, str], *, chosen: Options) -> None:
    """Measure all ways on one kind of database."""
    counts = WRITERS[:1] if chosen.quick else WRITERS
    found = {(mode, count): Measured() for count in counts for mode in MODES}
    with ExitStack() as stack:
        ready = {mode: stack.enter_context(_writers(mode, urls[mode], counts[-1])) for mode in MODES}
        for turn in range(chosen.rounds):
            for mode in MODES[turn % 3 :] + MODES[: turn % 3]:
                for count in counts:
                    seconds = 0.1 if chosen.quick else SECONDS
                    _turn(ready[mode][:count], seconds, found[mode, count])
    for count in counts:
        print(f"  {title}，{count} 个写者")
        for mode in MODES:
            _line(found[mode, count], found[BARE, count], f"  {NAMES[mode]}")


def _line(own: Measured, base: Measured, name: str) -> None:
    ranked = sorted(own.taken)
    p50, p99 = ranked[len(ranked) // 2], ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]
    absolute = f"{statistics.median(own.rates):.0f} 笔/秒，p50 {p50:.1f} 毫秒，p99 {p99:.1f} 毫秒"
    line(name, ratio(own.rates, base.rates), absolute)


def main() -> None:
    """Compare on both databases and print the ratios."""
    chosen = options("留痕")
    heading(
        "留痕：每秒提交的事务，比值越大越快",
        "同样的行由裸 SQLAlchemy 提交（行上有版本号），每次读一行、改四列、加一行",
        "SQLite 为 WAL、synchronous FULL；PostgreSQL 为自起的临时集群，fsync 开启",
    )
    with tempfile.TemporaryDirectory() as folder:
        _compare("SQLite", {m: f"sqlite:///{Path(folder) / m}.db" for m in MODES}, chosen=chosen)
    with running_cluster() as cluster:
        _compare("PostgreSQL", {m: cluster.url(cluster.create()) for m in MODES}, chosen=chosen)


if __name__ == "__main__":
    main()
