"""A file in pieces, as the script of the evidence page sends it: begin, append at an offset, finish.

Answers are JSON: ``received`` bytes so far, ``piece`` the largest piece, ``code`` of the evidence at the
end; a refusal carries ``problems`` in words. The access and the act are those of the plain form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from werkzeug.wrappers import Response

from service.actions import uploads
from service.actions.workshop import workshop_of
from service.errors import ActionRefusedError, InvalidError, Problem, ServiceError
from service.evidence.pieces import PieceFolder
from service.extensions import db
from service.queries.reader import OpenCase
from service.web.access import Doing, access
from service.web.cases import settings
from service.web.doing import actor_now, problem_words, what_is_missing
from service.web.errors import status_of
from service.web.evidence import sent_words, take_members_of
from service.web.forms.act import ACTS, read
from service.web.forms.evidence import Batch, described
from service.workflow.actions import Action

pages = Blueprint("uploads", __name__)
CONFLICT = 409


@pages.post("/cases/<case>/uploads")
@access(Doing(Action.EVIDENCE_ADD))
def begin(case: OpenCase) -> Any:
    """Begin a file, or go on with one begun before: the answer says from which byte."""
    return _told(lambda: _begin(case))


def _begin(case: OpenCase) -> dict[str, Any]:
    open_to_material(case)
    size = request.form.get("size", "")
    if not size.isascii() or not size.isdigit() or len(size) > 15:
        raise InvalidError(Problem("文件大小不是数", value=size[:40]))
    found = uploads.begin_upload(
        case.account,
        case.row.id,
        filename=request.form.get("filename", ""),
        size=int(size),
        sha256=request.form.get("sha256", ""),
        folder=folder_now(),
    )
    return {"id": found.id, "received": found.received, "piece": uploads.PIECE}


def open_to_material(case: OpenCase) -> None:
    """Accept only a case that takes material now, before anything of it is sent.

    Raises:
        ActionRefusedError: it does not; with the reasons.
    """
    missing = what_is_missing(case, ACTS[Action.EVIDENCE_ADD.value])
    if missing or case.row.imported:
        raise ActionRefusedError(missing or "导入的案卷只读，不能添加材料")


@pages.post("/cases/<case>/uploads/<upload>/<int:offset>")
@access(Doing(Action.EVIDENCE_ADD))
def append(case: OpenCase, upload: str, offset: int) -> Any:
    """Take one piece; 409 with the byte to go on from if it does not begin there."""
    if (request.content_length or 0) > uploads.PIECE:
        return _problems(InvalidError(Problem("分片过大", allowed=f"不超过 {uploads.PIECE} 字节")))
    return _told(lambda: _append(case, upload, offset))


def _append(case: OpenCase, upload: str, offset: int) -> tuple[dict[str, Any], int]:
    found = uploads.append_piece(
        case.account,
        case.row.id,
        upload,
        offset=offset,
        piece=request.get_data(cache=False),
        sha256=request.headers.get("X-Piece-Sha256", ""),
        folder=folder_now(),
    )
    return {"id": found.id, "received": found.received}, 200 if found.taken else CONFLICT


@pages.post("/cases/<case>/uploads/<upload>/finish")
@access(Doing(Action.EVIDENCE_ADD))
def finish(case: OpenCase, upload: str) -> Any:
    """The whole file becomes evidence in one act; an archive is taken apart afterwards if asked."""
    return _told(lambda: _finish(case, upload))


def _finish(case: OpenCase, upload: str) -> dict[str, Any]:
    told = described(read(Batch, sent_words()))
    store = workshop_of(settings()).store
    code = uploads.finish_upload(
        actor_now(case), case.row.id, upload, told.command, folder=folder_now(), store=store
    )
    rows = take_members_of(case, code, told, key=f"upload:{upload}") if told.unpack else []
    return {
        "code": code,
        "address": url_for("evidence.show", case=case.code, piece=code),
        "inside": [
            {"name": row.name, "code": row.code, "problems": [problem_words(p) for p in row.problems]}
            for row in rows
        ],
    }


def _told(work: Callable[[], Any]) -> Response | tuple[Response, int]:
    try:
        found = work()
    except ServiceError as refused:
        db.session.rollback()
        return _problems(refused)
    body, status = found if isinstance(found, tuple) else (found, 200)
    return jsonify(body), status


def _problems(refused: ServiceError) -> tuple[Response, int]:
    words = [problem_words(problem) for problem in refused.problems] or [refused.title]
    return jsonify({"problems": words}), status_of(refused)


def folder_now() -> PieceFolder:
    """Return where pieces wait for the rest of their file."""
    return PieceFolder(settings().instance.uploads)
