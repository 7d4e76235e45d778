"""报告模板: layouts of one's own as versions, what stands against a file, a trial beside the stock one.

- Proposing is 经办's, deciding 复核's, of the organisation whose template it is; the action asks that again.
- The trial is a job under the rights of who asked for it: he must be able to read the scores of the case.
"""

from __future__ import annotations

import secrets
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from service import clock
from service.actions import templates as do
from service.actions.templatelook import LARGEST
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.queries import templates as reads
from service.queries.commission import desks_of
from service.queries.jobs import JobShown, job_of
from service.queries.people import roles_at
from service.queries.reader import open_case
from service.queries.standings import my_cases
from service.queries.templates import TemplateLine
from service.report import builder, pagepictures
from service.report import profile as profiles
from service.web.access import Entry, access
from service.web.cases import settings
from service.web.doing import OFTEN
from service.web.downloads import TYPES, handed_out, store_now
from service.web.errors import status_of
from service.web.forms.act import from_page, read
from service.web.forms.library import Decision
from service.web.forms.templates import PreviewForm, TemplateForm
from service.web.outside import account_now, actor_outside, demand_role, fields_of, wrong_of
from service.web.work import start_job
from service.workflow.actions import Action
from service.workflow.roles import Role

pages = Blueprint("templates", __name__)
PREVIEW = "report.preview"
SIDES = {"own": "本模板", "stock": "自带版式"}
JOB_WORDS = {"queued": "等待", "running": "排印中", "done": "已完成", "parked": "没有完成"}
DONE = {
    "approve": "已批准，本单位组织的评价可以选用",
    "return": "已退回，理由已告知提出人",
    "retire": "已停用，已选用的评价不受影响",
}


@pages.get("/templates")
@access(Entry.LOGGED_IN)
def index() -> str:
    """List every version this person may see, and take in another."""
    return _index()


def _index(refused: ServiceError | None = None) -> str:
    lines = reads.template_lines(db.session(), account_now(), today=_today())
    desks = desks_of(db.session(), account_now(), today=_today())
    preset = {"organisation": next(iter(desks))} if len(desks) == 1 else {}
    problems = refused.problems if refused is not None else ()
    return render_template(
        "web/templates.html",
        lines=lines,
        fields=fields_of(TemplateForm, request.form or preset, {"desks": desks}) if desks else None,
        problems=problems,
        wrong=wrong_of(problems),
        key=secrets.token_urlsafe(18),
        stock=[profiles.load(code) for code in profiles.bundled()],
    )


@pages.post("/templates")
@access(Entry.LOGGED_IN)
def propose() -> Any:
    """Look at a file handed in and keep it as a version; what is against it is shown, nothing kept."""
    demand_role(Role.FO, act="提出报告模板")
    try:
        data = read(TemplateForm, from_page(TemplateForm, request.form, request.files))
        file = data.pop("file")
        command = do.ProposeTemplate(filename=file.filename or "", content=file.read(LARGEST + 1), **data)
        ref = do.propose_template(actor_outside(request.form.get("key", "")), command, store_now())
    except RepeatedError:
        flash(OFTEN, "note")
        return redirect(url_for("templates.index"), 303)
    except ServiceError as refused:
        db.session.rollback()
        return _index(refused), status_of(refused)
    flash("已提出，待复核批准", "done")
    return redirect(url_for("templates.show", ref=ref), 303)


@pages.get("/templates/stock/<code>.docx")
@access(Entry.LOGGED_IN)
def stock(code: str) -> Response:
    """Hand out the template that comes with a report profile, to begin from."""
    if code not in profiles.bundled():
        raise NotFoundError("没有这种报告样式")
    layout = profiles.load(code)
    content = builder.path(layout).read_bytes()
    return handed_out(BytesIO(content), f"{layout.name}-模板.docx", TYPES["docx"])


@pages.get("/templates/<ref>")
@access(Entry.LOGGED_IN)
def show(ref: str) -> str:
    """Show one version: what it has places for, where it is used, the acts due, and the trial."""
    return _version_page(ref)


@pages.post("/templates/<ref>")
@access(Entry.LOGGED_IN)
def decide(ref: str) -> Any:
    """Approve, return or retire one version."""
    _line(ref)
    actor, wanted = actor_outside(request.form.get("key", "")), request.form.get("do", "")
    try:
        if wanted == "approve":
            do.approve_template(actor, ref)
        elif wanted in ("return", "retire"):
            data = read(Decision, from_page(Decision, request.form, request.files))
            (do.return_template if wanted == "return" else do.retire_template)(actor, ref, **data)
        else:
            raise InvalidError(Problem("没有这种操作", value=wanted, cure="刷新页面后重试"))
        flash(DONE[wanted], "done")
    except RepeatedError:
        flash(OFTEN, "note")
    except ServiceError as refused:
        db.session.rollback()
        return _version_page(ref, refused), status_of(refused)
    return redirect(url_for("templates.show", ref=ref), 303)


