"""变更说明 and 留痕清单: the changes of a case between two moments, to take; each taking is an entry."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

from flask import Blueprint, request

from service import clock
from service.actions.actor import StoredFile
from service.actions.auditacts import record_extract
from service.audit.canonical import encode
from service.errors import InvalidError, Problem, ServiceError
from service.extensions import db
from service.queries.asof import Moment, moment_of, moments
from service.queries.extract import Told, by_stage, extract_of
from service.queries.reader import OpenCase
from service.report.changelist import NAME, ChangePart, change_document
from service.web.access import Doing, access, login_now
from service.web.cases import case_page
from service.web.doing import actor_now
from service.web.downloads import TYPES, handed_out
from service.web.errors import status_of
from service.workbooks.plain import plain_workbook
from service.workflow.actions import Action

pages = Blueprint("extract", __name__)
TAKING = Doing(Action.HISTORY_EXTRACT)
LIST = "留痕清单"
LONGEST = 40
COLUMNS = (
    ("留痕号", 20), ("时间", 48), ("阶段", 24), ("办理人", 44), ("事项", 34), ("理由", 70),
    ("来由和文件", 50), ("由何改为何", 120), ("记录编号", 74), ("叶散列", 128),
)  # fmt: skip


@pages.get("/cases/<case>/history/extract")
@access(TAKING)
def show(case: OpenCase) -> str:
    """Show between which moments the changes shall be taken."""
    return _page(case, request.args.get("old", ""), request.args.get("new", ""))


@pages.post("/cases/<case>/history/extract")
@access(TAKING)
def take(case: OpenCase) -> Any:
    """Hand out the changes as .docx or .xlsx."""
    sent = request.form
    try:
        return _taken(case, sent.get("old", ""), sent.get("new", ""), sent.get("media", ""))
    except ServiceError as refused:
        db.session.rollback()
        return _page(case, "", "", refused), status_of(refused)


def _page(case: OpenCase, old: str, new: str, refused: ServiceError | None = None) -> str:
    known = moments(db.session(), case.row)
    one, two = _range(known, old, new)
    problems = refused.problems if refused is not None else ()
    return case_page("history_extract", case, known=known, old=one, new=two, problems=problems)


def _taken(case: OpenCase, first: str, last: str, media: str) -> Any:
    old, new = _range(moments(db.session(), case.row), first, last)
    if media not in ("docx", "xlsx"):
        raise InvalidError(Problem("没有这种格式", path="media", value=media[:20], allowed="docx、xlsx"))
    told = extract_of(db.session(), case.row, old, new, scores=case.scores)
    code = _code(told)
    content = _document(case, old, new, told, code) if media == "docx" else _book(case, old, new, told, code)
    name = NAME if media == "docx" else LIST
    words = f"{name}：第 {old.index} 号之后至第 {new.index} 号，{len(told)} 条，核对码 {code}"
    file = StoredFile(hashlib.sha256(content).hexdigest(), len(content), media)
    record_extract(actor_now(case), case.row.id, words, file)
    return handed_out(BytesIO(content), f"{case.code}-{name}-{old.index}-{new.index}.{media}", TYPES[media])


def _range(known: tuple[Moment, ...], old: str, new: str) -> tuple[Moment, Moment]:
    """Return the two moments asked for, the earlier first; without any the first and the newest.

    Raises:
        InvalidError: a moment nobody can mean, or the case has no history.
    """
    if not known:
        raise InvalidError(Problem("这个案卷还没有留痕"))
    one = moment_of(known, old[:LONGEST]) if old.strip() else known[0]
    two = moment_of(known, new[:LONGEST]) if new.strip() else known[-1]
    return (one, two) if one.index <= two.index else (two, one)


def _code(told: tuple[Told, ...]) -> str:
    """Return the short code of what the entries say: two takings of the same range have the same one."""
    digest = hashlib.sha256(encode([each.digest for each in told])).hexdigest()[:8].upper()
    return f"{digest[:4]}-{digest[4:]}"


def _notes(case: OpenCase, old: Moment, new: Moment, told: tuple[Told, ...], code: str) -> tuple[str, ...]:
    taken = clock.now().astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M")
    return (
        f"{case.row.title}（{case.row.code}）",
        f"范围：留痕第 {old.index} 号（{old.day.isoformat()} {old.action}）之后，"
        f"至第 {new.index} 号（{new.day.isoformat()} {new.action}），共 {len(told)} 条",
        f"取得人：{_name()}；取得时间：{taken}；核对码：{code}；内容逐条取自留痕，可按留痕号核对。",
    )


def _document(case: OpenCase, old: Moment, new: Moment, told: tuple[Told, ...], code: str) -> bytes:
    parts = [
        ChangePart(f"{stage}（{len(run)} 条）", tuple(_cells(each) for each in run))
        for stage, run in by_stage(told)
    ]
    mark = f"{_name()}　{clock.local_date(clock.now()).isoformat()}　{code}"
    return change_document(_notes(case, old, new, told, code), parts, code=code, mark=mark)


def _cells(each: Told) -> tuple[str, ...]:
    what = "\n".join(each.changes) or "—"
    return str(each.index), each.when, each.who, each.action, each.reason or "—", each.ground or "—", what


def _book(case: OpenCase, old: Moment, new: Moment, told: tuple[Told, ...], code: str) -> bytes:
    rows = [
        (
            str(each.index), each.when, each.stage, each.who, each.action, each.reason, each.ground,
            "\n".join(each.changes), each.entry, each.digest,
        )
        for each in told
    ]  # fmt: skip
    return plain_workbook(LIST, _notes(case, old, new, told, code), COLUMNS, rows, numbers=(0,))


def _name() -> str:
    login = login_now()
    return f"{login.duty}（{login.name}）" if login else ""
