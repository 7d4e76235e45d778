"""Body of the job that tries a report template out with a case's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from service import clock
from service.actions.templatepreview import try_out
from service.actions.workshop import workshop_of
from service.extensions import db
from service.jobs.bodies import JobContext


def preview_body(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Set the case's report with the template and with the stock one; nothing is recorded.

    Args:
        args: ``evaluation`` and ``template`` ids.
    """
    context.tell("排版")
    made = try_out(
        db.session(),
        args["evaluation"],
        args["template"],
        workshop_of(current_app.config["PINGJI"]),
        today=clock.local_date(clock.now()),
    )
    db.session.rollback()
    return {**made, "template": args["template"]}
