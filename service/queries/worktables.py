"""What a case holds of the tables the team and the organising side take out: scores, deductions, findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.errors import InvalidError
from service.models.consultation import Disposition, Opinion
from service.models.evaluation import Evaluation
from service.models.score import Deduction, LeafResult, ReasonState
from service.queries.consultation import opinions_with_dispositions
from service.queries.evidence import linked_evidence, pieces_with_links
from service.queries.grid import GridRow, grid_of
from service.queries.once import rows_of
from service.queries.parties import parties_in
from service.queries.sheet import framework_of
from service.queries.tables import CaseTable
from service.queries.unitpage import above
from service.queries.visitpage import visit_page
from service.scoring.check import points_problem
from service.scoring.entry import PART, EntryField, EntryKind
from service.scoring.entryform import named_path, shown, typed
from service.scoring.facts import TOTAL_NAMES
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.workbooks.compare import Objection, RowChange, Standing
from service.workbooks.official import DEDUCTIONS, ISSUES, NOT_STATED, OPINIONS, SCORES

FIXED = "已经记录在案，不能用表格修改"
STATE_WORDS = {
    ReasonState.DRAFT: "起草",
    ReasonState.SUBMITTED: "已提交",
    ReasonState.PENDING: "待确认",
    ReasonState.WITHDRAWN: "已撤销",
}
CURE = "改正后重新上传"
JOIN = "::"


def score_sheet(session: Session, case: Evaluation, today: date) -> CaseTable | None:
    """Return the 评分表 in work: one row per field of each indicator, None before a plan was approved."""
    grid = grid_of(session, case) if case.framework_id else None
    if grid is None:
        return None
    framework = framework_of(session, case)
    above_leaves = _level_results(session, case, framework)
    standing = [row for item in grid.rows for row in _fields(framework, item)]
    standing += [row for one in above_leaves for row in _level_fields(framework, one)]
    return CaseTable(
        SCORES,
        tuple(standing),
        notes=("每个指标按评分项分行填写；灰色格子供对照。选择项写选项的文字，勾选项写“是”。",),
        versions={row.code: row.version for row in grid.rows}
        | {one.node: one.version for one in above_leaves},
        judge=_judge_scores({row.code: row for row in grid.rows}, framework),
        late=grid.late,
    )


LEVEL_FIELDS = {"awarded": "本级得分（原件只给到这一级）", "reason": "理由"}
"""What may be said of a node that has others below it, where the source gives points for it alone."""


def _level_results(session: Session, case: Evaluation, framework: Framework) -> list[LeafResult]:
    """Return what is on file for nodes that are no leaves."""
    leaves = {node.code for node in framework.leaves}
    rows = rows_of(session, LeafResult, case.id)
    return [
        row for row in rows if row.sheet == "" and row.node not in leaves and row.node in framework.by_code
    ]


def level_stored(session: Session, case: Evaluation) -> dict[str, dict[str, Any]]:
    """Return by code what is on file for nodes that are no leaves."""
    return {row.node: dict(row.data) for row in _level_results(session, case, framework_of(session, case))}


def _level_fields(framework: Framework, row: LeafResult) -> Iterator[Standing]:
    node = framework.node(row.node)
    levels = above(framework, node).split(" / ")
    for path, label in LEVEL_FIELDS.items():
        values = {
            "level1": levels[0] or node.name,
            "level2": " / ".join(levels[1:]),
            "name": node.name,
            "field": label,
            "value": str(row.data.get(path, "")),
            "code": row.node,
            "path": path,
        }
        yield Standing(f"{row.node}/{path}", f"{row.node} {node.name}：{label}", values)


def _fields(framework: Framework, item: GridRow) -> Iterator[Standing]:
    node = framework.node(item.code)
    levels = above(framework, node).split(" / ")
    line = item.unfolded.line
    for cell in (*item.cells, *item.remarks):
        field = cell.field
        if field.path[0] == PART:
            continue
        path = JOIN.join(named_path(field.path, item.stored))
        values = {
            "level1": levels[0],
            "level2": " / ".join(levels[1:]),
            "name": line.name,
            "max": line.max or "",
            "field": field.label,
            "value": said(field, shown(field, item.stored)),
            "awarded": line.awarded or "",
            "code": item.code,
            "path": path,
        }
        yield Standing(f"{item.code}/{path}", f"{item.code} {line.name}：{field.label}", values)


def said(field: EntryField, text: str) -> str:
    """Return the text of a field as people say it: the label of a choice, 是 for a tick."""
    if field.kind is EntryKind.TICK:
        return "是" if text else ""
    return dict(field.options).get(text, text)


def meant(field: EntryField, text: str) -> str:
    """Return what a form would send for what people say."""
    if field.kind is EntryKind.TICK:
        return "1" if text in ("是", "1", "√") else ""
    words = {label: word for word, label in field.options}
    return words.get(text, text)


def field_of(row: GridRow | None, path: str) -> EntryField:
    """Return the field of this path: one the indicator has, else one of plain words."""
    steps = tuple(path.split(JOIN))
    for cell in (*row.cells, *row.remarks) if row is not None else ():
        if named_path(cell.field.path, row.stored if row else {}) == steps:
            return dataclasses.replace(cell.field, path=steps)
    return EntryField(steps, path, EntryKind.WORDS)


def results_of(
    rows: Iterable[RowChange],
    grid: Mapping[str, GridRow],
    levels: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return by indicator the result as it is after the rows of a workbook.

    Args:
        levels: what is on file for nodes that are no leaves.
    """
    sent: dict[str, dict[EntryField, str]] = {}
    for row in rows:
        code, _, path = row.key.partition("/")
        field = field_of(grid.get(code), path)
        sent.setdefault(code, {})[field] = meant(field, row.values().get("value", ""))
    found = {}
    for code, fields in sent.items():
        stored = grid[code].stored if code in grid else (levels or {}).get(code, {})
        found[code] = typed(fields, {field.name: text for field, text in fields.items()}, stored)
    return found


