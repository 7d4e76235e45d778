"""归档包: what it would hold now, the form that asks for it, and the file once it is made."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from service.errors import ActionRefusedError, IntegrityFailureError, NotFoundError, Problem
from service.extensions import db
from service.jobs.archive import TAKE
from service.queries.archivefiles import Foreseen, foreseen, packages_taken
from service.queries.jobs import job_of
from service.queries.reader import OpenCase
from service.web.access import Doing, access
from service.web.cases import case_page, settings
from service.web.doing import form_of, what_is_missing
from service.web.downloads import handed_out, store_now
from service.web.forms.act import ACTS
from service.workflow.actions import Action

pages = Blueprint("archived", __name__)
TAKING = Doing(Action.ARCHIVE_TAKE)
ZIP = "application/zip"
READ_ONLY = "导入的案卷只读，不能取得归档包；请在原来的系统里取得"


@pages.get("/cases/<case>/archive")
@access(TAKING)
def show(case: OpenCase) -> str:
    """Show what a package would hold, the form that asks for one, and who took one before."""
    found = foreseen(db.session(), case.row, store_now())
    act = ACTS[Action.ARCHIVE_TAKE.value]
    form = {**form_of(case, act), "missing": (), "back": url_for("archived.show", case=case.code)}
    taken = packages_taken(db.session(), case.row)
    return case_page("report_archive", case, found=found, bars=bars_of(case, found), form=form, taken=taken)


def bars_of(case: OpenCase, found: Foreseen) -> tuple[str, ...]:
    """Return in words why no package can be made now; empty if one can."""
    imported = (READ_ONLY,) if case.row.imported else ()
    return (*imported, *what_is_missing(case, ACTS[Action.ARCHIVE_TAKE.value]), *found.bars)


@pages.get("/cases/<case>/archive/<job>.zip")
@access(TAKING)
def file(case: OpenCase, job: str) -> Response:
    """Hand out the package this person had made."""
    return package_file(case, job)


def package_file(case: OpenCase, job: str) -> Response:
    """Return the package as an attachment; only who had it made, while it is kept, byte for byte as made.

    Raises:
        NotFoundError: there is no such package.
        ActionRefusedError: its day is over.
        IntegrityFailureError: the file is no longer the one the log names.
    """
    found = job_of(db.session(), job, account=case.account)
    if found is None or found.kind != TAKE or found.case != case.code or not found.result:
        raise NotFoundError("没有这个归档包")
    path = settings().instance.archives / Path(found.result["file"]).name
    if not path.is_file():
        raise ActionRefusedError(Problem("归档包只保留一天，这一份已经清除", cure="回到归档页重新生成"))
    stream = path.open("rb")
    if hashlib.file_digest(stream, "sha256").hexdigest() != found.result["sha256"]:
        stream.close()
        raise IntegrityFailureError(Problem("归档包的内容已被改动", value=found.id))
    stream.seek(0)
    return handed_out(stream, f"{case.code}-归档包.zip", ZIP)
