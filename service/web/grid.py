"""评分办理: the score sheet worked on row by row, as a table or one indicator at a time.

- A saved row is answered with the row and the totals; without a script the same form leads back here.
- What somebody else saved meanwhile is shown beside what was typed; nothing typed is lost.
- Points typed below what the sheet gives open the deduction for the difference, above it the 裁量调整.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from service.actions import scoring
from service.actions.reasons import ORIGINS, Origin
from service.errors import (
    InvalidError,
    NotFoundError,
    Problem,
    RepeatedError,
    ServiceError,
    StaleError,
)
from service.extensions import db
from service.queries.grid import Grid, RowForm, grid_of, row_form, rule_gives
from service.queries.reader import OpenCase
from service.queries.resultwords import result_lines
from service.queries.unfolding import Unfolded
from service.scoring.entry import EntryKind
from service.scoring.entryform import PARTLY, typed, unfit
from service.scoring.quantities import exact
from service.web.access import Doing, Inside, access
from service.web.cases import case_page
from service.web.doing import OFTEN, actor_now, form_of
from service.web.errors import status_of
from service.web.forms.act import ACTS
from service.web.forms.fields import plain_number, words_typed
from service.workflow.actions import Action

pages = Blueprint("grid", __name__)
PANELS = {name: ACTS[name] for name in ("awarded.type", "deduction.draft", "adjustment.draft")}
NO_SUCH = "指标体系中没有这个末级指标"
WORKPLACE = Inside(Action.SCORES_READ, Action.SCORE_INPUT)
WANTED, WAS = "wanted", "was"
SUGGESTED = ("amount", "sheet", "reason", "clause", "evidence", "no_evidence")
ORIGIN_PARTS = (("origin", "修改来由"), ("asked_by", "提出人"), ("paper", "依据文件"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of saving a row: texts to keep, problems, the other person's result, the form to open.

    Args:
        sent: what was typed, kept in the fields if it was not saved.
        theirs: the result now stored, in labelled lines, if somebody else saved it meanwhile; `mine` the
            one not stored.
        panel: form of the act that follows from points typed.
    """

    sent: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    theirs: tuple[tuple[str, str], ...] = ()
    mine: tuple[tuple[str, str], ...] = ()
    stale: bool = False
    panel: dict[str, Any] | None = None
    act: str = ""
    amount: str = ""
    status: int = 200
    said: str = ""


QUIET = Answer()


@pages.get("/cases/<case>/grid")
@access(WORKPLACE)
def show(case: OpenCase) -> str:
    """Show the whole sheet, one row per indicator."""
    grid = _grid(case, request.args.get("sheet", ""))
    return case_page("grid", case, grid=grid, answer=QUIET, **_common(case))


@pages.get("/cases/<case>/grid/<node>")
@access(WORKPLACE)
def item(case: OpenCase, node: str) -> str:
    """Show one indicator: its rule at the left, its scoring at the right."""
    grid = _grid(case, request.args.get("sheet", ""), node)
    return _answered(case, grid, node, QUIET)


@pages.get("/cases/<case>/grid/<node>/panel")
@access(WORKPLACE)
def panel(case: OpenCase, node: str) -> Any:
    """Show the form of a deduction or adjustment at this indicator, beside the table."""
    name = request.args.get("act", "")
    if name not in PANELS:
        raise NotFoundError("没有这张表单")
    form = form_of(case, PANELS[name], sent=_prefilled(node, request.args))
    if not _partial():
        return case_page("act", case, act=PANELS[name], form={**form, "back": _back(case, node)})
    return render_template("web/grid_panel.html", row=case.row, form={**form, "back": _back(case, node)})


@pages.post("/cases/<case>/grid/<node>")
@access(Doing(Action.SCORE_INPUT))
def save(case: OpenCase, node: str) -> Any:
    """Store what was typed into one row; answer with the row as it then is."""
    sheet = request.form.get("sheet", "")
    answer, wanted = _saved(case, node, sheet)
    stored = answer.status == 200
    grid = _grid(case, sheet, node) if wanted or _partial() or not stored else None
    if stored:
        answer = _after(case, grid, node, wanted)
        if not _partial():
            flash(answer.said, "done")
            return redirect(_onward(case, node, answer), 303)
    return _answered(case, grid, node, answer), answer.status


