"""Files: evidence taken in by pieces that can be resumed, evidence and reports handed out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.actions import uploads
from service.actions.workshop import workshop_of
from service.errors import InvalidError, Problem
from service.extensions import db
from service.queries.evidenceroom import evidence_version
from service.queries.reader import OpenCase
from service.queries.receipts import ActReceipt
from service.queries.reportroom import report_file
from service.web.access import Doing
from service.web.api.acts import IF_MATCH, KEY, actor_of, key_now, once
from service.web.api.formshape import read_body, shape_of
from service.web.api.root import JSON, answered, body_now, operation, query
from service.web.cases import settings
from service.web.downloads import BINARY, TYPES, handed_out, store_now
from service.web.forms.evidence import Batch, described
from service.web.forms.fields import Form, Words, shown
from service.web.opening import noted
from service.web.redline import redline_file
from service.web.uploads import folder_now, open_to_material
from service.workflow.actions import Action

PLACE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "received": {"type": "integer"},
        "piece": {"type": "integer"},
    },
    "required": ["id", "received"],
}
OFFSET = {
    "name": "offset",
    "in": "query",
    "required": True,
    "description": "本片从第几个字节起",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**12},
}
SHA = query("sha256", "本片内容的 SHA-256（十六进制）", pattern="^[0-9a-f]{64}$")


class Begin(Form):
    """A file that will arrive in pieces."""

    filename = Words(required=True, limit=300, metadata=shown("文件名"))
    size = Words(required=True, limit=15, metadata=shown("大小（字节），写成文字"))
    sha256 = Words(required=True, limit=64, metadata=shown("全部内容的 SHA-256（十六进制）"))


@operation(
    "POST",
    "/cases/<case>/uploads",
    Doing(Action.EVIDENCE_ADD),
    "upload.begin",
    summary="开始或续传一份材料",
    tag="材料",
    answer=PLACE,
    body={JSON: shape_of(Begin)},
)
def begin(case: OpenCase) -> Response:
    """Begin a file, or answer from which byte to go on with one begun before."""
    data = read_body(Begin, body_now())
    open_to_material(case)
    size = data["size"]
    if not size.isascii() or not size.isdigit():
        raise InvalidError(Problem("文件大小不是数", path="size", value=size))
    found = uploads.begin_upload(
        case.account,
        case.row.id,
        filename=data["filename"],
        size=int(size),
        sha256=data["sha256"],
        folder=folder_now(),
    )
    return answered({"id": found.id, "received": found.received, "piece": uploads.PIECE})


@operation(
    "PUT",
    "/cases/<case>/uploads/<upload>",
    Doing(Action.EVIDENCE_ADD),
    "upload.append",
    summary="续传一片",
    tag="材料",
    answer=PLACE,
    body={BINARY: {"type": "string", "format": "binary"}},
    parameters=(OFFSET, SHA),
)
def append(case: OpenCase, upload: str) -> Response:
    """Take one piece; 409 with the byte to go on from if it does not begin there."""
    if (request.content_length or 0) > uploads.PIECE:
        raise InvalidError(Problem("分片过大", allowed=f"不超过 {uploads.PIECE} 字节"))
    asked = request.args.get("offset", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 13):
        raise InvalidError(Problem("起点不是数", path="offset", value=asked[:20]))
    found = uploads.append_piece(
        case.account,
        case.row.id,
        upload,
        offset=int(asked),
        piece=request.get_data(cache=False),
        sha256=request.args.get("sha256", ""),
        folder=folder_now(),
    )
    return answered({"id": found.id, "received": found.received}, 200 if found.taken else 409)


@operation(
    "POST",
    "/cases/<case>/uploads/<upload>/finish",
    Doing(Action.EVIDENCE_ADD),
    "upload.finish",
    summary="收妥一份材料",
    tag="材料",
    answer=ActReceipt,
    body={JSON: shape_of(Batch)},
    parameters=(IF_MATCH, KEY),
)
def finish(case: OpenCase, upload: str) -> Response:
    """The whole file becomes evidence in one act."""
    actor, told = actor_of(case, key_now()), described(read_body(Batch, body_now()))
    store = workshop_of(settings()).store

    def work() -> Any:
        return uploads.finish_upload(
            actor, case.row.id, upload, told.command, folder=folder_now(), store=store
        )

    # The upload itself is the key: finishing twice gives the same answer whatever key is sent.
    return once(actor, f"upload:{upload}", work)


@operation(
    "GET",
    "/cases/<case>/evidence/<piece>/<int:number>",
    Action.EVALUATION_READ,
    "evidence.file",
    summary="一份材料的一版，逐字节",
    tag="材料",
)
def evidence(case: OpenCase, piece: str, number: int) -> Any:
    """Hand out one version of a piece of evidence."""
    version = evidence_version(db.session(), case.row, piece, number)
    noted(case, piece)
    return handed_out(store_now().open(version.sha256), version.filename or f"{piece}-{number}", BINARY)


@operation(
    "GET",
    "/cases/<case>/reports/<int:number>/<part>",
    Action.SCORES_READ,
    "report.file",
    summary="一版报告的文件（signed、frozen、word）",
    tag="案卷",
)
def report(case: OpenCase, number: int, part: str) -> Any:
    """Hand out the signed, frozen or Word file of a report version."""
    file = report_file(db.session(), case.row, number, part)
    name = f"{case.code}-v{number}-{file.label}.{file.media}"
    return handed_out(store_now().open(file.sha256), name, TYPES.get(file.media, BINARY))


@operation(
    "GET",
    "/cases/<case>/report-redline",
    Action.SCORES_READ,
    "report.redline",
    summary="两版报告的修订对照（Word，接受全部修订即新版）",
    tag="案卷",
    parameters=(query("old", "旧版的版号"), query("new", "新版的版号")),
)
def compared(case: OpenCase) -> Any:
    """Hand out what changed from one version to another, as tracked changes."""
    return redline_file(case, request.args.get("old", ""), request.args.get("new", ""))
