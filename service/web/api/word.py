"""Word files of a case: 修改稿 taken out and back in, 意见采纳情况表, 公开版."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request

from service import clock
from service.actions.publicversion import LONGEST_WORD, MOST_WORDS, Hiding
from service.actions.wordtrip import MOST_BYTES, receive, take_copy
from service.actions.workshop import workshop_of
from service.errors import InvalidError, NotFoundError, Problem
from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.receipts import ActReceipt
from service.queries.wordtrip import Back, copies_taken
from service.report.workback import Comparison
from service.web.access import Doing
from service.web.api.acts import IF_MATCH, KEY, actor_of, key_now, once, owner
from service.web.api.root import JSON, answered, body_now, of_case, operation
from service.web.cases import settings
from service.web.consultation import opinion_file
from service.web.publiccopy import public_file
from service.web.wordtrip import adopt, back_of, compared, copy_file
from service.web.writing import WORKPLACE, WRITING
from service.workflow.actions import Action

MULTIPART = "multipart/form-data"
TAG = "Word 文件"
FILE_BODY = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary", "description": "改好的修改稿（*.docx）"}},
    "required": ["file"],
}
ADOPT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "take": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "maxItems": 2000,
            "description": "采用哪些处（预览里的 number）",
        },
        "remarks": {"type": "boolean", "description": "带回批注和修订"},
    },
    "additionalProperties": False,
}
CODES = {"type": "array", "items": {"type": "string", "maxLength": 120}, "maxItems": 1000}
HIDE: dict[str, Any] = {
    "type": "object",
    "description": "报告样式规定隐去的总是隐去，这里写另外要隐去的",
    "properties": {
        "sections": {**CODES, "description": "章节和附件的标识"},
        "nodes": {**CODES, "description": "指标编号：不印理由"},
        "parties": {**CODES, "description": "单位的身份，如 被评价单位"},
        "amounts": {**CODES, "description": "资金编号；全部写 *"},
        "words": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": LONGEST_WORD},
            "maxItems": MOST_WORDS,
            "description": "字词",
        },
        "stock": {"type": "boolean", "description": "用自带的版式排印"},
    },
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class CopyShown:
    """One working copy taken: its id, short code, draft number, by whom, when."""

    id: str
    short: str
    number: int
    reader: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Copies:
    """The working copies of a case, the newest first."""

    copies: tuple[CopyShown, ...]


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """One place of a returned copy: `takes` whether its text can be taken, `theirs` somebody changed it."""

    number: int
    name: str
    state: str
    before: str
    after: str
    takes: bool
    theirs: bool


@dataclass(frozen=True, slots=True)
class RemarkShown:
    """A comment or tracked change brought back with the place it hangs on, -1 for none."""

    place: int
    kind: str
    author: str
    at: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class BackShown:
    """What a returned file says: every changed place, remarks, and what was not accepted."""

    sha256: str
    copy: CopyShown
    places: tuple[PlaceShown, ...]
    remarks: tuple[RemarkShown, ...]
    altered: int
    left_out: int
    strays: tuple[str, ...]


@operation(
    "GET",
    "/cases/<case>/working-copies",
    WORKPLACE,
    "copy.list",
    summary="取走的修改稿",
    tag=TAG,
    answer=Copies,
)
def copies(case: OpenCase) -> Response:
    """List the working copies taken."""
    return of_case(case, lambda: _copies(case))


def _copies(case: OpenCase) -> Copies:
    found = copies_taken(db.session(), case.row)
    return Copies(tuple(CopyShown(c.id, c.short, c.number, c.reader, c.taken_at) for c in found))


@operation(
    "POST",
    "/cases/<case>/working-copies",
    WRITING,
    "copy.take",
    summary="生成一份修改稿",
    tag=TAG,
    answer=CopyShown,
)
def take(case: OpenCase) -> Response:
    """Make a copy of the words as they are now; nothing of the case changes."""
    login, today = owner(), clock.local_date(clock.now())
    reader = f"{login.organisation}{login.duty}"
    made = take_copy(
        db.session(), case.row, case.account, workshop_of(settings()), today=today, reader=reader
    )
    return answered(next(each for each in _copies(case).copies if each.id == made))


@operation(
    "GET",
    "/cases/<case>/working-copies/<copy>",
    WORKPLACE,
    "copy.file",
    summary="一份修改稿（Word）",
    tag=TAG,
)
def file(case: OpenCase, copy: str) -> Any:
    """Hand out one working copy."""
    return copy_file(case, copy)


@operation(
    "POST", "/cases/<case>/working-copies/returned", WRITING, "copy.return",
    summary="交回修改稿并逐处预览；什么也不改动", tag=TAG, answer=BackShown, body={MULTIPART: FILE_BODY},
)  # fmt: skip
def give_back(case: OpenCase) -> Response:
    """Read a returned file and answer place by place what it says."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidError(Problem("没有文件", path="file", allowed="*.docx", cure="附上改好的修改稿"))
    content, tools = sent.stream.read(MOST_BYTES + 1), workshop_of(settings())
    sha256, _ = receive(db.session(), case.row, case.account, tools, filename=sent.filename, content=content)
    return answered(_shown(case, back_of(case, sha256)))


