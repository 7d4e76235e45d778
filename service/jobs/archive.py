"""Body of the job that makes the archive package of a case; its file waits a day to be taken away."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import current_app

from service.actions.actor import Actor
from service.actions.archiving import archive, kept_with, seal
from service.actions.workshop import workshop_of
from service.errors import RepeatedError
from service.instance import make_private_folder
from service.jobs.bodies import JobContext

TAKE = "archive.take"
KEPT_SECONDS = 24 * 3600.0


def take_body(args: Mapping[str, Any], context: JobContext) -> Any:
    """Make the package under the rights of who asked for it; that it was taken stands in the log.

    Args:
        args: ``evaluation`` id, ``retention``, ``actor`` as `Actor.to_plain`.
    """
    settings, claim = current_app.config["PINGJI"], context.claim
    folder = settings.instance.archives
    make_private_folder(folder)
    sweep(folder)
    workshop = workshop_of(settings)
    # An attempt whose worker died after its commit is found again by this key, and its file with it.
    actor = replace(Actor.from_plain(args["actor"]), request_key=f"archive:{claim.id}")
    target = folder / f"{claim.id}-{claim.attempt}.zip"
    context.tell("封存留痕")
    seal(workshop)
    try:
        made = archive(
            actor, args["evaluation"], workshop, target, retention=args["retention"], tell=context.tell
        )
    except RepeatedError as repeated:
        return repeated.result
    return kept_with(made, target, args["retention"])


def sweep(folder: Path) -> None:
    """Remove the packages nobody took away within a day; each can be taken anew."""
    old = time.time() - KEPT_SECONDS
    for path in folder.glob("*.zip"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < old:
                path.unlink()