@pages.post("/cases/<case>/submit-drafts")
@access(Doing(Action.DEDUCTION_SUBMIT))
def submit_drafts(case: OpenCase) -> Any:
    """Submit every drafted deduction and adjustment the person may submit; say which were refused."""
    sheet = request.form.get("sheet", "")
    grid = _grid(case, sheet)
    done, refused = 0, []
    for kind, code in grid.drafts if grid is not None else ():
        try:
            _SUBMIT[kind](actor_now(case, key=f"{request.form.get('key', '')}{code}"), case.row.id, code=code)
            done += 1
        except RepeatedError:
            flash(OFTEN, "note")
        except ServiceError as error:
            db.session.rollback()
            refused.append(f"{code}：{'；'.join(str(problem) for problem in error.problems)}")
    flash(f"已提交 {done} 条扣分和裁量调整", "done")
    for text in refused:
        flash(f"没有提交 {text}", "note")
    return redirect(url_for("grid.show", case=case.code, sheet=sheet or None), 303)


_SUBMIT = {"deduction": scoring.submit_deduction, "adjustment": scoring.submit_adjustment}


def _grid(case: OpenCase, sheet: str, only: str | None = None) -> Grid | None:
    _demand_sheet(case, sheet)
    return grid_of(db.session(), case.row, sheet=sheet, only=only)


def _demand_sheet(case: OpenCase, sheet: str) -> None:
    if sheet not in ("", *case.row.facts.get("sheets", ())):
        raise NotFoundError("没有这张评分表")


def _common(case: OpenCase) -> dict[str, Any]:
    """Return what every fragment of this page needs besides the rows."""
    return {
        "may": {action.value: case.permits(action) for action in _ACTS},
        "origins": ORIGINS,
        "origin": {name: request.form.get(name, "") for name in ("origin", "asked_by", "paper")},
    }


_ACTS = (
    Action.SCORE_INPUT,
    Action.DEDUCTION_DRAFT,
    Action.DEDUCTION_SUBMIT,
    Action.ADJUSTMENT_DRAFT,
    Action.SCORES_SUBMIT,
)


def _partial() -> bool:
    return request.headers.get("HX-Request") == "true"


def _back(case: OpenCase, node: str) -> str:
    sheet = request.values.get("sheet", "") or None
    if request.values.get("view") == "item":
        return url_for("grid.item", case=case.code, node=node, sheet=sheet)
    return url_for("grid.show", case=case.code, sheet=sheet, _anchor=f"row-{node}")


def _onward(case: OpenCase, node: str, answer: Answer) -> str:
    """Return where a browser without a script goes after saving: the form that follows, else back."""
    if not answer.act:
        return _back(case, node)
    sheet, view = request.form.get("sheet", ""), request.form.get("view")
    return url_for(
        "grid.panel", case=case.code, node=node, act=answer.act, amount=answer.amount, sheet=sheet, view=view
    )


def _prefilled(node: str, given: Mapping[str, str]) -> MultiDict[str, str]:
    """Return what the form of a reason starts with: the place, and what an offer or a row suggests."""
    found = MultiDict({"node": node})
    for name in SUGGESTED:
        held = given.getlist(name) if isinstance(given, MultiDict) else [given.get(name, "")]
        found.setlist(name, [text for text in held if text])
    return found


def _saved(case: OpenCase, node: str, sheet: str) -> tuple[Answer, str]:
    """Store the row if it was changed; return what came of it and the points typed, "" for none."""
    _demand_sheet(case, sheet)
    row = row_form(db.session(), case.row, node, sheet=sheet)
    if row is None:
        raise NotFoundError(NO_SUCH)
    sent = _sent(row)
    try:
        wanted = _wanted(sent)
        # Only points somebody typed are held against the sheet; the rest needs no figure of it.
        shown = _shown(case, node, sheet) if wanted else None
        if shown is not None and shown.line.awarded and exact(shown.line.awarded) == exact(wanted):
            wanted = ""
        direct = "" if shown is None or shown.adjustments else wanted
        data = _data(case, node, row, sent, direct, sheet)
        if data != row.stored:
            _record(case, node, data, sheet)
    except StaleError as error:
        db.session.rollback()
        theirs, mine = result_lines(row.stored), result_lines(data)
        return Answer(sent, error.problems, theirs, mine, stale=True, status=status_of(error)), ""
    except ServiceError as error:
        db.session.rollback()
        return Answer(sent, error.problems, status=status_of(error)), ""
    return QUIET, wanted


def _sent(row: RowForm) -> dict[str, str]:
    """Return what was typed, by field; an element met in part takes the share typed beside it."""
    sent = {name: value for name, value in request.form.items() if "::" in name or name in _names(row)}
    for cell in row.cells:
        name = cell.field.name
        if cell.field.kind is EntryKind.ELEMENT and sent.get(name) == PARTLY:
            sent[name] = request.form.get(f"{name}::{PARTLY}", "")
        elif cell.field.kind is EntryKind.TICK and "full" in request.form:
            sent.setdefault(name, "")
    for cell in row.remarks:
        if cell.field.kind is EntryKind.TICK and "full" in request.form:
            sent.setdefault(cell.field.name, "")
    return {**sent, **{name: request.form.get(name, "").strip() for name in (WANTED, WAS)}}


