"""指标体系库: versions with their states, one version with its rules, its difference, its bench, the acts.

- Proposing is 经办's, deciding 复核's, of the organisation whose library it is; the action asks that again.
- A new version is edited as a copy of the author's own, with the same page as a plan.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from service import clock
from service.actions import library as do
from service.actions.workingcopies import drop_copy, keep_copy
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.queries import library as reads
from service.queries.commission import desks_of, names_of
from service.queries.library import LibraryLine, LibraryVersion
from service.queries.people import roles_at
from service.queries.workingcopies import WorkingCopy, copies_of, copy_of
from service.web import treeedit, treepage
from service.web.access import Entry, access
from service.web.benchpage import bench as bench_of
from service.web.doing import OFTEN
from service.web.errors import status_of
from service.web.forms.act import from_page, read
from service.web.forms.library import Decision, Proposal, UploadForm
from service.web.outside import account_now, actor_outside, demand_role, fields_of, wrong_of
from service.workflow.roles import Role

pages = Blueprint("library", __name__)
FORM = "library"
STATES = ("自带", "草拟", "已批准", "已退回", "停用")
VIEWS = {"tree": "逐项编辑", "text": "原文（YAML）", "save": "提出"}
MOST_BYTES = 2_000_000
EMPTY = """\
format: pingji-framework/1
code: new
name: 新指标体系
version: "1"
levels: [一级指标, 二级指标, 三级指标]
rounding: {places: "2", mode: half_up, at: [total], rate_places: "2", grade_on: exact}
grades:
  unit: points
  bands: [{name: 优, from: "90"}, {name: 良, from: "80"}, {name: 中, from: "60"}, {name: 差, from: "0"}]
nodes:
  - {code: A, name: 决策}
