"""Tables taken out as workbooks and brought back, as pages and programs share it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service import clock
from service.actions import tabletaking as take
from service.actions import worktaking as taking
from service.actions.actor import Actor
from service.actions.reasons import Origin
from service.errors import ActionRefusedError, InvalidError, NotFoundError, Problem, StaleError
from service.extensions import db
from service.queries import tables as own
from service.queries import worktables as work
from service.queries.reader import OpenCase
from service.queries.receipts import state_of
from service.queries.tables import CaseTable
from service.web.access import Inside
from service.web.cases import settings
from service.workbooks.book import Book, read_book
from service.workbooks.compare import Comparison
from service.workbooks.kept import KeptBooks
from service.workbooks.kinds import TableKind
from service.workbooks.official import (
    DEDUCTIONS,
    ISSUES,
    MONEY,
    OPINIONS,
    SCORES,
    SELF,
    SUBPROJECTS,
    SURVEY,
)
from service.workbooks.table import read_table
from service.workbooks.write import csv_bytes, workbook_bytes
from service.workflow.actions import Action

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MEDIA = {"xlsx": XLSX, "csv": CSV}
MOVED = "预览之后案卷有了新的改动，没有导入；下面是按现在的内容重新比较的结果"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One table: who may take it out, which act brings it back, how both are done.

    Args:
        page: endpoint and arguments of the page that shows the table.
    """

    kind: TableKind
    reading: Action | Inside
    act: Action
    table: Callable[[Session, Any, date], CaseTable | None]
    take: Callable[[Actor, str, CaseTable, Comparison, Origin | None], None]
    page: str

    @property
    def name(self) -> str:
        """Return its name in addresses."""
        return self.kind.name


def _plain(act: Callable[[Actor, str, CaseTable, Comparison], None]) -> Callable[..., None]:
    """Return the act for a table whose changes never name where they come from."""

    def run(
        actor: Actor, evaluation: str, table: CaseTable, found: Comparison, origin: Origin | None
    ) -> None:
        act(actor, evaluation, table, found)

    return run


_READ, _SCORED = Action.EVALUATION_READ, Inside(Action.SCORES_READ, Action.SCORE_INPUT)
_ALL = (
    Exchange(SELF, _READ, Action.SELF_EDIT, own.self_table, _plain(take.take_self), "unit.table"),
    Exchange(
        SUBPROJECTS,
        _READ,
        Action.SELF_EDIT,
        own.subproject_table,
        _plain(take.take_subprojects),
        "unit.funds",
    ),
    Exchange(SURVEY, _READ, Action.SELF_EDIT, own.survey_table, _plain(take.take_survey), "unit.survey"),
    Exchange(
        MONEY, _READ, Action.EVALUATION_EDIT, own.money_table, _plain(take.take_money), "particulars.show"
    ),
    Exchange(
        ISSUES, _READ, Action.FINDING_RECORD, work.issue_list, _plain(taking.take_issues), "visit.findings"
    ),
    Exchange(SCORES, _SCORED, Action.SCORE_INPUT, work.score_sheet, taking.take_scores, "grid.show"),
    Exchange(
        DEDUCTIONS,
        _SCORED,
        Action.DEDUCTION_DRAFT,
        work.deduction_list,
        taking.take_deduction_list,
        "grid.show",
    ),
    Exchange(
        OPINIONS,
        _READ,
        Action.OPINION_RECORD,
        work.opinion_list,
        _plain(taking.take_opinions),
        "consultation.show",
    ),
)
EXCHANGES: dict[str, Exchange] = {each.name: each for each in _ALL}
"""Every table, by name, in the order of the life of a case."""


def table_now(case: OpenCase, exchange: Exchange) -> CaseTable:
    """Return the table as the case holds it now.

    Raises:
        NotFoundError: there is none before the plan is approved.
    """
    found = exchange.table(db.session(), case.row, clock.local_date(clock.now()))
    if found is None:
        raise NotFoundError(
            Problem(f"还没有可填的《{exchange.kind.label}》", cure="评价方案批准后才有指标，届时再导出")
        )
    return found


