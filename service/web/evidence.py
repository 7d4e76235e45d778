"""Evidence as a person handles it: one piece with its preview and versions, and many files at once.

- The plain form takes several files in one request; every file is an act of its own with its own answer.
- A ZIP may be taken apart: it is kept as it came, and each file in it becomes a piece too.
- The pieces of a large file come in through `service.web.uploads`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from flask import Blueprint, Response, current_app, request, url_for

from service.actions.evidence import BOUND, add_evidence
from service.actions.transaction import Actor
from service.actions.workshop import workshop_of
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError
from service.evidence.kinds import MediaKind
from service.evidence.preview import DRAWN, Previews, text_shown
from service.evidence.store import EvidenceStore
from service.evidence.unpack import Member, member_bytes, members
from service.extensions import db
from service.queries.choices import options
from service.queries.evidenceroom import (
    EvidenceShown,
    LinkShown,
    StoredVersion,
    evidence_room,
    evidence_version,
)
from service.queries.reader import OpenCase
from service.web import tabs
from service.web.access import Doing, access
from service.web.cases import case_page, settings
from service.web.doing import actor_now, form_of
from service.web.forms.act import ACTS, read
from service.web.forms.evidence import Batch, Told, described
from service.web.opening import noted
from service.workflow.actions import Action

pages = Blueprint("evidence", __name__)
THUMBNAIL = "small"
"""The picture lists show: too small to be read, and asked for by who only looks through a list."""
MANY = 50
PIECE_ACTS = ("evidence.link", "evidence.supersede", "evidence.void")
"""Of a piece: what it speaks for, a newer version, its end."""
NO_PICTURE = "nopreview.svg"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file: its code, or why it was not taken."""

    name: str
    code: str = ""
    words: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def taken(self) -> bool:
        """Return whether it is evidence now."""
        return not self.problems


@pages.get("/cases/<case>/evidence/<piece>")
@access(Action.EVALUATION_READ)
def show(case: OpenCase, piece: str) -> str:
    """Show one piece: its preview, versions, links, and what may be done with it."""
    found = _piece(case, piece)
    noted(case, piece)
    wanted = [ACTS[name] for name in PIECE_ACTS if not found.void]
    may = tabs.may(case, *(act.action for act in wanted))
    # Nothing is missing for these, so the forms need not look for it.
    forms = [form_of(case, act, sent={}) for act in wanted if act.action in may]
    for form in forms:
        form["back"] = request.path
        form["fields"] = [_fixed(field, piece) for field in form["fields"]]
    newest = found.versions[0] if found.versions else None
    content = Content.of(case, piece, newest.number) if newest else None
    unlinks = case.permits(Action.EVIDENCE_UNLINK) and not found.void
    return case_page(
        "evidence_piece", case, piece=found, newest=newest, content=content, forms=forms,
        places={(link.key, link.target): _place(case, link) for link in found.links},
        unlinks={(link.key, link.target) for link in found.links if unlinks and link.key not in BOUND},
    )  # fmt: skip


PLACES = {
    "node": ("cases.scores", "node", "n-"),
    "deduction": ("cases.scores", "", ""),
    "adjustment": ("cases.scores", "", ""),
    "finding": ("visit.findings", "", ""),
    "supplement": ("unit.supplements", "code", "s-"),
    "opinion": ("consultation.show", "", ""),
}
"""Where a reader finds what a piece is linked to: endpoint, argument and anchor of the target's code."""


def _place(case: OpenCase, link: LinkShown) -> str:
    """Return the address of what a piece speaks for, "" if it has no page or is not shown to this person."""
    endpoint, argument, anchor = PLACES.get(link.key, ("", "", ""))
    if not endpoint or (endpoint == "cases.scores" and not case.scores):
        return ""
    given = {argument: link.target} if argument else {}
    return url_for(endpoint, case=case.code, _anchor=f"{anchor}{link.target}" if anchor else None, **given)  # type: ignore[arg-type]


def _fixed(field: dict[str, Any], piece: str) -> dict[str, Any]:
    return {**field, "widget": "hidden", "value": piece} if field["name"] == "code" else field


@dataclass(frozen=True, slots=True)
class Content:
    """What a page says of a version's bytes: a picture, the text, or the names inside an archive."""

    picture: bool = False
    text: str = ""
    cut: bool = False
    inside: tuple[Member, ...] = ()

    @classmethod
    def of(cls, case: OpenCase, piece: str, number: int) -> Content:
        """Return it for one version."""
        version = evidence_version(db.session(), case.row, piece, number)
        kind = MediaKind(version.media)
        if kind is MediaKind.TXT:
            text, cut = text_shown(_store().read(version.sha256))
            return cls(text=text, cut=cut)
        if kind is MediaKind.ZIP:
            with _store().open(version.sha256) as stream:
                return cls(inside=members(stream))
        return cls(picture=kind in DRAWN)


