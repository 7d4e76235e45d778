"""Files to take away: evidence, reports, scores. Always an attachment, never opened inside a page."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from service.audit import OFFLINE
from service.errors import NotFoundError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.queries.evidenceroom import evidence_version
from service.queries.reader import OpenCase
from service.queries.reportroom import report_file
from service.report.freeze import data_bytes
from service.web import detached
from service.web.access import Entry, access
from service.web.cases import settings, visible_snapshot
from service.web.opening import noted
from service.web.security import SANDBOX
from service.workflow.actions import Action

pages = Blueprint("downloads", __name__)
BINARY = "application/octet-stream"
VERIFIERS = {each.name: each for each in OFFLINE}
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "p7s": "application/pkcs7-signature",
    "json": "application/json",
}


@pages.get("/cases/<case>/evidence/<piece>/<int:number>")
@access(Action.EVALUATION_READ)
def evidence(case: OpenCase, piece: str, number: int) -> Response:
    """Hand out one version of a piece of evidence, byte for byte."""
    version = evidence_version(db.session(), case.row, piece, number)
    noted(case, piece)
    return handed_out(store_now().open(version.sha256), version.filename or f"{piece}-{number}", BINARY)


@pages.get("/cases/<case>/report/<int:number>/<part>")
@access(Action.SCORES_READ)
def report(case: OpenCase, number: int, part: str) -> Response:
    """Hand out the signed, frozen or Word file of a report version."""
    file = report_file(db.session(), case.row, number, part)
    name = f"{case.code}-v{number}-{file.label}.{file.media}"
    return handed_out(store_now().open(file.sha256), name, TYPES.get(file.media, BINARY))


@pages.get("/cases/<case>/report/<int:number>/<part>.p7s")
@access(Action.SCORES_READ)
def signature(case: OpenCase, number: int, part: str) -> Response:
    """Hand out one detached signature of a report version."""
    report_file(db.session(), case.row, number, "frozen")
    path = detached.found(settings(), case.code, number).get(part)
    if path is None:
        raise NotFoundError("没有这份签名")
    return handed_out(BytesIO(path.read_bytes()), path.name, TYPES["p7s"])


@pages.get("/cases/<case>/scores.json")
@access(Action.SCORES_READ)
def scores(case: OpenCase) -> Response:
    """Hand out the case with its score sheets as they are now, as one JSON document."""
    content = data_bytes(visible_snapshot(case).to_plain())
    return handed_out(BytesIO(content), f"{case.code}-评分数据.json", TYPES["json"])


@pages.get("/offline/<name>")
@access(Entry.LOGGED_IN)
def verifier(name: str) -> Response:
    """Hand out one of the two offline verifiers; it holds nothing of this instance, demo or not."""
    if name not in VERIFIERS:
        raise NotFoundError("没有这个文件")
    return _attached(BytesIO(VERIFIERS[name].read_bytes()), name, BINARY)


def store_now() -> EvidenceStore:
    """Return the evidence store of this instance."""
    return EvidenceStore(settings().evidence_url)


def handed_out(stream: BinaryIO, name: str, media: str) -> Response:
    """Return the stream as an attachment in a sandbox; a demo says so in the file's name."""
    return _attached(stream, f"演示-{name}" if settings().demo else name, media)


def _attached(stream: BinaryIO, name: str, media: str) -> Response:
    response = send_file(stream, mimetype=media, as_attachment=True, download_name=name, etag=False)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
