"""贴入表格: a block of a workbook becomes results of many indicators, shown cell by cell before it is stored.

- The first column names the indicator by code or name; the others fill its fields in order.
- A heading may name 实际完成情况, 给分理由 or 备注; columns of names are passed over.
- One wrong cell and nothing is stored; the text stays in the box.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from service.actions import scoring
from service.actions.reasons import ORIGINS
from service.errors import InvalidError, NotFoundError, Problem, RepeatedError, ServiceError
from service.extensions import db
from service.queries.grid import Grid, GridRow, grid_of
from service.queries.reader import OpenCase
from service.scoring.entry import EntryField, EntryKind
from service.scoring.entryform import shown, typed, unfit
from service.scoring.inputs import LeafInput
from service.web.access import Doing, access
from service.web.cases import case_page
from service.web.doing import OFTEN, actor_now
from service.web.errors import status_of
from service.web.grid import origin_typed
from service.workflow.actions import Action

pages = Blueprint("gridpaste", __name__)
REMARKS = {
    "实际完成": "actual",
    "实际完成情况": "actual",
    "理由": "reason",
    "给分理由": "reason",
    "备注": "note",
}
PASSED = frozenset({"指标", "指标名称", "名称", "一级指标", "二级指标", "三级指标", "满分", "分值"})
MOST_LINES = 500
NEW, CHANGED, SAME, WRONG = "新增", "修改", "未变", "错误"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the preview: what it fills, what stood there, what will stand there."""

    label: str
    old: str
    new: str
    state: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the block: the indicator it names, its cells, what is wrong with it as a whole."""

    code: str
    name: str
    cells: tuple[Cell, ...]
    data: Mapping[str, Any]
    version: int
    problem: str = ""

    @property
    def wrong(self) -> bool:
        """Return whether anything keeps this line from being stored."""
        return bool(self.problem) or any(cell.state == WRONG for cell in self.cells)

    @property
    def changed(self) -> bool:
        """Return whether storing it would change anything."""
        return any(cell.state in (NEW, CHANGED) for cell in self.cells)


@pages.get("/cases/<case>/paste-scores")
@access(Doing(Action.SCORE_INPUT))
def show(case: OpenCase) -> str:
    """Show the box a block of a workbook is put into."""
    return _page(case, _grid(case), "", ())


@pages.post("/cases/<case>/paste-scores")
@access(Doing(Action.SCORE_INPUT))
def take(case: OpenCase) -> Any:
    """Show what the block would change; store it when that was confirmed."""
    grid = _grid(case)
    text = request.form.get("text", "")
    lines = tuple(_lines(grid, text))
    if not request.form.get("sure"):
        return _page(case, grid, text, lines)
    try:
        count = _store(case, grid, lines)
    except RepeatedError:
        flash(OFTEN, "note")
    except ServiceError as error:
        db.session.rollback()
        return _page(case, _grid(case), text, lines, error.problems), status_of(error)
    else:
        flash(f"已按表格录入 {count} 项", "done")
    return redirect(url_for("grid.show", case=case.code, sheet=grid.sheet or None), 303)


def _grid(case: OpenCase) -> Grid:
    sheet = request.values.get("sheet", "")
    found = grid_of(db.session(), case.row, sheet=sheet)
    if found is None or (sheet and sheet not in found.table.sheets):
        raise NotFoundError("没有这张评分表")
    return found


def _page(
    case: OpenCase, grid: Grid, text: str, lines: Sequence[Line], problems: Sequence[Problem] = ()
) -> str:
    ready = bool(lines) and not any(line.wrong for line in lines) and any(line.changed for line in lines)
    given = {name: request.form.get(name, "") for name in ("origin", "asked_by", "paper")}
    return case_page(
        "grid_paste", case, grid=grid, text=text, lines=lines, ready=ready, problems=problems,
        origins=ORIGINS, origin=given, key=secrets.token_urlsafe(18),
    )  # fmt: skip


def _store(case: OpenCase, grid: Grid, lines: Sequence[Line]) -> int:
    if any(line.wrong for line in lines):
        raise InvalidError(Problem("表格里还有错误，一项也没有录入", cure="改正标出的格子再预览"))
    changed = {line.code: line for line in lines if line.changed}
    scoring.record_results(
        actor_now(case, key=request.form.get("key", "")),
        case.row.id,
        results={code: line.data for code, line in changed.items()},
        sheet=grid.sheet,
        origin=origin_typed(),
        expected={code: _seen(line) for code, line in changed.items()},
    )
    return len(changed)


def _seen(line: Line) -> int:
    """Return the version the preview showed."""
    text = request.form.get(f"v-{line.code}", "")
    return int(text) if text.isascii() and text.isdigit() else line.version


def _lines(grid: Grid, text: str) -> Iterator[Line]:
    rows = [row for row in (_split(line) for line in text.splitlines()[:MOST_LINES]) if any(row)]
    heads: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(rows):
        found = _named(grid, row[0])
        if found is None and number == 0 and not any(char.isdigit() for char in "".join(row)):
            heads = row
        elif found is None:
            yield Line(row[0], "", (), {}, 0, "指标体系中没有这个编码或名称")
        elif found.code in seen:
            yield Line(found.code, found.unfolded.line.name, (), {}, 0, "这个指标出现了两次")
        else:
            seen.add(found.code)
            yield _line(found, row, heads)


def _split(line: str) -> list[str]:
    mark = "\t" if "\t" in line else "，" if "，" in line else ","
    return [cell.strip().strip('"') for cell in line.split(mark)]


def _named(grid: Grid, text: str) -> GridRow | None:
    found = grid.row(text)
    if found is not None:
        return found
    same = [row for row in grid.rows if row.unfolded.line.name == text]
    return same[0] if len(same) == 1 else None


def _line(row: GridRow, cells: Sequence[str], heads: Sequence[str]) -> Line:
    fields = _targets(row, len(cells), heads)
    sent = {f.name: text for f, text in zip(fields, cells[1:], strict=False) if f is not None and text}
    known = [field for field in fields if field is not None]
    data = typed(known, sent, row.stored)
    wrong = {problem.path: problem.message for problem in unfit(known, sent)}
    problems = _problems(data) | {".".join(f.path): wrong[f.name] for f in known if f.name in wrong}
    made = tuple(
        _cell(field, row, data, problems)
        for field, text in zip(fields, cells[1:], strict=False)
        if field is not None and text
    )
    extra = any(text for text in cells[1 + len(fields) :])
    return Line(
        row.code, row.unfolded.line.name, made, data, row.version, "列数多于这个指标的格子" if extra else ""
    )


def _targets(row: GridRow, count: int, heads: Sequence[str]) -> list[EntryField | None]:
    """Return the field each column after the first fills; None for one that is passed over."""
    main: list[EntryField | None] = [
        cell.field for cell in row.cells if not cell.field.aside and cell.field.kind is not EntryKind.NAME
    ]
    remarks = {cell.field.path[0]: cell.field for cell in row.remarks}
    if not heads:
        return [*main, remarks.get("actual")][: max(count - 1, 0)]
    found: list[EntryField | None] = []
    for head in heads[1:]:
        if head in PASSED:
            found.append(None)
        elif head in REMARKS:
            found.append(remarks.get(REMARKS[head]))
        else:
            found.append(main.pop(0) if main else None)
    return found


def _problems(data: Mapping[str, Any]) -> dict[str, str]:
    try:
        LeafInput.from_plain(data)
    except InvalidError as error:
        return {problem.path: problem.message for problem in error.problems}
    return {}


def _cell(field: EntryField, row: GridRow, data: Mapping[str, Any], problems: Mapping[str, str]) -> Cell:
    old, new = shown(field, row.stored), shown(field, data)
    problem = problems.get(".".join(field.path), "")
    if field.options and new and new not in dict(field.options) and new not in dict(field.options).values():
        problem = f"应为：{'、'.join(word for word, _ in field.options)}"
    state = WRONG if problem else SAME if old == new else CHANGED if old else NEW
    return Cell(field.label, old, new, state, problem)