def grid_rows(session: Session, case: Evaluation) -> dict[str, GridRow]:
    """Return the rows of the sheet in work by indicator."""
    grid = grid_of(session, case)
    return {row.code: row for row in grid.rows} if grid is not None else {}


def _judge_scores(
    grid: Mapping[str, GridRow], framework: Framework
) -> Callable[[RowChange], Iterable[Objection]]:
    def judge(row: RowChange) -> Iterator[Objection]:
        code, _, path = row.key.partition("/")
        if code not in grid and code in framework.by_code and path in LEVEL_FIELDS:
            if path == "awarded" and (
                problem := points_problem(framework, row.values().get("value", ""), path="value")
            ):
                yield Objection("value", problem.message, problem.allowed or "分数", problem.cure or CURE)
            return
        if code not in grid:
            yield Objection(
                "value", "指标体系中没有这个编码", "、".join(list(grid)[:8]), CURE, next(iter(grid), "")
            )
            return
        try:
            LeafInput.from_plain(results_of([row], grid)[code])
        except InvalidError as refused:
            problem = refused.problems[0]
            allowed = problem.allowed or field_of(grid[code], path).hint or "模板中的写法"
            yield Objection("value", problem.message, allowed, problem.cure or CURE)
        field = field_of(grid[code], path)
        value = meant(field, row.values().get("value", ""))
        if value and field.options and value not in dict(field.options):
            yield Objection(
                "value", "不在规定的几种之内", "、".join(label for _, label in field.options), CURE
            )

    return judge


def deduction_list(session: Session, case: Evaluation, today: date) -> CaseTable | None:
    """Return the deductions that stand; a changed one is replaced by a new one, as on the page."""
    if not case.framework_id:
        return None
    framework = framework_of(session, case)
    links = linked_evidence(session, case)
    names = {node.code: node.name for node in framework.walk()}
    rows = [row for row in rows_of(session, Deduction, case.id) if row.state is not ReasonState.WITHDRAWN]
    known = {piece.code for piece in pieces_with_links(session, case) if not piece.void}
    return CaseTable(
        DEDUCTIONS,
        tuple(_deduction(row, names, links.get(("deduction", row.code), ())) for row in rows),
        notes=("新增的扣分写在后面的空行，编号留空；改动已有的扣分，原来的一条留在案卷中，由新的一条取代。",),
        versions={row.code: row.version for row in rows},
        spare=15,
        judge=_judge_deductions(framework, known),
        late=bool(case.facts.get("scores_ever_submitted", False)),
    )


def _deduction(row: Deduction, names: Mapping[str, str], evidence: Iterable[str]) -> Standing:
    values = {
        "code": row.code,
        "node": row.node,
        "name": names.get(row.node, ""),
        "amount": NOT_STATED if row.amount is None else row.amount,
        "reason": row.reason,
        "clause": row.clause,
        "evidence": "、".join(evidence),
        "no_evidence": row.no_evidence,
        "bonus": "是" if row.bonus else "否",
        "state": STATE_WORDS[row.state],
    }
    locked = "" if row.sheet == "" else "这条扣分在分表上，请到评分办理中修改"
    return Standing(row.code, f"{row.code} {row.node}", values, locked)