@pages.get("/cases/<case>/evidence/<piece>/<int:number>/<size>.jpg")
@access(Action.EVALUATION_READ)
def picture(case: OpenCase, piece: str, number: int, size: str) -> Response:
    """Hand out the drawn preview of a version; a sign that there is none where it cannot be drawn."""
    version: StoredVersion = evidence_version(db.session(), case.row, piece, number)
    if size != THUMBNAIL:
        noted(case, piece)
    drawn = Previews(settings().instance.previews, _store()).picture(
        version.sha256, MediaKind(version.media), size
    )
    if drawn is None:
        sign = Path(current_app.static_folder or "", NO_PICTURE).read_bytes()
        return Response(sign, mimetype="image/svg+xml")
    return Response(drawn.read_bytes(), mimetype="image/jpeg")


@pages.post("/cases/<case>/evidence")
@access(Doing(Action.EVIDENCE_ADD))
def add(case: OpenCase) -> Any:
    """Take every file sent, each by itself; tell what became of each."""
    files = [file for file in request.files.getlist("files") if file.filename]
    try:
        told = described(read(Batch, sent_words()))
        if not 0 < len(files) <= MANY:
            raise InvalidError(
                Problem("文件：没有选择文件" if not files else f"文件：一次最多 {MANY} 个", path="files")
            )
    except InvalidError as refused:
        return _answer(case, [Row("", problems=refused.problems)]), 422
    key = request.form.get("key", "")
    rows: list[Row] = []
    for number, file in enumerate(files):
        actor = _numbered(actor_now(case, key=key), number)
        content, name = BytesIO(file.read()), file.filename or ""
        rows.append(take(case, actor, name, content, told))
        if told.unpack and rows[-1].taken and name.lower().endswith(".zip"):
            rows += take_members(case, actor, rows[-1], content, told)
    return _answer(case, rows), 200 if any(row.taken for row in rows) else 422


def sent_words() -> dict[str, Any]:
    """Return what was typed of the files, by field."""
    plain: dict[str, Any] = {name: request.form.get(name, "") for name in Batch().fields}
    return {**plain, "nodes": request.form.getlist("nodes")}


def _numbered(actor: Actor, number: int) -> Actor:
    return replace(actor, request_key=f"{actor.request_key}#{number}" if actor.request_key else None)


def _answer(case: OpenCase, rows: list[Row]) -> str:
    nodes = options(db.session(), case.row, "nodes")
    return case_page("evidence_added", case, rows=rows, sent=request.form, node_options=nodes)


def take(case: OpenCase, actor: Actor, name: str, content: BinaryIO, told: Told) -> Row:
    """Return what became of one file, which is evidence now or was refused."""
    named = replace(told.command, filename=name, name=told.command.name or name, content=content)
    try:
        return Row(name, add_evidence(actor, case.row.id, named, store=_store()))
    except RepeatedError as earlier:
        return Row(name, str(earlier.result or ""), words="先前已经收入，没有重复")
    except ServiceError as refused:
        db.session.rollback()
        return Row(name, problems=refused.problems or (Problem(refused.title),))


def take_members(case: OpenCase, actor: Actor, archive: Row, content: BinaryIO, told: Told) -> Iterator[Row]:
    """Yield what became of each file in an archive that was taken as a piece of its own."""
    for member in members(content):
        inner = _numbered(actor, member.number)
        source = f"压缩包 {archive.code} 内 {member.path}"[:300]
        try:
            held = BytesIO(member_bytes(content, member))
        except InvalidError as refused:
            yield Row(member.path, problems=refused.problems)
            continue
        row = take(
            case,
            inner,
            member.name,
            held,
            replace(told, command=replace(told.command, name="", source=source)),
        )
        yield replace(row, name=member.path)


def take_members_of(case: OpenCase, code: str, told: Told, *, key: str) -> list[Row]:
    """Return what became of the files in a piece already taken, none if it is no archive."""
    version = evidence_version(db.session(), case.row, code, 1)
    if MediaKind(version.media) is not MediaKind.ZIP:
        return []
    with _store().open(version.sha256) as stream:
        return list(take_members(case, actor_now(case, key=key), Row(version.filename, code), stream, told))


def _piece(case: OpenCase, code: str) -> EvidenceShown:
    for found in evidence_room(db.session(), case.row, scores=case.scores):
        if found.code == code:
            return found
    raise NotFoundError("没有这份材料")


def _store() -> EvidenceStore:
    return workshop_of(settings()).store
