"""Body of the job that prints a copy of the report while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from service import clock
from service.actions.draftcopy import draft_copy
from service.actions.workshop import workshop_of
from service.extensions import db
from service.jobs.bodies import JobContext


def draft_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Print the case's report as it is now, for `reader`; nothing is recorded in the case.

    Args:
        args: ``evaluation`` id, ``reader`` the words that name who asked for the copy.
    """
    context.tell("排版")
    made = draft_copy(
        db.session(),
        args["evaluation"],
        workshop_of(current_app.config["PINGJI"]),
        today=clock.local_date(clock.now()),
        reader=args["reader"],
    )
    db.session.rollback()
    return {
        "docx": made.docx,
        "pdf": made.pdf,
        "mark": made.mark,
        "short": made.short,
        "findings": list(made.findings),
    }
