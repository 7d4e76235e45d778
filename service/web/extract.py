"""变更说明 and 留痕清单: the changes of a case between two moments, to take; each taking is an entry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, cast

from flask import Blueprint, request
from werkzeug.wrappers import Response

from service import clock
from service.actions.actor import Actor, StoredFile
from service.actions.auditacts import record_extract
from service.audit.canonical import encode
from service.errors import InvalidError, Problem, RepeatedError, ServiceError
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
        asked = sent.get("old", ""), sent.get("new", ""), sent.get("media", "")
        return extract_file(case, *asked, actor_now(case))
    except ServiceError as refused:
        db.session.rollback()
        return _page(case, "", "", refused), status_of(refused)


def _page(case: OpenCase, old: str, new: str, refused: ServiceError | None = None) -> str:
    known = moments(db.session(), case.row)
    one, two = _range(known, old, new)
    problems = refused.problems if refused is not None else ()
    return case_page("history_extract", case, known=known, old=one, new=two, problems=problems)


def extract_file(case: OpenCase, first: str, last: str, media: str, actor: Actor) -> Response:
    """Return the changes between two moments as an attachment; that they were taken stands in the log.

    The same request sent again gets the first file again, byte for byte.

    Raises:
        InvalidError: no such moment or format, or more entries than fit into one paper.
    """
    if media not in ("docx", "xlsx"):
        raise InvalidError(Problem("没有这种格式", path="media", value=media[:20], allowed="docx、xlsx"))
    made = _made(case, first, last, media, clock.now())
    kept = {"old": str(made.old.index), "new": str(made.new.index), "at": made.at.isoformat()}
    try:
        record_extract(actor, case.row.id, made.words, made.file, kept=kept)
    except RepeatedError as repeated:
        db.session.rollback()
        kept = cast("dict[str, str]", repeated.result)
        made = _made(case, kept["old"], kept["new"], media, datetime.fromisoformat(kept["at"]))
    name = f"{case.code}-{made.name}-{made.old.index}-{made.new.index}.{media}"
    return handed_out(BytesIO(made.content), name, TYPES[media])


@dataclass(frozen=True, slots=True)
class _Made:
    """One extract: its range, the moment it was taken, its name, what the log says of it, its bytes."""

    old: Moment
    new: Moment
    at: datetime
    name: str
    words: str
    file: StoredFile
    content: bytes


def _made(case: OpenCase, first: str, last: str, media: str, at: datetime) -> _Made:
    old, new = _range(moments(db.session(), case.row), first, last)
    told = extract_of(db.session(), case.row, old, new, scores=case.scores)
    code = _code(told)
    write, name = (_document, NAME) if media == "docx" else (_book, LIST)
    content = write(case, _notes(case, old, new, told, code, at), told, code, at)
    words = f"{name}：第 {old.index} 号之后至第 {new.index} 号，{len(told)} 条，核对码 {code}"
    file = StoredFile(hashlib.sha256(content).hexdigest(), len(content), media)
    return _Made(old, new, at, name, words, file, content)


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


def _notes(
    case: OpenCase, old: Moment, new: Moment, told: tuple[Told, ...], code: str, at: datetime
) -> tuple[str, ...]:
    taken = at.astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M")
    return (
        f"{case.row.title}（{case.row.code}）",
        f"范围：留痕第 {old.index} 号（{old.day.isoformat()} {old.action}）之后，"
        f"至第 {new.index} 号（{new.day.isoformat()} {new.action}），共 {len(told)} 条",
        f"取得人：{_name()}；取得时间：{taken}；核对码：{code}；内容逐条取自留痕，可按留痕号核对。",
    )


def _document(
    case: OpenCase, notes: tuple[str, ...], told: tuple[Told, ...], code: str, at: datetime
) -> bytes:
    parts = [
        ChangePart(f"{stage}（{len(run)} 条）", tuple(_cells(each) for each in run))
        for stage, run in by_stage(told)
    ]
    mark = f"{_name()}　{clock.local_date(at).isoformat()}　{code}"
    return change_document(notes, parts, code=code, mark=mark)


def _cells(each: Told) -> tuple[str, ...]:
    what = "\n".join(each.changes) or "—"
    return str(each.index), each.when, each.who, each.action, each.reason or "—", each.ground or "—", what


def _book(case: OpenCase, notes: tuple[str, ...], told: tuple[Told, ...], code: str, at: datetime) -> bytes:
    rows = [
        (
            str(each.index), each.when, each.stage, each.who, each.action, each.reason, each.ground,
            "\n".join(each.changes), each.entry, each.digest,
        )
        for each in told
    ]  # fmt: skip
    return plain_workbook(LIST, notes, COLUMNS, rows, numbers=(0,))


def _name() -> str:
    login = login_now()
    return f"{login.duty}（{login.name}）" if login else ""