def _version_page(ref: str, refused: ServiceError | None = None) -> str:
    line = _line(ref)
    roles = roles_at(db.session(), account_now(), line.organisation, today=_today())
    cases = {case.row.code: f"{case.row.code} {case.row.title}" for case in _cases()}
    lines = reads.template_lines(db.session(), account_now(), today=_today())
    problems = refused.problems if refused is not None else ()
    return render_template(
        "web/template_version.html",
        line=line,
        others=[
            o for o in lines if (o.organisation, o.name) == (line.organisation, line.name) and o.ref != ref
        ],
        acts=_acts(line, Role.FR in roles),
        key=secrets.token_urlsafe(18),
        wanted=request.form.get("do", ""),
        reason=request.form.get("reason", ""),
        problems=problems,
        wrong=wrong_of(problems),
        preview=fields_of(PreviewForm, request.form, {"cases": cases}) if cases else None,
    )


def _acts(line: TemplateLine, reviewer: bool) -> tuple[str, ...]:
    """Return the decisions this person may take; the proposer himself never decides on his proposal."""
    if not reviewer:
        return ()
    if line.state == "草拟":
        return () if line.mine else ("approve", "return")
    return ("retire",) if line.state == "已批准" else ()


def _cases() -> list[Any]:
    return my_cases(db.session(), account_now(), today=_today())


@pages.get("/templates/<ref>/file.docx")
@access(Entry.LOGGED_IN)
def file(ref: str) -> Response:
    """Hand out the file of one version, byte for byte."""
    line = _line(ref)
    return handed_out(store_now().open(line.sha256), f"{line.name}-第{line.number}版.docx", TYPES["docx"])


@pages.post("/templates/<ref>/preview")
@access(Entry.LOGGED_IN)
def order_preview(ref: str) -> Any:
    """Have a case's report set with the version and with the stock one."""
    _line(ref)
    try:
        data = read(PreviewForm, from_page(PreviewForm, request.form, request.files))
        job = start_preview(ref, data["case"])
    except ServiceError as refused:
        db.session.rollback()
        return _version_page(ref, refused), status_of(refused)
    return redirect(url_for("templates.preview", job=job), 303)


def start_preview(ref: str, case: str, *, key: str = "") -> str:
    """Return the id of the job that tries the version out with this case.

    Raises:
        NotFoundError: there is no such case, or this person may not know of it.
        NotPermittedError: he may not read its scores.
    """
    opened = open_case(db.session(), account_now(), case, today=_today())
    opened.demand(Action.SCORES_READ)
    return start_job(PREVIEW, {"evaluation": opened.row.id, "template": ref}, key=key)


@pages.get("/templates/preview/<job>")
@access(Entry.LOGGED_IN)
def preview(job: str) -> str:
    """Show both sides page by page, or how far the job is."""
    found = _job(job)
    pictured = bool(found.result and found.result["own"]["pdf"]) and pagepictures.available()
    ref = (found.result or {}).get("template", "")
    line = _line(ref) if ref else None
    return render_template(
        "web/template_preview.html", job=found, words=JOB_WORDS, sides=SIDES, pictured=pictured, line=line
    )


@pages.get("/templates/preview/<job>/<side>.<media>")
@access(Entry.LOGGED_IN)
def preview_file(job: str, side: str, media: str) -> Response:
    """Hand out one side as .docx or .pdf."""
    found = _job(job)
    name = f"{found.case}-试排-{SIDES.get(side, '')}.{media}"
    return handed_out(BytesIO(_side(found, side, media)[0]), name, TYPES[media])


@pages.get("/templates/preview/<job>/<side>/<int:page>.png")
@access(Entry.LOGGED_IN)
def preview_picture(job: str, side: str, page: int) -> Response:
    """Hand out a picture of one page of one side."""
    content, digest = _side(_job(job), side, "pdf")
    drawn = pagepictures.page_picture(content, digest, page, settings().instance.path / "pages")
    return send_file(BytesIO(drawn), mimetype="image/png", etag=False)


def _side(job: JobShown, side: str, media: str) -> tuple[bytes, str]:
    """Return bytes and digest of one file of the trial."""
    digest = ""
    if side in SIDES and media in ("docx", "pdf"):
        digest = (job.result or {}).get(side, {}).get(media, "")
    if not digest:
        raise NotFoundError("没有这份试排的文件")
    return store_now().read(digest), digest


def _job(job: str) -> JobShown:
    found = job_of(db.session(), job, account=account_now())
    if found is None or found.kind != PREVIEW:
        raise NotFoundError("没有这次试排")
    return found


def _line(ref: str) -> TemplateLine:
    return reads.template_version(db.session(), account_now(), ref, today=_today())


def _today() -> Any:
    return clock.local_date(clock.now())
