"""Drafts of the library: begun empty, from a version, a file or an indicator table; edited, proposed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from service.actions import library as do
from service.actions.ruledeciding import FORM
from service.actions.workingcopies import drop_copy, keep_copy
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.frameworks.uploaded import draft_text
from service.queries.receipts import key_used
from service.queries.workingcopies import WorkingCopy, copy_of
from service.web import importing, treeedit, treepage
from service.web.access import Entry, access
from service.web.doing import OFTEN
from service.web.errors import status_of
from service.web.forms.act import from_page, read
from service.web.forms.library import Proposal, TableForm, UploadForm
from service.web.library import desks_now, pages, table_fields, version_now
from service.web.outside import account_now, actor_outside, demand_role, fields_of, sent_file, wrong_of
from service.workbooks.book import LARGEST
from service.workflow.roles import Role

__all__ = ["pages"]
VIEWS = {"tree": "逐项编辑", "text": "原文（YAML）", "save": "提出"}
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


@pages.post("/library")
@access(Entry.LOGGED_IN)
def begin() -> Any:
    """Begin a new version: empty, from a version of the library, or from a file."""
    demand_role(Role.FO, act="提出指标体系")
    if request.form.get("do") == "table":
        return _table()
    ref = request.form.get("source", "")
    target = ref or "new"
    try:
        text = (
            draft_text(sent_file())
            if request.form.get("do") == "upload"
            else version_now(ref).text
            if ref
            else EMPTY
        )
        treeedit.plain_of(text)
        stale = copy_of(db.session(), account_now(), FORM, target)
        if stale is not None and request.form.get("do") != "upload":
            return redirect(url_for("library.draft", target=target), 303)
        keep_copy(account_now(), FORM, target, {"text": text}, stamp=stale.stamp if stale else "")
    except InvalidError as refused:
        db.session.rollback()
        return _upload_page(refused), 422
    return redirect(url_for("library.draft", target=target), 303)


def _table() -> Any:
    """Begin a draft from an indicator table; every rule in it is a proposal that waits."""
    try:
        data = read(TableForm, from_page(TableForm, request.form, request.files))
        if data["organisation"] not in desks_now():
            raise InvalidError(Problem("没有这个单位", path="organisation", cure="选本人任经办的单位"))
        content = data["file"].read(LARGEST + 1)
        name = data["file"].filename or "指标表.xlsx"
        importing.begin_import(account_now(), "new", data["organisation"], name, content)
    except ServiceError as refused:
        db.session.rollback()
        return _upload_page(refused), status_of(refused)
    flash("已读入。规则都是建议，请对照原文逐条确认或改定", "done")
    return redirect(url_for("library.draft", target="new"), 303)


def _upload_page(refused: ServiceError) -> str:
    return render_template(
        "web/library_upload.html",
        upload=fields_of(UploadForm, {}),
        table=table_fields(desks_now()),
        tabular=request.form.get("do") == "table",
        problems=tuple(_placed(one) for one in refused.problems),
        wrong=wrong_of(refused.problems),
    )


def _placed(one: Problem) -> Problem:
    """Return a problem of a cell with its place in front: a page has no field to lead to."""
    if "!" not in one.path:
        return one
    return replace(one, message=f"{one.path}：{one.message}", path="file")


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
    copy = copy_now(target)
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
    before, op, code = copy.data["text"], request.form.get("op"), request.form.get("node", "")
    if op == "confirm":
        return _confirm(target, copy, code)
    text = treeedit.changed(before, request.form)
    if op == "rule":
        text = importing.replaced_text(text, importing.leaves_of(copy).get(code))
    importing.keep_changed(actor_outside(), target, copy, text, request.form.get("stamp", ""))
    if op == "text":
        return redirect(url_for("library.draft", target=target, view="text"), 303)
    node = treeedit.node_after(before, text, request.form)
    anchor = "node" if node else None
    return redirect(url_for("library.draft", target=target, node=node or None, _anchor=anchor), 303)


def _confirm(target: str, copy: WorkingCopy, code: str) -> Any:
    """Put the proposed rule of one leaf into the draft, and go on to the next that waits."""
    actor = actor_outside(request.form.get("key", ""))
    if key_used(db.session(), actor.account, actor.request_key or "", actor.request_digest):
        flash(OFTEN, "note")
    else:
        text = importing.confirmed_text(copy, code)
        importing.keep_changed(actor, target, copy, text, request.form.get("stamp", ""))
    waits = importing.waiting_in(copy_now(target))
    rest = f"还有 {len(waits)} 项待确认" if waits else "全部规则都已确认或改定"
    flash(f"已确认 {code} 的规则，{rest}", "done")
    return redirect(
        url_for("library.draft", target=target, node=next(iter(waits), code), _anchor="proposal"), 303
    )


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
    copy = copy_now(target)
    waits = importing.waiting_in(copy)
    ed = treepage.drawn(copy.data["text"], refused=refused, proposed=_proposed(copy))
    ed = _without(ed, waits)
    ed |= {"waits": waits, "remarks": importing.remarks_of(copy), "origin": copy.data.get("imported")}
    asked = request.args.get("view", "tree")
    view = "save" if ed["op"] == "save" or asked == "save" else str(ed["view"])
    sent = request.form if ed["op"] == "save" else {}
    desks, key = desks_now(), secrets.token_urlsafe(18)
    preset = {"organisation": next(iter(desks))} if len(desks) == 1 else {}
    return render_template(
        "web/library_draft.html",
        view=view,
        chips=[
            (text, url_for("library.draft", target=target, view=key), key == view)
            for key, text in VIEWS.items()
        ],
        ctx={
            "ed": ed,
            "stamp": copy.stamp,
            "base": 0,
            "action": url_for("library.draft", target=target),
            "key": key,
        },
        address=partial(url_for, "library.draft", target=target),
        fields=fields_of(Proposal, sent or preset, {"desks": desks}),
        key=key,
        copy=copy,
    )


def _without(ed: dict[str, Any], waits: Mapping[str, str]) -> dict[str, Any]:
    """Return the page's values without the problem that a leaf which waits has no rule: that is told once."""
    if not waits or ed["plain"] is None:
        return ed
    kept = [
        (one, code) for one, code in ed["places"] if code not in waits or "缺少评分规则" not in one.message
    ]
    return {**ed, "places": kept, "problems": tuple(one for one, _ in kept)}


def _proposed(copy: WorkingCopy) -> importing.Suggested | None:
    """Return what the table says of the node chosen, beside what was proposed for it."""
    code = request.values.get("node", "")
    try:
        return importing.suggested(copy, code) if code else None
    except InvalidError:
        return None


def copy_now(target: str) -> WorkingCopy:
    """Return this person's draft; NotFoundError without one."""
    copy = copy_of(db.session(), account_now(), FORM, target)
    if copy is None:
        raise NotFoundError("没有这份草稿")
    return copy
