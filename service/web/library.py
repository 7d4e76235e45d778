"""指标体系库: versions with their states, one version with its rules, its difference, its bench, the acts.

- Proposing is 经办's, deciding 复核's, of the organisation whose library it is; the action asks that again.
- A new version is edited as a copy of the author's own, with the same page as a plan.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from service import clock
from service.actions import library as do
from service.actions.ruledeciding import FORM
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.frameworks.exported import file_name, table_bytes
from service.queries import library as reads
from service.queries.commission import desks_of, names_of
from service.queries.library import LibraryLine, LibraryVersion
from service.queries.people import roles_at
from service.queries.workingcopies import copies_of
from service.web import treeedit
from service.web.access import Entry, access
from service.web.benchpage import bench as bench_of
from service.web.doing import OFTEN
from service.web.downloads import handed_out
from service.web.errors import status_of
from service.web.exchange import XLSX
from service.web.forms.act import from_page, read
from service.web.forms.library import Decision, TableForm, UploadForm
from service.web.outside import account_now, actor_outside, fields_of
from service.workflow.roles import Role

pages = Blueprint("library", __name__)
STATES = ("自带", "草拟", "已批准", "已退回", "停用")


@pages.get("/library")
@access(Entry.LOGGED_IN)
def index() -> str:
    """List every version this person may see, filtered by what the address says."""
    lines = reads.library_lines(db.session(), account_now(), today=_today())
    asked = {name: request.args.get(name, "").strip() for name in ("state", "text")}
    shown = [line for line in lines if _wanted(line, asked)]
    desks = desks_now()
    owners = names_of(db.session(), {line.organisation for line in lines if line.organisation})
    return render_template(
        "web/library.html",
        lines=shown,
        total=len(lines),
        asked=asked,
        states=STATES,
        owners=owners,
        drafts=copies_of(db.session(), account_now(), FORM) if desks else (),
        may_propose=bool(desks),
        upload=fields_of(UploadForm, {}),
        table=table_fields(desks),
        problems=(),
    )


def table_fields(desks: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the fields for bringing an indicator table to one of `desks`; the only one is chosen already."""
    preset = {"organisation": next(iter(desks))} if len(desks) == 1 else {}
    return fields_of(TableForm, preset, {"desks": desks})


def _wanted(line: LibraryLine, asked: dict[str, str]) -> bool:
    words = f"{line.code} {line.name} {line.area} {line.kind} {line.year}".lower()
    return (not asked["state"] or line.state == asked["state"]) and asked["text"].lower() in words


def desks_now() -> dict[str, str]:
    """Return the organisations this person may propose for."""
    return desks_of(db.session(), account_now(), today=_today())


@pages.get("/library/<ref>")
@access(Entry.LOGGED_IN)
def show(ref: str) -> str:
    """Show one version: its tree with rules, what it changed, where it is used, and the acts due."""
    return version_page(ref)


@pages.post("/library/<ref>")
@access(Entry.LOGGED_IN)
def decide(ref: str) -> Any:
    """Approve, return or retire one version."""
    version_now(ref)
    actor = actor_outside(request.form.get("key", ""))
    wanted = request.form.get("do", "")
    try:
        if wanted == "approve":
            do.approve_framework(actor, ref)
            flash("已批准，可供新的方案选用", "done")
        elif wanted in ("return", "retire"):
            data = read(Decision, from_page(Decision, request.form, request.files))
            (do.return_framework if wanted == "return" else do.retire_framework)(actor, ref, **data)
            flash("已退回，理由已告知提出人" if wanted == "return" else "已停用，在办评价不受影响", "done")
        else:
            raise InvalidError(Problem("没有这种操作", value=wanted, cure="刷新页面后重试"))
    except RepeatedError:
        flash(OFTEN, "note")
    except ServiceError as refused:
        db.session.rollback()
        return version_page(ref, refused=refused), status_of(refused)
    return redirect(url_for("library.show", ref=ref), 303)


def version_page(ref: str, *, refused: ServiceError | None = None) -> str:
    """Return the page of one version, with what was refused and typed."""
    version = version_now(ref)
    others = _others(version)
    before = request.args.get("before", "") or (others[0].ref if others else "")
    change = None
    if before and before != ref:
        change = reads.library_difference(db.session(), account_now(), before, ref, today=_today())
    roles = roles_at(db.session(), account_now(), version.line.organisation, today=_today())
    return render_template(
        "web/library_version.html",
        version=version,
        line=version.line,
        others=others,
        before=before,
        change=change,
        acts=_acts(version.line, Role.FR in roles),
        may_propose=bool(desks_now()),
        key=secrets.token_urlsafe(18),
        wanted=request.form.get("do", ""),
        problems=refused.problems if refused is not None else (),
        reason=request.form.get("reason", ""),
        bench_url=lambda code: url_for("library.bench", ref=ref, node=code),
    )


def _acts(line: LibraryLine, reviewer: bool) -> tuple[str, ...]:
    """Return the decisions this person may take; the proposer himself never decides on his proposal."""
    if line.bundled or not reviewer:
        return ()
    if line.state == "草拟":
        return () if line.mine else ("approve", "return")
    return ("retire",) if line.state == "已批准" else ()


def _others(version: LibraryVersion) -> list[LibraryLine]:
    """Return the other versions of the same code, the one before first."""
    line = version.line
    found = [
        one
        for one in reads.library_lines(db.session(), account_now(), today=_today())
        if one.code == line.code and one.organisation == line.organisation and one.ref != line.ref
    ]
    number = line.number or 0
    return sorted(found, key=lambda one: ((one.number or 0) > number, -(one.number or 0)))


def version_now(ref: str) -> LibraryVersion:
    """Return one version this person may see."""
    return reads.library_version(db.session(), account_now(), ref, today=_today())


@pages.get("/library/<ref>/bench")
@access(Entry.LOGGED_IN)
def bench(ref: str) -> str:
    """Try one leaf out: values typed in the address, and every edge of its rule."""
    version = version_now(ref)
    leaves = [node for node in version.framework.leaves if node.rule is not None]
    code = request.args.get("node", "") or (leaves[0].code if leaves else "")
    if code not in {node.code for node in leaves}:
        raise NotFoundError("没有这个指标")
    words = next((n.words for n in version.nodes if n.node.code == code), ())
    return render_template(
        "web/library_bench.html",
        line=version.line,
        leaves=leaves,
        words=words,
        **bench_of(version.framework, code, request.args),
    )


@pages.get("/library/<ref>/table.xlsx")
@access(Entry.LOGGED_IN)
def table(ref: str) -> Any:
    """Hand out one version as an indicator table."""
    version = version_now(ref)
    content = table_bytes(treeedit.plain_of(version.text))
    return handed_out(BytesIO(content), f"{file_name(version.line.name)}.xlsx", XLSX)


def _today() -> Any:
    return clock.local_date(clock.now())