def _judge_deductions(framework: Framework, known: set[str]) -> Callable[[RowChange], Iterable[Objection]]:
    codes = {*TOTAL_NAMES, *framework.codes}

    def judge(row: RowChange) -> Iterator[Objection]:
        values = row.values()
        if values.get("node") and values["node"] not in codes:
            yield Objection("node", "指标体系中没有这个编码", "、".join(list(framework.codes)[:8]), CURE)
        amount = values.get("amount", "")
        problem = points_problem(framework, amount, path="amount") if amount != NOT_STATED else None
        if problem is not None:
            yield Objection("amount", problem.message, problem.allowed or "分数", problem.cure or CURE, "1.5")
        lost = [code for code in values.get("evidence", "").split("、") if code and code not in known]
        if lost:
            allowed = "、".join(sorted(known)[:8]) or "先添加佐证材料"
            yield Objection("evidence", f"没有这份佐证：{'、'.join(lost)}", allowed, CURE)

    return judge


def issue_list(session: Session, case: Evaluation, today: date) -> CaseTable:
    """Return the findings of the site work, the 问题清单; new ones may be added."""
    page = visit_page(session, case, account="", today=today)
    codes = tuple(framework_of(session, case).codes) if case.framework_id else ()
    return CaseTable(
        ISSUES,
        tuple(
            Standing(
                one.code,
                one.code,
                {
                    "code": one.code,
                    "nodes": "、".join(one.nodes),
                    "text": one.text,
                    "state": one.label,
                    "response": one.response,
                },
                FIXED,
            )
            for one in page.findings
        ),
        notes=("新增的问题写在后面的空行，编号留空；已经记录的问题只供对照。",),
        spare=15,
        judge=_judge_nodes("nodes", codes),
    )


def _judge_nodes(column: str, codes: tuple[str, ...]) -> Callable[[RowChange], Iterable[Objection]]:
    def judge(row: RowChange) -> Iterator[Objection]:
        named = [code for code in row.values().get(column, "").split("、") if code]
        lost = [code for code in named if code not in codes]
        if lost:
            yield Objection(
                column, f"指标体系中没有：{'、'.join(lost)}", "、".join(codes[:8]) or "留空", CURE
            )

    return judge


def opinion_list(session: Session, case: Evaluation, today: date) -> CaseTable:
    """Return the opinions with what became of each; new ones may be added."""
    names = {organisation.id: organisation.name for _, organisation in parties_in(session, case.id)}
    codes = tuple(framework_of(session, case).codes) if case.framework_id else ()
    found = opinions_with_dispositions(session, case.id)
    return CaseTable(
        OPINIONS,
        tuple(_opinion(opinion, given, names) for opinion, given in found),
        notes=("新增的意见写在后面的空行，编号留空；没有意见的在“无意见”写“是”。",),
        spare=15,
        judge=_judge_opinions(tuple(dict.fromkeys(names.values())), codes),
    )


def _opinion(opinion: Opinion, given: Disposition | None, names: Mapping[str, str]) -> Standing:
    values = {
        "code": opinion.code,
        "organisation": names.get(opinion.organisation_id, ""),
        "agrees": "是" if opinion.agrees else "否",
        "node": opinion.node,
        "place": opinion.place,
        "text": opinion.text,
        "verdict": given.verdict.label if given is not None else "",
        "answer": given.reason if given is not None else "",
    }
    return Standing(opinion.code, opinion.code, values, FIXED)


def _judge_opinions(
    names: tuple[str, ...], codes: tuple[str, ...]
) -> Callable[[RowChange], Iterable[Objection]]:
    nodes = _judge_nodes("node", codes)

    def judge(row: RowChange) -> Iterator[Objection]:
        values = row.values()
        if values.get("organisation") not in names:
            yield Objection("organisation", "不是本评价的当事单位", "、".join(names), CURE)
        if values.get("agrees") != "是" and not values.get("text"):
            yield Objection("text", "没有意见内容", "意见内容，或在“无意见”写“是”", CURE)
        yield from nodes(row)

    return judge


def organisations_by_name(session: Session, case: Evaluation) -> dict[str, str]:
    """Return the ids of the parties of the case by name."""
    return {organisation.name: organisation.id for _, organisation in parties_in(session, case.id)}
