"""Excel 导入 and 导出: template out, workbook in, every cell shown before anything is stored; all or nothing.

- The upload waits under the person's name until it is confirmed; what is confirmed is what was shown: the
  hash of the file and the content of the case are compared, else the preview is made anew.
- Every page is complete without a script.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from service import clock
from service.actions.reasons import ORIGINS, Origin
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError, StaleError
from service.extensions import db
from service.queries.doable import missing_for, present_facts
from service.queries.reader import OpenCase
from service.queries.receipts import key_used
from service.web.access import INSIDE, Doing, access, declared
from service.web.cases import case_page
from service.web.doing import OFTEN, actor_now
from service.web.downloads import handed_out
from service.web.errors import status_of
from service.web.exchange import (
    EXCHANGES,
    MEDIA,
    MOVED,
    XLSX,
    Exchange,
    compared,
    kept_now,
    sha256_of,
    table_now,
    take_in,
    taken_out,
)
from service.workbooks.annotate import annotated
from service.workbooks.book import LARGEST
from service.workflow.actions import Action

pages = Blueprint("workbooks", __name__)
MOST_MB = LARGEST >> 20
MOST_ROWS = 300
"""So many rows of a preview are shown in full; of more, those that change or are wrong."""


@pages.get("/cases/<case>/workbooks")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """List the tables that can be taken out and brought back, with what the person may do with each."""
    offered = [each for each in EXCHANGES.values() if _readable(case, each)]
    may = {each.name for each in offered if case.permits(each.act)}
    # A page that is there to do something opens only for who may do it.
    shown = {each.name for each in offered if each.name in may or not _doing(each.page)}
    return case_page("workbooks", case, exchanges=offered, may=may, shown=shown)


def _doing(page: str) -> bool:
    return isinstance(declared(current_app, page), Doing)


def _readable(case: OpenCase, exchange: Exchange) -> bool:
    if exchange.reading is Action.EVALUATION_READ:
        return True
    return case.scores and bool(case.roles & INSIDE or case.permits(exchange.act))


@pages.record_once
def _named(state: BlueprintSetupState) -> None:
    """Let the pages of the tables say where their workbooks are."""
    labels = {name: each.kind.label for name, each in EXCHANGES.items()}
    state.app.jinja_env.globals.update(
        book_labels=labels, books_open=lambda case, name: case.permits(EXCHANGES[name].act)
    )


def _upload_page(case: OpenCase, exchange: Exchange, problems: Sequence[Problem] = ()) -> str:
    placed = [_at_file(problem) for problem in problems]
    return case_page(
        "workbooks_take",
        case,
        exchange=exchange,
        problems=placed,
        found=None,
        largest=MOST_MB,
        missing=_lacking(case, exchange),
    )


def _lacking(case: OpenCase, exchange: Exchange) -> tuple[str, ...]:
    """Return what stands in the way of taking anything in now, told before the person begins."""
    if not case.permits(exchange.act):
        return ()
    today = clock.local_date(clock.now())
    facts = present_facts(db.session(), case.row, case.account, (exchange.act,), today=today)
    return missing_for(case.row, exchange.act, case.roles, facts)


def _at_file(problem: Problem) -> Problem:
    """Return the problem with its place in words; the field on the page is that of the file."""
    words = f"{problem.path}：{problem.message}" if problem.path else problem.message
    return Problem(words, "file", problem.value, problem.allowed, problem.cure)


def _received(case: OpenCase, exchange: Exchange) -> Any:
    """Keep the workbook sent and show what it would change; one that cannot be read is not kept."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InvalidError(Problem("没有选择文件", value="", allowed="*.xlsx", cure="选择填好的工作簿"))
        name, content = sent.filename, sent.stream.read(LARGEST + 1)
        compared(case, exchange, table_now(case, exchange), name, content)
    except ServiceError as refused:
        return _upload_page(case, exchange, refused.problems), status_of(refused)
    kept_now().keep(case.account, case.row.id, exchange.name, name=name, content=content)
    return redirect(url_for(f"workbooks.preview_{exchange.name}", case=case.code), 303)


