"""修订对照 of two frozen versions: a Word file in which every change is tracked."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, request

from service import clock
from service.errors import InvalidError, NotFoundError, Problem
from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.reportroom import report_file, report_room
from service.report.redline import redline
from service.web.access import access
from service.web.downloads import TYPES, handed_out, store_now
from service.workflow.actions import Action

pages = Blueprint("redline", __name__)
AUTHOR = "评迹修订对照"


@pages.get("/cases/<case>/report-redline")
@access(Action.SCORES_READ)
def compare(case: OpenCase) -> Any:
    """Hand out what changed from one version to another, as tracked changes."""
    return redline_file(case, request.args.get("old", ""), request.args.get("new", ""))


def redline_file(case: OpenCase, old: str, new: str) -> Any:
    """Return the comparison of two versions by their numbers as typed.

    Raises:
        NotFoundError: this case has no such version.
        InvalidError: both are the same one.
    """
    known = {str(version.number): version.number for version in report_room(db.session(), case.row)}
    wrong = [
        Problem("没有这一版报告", path=name, value=text[:20], allowed="、".join(known) or "还没有冻结的版本")
        for name, text in (("old", old), ("new", new))
        if text not in known
    ]
    if wrong:
        raise NotFoundError(wrong)
    if old == new:
        raise InvalidError(
            Problem("同一版没有可以对照的改动", path="new", value=new, cure="选两个不同的版本")
        )
    store = store_now()
    files = [report_file(db.session(), case.row, known[number], "word") for number in (old, new)]
    before, after = (store.read(file.sha256) for file in files)
    made = redline(before, after, author=AUTHOR, at=clock.now())
    return handed_out(BytesIO(made), f"{case.code}-修订对照-v{old}-v{new}.docx", TYPES["docx"])
