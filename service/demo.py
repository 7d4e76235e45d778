"""The demonstration: the five example cases carried from 自评 to their signed reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path
from typing import Any

from service import clock
from service.actions.workshop import workshop_of
from service.cases import reader
from service.cases.replay import Replayed, replay
from service.instance import Instance, write_secret
from service.jobs.press import PressByJobs
from service.jobs.waiting import wait_for
from service.settings import Settings
from service.setup import remember_accounts
from service.tasks import ledger, ring

Progress = Callable[[str], AbstractContextManager[Any]]
RECORD = "examples.json"


def examples() -> tuple[Path, ...]:
    """Return the example case files, in order of their names."""
    folder = Path(str(files("service.cases"))) / "examples"
    return tuple(sorted(folder.glob("*.yaml")))


def replay_examples(settings: Settings, progress: Progress) -> tuple[Replayed, ...]:
    """Replay every example not yet replayed here, rendering through the worker; return those replayed now.

    A second call changes nothing: what is complete stands in ``examples.json`` of the instance.

    Raises:
        InvalidError: the instance is live.
        ActionRefusedError, NotPermittedError: the process refuses an act of an example.
    """
    done = _record(settings.instance)
    made = []
    for path in outstanding(settings.instance):
        with progress(path.stem) as step:
            press = PressByJobs(ledger(), bell=ring, tell=step)
            result = replay(reader.load(path), workshop_of(settings), press=press, tell=step)
        remember_accounts(settings.instance, [(c.duty, c.login, c.password) for c in result.credentials])
        done[path.stem] = {"case": result.code, "report": result.path, "ok": result.ok}
        write_secret(settings.instance.path / RECORD, json.dumps(done, ensure_ascii=False, indent=1) + "\n")
        made.append(result)
    if made:
        _anchor()
    return tuple(made)


def outstanding(instance: Instance) -> tuple[Path, ...]:
    """Return the examples not yet replayed in this instance."""
    done = _record(instance)
    return tuple(path for path in examples() if path.stem not in done)


def _anchor() -> None:
    """Have the worker sign the log once more, so that nothing of the demonstration stays open."""
    job = ledger().enqueue("audit.checkpoint", {}, at=clock.now())
    ring((job,))
    wait_for(ledger(), [job], seconds=240, tell=lambda _: None)


def demonstrated(instance: Instance) -> tuple[tuple[str, str, bool], ...]:
    """Return case, report and whether everything held, of every example replayed in this instance."""
    return tuple((each["case"], each["report"], each["ok"]) for each in _record(instance).values())


def _record(instance: Instance) -> dict[str, Any]:
    path = instance.path / RECORD
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