def _names(row: RowForm) -> set[str]:
    return {cell.field.name for cell in (*row.cells, *row.remarks)}


def _wanted(sent: Mapping[str, str]) -> str:
    """Return the points typed, "" if they are what the row showed.

    Raises:
        InvalidError: they are no points.
    """
    text = sent[WANTED]
    number = plain_number(text) if text else None
    if text and number is None:
        raise InvalidError(Problem("不是分数", path=WANTED, value=text, allowed="例：4.5"))
    was = plain_number(sent[WAS]) if sent[WAS] else None
    return "" if number is None or (was is not None and exact(number) == exact(was)) else number


def _shown(case: OpenCase, node: str, sheet: str) -> Unfolded | None:
    grid = _grid(case, sheet, node)
    row = grid.row(node) if grid is not None else None
    return row.unfolded if row is not None else None


def _data(
    case: OpenCase, node: str, row: RowForm, sent: Mapping[str, str], wanted: str, sheet: str
) -> dict[str, Any]:
    """Return the result to store; points `wanted` where the rule gives none are points given directly."""
    fields = [cell.field for cell in (*row.cells, *row.remarks)]
    if wrong := unfit(fields, sent):
        raise InvalidError(wrong)
    data = typed(fields, sent, row.stored)
    if not wanted or rule_gives(db.session(), case.row, node, data, sheet):
        return data
    if not data.get("reason"):
        cure = "写明理由；或先录入评分依据，由规则算分"
        raise InvalidError(Problem("规则还算不出分，直接给分须写明理由", path="reason", cure=cure))
    return {**data, "awarded": wanted}


def _record(case: OpenCase, node: str, data: dict[str, Any], sheet: str) -> None:
    version = request.form.get("version", "")
    scoring.record_results(
        actor_now(case),
        case.row.id,
        results={node: data},
        sheet=sheet,
        origin=origin_typed(),
        expected={node: int(version)} if version.isascii() and version.isdigit() else None,
    )


def origin_typed() -> Origin | None:
    """Return where a change after submission comes from, as typed; None if nothing was."""
    parts = [words_typed(request.form.get(name, ""), path=name, label=label) for name, label in ORIGIN_PARTS]
    return Origin(*parts) if any(parts) else None


def _after(case: OpenCase, grid: Grid | None, node: str, wanted: str) -> Answer:
    """Return the answer to a stored row, with the form that follows from the points typed."""
    row = grid.row(node) if grid is not None else None
    now = row.unfolded.line.awarded if row is not None else None
    said = f"{node} 已保存"
    if not wanted or now is None or exact(now) == exact(wanted):
        return Answer(said=said)
    act = "awarded.type" if exact(wanted) < exact(now) else "adjustment.draft"
    sheet = request.form.get("sheet", "")
    form = form_of(case, PANELS[act], sent=_prefilled(node, {"amount": wanted, "sheet": sheet}))
    return Answer(panel={**form, "back": _back(case, node)}, act=act, amount=wanted, said=said)


def _answered(case: OpenCase, grid: Grid | None, node: str, answer: Answer) -> str:
    """Return one indicator as a page, or as the fragment the page asked for."""
    row = grid.row(node) if grid is not None else None
    if grid is None or row is None:
        raise NotFoundError(NO_SUCH)
    more = {"grid": grid, "item": row, "answer": answer, **_common(case), **_around(grid, node)}
    if not _partial():
        return case_page("grid_item", case, **more)
    view = request.values.get("view", "")
    full = request.method == "GET" or bool(answer.problems)
    return render_template("web/grid_fragment.html", row=case.row, view=view, full=full, **more)


def _around(grid: Grid, node: str) -> dict[str, Any]:
    """Return the place of an indicator among the others, and what it stands under."""
    codes = [row.code for row in grid.rows]
    at = codes.index(node)
    lines = {line.line.code: line.line for line, _ in grid.lines}
    path, up = [], lines[node].parent
    while up in lines:
        path.append(lines[up].name)
        up = lines[up].parent
    return {
        "number": at + 1,
        "count": len(codes),
        "before": codes[at - 1] if at else "",
        "after": codes[at + 1] if at + 1 < len(codes) else "",
        "path": path[::-1],
    }
