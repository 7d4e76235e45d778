"""``pingji score``: case files scored without a database."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from service.cases.score import Scored, score_file
from service.cli import console
from service.cli.chinese import ChineseCommand
from service.cli.options import json_option
from service.errors import InvalidError, Problem
from service.scoring.quantities import exact_text, show
from service.scoring.sheet import ScoreSheet

APPROXIMATE_PLACES = 4


@click.command(cls=ChineseCommand, name="score")
@click.argument("files", metavar="案例文件...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--steps", is_flag=True, help="逐项列出算式")
@json_option
def command(files: tuple[Path, ...], steps: bool, as_json: bool) -> int:
    """不用数据库计分：得分表、与来源数字的差异、期望是否符合；有未声明的差异或期望不符时退出码为 1。"""
    found: list[Scored] = []
    problems: list[Problem] = []
    for path in files:
        try:
            found.append(score_file(path))
        except InvalidError as error:
            problems += error.problems
    if problems:
        raise InvalidError(problems)
    if as_json:
        console.emit([{**each.to_plain(), "sheet": each.sheet.to_plain()} for each in found])
    else:
        for each in found:
            _show(each, steps=steps)
    return console.OK if all(each.ok for each in found) else console.FINDINGS


def _show(scored: Scored, *, steps: bool) -> None:
    console.say(f"{scored.file.case.title}（{scored.file.case.case}）")
    _sheet(scored.sheet, steps=steps)
    for name, sheet in scored.sheets.items():
        console.say(f"分表 {name}")
        _sheet(sheet, steps=steps)
    comparison = scored.comparison
    console.say(
        f"来源数字：相符 {len(comparison.agree)}，不符 {len(comparison.differ)}，"
        f"无法核算 {len(comparison.uncomputable)}"
    )
    for differing in comparison.differ:
        figures = f"印作 {differing.published}，算得 {differing.computed}"
        declared = f"已声明：{differing.cause}" if differing.declared else "未声明"
        console.say(f"  不符 {differing.path}：{figures}（{differing.kind}，{declared}）")
    for gap in comparison.uncomputable:
        console.say(f"  无法核算 {gap.path}：{gap.published}（{gap.cause}）")
    for path in comparison.needless:
        console.say(f"  声明多余 {path}：已经相符")
    console.say(f"期望：符合 {scored.expectations.held}，不符 {len(scored.expectations.failed)}")
    for failed in scored.expectations.failed:
        console.say(f"  期望不符 {failed.path}：期望 {failed.expected}，实际 {failed.actual or '没有这个数'}")
    for hint in scored.hints:
        console.say(f"提示：{hint}")
    console.problems(scored.findings)


def _sheet(sheet: ScoreSheet, *, steps: bool) -> None:
    rows = [
        (
            x.code,
            "　" * (x.level - 1) + x.name,
            *map(_points, (x.max, x.rule_points, x.adjustment, x.awarded)),
        )
        for x in sheet.lines
    ]
    console.table(("编号", "指标", "满分", "规则", "调整", "得分"), rows, right=(2, 3, 4, 5))
    if steps:
        for line in sheet.lines:
            for step in line.steps:
                console.say(f"  {line.code} {step}")
        for step in sheet.steps:
            console.say(f"  {step}")
    total = "无" if sheet.total is None else show(sheet.total, sheet.rounding.places)
    console.say(f"总分：{total}，等级：{sheet.grade or '无'}{f'（{sheet.note}）' if sheet.note else ''}")


def _points(value: Fraction | None) -> str:
    """Return the exact points, or with ≈ the nearest four places where no decimal is exact."""
    if value is None:
        return "—"
    exact = exact_text(value)
    return f"≈{show(value, APPROXIMATE_PLACES)}" if "/" in exact else exact
