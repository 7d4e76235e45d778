"""What a command says: results on standard output, everything else on standard error.

- With ``--json`` standard output carries exactly one JSON document.
- Work over a second shows progress: a bar on a terminal, one line a step elsewhere.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import click
from rich.console import Console as RichConsole
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.errors import InvalidError, NotFoundError, Problem, ServiceError, UnavailableError

T = TypeVar("T")
WIDE = 240
OK, FINDINGS, USAGE, UNAVAILABLE = 0, 1, 2, 3


class Step(Protocol):
    """Tells the reader that one more part is done."""

    def __call__(self, note: str = "", /, *, done: int = 1) -> None:
        """Count `done` parts and show `note`."""


def say(text: str) -> None:
    """Print one line of the result."""
    click.echo(text)


def note(text: str) -> None:
    """Print one line that is not part of the result."""
    click.echo(text, err=True)


def emit(value: Any) -> None:
    """Print `value` as the one JSON document of a ``--json`` call."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
    """Print rows under headings; the columns numbered in `right` are set flush right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    width = None if sys.stdout.isatty() else WIDE
    RichConsole(file=sys.stdout, highlight=False, markup=False, width=width).print(made)


def problems(found: Iterable[Problem]) -> None:
    """Print each problem on its own line, place first."""
    for problem in found:
        note(f"  · {problem}")


def attempt(work: Callable[[], T]) -> tuple[T | None, tuple[Problem, ...]]:
    """Return what `work` gives, or None and every problem why the document it reads is not valid."""
    try:
        return work(), ()
    except InvalidError as error:
        return None, error.problems


def failed(error: ServiceError, *, as_json: bool) -> int:
    """Print a refusal with all its problems and return its exit code."""
    if as_json:
        emit(
            {
                "error": {
                    "code": error.code,
                    "title": error.title,
                    "problems": [plain(p) for p in error.problems],
                }
            }
        )
    else:
        note(f"{error.title}：" if error.problems else error.title)
        problems(error.problems)
    if isinstance(error, UnavailableError):
        return UNAVAILABLE
    return USAGE if isinstance(error, NotFoundError) else FINDINGS


def plain(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON members; empty ones are left out."""
    members = ("message", "path", "value", "allowed", "cure", "file", "line")
    return {name: found for name in members if (found := getattr(problem, name)) not in (None, "")}


@contextmanager
def progress(title: str, *, total: int | None = None, every: float = 2.0) -> Iterator[Step]:
    """Show on standard error how far the work of the block is; yields the counter.

    Args:
        total: how many parts there are, if known.
        every: where nobody watches a terminal, at most one line in this many seconds.
    """
    if not sys.stderr.isatty():
        yield _Lines(title, total, every)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=RichConsole(stderr=True)) as bar:
        task = bar.add_task(title, total=total)

        def step(note: str = "", /, *, done: int = 1) -> None:
            bar.update(task, advance=done, description=f"{title} {note}".rstrip())

        yield step


class _Lines:
    """Progress where nobody watches a terminal: now and then one line."""

    def __init__(self, title: str, total: int | None, every: float) -> None:
        self._title, self._total, self._every = title, total, every
        self._done, self._said = 0, -every

    def __call__(self, words: str = "", /, *, done: int = 1) -> None:
        self._done += done
        if words and time.monotonic() - self._said >= self._every:
            self._said = time.monotonic()
            of = f"/{self._total}" if self._total else ""
            note(f"{self._title} {self._done}{of} {words}")
