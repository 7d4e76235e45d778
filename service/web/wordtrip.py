"""修改稿往返: the words of the report taken away as a Word file, and what a returned file says of them.

- Who takes a copy is told apart by its short code and id; any returned file is told whose copy it is.
- What comes back is shown piece by piece before anything is stored; figures written over are refused.
- One confirmation is one act with the versions the copy was taken with.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from service import clock
from service.actions.actor import Actor
from service.actions.correction import edit_correction
from service.actions.finalisation import Words, write_report
from service.actions.wordback import conflicts, words_back
from service.actions.wordtrip import receive, take_copy
from service.actions.workshop import workshop_of
from service.errors import InvalidError, NotFoundError, Problem, ServiceError
from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.snapshot import take_snapshot
from service.queries.textdiff import Difference, Shape, compare
from service.queries.wordtrip import Back, copies_taken, copy_named, returned
from service.queries.writing import Written, written
from service.report import profile as profiles
from service.report import workback, workread
from service.report.outline import outline
from service.report.workback import CHANGED, Comparison, Returned
from service.web.access import access, login_now
from service.web.cases import case_page, settings
from service.web.doing import actor_now
from service.web.downloads import TYPES, handed_out, store_now
from service.web.errors import status_of
from service.web.writing import KINDS, WORKPLACE, WRITING

pages = Blueprint("wordtrip", __name__)
REMARKS = {"comment": "批注", "insert": "修订：增", "delete": "修订：删"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One place of a returned copy as it is shown; `theirs` says somebody changed it since it was taken."""

    number: int
    name: str
    returned: Returned
    diff: Difference
    before: str
    theirs: bool

    @property
    def takes(self) -> bool:
        """Return whether its text can be taken."""
        return self.returned.state == CHANGED and not self.theirs and self.before != self.returned.text


@pages.get("/cases/<case>/writing-trip")
@access(WORKPLACE)
def show(case: OpenCase) -> str:
    """Show the copies taken, and take files back."""
    return _page(case)


def _page(case: OpenCase, problems: tuple[Problem, ...] = ()) -> str:
    copies = copies_taken(db.session(), case.row)
    may = case.permits(WRITING.on(case))
    return case_page("wordtrip", case, copies=copies, can_write=may, problems=problems)


@pages.post("/cases/<case>/writing-trip")
@access(WRITING)
def take(case: OpenCase) -> Any:
    """Make a copy of the words as they are now."""
    login = login_now()
    reader = f"{login.organisation}{login.duty}" if login else ""
    today = clock.local_date(clock.now())
    take_copy(db.session(), case.row, case.account, workshop_of(settings()), today=today, reader=reader)
    flash("修改稿已生成，请下载", "done")
    return redirect(url_for("wordtrip.show", case=case.code), 303)


@pages.get("/cases/<case>/writing-trip/<copy>")
@access(WORKPLACE)
def file(case: OpenCase, copy: str) -> Any:
    """Hand out one copy taken."""
    return copy_file(case, copy)


def copy_file(case: OpenCase, copy: str) -> Any:
    """Return one copy taken as an attachment.

    Raises:
        NotFoundError: no such copy was taken of this case.
    """
    found = copy_named(db.session(), case.row, identity=copy, short="")
    if found is None:
        raise NotFoundError("没有这份修改稿")
    name = f"{case.code}-修改稿-{found.short}.docx"
    return handed_out(BytesIO(store_now().read(found.docx)), name, TYPES["docx"])


