"""报告撰写: the report section by section; words are typed, figures stand locked as they will print.

- A piece is saved with the version it was typed upon; the later of two sees both texts.
- What is typed is kept as a draft every few seconds where a script runs, and offered again.
- After the signature the same pages write the words of a correction that was asked for.
- A copy for reading is printed as a job, marked on every page, never frozen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from service import clock
from service.actions.correction import edit_correction
from service.actions.finalisation import Words, write_report
from service.actions.unsaved import drop_unsaved, keep_unsaved
from service.errors import InvalidError, NotFoundError, Problem, ServiceError, StaleError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.queries.jobs import JobShown, job_of
from service.queries.reader import OpenCase
from service.queries.snapshot import take_snapshot
from service.queries.templates import chosen_by
from service.queries.writing import FORM, IN_WORK, NOT_STARTED, Written, unsaved, written
from service.report import profile as profiles
from service.report.outline import LISTS, Outline, Piece, outline
from service.report.sheetcheck import check_figures
from service.web.access import Doing, Inside, access, login_now
from service.web.cases import case_page, settings
from service.web.doing import actor_now
from service.web.downloads import TYPES, handed_out
from service.web.errors import status_of
from service.web.forms.fields import words_typed
from service.web.work import start_job
from service.workflow.actions import Action

pages = Blueprint("writing", __name__)
WORKPLACE = Inside(Action.SCORES_READ, Action.REPORT_WRITE)
WRITING = Doing(Action.REPORT_WRITE, signed=Action.CORRECTION_EDIT)
COPY = "report.draft"
KINDS = {"section": "正文", "problem": "问题", "suggestion": "建议", "note": "指标说明", "table": "表格"}
ITEMS = {"problems": "problem", "suggestions": "suggestion"}
TABLES = "tables"
LONGEST = 20_000
PARTS, MOST_PARTS = "parts", 40
JOB_WORDS = {"queued": "等待", "running": "排印中", "done": "已完成", "parked": "没有完成"}


@dataclass(frozen=True, slots=True)
class Clash:
    """A piece that was not saved: which one, the text typed, what is wrong, and what is stored."""

    kind: str
    section: str
    body: str
    title: str
    problems: tuple[Problem, ...]
    stale: bool
    theirs: str
    parts: tuple[Mapping[str, Any], ...] = ()


@pages.get("/cases/<case>/writing")
@access(WORKPLACE)
def show(case: OpenCase) -> str:
    """Show one section of the report to write, beside all the others."""
    return _page(case)


@pages.post("/cases/<case>/writing")
@access(WRITING)
def save(case: OpenCase) -> Any:
    """Store one piece and go on writing; a piece that cannot be stored stays in the box."""
    kind, section = request.form.get("kind", ""), request.form.get("section", "").strip()
    if kind not in KINDS:
        raise NotFoundError("没有这种文字")
    stored = written(db.session(), case.row)
    section = section or _next(stored, kind)
    before = stored.get((kind, section), Written(kind, section))
    try:
        words = _words(kind, section, before, stored)
        act = edit_correction if WRITING.on(case) is Action.CORRECTION_EDIT else write_report
        act(actor_now(case), case.row.id, words=(words,), expected={(kind, section): _seen()})
    except ServiceError as error:
        db.session.rollback()
        stale = isinstance(error, StaleError)
        typed = request.form.get("body", "")
        title = request.form.get("title", "")
        sent = request.form.get("section", "").strip()
        parts = tuple(_typed_parts())
        clash = Clash(kind, sent, typed, title, error.problems, stale, before.body, parts)
        return _page(case, clash=clash), status_of(error)
    drop_unsaved(case.account, FORM, _target(case, kind, section))
    flash(f"{KINDS[kind]}已保存", "done")
    return redirect(url_for("writing.show", case=case.code, part=request.form.get("part") or None), 303)


@pages.post("/cases/<case>/writing-draft")
@access(WRITING)
def keep(case: OpenCase) -> Any:
    """Keep what is being typed for this person alone; an empty answer."""
    kind, section = request.form.get("kind", ""), request.form.get("section", "").strip()
    body = request.form.get("body", "")
    if kind not in KINDS or len(section) > 120 or len(body) > LONGEST:
        abort(400)
    target = _target(case, kind, section)
    if request.form.get("drop"):
        drop_unsaved(case.account, FORM, target)
        if not request.headers.get("X-Requested-With"):
            part = request.form.get("part") or None
            return redirect(url_for("writing.show", case=case.code, part=part), 303)
    else:
        keep_unsaved(case.account, FORM, target, evaluation=case.row.id, version=_seen(), data={"body": body})
    return Response(status=204)


@pages.post("/cases/<case>/writing-copy")
@access(WRITING)
def order_copy(case: OpenCase) -> Any:
    """Have a copy for reading printed."""
    login = login_now()
    reader = f"{login.organisation}{login.duty}（{login.name}）" if login else ""
    job = start_job(COPY, {"evaluation": case.row.id, "reader": reader})
    return redirect(url_for("writing.printed", case=case.code, job=job), 303)


@pages.get("/cases/<case>/writing-copy/<job>")
@access(WORKPLACE)
def printed(case: OpenCase, job: str) -> str:
    """Show how far the copy is, and hand it out when it is there."""
    return case_page("writing_copy", case, job=_job(case, job), words=JOB_WORDS)


@pages.get("/cases/<case>/writing-copy/<job>/<media>")
@access(WORKPLACE)
def copy_file(case: OpenCase, job: str, media: str) -> Response:
    """Hand out the copy as .docx or .pdf."""
    found = _job(case, job)
    digest = (found.result or {}).get(media, "") if media in ("docx", "pdf") else ""
    if not digest:
        raise NotFoundError("没有这份初稿")
    name = f"{case.code}-初稿-{found.result['short']}.{media}"
    content = EvidenceStore(settings().evidence_url).read(digest)
    return handed_out(BytesIO(content), name, TYPES[media])


def _job(case: OpenCase, job: str) -> JobShown:
    found = job_of(db.session(), job, account=case.account)
    if found is None or found.case != case.code:
        raise NotFoundError("没有这份初稿")
    return found


def _page(case: OpenCase, *, clash: Clash | None = None) -> str:
    snapshot = take_snapshot(
        db.session(), case.row, demo=settings().demo, today=clock.local_date(clock.now())
    )
    found = outline(snapshot, profiles.load(snapshot.profile))
    stored = written(db.session(), case.row)
    part = request.values.get("part", "") or _first(found, stored)
    piece = next((one for one in found.pieces if one.id == part), None)
    if piece is None and part != TABLES:
        raise NotFoundError("报告样式里没有这一节")
    return case_page(
        "writing",
        case,
        outline=found,
        piece=piece,
        part=part,
        stored=stored,
        states=_states(found.pieces, stored),
        items=_items(piece, stored),
        leaves=_leaves(piece, snapshot.framework.nodes),
        tables=[one for (kind, _), one in stored.items() if kind == "table"],
        kept=unsaved(db.session(), case.row, case.account),
        restore=request.args.get("restore", ""),
        clash=clash,
        lint=_lint(found, snapshot),
        can_write=_may_write(case),
        profile=profiles.load(snapshot.profile),
        layout=chosen_by(db.session(), case.row),
        chooses=case.permits(Action.REPORT_CHOOSE_TEMPLATE),
    )


def _may_write(case: OpenCase) -> bool:
    """Return whether this person writes now; a signed report changes only by a correction that is open."""
    signed = WRITING.on(case) is Action.CORRECTION_EDIT
    return case.permits(WRITING.on(case)) and (not signed or bool(case.row.facts.get("correction")))


def _lint(found: Outline, snapshot: Any) -> list[tuple[str, str, str]]:
    """Return section, severity and words of everything the self-check finds before printing."""
    listed = [("", "error", str(problem)) for problem in found.problems]
    listed += [("", finding.severity, str(finding)) for finding in check_figures(snapshot)]
    return listed + [(part, finding.severity, str(finding)) for part, finding in found.findings]


def _first(found: Outline, stored: Mapping[tuple[str, str], Written]) -> str:
    """Return the first section still to be written, else the first there is."""
    editable = [one for one in found.pieces if one.editable]
    states = _states(found.pieces, stored)
    todo = [one for one in editable if states[one.id] in (NOT_STARTED, IN_WORK)]
    return (todo or editable or list(found.pieces))[0].id if found.pieces else TABLES


def _state(piece: Piece, stored: Mapping[tuple[str, str], Written]) -> str:
    if not piece.editable:
        return "自动生成"
    return stored.get(("section", piece.id), Written("section", piece.id)).state


def _states(pieces: Sequence[Piece], stored: Mapping[tuple[str, str], Written]) -> dict[str, str]:
    """Return how far each section is; one that only holds others and has no words says nothing."""
    states = {one.id: _state(one, stored) for one in pieces}
    for one, below in pairwise(pieces):
        if below.level > one.level and states[one.id] == NOT_STARTED:
            states[one.id] = ""
    return states


def _items(piece: Piece | None, stored: Mapping[tuple[str, str], Written]) -> list[Written]:
    kinds = {ITEMS[kind] for kind in (piece.kinds if piece else ()) if kind in LISTS}
    return [one for (kind, _), one in stored.items() if kind in kinds]


def _leaves(piece: Piece | None, nodes: Any) -> list[Any]:
    wanted = piece is not None and bool({"indicators", "leaves"} & set(piece.kinds))
    return [node for node in nodes if node.leaf] if wanted else []


def _next(stored: Mapping[tuple[str, str], Written], kind: str) -> str:
    taken = {section for known, section in stored if known == kind}
    number = 1
    while f"{number:02d}" in taken:
        number += 1
    return f"{number:02d}"


def _seen() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _target(case: OpenCase, kind: str, section: str) -> str:
    return f"{case.row.id}:{kind}/{section}"


def _words(kind: str, section: str, before: Written, stored: Mapping[tuple[str, str], Written]) -> Words:
    """Return the piece as typed; what the form does not show stays as stored."""
    body = words_typed(request.form.get("body", ""), path="body", label=KINDS[kind], limit=LONGEST)
    data = dict(before.data or {})
    if kind == "section":
        kept = {"remarks": data["remarks"]} if data.get("remarks") else {}
        data = kept | ({"done": True} if request.form.get("done") else {})
    elif kind in ITEMS.values():
        data["title"] = _title("标题")
        if PARTS in request.form:
            data["parts"] = _parts(data.get("parts", ()))
    elif kind == "table":
        data, body = _reshaped(data, _table(body)), ""
    last = max((one.position for (known, _), one in stored.items() if known == kind), default=-1)
    return Words(kind, section, body, before.position if before.version else last + 1, data)


def _typed_parts() -> Iterator[dict[str, str]]:
    """Yield title and body of every 小项 the form holds, empty ones too: their place tells which it was."""
    for number in range(MOST_PARTS):
        title, body = (request.form.get(f"part-{number}-{name}") for name in ("title", "body"))
        if title is None:
            return
        yield {"title": title.strip(), "body": (body or "").strip()}


def _parts(stored: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the 小项 as typed, in order; one emptied is gone, what the form does not show is kept.

    Raises:
        InvalidError: naming every 小项 that has words but no title.
    """
    found, problems = [], []
    for number, typed in enumerate(_typed_parts()):
        before = dict(stored[number]) if number < len(stored) else {}
        label = f"第 {number + 1} 个小项"
        title = words_typed(typed["title"], path="body", label=f"{label}的标题", limit=200)
        body = words_typed(typed["body"], path="body", label=label, limit=LONGEST)
        if body and not title:
            problems.append(
                Problem(f"第 {number + 1} 个小项有内容没有标题", value=body[:20], cure="写上标题")
            )
        elif title:
            found.append({**before, "title": title, "body": body})
    if problems:
        raise InvalidError(problems)
    return found


def _reshaped(data: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """Return the stored table with new contents; widths and marked rows go with the shape they were for."""
    same = len(data.get("columns", ())) == len(table["columns"])
    kept = ("note", "section", *(("widths", "align") if same else ()))
    same = same and len(data.get("rows", ())) == len(table["rows"])
    kept = (*kept, *(("bands", "totals") if same else ()))
    return {name: held for name, held in data.items() if name in kept} | table


def _table(text: str) -> dict[str, Any]:
    """Return columns and rows of a table typed with tabs; the first line names the columns."""
    rows = [[cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip()]
    if len(rows) < 2:
        raise InvalidError(Problem("表格至少要有一行列名和一行内容", path="body", cure="从 Excel 复制整块"))
    width = len(rows[0])
    wrong = [number for number, row in enumerate(rows[1:], 2) if len(row) != width]
    if wrong:
        lines = "、".join(map(str, wrong))
        raise InvalidError(Problem(f"第 {lines} 行的格数与列名不同", path="body", allowed=f"{width} 格"))
    return {"caption": _title("表名"), "columns": rows[0], "rows": rows[1:]}


def _title(label: str) -> str:
    return words_typed(request.form.get("title", ""), path="title", label=label, limit=200)
