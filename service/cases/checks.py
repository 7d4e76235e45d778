"""Check a converted case as a whole; return every problem with its place and cure."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from service import frameworks
from service.cases.checks_dates import check_dates
from service.cases.checks_files import check_files, framework_at
from service.cases.checks_people import check_duties
from service.cases.checks_references import References
from service.cases.checks_results import check_results
from service.cases.checks_returns import check_returns
from service.cases.facts import fen_of
from service.cases.joint import check_aggregate
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem
from service.scoring.framework import Framework
from service.yamltext import Place, YamlText

MAX_FEN = 10**18


def check(file: CaseFile) -> list[Problem]:
    """Return every problem of references, dates, files, results and tables; keeps the framework in `file`.

    Without a readable framework the checks that need it are left out.
    """
    problems = check_files(file) + _money(file) + _tables(file) + check_dates(file)
    try:
        file.accept(_framework(file))
    except InvalidError as error:
        return [*error.problems, *problems]
    return [
        *References(file).run(),
        *problems,
        *check_aggregate(file),
        *_ruling(file),
        *check_results(file),
        *_points(file),
        *_adjusted(file),
        *check_duties(file),
        *check_returns(file),
    ]


def _ruling(file: CaseFile) -> list[Problem]:
    """Return why the ruling on the grade names none of the framework's."""
    ruling, grades = file.case.ruling, file.framework.grades
    names = grades.names if grades else ()
    if ruling is None or ruling.grade in names:
        return []
    place, allowed = ("ruling", "grade"), "、".join(names) or "（体系没有等次）"
    return [file.document.problem(place, "不是体系里的等次", allowed=allowed, cure="改正名称，或删去裁定")]


def _framework(file: CaseFile) -> Framework:
    ref = file.case.framework
    given = [name for name in ("bundled", "path", "inline") if getattr(ref, name)]
    if len(given) != 1:
        raise InvalidError(
            file.document.problem(
                ("framework",), "指标体系要且只要一种写法", allowed="bundled、path、inline", cure="三选一"
            )
        )
    if ref.inline:
        return _inline(file, ref.inline)
    if ref.bundled:
        if ref.bundled not in frameworks.bundled():
            raise InvalidError(
                file.document.problem(
                    ("framework", "bundled"),
                    "没有这个附带的指标体系",
                    allowed="、".join(frameworks.bundled()),
                    cure="从允许的编号中选，或用 path、inline",
                )
            )
        return frameworks.load(ref.bundled)
    return framework_at(file)


def _inline(file: CaseFile, tree: Any) -> Framework:
    place: Place = ("framework", "inline")
    lines = {p[2:]: line for p, line in file.document.lines.items() if p[:2] == place}
    try:
        return frameworks.parse_document(YamlText(tree, file.document.file, lines))
    except InvalidError as error:
        raise InvalidError([replace(p, path=f"framework.inline.{p.path}") for p in error.problems]) from None


def _money(file: CaseFile) -> list[Problem]:
    """Return every sum beyond what the accounts can hold."""
    return [
        file.document.problem(
            ("money", index, "amount"),
            "金额过大",
            allowed="一亿亿元以内",
            cure="核对数和单位，如 元 写成了 亿元",
        )
        for index, item in enumerate(file.case.money)
        if item.amount and abs(fen_of(item.amount, item.unit)) > MAX_FEN
    ]


def _tables(file: CaseFile) -> list[Problem]:
    problems = []
    for index, table in enumerate(file.case.tables):
        for number, row in enumerate(table.rows):
            if row.kind != "band" and len(row.cells) != len(table.columns):
                problems.append(
                    file.document.problem(
                        ("tables", index, "rows", number),
                        f"有 {len(row.cells)} 格，应有 {len(table.columns)}",
                        allowed=f"{len(table.columns)} 格",
                        cure='补空格 "" 或合并标记 ^、<',
                    )
                )
    return problems


def _points(file: CaseFile) -> list[Problem]:
    problems = []
    for index, item in enumerate(file.case.deductions):
        place: Place = ("deductions", index)
        if (item.amount == "") == (item.awarded is None):
            problems.append(
                file.document.problem(
                    place, "amount 和 awarded 要且只要写一个", cure="写扣多少（不知道写 not_stated）或给多少"
                )
            )
            continue
        node = file.framework.by_code.get(item.node)
        limit = node.max if node else None
        if limit is None or node is None or node.block:
            continue
        name, text = ("awarded", item.awarded) if item.awarded is not None else ("amount", item.amount)
        if text is not None and not 0 <= Fraction(text) <= limit:
            problems.append(
                file.document.problem(
                    (*place, name),
                    f"超出 {item.node} 的满分",
                    allowed=f"0 到 {float(limit):g}",
                    cure="核对指标和分数",
                )
            )
    return problems


def _adjusted(file: CaseFile) -> list[Problem]:
    """Return every leaf that an adjustment awards less than nothing or more than its full marks."""
    problems = []
    for index, item in enumerate(file.case.adjustments):
        node = file.framework.by_code.get(item.node)
        if item.target != "leaf" or node is None or node.max is None or node.block:
            continue
        if not 0 <= Fraction(item.awarded or 0) <= node.max:
            problems.append(
                file.document.problem(
                    ("adjustments", index, "awarded"),
                    f"超出 {item.node} 的满分",
                    allowed=f"0 到 {float(node.max):g}",
                    cure="核对指标和分数",
                )
            )
    return problems