"""


@pages.get("/library")
@access(Entry.LOGGED_IN)
def index() -> str:
    """List every version this person may see, filtered by what the address says."""
    lines = reads.library_lines(db.session(), account_now(), today=_today())
    asked = {name: request.args.get(name, "").strip() for name in ("state", "text")}
    shown = [line for line in lines if _wanted(line, asked)]
    owners = names_of(db.session(), {line.organisation for line in lines if line.organisation})
    return render_template(
        "web/library.html",
        lines=shown,
        total=len(lines),
        asked=asked,
        states=STATES,
        owners=owners,
        drafts=copies_of(db.session(), account_now(), FORM) if _desks() else (),
        may_propose=bool(_desks()),
        upload=fields_of(UploadForm, {}),
        problems=(),
    )


def _wanted(line: LibraryLine, asked: dict[str, str]) -> bool:
    words = f"{line.code} {line.name} {line.area} {line.kind} {line.year}".lower()
    return (not asked["state"] or line.state == asked["state"]) and asked["text"].lower() in words


def _desks() -> dict[str, str]:
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
    _version(ref)
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
    version = _version(ref)
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
        may_propose=bool(_desks()),
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


def _version(ref: str) -> LibraryVersion:
    return reads.library_version(db.session(), account_now(), ref, today=_today())


@pages.get("/library/<ref>/bench")
@access(Entry.LOGGED_IN)
def bench(ref: str) -> str:
    """Try one leaf out: values typed in the address, and every edge of its rule."""
    version = _version(ref)
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


@pages.post("/library")
@access(Entry.LOGGED_IN)
def begin() -> Any:
    """Begin a new version: empty, from a version of the library, or from a file."""
    demand_role(Role.FO, act="提出指标体系")
    ref = request.form.get("source", "")
    target = ref or "new"
    try:
        text = _uploaded() if request.form.get("do") == "upload" else _version(ref).text if ref else EMPTY
        treeedit.plain_of(text)
        stale = copy_of(db.session(), account_now(), FORM, target)
        if stale is not None and request.form.get("do") != "upload":
            return redirect(url_for("library.draft", target=target), 303)
        keep_copy(account_now(), FORM, target, {"text": text}, stamp=stale.stamp if stale else "")
    except InvalidError as refused:
        db.session.rollback()
        return _upload_page(refused), 422
    return redirect(url_for("library.draft", target=target), 303)


def _uploaded() -> str:
    data = read(UploadForm, from_page(UploadForm, request.form, request.files))
    content = data["file"].read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InvalidError(Problem("文件过大", path="file", allowed="2 MB 以内", cure="长的原文改放佐证"))
    try:
        return str(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        cure = "在编辑器里另存为 UTF-8"
        raise InvalidError(Problem("不是 UTF-8 编码的文字文件", path="file", cure=cure)) from None


def _upload_page(refused: InvalidError) -> str:
    return render_template(
        "web/library_upload.html",
        upload=fields_of(UploadForm, {}),
        problems=refused.problems,
        wrong=wrong_of(refused.problems),
    )


@pages.get("/library/draft/<target>")
@access(Entry.LOGGED_IN)
def draft(target: str) -> str:
    """Show the version being drafted."""
    demand_role(Role.FO, act="提出指标体系")
    return draft_page(target)


@pages.post("/library/draft/<target>")
@access(Entry.LOGGED_IN)
def change(target: str) -> Any:
    """Change the version being drafted, or propose it."""
    demand_role(Role.FO, act="提出指标体系")
    op = request.form.get("op", "")
    if op == "redraw":
        return draft_page(target)
    copy = _copy(target)
    try:
        if op == "discard":
            drop_copy(account_now(), FORM, target)
            flash("已放弃草稿", "note")
            return redirect(url_for("library.index"), 303)
        if op == "save":
            return _propose(target, copy)
        return _edit(target, copy)
    except ServiceError as error:
        db.session.rollback()
        return draft_page(target, refused=treepage.Refused(error, request.form)), status_of(error)


def _edit(target: str, copy: WorkingCopy) -> Any:
    before = copy.data["text"]
    text = treeedit.changed(before, request.form)
    keep_copy(account_now(), FORM, target, {"text": text}, stamp=request.form.get("stamp", ""))
    if request.form.get("op") == "text":
        return redirect(url_for("library.draft", target=target, view="text"), 303)
    node = treeedit.node_after(before, text, request.form)
    anchor = "node" if node else None
    return redirect(url_for("library.draft", target=target, node=node or None, _anchor=anchor), 303)


def _propose(target: str, copy: WorkingCopy) -> Any:
    data = read(Proposal, from_page(Proposal, request.form, request.files))
    command = do.ProposeFramework(framework=copy.data["text"], **data)
    try:
        ref = do.propose_framework(actor_outside(request.form.get("key", "")), command)
    except RepeatedError:
        flash(OFTEN, "note")
        return redirect(url_for("library.index"), 303)
    drop_copy(account_now(), FORM, target)
    flash("已提出，待复核批准", "done")
    return redirect(url_for("library.show", ref=ref), 303)


def draft_page(target: str, *, refused: treepage.Refused | None = None) -> str:
    """Return the page of the version being drafted."""
    copy = _copy(target)
    ed = treepage.drawn(copy.data["text"], refused=refused)
    asked = request.args.get("view", "tree")
    view = "save" if ed["op"] == "save" or asked == "save" else str(ed["view"])
    sent = request.form if ed["op"] == "save" else {}
    desks = _desks()
    preset = {"organisation": next(iter(desks))} if len(desks) == 1 else {}
    return render_template(
        "web/library_draft.html",
        view=view,
        chips=[
            (text, url_for("library.draft", target=target, view=key), key == view)
            for key, text in VIEWS.items()
        ],
        ctx={"ed": ed, "stamp": copy.stamp, "base": 0, "action": url_for("library.draft", target=target)},
        address=partial(url_for, "library.draft", target=target),
        fields=fields_of(Proposal, sent or preset, {"desks": desks}),
        key=secrets.token_urlsafe(18),
        copy=copy,
    )


def _copy(target: str) -> WorkingCopy:
    copy = copy_of(db.session(), account_now(), FORM, target)
    if copy is None:
        raise NotFoundError("没有这份草稿")
    return copy


def _today() -> Any:
    return clock.local_date(clock.now())