def _waiting(case: OpenCase, exchange: Exchange) -> str:
    """Show what the workbook that waits would change; if none waits, the way to upload one."""
    try:
        kept_now().open(case.account, case.row.id, exchange.name)
    except NotFoundError as nothing:
        return _upload_page(case, exchange, nothing.problems)
    return _preview(case, exchange)


def _preview(case: OpenCase, exchange: Exchange, problems: Sequence[Problem] = ()) -> str:
    name, content = kept_now().open(case.account, case.row.id, exchange.name)
    table = table_now(case, exchange)
    found = compared(case, exchange, table, name, content)
    rows = found.rows if len(found.rows) <= MOST_ROWS else [r for r in found.rows if r.changed or r.wrong]
    return case_page(
        "workbooks_take",
        case,
        exchange=exchange,
        problems=[*map(_at_file, problems)],
        largest=MOST_MB,
        missing=_lacking(case, exchange) if not problems else (),
        found=found,
        rows=rows[:MOST_ROWS],
        left=len(found.rows) - len(rows[:MOST_ROWS]),
        file=name,
        sha256=sha256_of(content),
        table=table,
        key=secrets.token_urlsafe(18),
        origins=ORIGINS,
        counts=found.counts(),
        given={field: request.form.get(field, "") for field in ("origin", "asked_by", "paper")},
    )


def _confirmed(case: OpenCase, exchange: Exchange) -> Any:
    """Take in the workbook shown, all of it; if the case or the file is another by now, show it anew."""
    actor = actor_now(case, key=request.form.get("key", ""))
    if actor.request_key and key_used(db.session(), actor.account, actor.request_key, actor.request_digest):
        flash(OFTEN, "note")
        return redirect(url_for(exchange.page, case=case.code), 303)
    name, content = kept_now().open(case.account, case.row.id, exchange.name)
    given = [request.form.get(field, "").strip() for field in ("origin", "asked_by", "paper")]
    try:
        if request.form.get("sha256", "") != sha256_of(content):
            raise StaleError(MOVED)
        origin = Origin(*given) if any(given) else None
        digest = request.form.get("digest", "")
        count = take_in(case, exchange, actor, content, name, digest=digest, origin=origin)
    except RepeatedError:
        flash(OFTEN, "note")
    except ServiceError as refused:
        db.session.rollback()
        return _preview(case, exchange, refused.problems), status_of(refused)
    else:
        flash(f"已从工作簿导入 {count} 项", "done")
    kept_now().drop(case.account, case.row.id, exchange.name)
    return redirect(url_for(exchange.page, case=case.code), 303)


def _marked(case: OpenCase, exchange: Exchange) -> Response:
    """Hand out the person's own workbook with the marks of the preview."""
    name, content = kept_now().open(case.account, case.row.id, exchange.name)
    found = compared(case, exchange, table_now(case, exchange), name, content)
    return handed_out(BytesIO(annotated(content, found)), f"已标注-{name}", XLSX)


def _handed(case: OpenCase, exchange: Exchange, media: str) -> Response:
    name = f"{case.code}-{exchange.kind.label}.{media}"
    return handed_out(BytesIO(taken_out(case, exchange, media)), name, MEDIA[media])


def _register(exchange: Exchange) -> None:
    """Give a table its addresses, each with its access declared."""
    base, name = f"/cases/<case>/workbooks/{exchange.name}", exchange.name
    reads, does = access(exchange.reading), access(Doing(exchange.act))

    def add(rule: str, endpoint: str, need: Any, view: Any, method: str = "GET") -> None:
        pages.add_url_rule(f"{base}{rule}", f"{endpoint}_{name}", need(view), methods=[method])

    for media in MEDIA:
        add(f".{media}", media, reads, lambda case, media=media: _handed(case, exchange, media))
    add("", "take", does, lambda case: _upload_page(case, exchange))
    add("", "receive", does, lambda case: _received(case, exchange), "POST")
    add("/preview", "preview", does, lambda case: _waiting(case, exchange))
    add("/preview", "confirm", does, lambda case: _confirmed(case, exchange), "POST")
    add("/marked.xlsx", "marked", reads, lambda case: _marked(case, exchange))


for _exchange in EXCHANGES.values():
    _register(_exchange)