@operation(
    "GET", "/cases/<case>/working-copies/returned/<sha256>", WRITING, "copy.returned",
    summary="本人交回的修改稿的逐处预览", tag=TAG, answer=BackShown,
)  # fmt: skip
def returned(case: OpenCase, sha256: str) -> Response:
    """Answer again what a returned file says, beside what stands now."""
    return of_case(case, lambda: _shown(case, back_of(case, sha256)))


def _shown(case: OpenCase, back: Back) -> BackShown:
    told, pieces = compared(case, back)
    copy = back.copy
    return BackShown(
        sha256=back.sha256,
        copy=CopyShown(copy.id, copy.short, copy.number, copy.reader, copy.taken_at),
        places=tuple(
            PlaceShown(p.number, p.name, p.returned.state, p.before, p.returned.text, p.takes, p.theirs)
            for p in pieces
        ),
        remarks=_remarks(told),
        altered=len(told.altered),
        left_out=len(told.left_out),
        strays=told.strays,
    )


def _remarks(told: Comparison) -> tuple[RemarkShown, ...]:
    return tuple(RemarkShown(r.place, r.kind, r.author, r.at, r.anchor, r.text) for r in told.remarks)


@operation(
    "POST", "/cases/<case>/working-copies/returned/<sha256>", WRITING, "copy.adopt",
    summary="采用交回的修改稿中的几处，一次办妥", tag=TAG, answer=ActReceipt, body={JSON: ADOPT},
    parameters=(IF_MATCH, KEY),
)  # fmt: skip
def take_over(case: OpenCase, sha256: str) -> Response:
    """Store the texts chosen and the remarks, all or none."""
    key = key_now()
    actor, body = actor_of(case, key), body_now()
    _known(body, ADOPT)
    taken, remarks = body.get("take", []), body.get("remarks", False)
    whole = isinstance(taken, list) and all(type(each) is int and each >= 0 for each in taken)
    if not whole or not isinstance(remarks, bool):
        raise InvalidError(
            Problem("类型不对", path="take", allowed="不小于 0 的整数的列表；remarks 为 true 或 false")
        )
    back = back_of(case, sha256)
    return once(actor, key, lambda: adopt(case, actor, back, taken=set(taken), remarks=remarks))


def _known(body: dict[str, Any], shape: dict[str, Any]) -> None:
    problems = [Problem("没有这一项", path=name) for name in body if name not in shape["properties"]]
    if problems:
        raise InvalidError(problems)


@operation(
    "GET", "/cases/<case>/opinions/table.<media>", Action.EVALUATION_READ, "opinion.table",
    summary="意见采纳情况表（docx、xlsx）", tag=TAG,
)  # fmt: skip
def opinions(case: OpenCase, media: str) -> Any:
    """Hand out 意见采纳情况表 with the columns of the case's report profile."""
    if media not in ("docx", "xlsx"):
        raise NotFoundError("没有这种格式")
    return opinion_file(case, media)


@operation(
    "POST", "/cases/<case>/reports/<int:number>/public", Doing(Action.PUBLIC_TAKE), "public.take",
    summary="取得一版报告的公开版（Word）；隐去的内容写入留痕", tag=TAG, body={JSON: HIDE},
    parameters=(IF_MATCH, KEY),
)  # fmt: skip
def public(case: OpenCase, number: int) -> Any:
    """Hand out the public version; the same key twice is one taking."""
    actor, body = actor_of(case, key_now()), body_now()
    _known(body, HIDE)
    stock = body.get("stock", False)
    if not isinstance(stock, bool):
        raise InvalidError(Problem("类型不对", path="stock", allowed="true 或 false"))
    hiding = Hiding(
        sections=_texts(body, "sections"),
        nodes=_texts(body, "nodes"),
        parties=_texts(body, "parties"),
        amounts=_texts(body, "amounts"),
        words=_texts(body, "words"),
        stock=stock,
    )
    return public_file(case, number, hiding, actor)


def _texts(body: dict[str, Any], path: str) -> tuple[str, ...]:
    given = body.get(path, [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given) or len(given) > 1000:
        raise InvalidError(Problem("类型不对", path=path, allowed="文字的列表"))
    return tuple(given)
