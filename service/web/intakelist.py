"""The list of one intake: an item with its cells, a sample by its seed, returns in bulk, the 汇总表."""

from __future__ import annotations

import secrets
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.actions.intakes import note_draw
from service.actions.selfintake import KEPT_AS
from service.errors import InvalidError, NotFoundError, ServiceError
from service.evidence.unpack import Archive
from service.extensions import db
from service.queries.intakes import SELF, IntakeShown, Item, item_of, ranked
from service.web import intakework as work
from service.web.access import Entry, access
from service.web.downloads import handed_out
from service.web.exchange import CSV, XLSX, kept_now
from service.web.intake import mine
from service.web.intakeexport import csv_of, workbook_of
from service.web.outside import account_now
from service.workbooks.annotate import annotated_faults
from service.workbooks.values import Fault

pages = Blueprint("intakelist", __name__)


@pages.get("/intake/<key>/items/<int:number>")
@access(Entry.LOGGED_IN)
def item(key: str, number: int) -> str:
    """Show one item: what it says, what was found in which cell, what became of it."""
    intake = mine(key)
    return render_template("web/intake_item.html", intake=intake, item=item_of(db.session(), key, number))


@pages.get("/intake/<key>/items/<int:number>/marked.xlsx")
@access(Entry.LOGGED_IN)
def marked(key: str, number: int) -> Response:
    """Hand out the unit's own workbook with every finding marked in its cell."""
    intake = mine(key)
    found = item_of(db.session(), key, number)
    return handed_out(BytesIO(marked_bytes(intake, found)), f"已标注-{found.path.rpartition('/')[2]}", XLSX)


def marked_bytes(intake: IntakeShown, found: Item) -> bytes:
    """Return the workbook of an item with its marks.

    Raises:
        NotFoundError: the archive is no longer kept.
        UnavailableError: the workbook cannot be written again.
    """
    if intake.kind != SELF:
        raise NotFoundError("清单没有逐项的工作簿")
    archive = Archive(BytesIO(kept_now().open(account_now(), KEPT_AS, intake.id)[1]))
    content = archive.content(archive.members()[found.number - 1])
    faults = [Fault(f.place, f.check.label, f.value, f.allowed, "", f.cure) for f in found.findings]
    faults += [Fault(p.path, p.message, p.value, p.allowed, "", p.cure) for p in found.problems]
    return annotated_faults(content, faults)


@pages.post("/intake/<key>/sample")
@access(Entry.LOGGED_IN)
def draw(key: str) -> Any:
    """Keep a draw with its seed and show it; without a seed typed one is made."""
    intake = mine(key)
    sent = {**request.form.to_dict()}
    sent["seed"] = sent.get("seed", "").strip() or secrets.token_hex(4)
    try:
        seed, size, _ = work.drawn(intake, sent)
    except InvalidError as refused:
        flash("；".join(str(problem) for problem in refused.problems), "note")
        return redirect(url_for("intake.show", key=key), 303)
    query = work.filter_of(sent).query()
    note_draw(account_now(), key, seed=seed, size=size, query=query)
    place = {"key": key, "seed": seed, "size": str(size), **query}
    return redirect(url_for("intakelist.sample", **place), 303)  # type: ignore[arg-type]


@pages.get("/intake/<key>/sample")
@access(Entry.LOGGED_IN)
def sample(key: str) -> Any:
    """Show the sample a seed draws; the same address shows the same one."""
    intake = mine(key)
    try:
        seed, size, items = work.drawn(intake, request.args)
    except InvalidError as refused:
        flash("；".join(str(problem) for problem in refused.problems), "note")
        return redirect(url_for("intake.show", key=key), 303)
    return render_template(
        "web/intake_sample.html",
        intake=intake,
        seed=seed,
        size=size,
        items=items,
        asked=work.filter_of(request.args),
        states=work.STATES,
    )


@pages.post("/intake/<key>/return")
@access(Entry.LOGGED_IN)
def give_back(key: str) -> Any:
    """Freeze what was picked, each with its own findings, and go to the preview of the return."""
    intake = mine(key)
    try:
        selection = work.return_selection(intake, request.form, doubts=bool(request.form.get("with_doubts")))
    except ServiceError as refused:
        flash("；".join(str(problem) for problem in refused.problems), "note")
        place = {"key": key, **work.filter_of(request.form).query()}
        return redirect(url_for("intake.show", **place), 303)  # type: ignore[arg-type]
    return redirect(url_for("portfolio.bulk", key=selection), 303)


@pages.get("/intake/<key>/summary.<media>")
@access(Entry.LOGGED_IN)
def summary(key: str, media: str) -> Response:
    """Hand out the 汇总表 of what the filter finds, in the order of the list."""
    intake = mine(key)
    asked = work.filter_of(request.args)
    items, _ = ranked(db.session(), key, asked, size=None)
    name = f"{intake.data.get('year', '')}年度单位自评汇总表.{media}"
    if media == "csv":
        return handed_out(BytesIO(csv_of(items)), name, CSV)
    if media != "xlsx":
        raise NotFoundError("只有 xlsx 和 csv")
    return handed_out(BytesIO(workbook_of(intake, asked, items)), name, XLSX)