@pages.post("/cases/<case>/writing-back")
@access(WRITING)
def give_back(case: OpenCase) -> Any:
    """Read a returned file and show what it says; nothing of the report changes."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InvalidError(Problem("没有选择文件", path="file"))
        sha256, _ = receive(
            db.session(),
            case.row,
            case.account,
            workshop_of(settings()),
            filename=sent.filename,
            content=sent.read(),
        )
    except ServiceError as error:
        db.session.rollback()
        return _page(case, error.problems), status_of(error)
    return redirect(url_for("wordtrip.preview", case=case.code, sha256=sha256), 303)


@pages.get("/cases/<case>/writing-back/<sha256>")
@access(WRITING)
def preview(case: OpenCase, sha256: str) -> str:
    """Show piece by piece what a returned file says."""
    return _preview(case, back_of(case, sha256))


@pages.post("/cases/<case>/writing-back/<sha256>")
@access(WRITING)
def confirm(case: OpenCase, sha256: str) -> Any:
    """Store the texts chosen and the remarks, all or none."""
    back = back_of(case, sha256)
    taken = {int(n) for n in request.form.getlist("take") if n.isascii() and n.isdigit() and len(n) < 7}
    try:
        count = adopt(case, actor_now(case), back, taken=taken, remarks=bool(request.form.get("remarks")))
    except ServiceError as error:
        db.session.rollback()
        return _preview(case, back, error.problems), status_of(error)
    flash(f"已采用修改稿 {back.copy.short}：{count} 处", "done")
    return redirect(url_for("writing.show", case=case.code), 303)


def adopt(case: OpenCase, actor: Actor, back: Back, *, taken: Collection[int], remarks: bool) -> int:
    """Return how many pieces were stored: the texts of these places and the remarks, in one act.

    Raises:
        InvalidError: nothing was chosen that can be taken.
        StaleError: a piece is no longer the one the copy was taken of.
    """
    stored, told = written(db.session(), case.row), _told(back)
    words, expected = words_back(told, back.copy, stored, taken=taken, remarks=remarks)
    if not words:
        raise InvalidError(Problem("没有选择要采用的内容", path="take"))
    _store(case, actor, words, expected)
    return len(words)


@pages.post("/cases/<case>/writing-remarks")
@access(WRITING)
def settle(case: OpenCase) -> Any:
    """Put away the remarks of one piece that were dealt with; the history keeps them."""
    key = (request.form.get("kind", ""), request.form.get("section", ""))
    piece = written(db.session(), case.row).get(key)
    if piece is None or key[0] not in KINDS:
        raise NotFoundError("没有这一段文字")
    seen = request.form.get("version", "")
    done = set(request.form.getlist("done"))
    data = dict(piece.data or {})
    kept = [note for n, note in enumerate(data.pop("remarks", ())) if str(n) not in done]
    data |= {"remarks": kept} if kept else {}
    words = Words(key[0], key[1], piece.body, piece.position, data)
    _store(case, actor_now(case), (words,), {key: int(seen) if seen.isascii() and seen.isdigit() else 0})
    flash("已收起处理完的批注和修订", "done")
    return redirect(url_for("writing.show", case=case.code, part=request.form.get("part") or None), 303)


def _store(
    case: OpenCase, actor: Actor, words: tuple[Words, ...], expected: dict[tuple[str, str], int]
) -> None:
    act = write_report if WRITING.on(case) is WRITING.action else edit_correction
    act(actor, case.row.id, words=words, expected=expected)


def back_of(case: OpenCase, sha256: str) -> Back:
    """Return what this person brought back under this digest.

    Raises:
        NotFoundError: he brought nothing of the kind.
    """
    found = returned(db.session(), case.row, case.account, sha256)
    if found is None:
        raise NotFoundError("没有这份交回的文件")
    return found


def _told(back: Back) -> Comparison:
    taken = workread.read(store_now().read(back.copy.docx))
    return workback.compare(back.copy.places, back.copy.figures, taken, back.reading)


def _preview(case: OpenCase, back: Back, problems: tuple[Problem, ...] = ()) -> str:
    told, pieces = compared(case, back)
    return case_page(
        "wordback",
        case,
        back=back,
        told=told,
        pieces=pieces,
        names=[piece.name for piece in pieces],
        kinds=REMARKS,
        problems=problems,
        changed=[piece for piece in pieces if piece.returned.state != workback.SAME],
    )


def compared(case: OpenCase, back: Back) -> tuple[Comparison, list[Piece]]:
    """Return what a returned file says, and each of its places beside what stands now."""
    told, stored = _told(back), written(db.session(), case.row)
    theirs, names = conflicts(back.copy, stored), _names(case)
    return told, [_piece(n, each, stored, names, theirs) for n, each in enumerate(told.places)]


def _piece(
    number: int,
    each: Returned,
    stored: dict[tuple[str, str], Written],
    names: dict[str, str],
    theirs: frozenset[tuple[str, str]],
) -> Piece:
    key = (each.place.kind, each.place.section)
    held = stored.get(key, Written(*key))
    before = str((held.data or {}).get("title", "")) if each.place.title else held.body
    if each.place.kind == "section":
        name = names.get(each.place.section, each.place.section)
    else:
        title = (held.data or {}).get("title", each.place.section)
        name = f"{KINDS[each.place.kind]}：{title}{'（标题）' if each.place.title else ''}"
    return Piece(number, name, each, compare(before, each.text, Shape.TEXT), before, key in theirs)


def _names(case: OpenCase) -> dict[str, str]:
    today = clock.local_date(clock.now())
    snapshot = take_snapshot(db.session(), case.row, demo=settings().demo, today=today)
    return {p.id: p.title for p in outline(snapshot, profiles.load(snapshot.profile)).pieces}
