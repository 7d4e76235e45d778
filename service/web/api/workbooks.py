"""Tables as workbooks: taken out filled, brought back with a preview of every cell, then all or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from flask import Response, request

from service.actions.actor import Actor
from service.actions.reasons import ORIGINS, Origin
from service.errors import InvalidError, Problem, StaleError
from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.receipts import ActReceipt, entry_of_key, key_used, state_of
from service.web.access import Doing
from service.web.api.acts import IF_MATCH, KEY, actor_of, key_now, once, told
from service.web.api.root import answered, operation, query, shapes
from service.web.downloads import handed_out
from service.web.exchange import EXCHANGES, XLSX, Exchange, compared, table_now, take_in, taken_out
from service.workbooks.book import LARGEST
from service.workbooks.compare import Comparison, State

MULTIPART = "multipart/form-data"
DRY = query("dry_run", "写 1：只预览，不导入", enum=["0", "1"])
BODY = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "填好的工作簿（*.xlsx）"},
        "origin": {"type": "string", "enum": ["", *ORIGINS], "description": "提交评分之后的修改必填"},
        "asked_by": {"type": "string", "maxLength": 120},
        "paper": {"type": "string", "maxLength": 200},
    },
    "required": ["file"],
}


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of a preview: its row, column and place, what stands, what was read, what it becomes."""

    row: str
    column: str
    place: str
    old: str
    raw: str
    new: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class FaultView:
    """What is wrong with a cell or row."""

    place: str
    message: str
    value: str
    allowed: str
    example: str
    cure: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a workbook would do: `ready` if it may be taken in, `count` cells would change."""

    table: str
    ready: bool
    count: int
    counts: dict[str, int]
    cells: tuple[CellView, ...]
    faults: tuple[FaultView, ...]
    unseen: tuple[str, ...]


def preview_of(found: Comparison) -> Preview:
    """Return the comparison as programs read it; cells that stay the same are counted, not listed."""
    cells = [
        CellView(row.label, cell.label, cell.place, cell.old, cell.raw, cell.new, cell.state.value, cell.note)
        for row in found.rows
        for cell in row.cells
        if cell.state is not State.SAME
    ]
    if found.total is not None and found.total.state is not State.SAME:
        each = found.total
        cells.append(
            CellView("", each.label, each.place, each.old, each.raw, each.new, each.state.value, each.note)
        )
    faults = (FaultView(f.place, f.message, f.value, f.allowed, f.example, f.cure) for f in found.faults)
    counts = {state.value: count for state, count in found.counts().items()}
    return Preview(
        found.kind.label, found.ready, found.count, counts, tuple(cells), tuple(faults), found.unseen
    )


def _sent() -> tuple[str, bytes]:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidError(Problem("没有文件", path="file", value="", allowed="*.xlsx", cure="附上工作簿"))
    return file.filename, file.stream.read(LARGEST + 1)


def _previewed(case: OpenCase, exchange: Exchange, actor: Actor, name: str, content: bytes) -> Response:
    if actor.seen != (now := state_of(db.session(), case.row.id)):
        raise StaleError(Problem("案卷已有新的改动", path="If-Match", value=actor.seen, allowed=now))
    return answered(preview_of(compared(case, exchange, table_now(case, exchange), name, content)))


def _taken(case: OpenCase, exchange: Exchange) -> Response:
    """Take the workbook in, or show what it would change."""
    key = key_now()
    actor = actor_of(case, key)
    name, content = _sent()
    given = [request.form.get(field, "").strip() for field in ("origin", "asked_by", "paper")]
    asked = "\0".join((request.path, hashlib.sha256(content).hexdigest(), *given))
    actor = replace(actor, request_digest=hashlib.sha256(asked.encode()).hexdigest())
    if request.args.get("dry_run") == "1":
        return _previewed(case, exchange, actor, name, content)
    if key_used(db.session(), actor.account, key, actor.request_digest):
        return told(entry_of_key(db.session(), actor.account, key) or "")
    origin = Origin(*given) if any(given) else None
    return once(actor, key, lambda: take_in(case, exchange, actor, content, name, origin=origin))


def _declare(exchange: Exchange) -> None:
    """Give a table its addresses and its place in the description."""
    rule, name, label = f"/cases/<case>/workbooks/{exchange.name}", exchange.name, exchange.kind.label

    def hand(case: OpenCase) -> Any:
        content = taken_out(case, exchange, "xlsx")
        return handed_out(BytesIO(content), f"{case.code}-{label}.xlsx", XLSX)

    def take(case: OpenCase) -> Any:
        return _taken(case, exchange)

    operation(
        "GET",
        rule,
        exchange.reading,
        f"workbook.{name}",
        summary=f"《{label}》工作簿",
        tag="工作簿",
    )(hand)
    operation(
        "POST",
        rule,
        Doing(exchange.act),
        f"workbook.take_{name}",
        summary=f"导入《{label}》工作簿，或只预览",
        tag="工作簿",
        answer={"anyOf": [shapes.of(ActReceipt), shapes.of(Preview)]},
        body={MULTIPART: BODY},
        parameters=(IF_MATCH, KEY, DRY),
    )(take)


for _exchange in EXCHANGES.values():
    _declare(_exchange)