def taken_out(case: OpenCase, exchange: Exchange, media: str) -> bytes:
    """Return the table as workbook or CSV, filled with what the case holds."""
    table = table_now(case, exchange)
    if media == "csv":
        return csv_bytes(table.blocks()[-1])
    title = f"{case.row.subject_name} {exchange.kind.label}"
    stamp = {
        "kind": exchange.name,
        "version": exchange.kind.version,
        "case": case.code,
        "state": table.digest,
    }
    return workbook_bytes(title, table.blocks(), stamp, table.notes)


def demand_open(case: OpenCase, exchange: Exchange, table: CaseTable) -> None:
    """Accept only a table some part of which may be changed now; told before any workbook is read.

    Raises:
        ActionRefusedError: everything in it is closed.
    """
    closed = table.standing and not exchange.kind.grows and all(row.locked for row in table.standing)
    if closed:
        words = f"《{exchange.kind.label}》现在不能修改"
        cure = "自评在报送之后只能按补正要求修改；需要改动的，请评价组发出补正"
        stage = case.row.stage.label
        raise ActionRefusedError(
            Problem(
                words,
                path=exchange.kind.where,
                value=stage,
                allowed="自评阶段，或补正要求列明的内容",
                cure=cure,
            )
        )


def compared(case: OpenCase, exchange: Exchange, table: CaseTable, name: str, content: bytes) -> Comparison:
    """Return what the workbook would do to the table.

    Raises:
        InvalidError: it cannot be read, is of another case or of an old template.
    """
    demand_open(case, exchange, table)
    book = read_book(name, content)
    problems = _wrong_template(case, exchange, book)
    if problems:
        raise InvalidError(problems)
    return table.compared(read_table(book, exchange.kind))


def _wrong_template(case: OpenCase, exchange: Exchange, book: Book) -> list[Problem]:
    """Return what the hidden stamp says against this workbook; one without a stamp is judged by headings."""
    stamp, label = book.stamp, exchange.kind.label
    if stamp.get("kind", exchange.name) != exchange.name:
        return []
    cure = f"在本页下载最新的《{label}》模板，把内容贴过去再上传"
    problems = []
    if stamp.get("case", case.code) != case.code:
        problems.append(
            Problem("这是另一项评价的表", path=book.name, value=stamp["case"], allowed=case.code, cure=cure)
        )
    if stamp.get("version", exchange.kind.version) != exchange.kind.version:
        allowed = f"第 {exchange.kind.version} 版"
        value = f"第 {stamp['version']} 版"
        problems.append(Problem("模板是旧版", path=book.name, value=value, allowed=allowed, cure=cure))
    return problems


def take_in(
    case: OpenCase, exchange: Exchange, actor: Actor, content: bytes, name: str, *,
    digest: str | None = None, origin: Origin | None = None,
) -> int:  # fmt: skip
    """Return how many cells were taken in: all of the workbook, in one transaction.

    Args:
        digest: name of the table the person saw beside the workbook; None takes it as it is.

    Raises:
        StaleError: the table is another one by now.
        InvalidError: with every fault.
    """
    case.demand_row(exchange.act)
    seen = state_of(db.session(), case.row.id)
    table = table_now(case, exchange)
    if digest is not None and digest != table.digest:
        raise StaleError(MOVED)
    found = compared(case, exchange, table, name, content)
    exchange.take(replace(actor, seen=actor.seen or seen), case.row.id, table, found, origin)
    return found.count


def kept_now() -> KeptBooks:
    """Return the workbooks of this instance that wait for their confirmation."""
    return KeptBooks(settings().instance.workbooks)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a workbook."""
    return hashlib.sha256(content).hexdigest()
