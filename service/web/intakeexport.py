"""汇总表: the list of a batch as workbook or CSV; text stays text, no cell is ever a formula."""

from __future__ import annotations

from collections.abc import Iterable

from service import clock
from service.queries.intakes import IntakeShown, Item, ItemFilter
from service.scoring.quantities import show
from service.web.intakework import STATES
from service.web.words import moment
from service.workbooks.plain import plain_workbook
from service.workbooks.write import csv_rows

COLUMNS: tuple[tuple[str, int], ...] = (
    ("序号", 14),
    ("项目编号", 34),
    ("项目名称", 60),
    ("单位", 44),
    ("主管部门", 40),
    ("全年预算数（万元）", 28),
    ("全年执行数（万元）", 28),
    ("执行率", 20),
    ("自评总分", 20),
    ("按规则复算", 20),
    ("多计分", 18),
    ("问题", 14),
    ("疑点", 14),
    ("问题类别", 60),
    ("登记", 20),
    ("案卷阶段", 24),
    ("文件", 60),
    ("没有登记的原因", 60),
)
NUMBERS = frozenset({0, 5, 6, 8, 9, 10, 11, 12})
"""Columns that hold numbers, counted from 0."""


def summary_rows(items: Iterable[Item]) -> list[list[str]]:
    """Return the rows of the 汇总表 in the order given."""
    return [_row(number, item) for number, item in enumerate(items, 1)]


def _row(number: int, item: Item) -> list[str]:
    facts = item.facts
    return [
        str(number),
        item.code,
        item.title,
        item.unit,
        facts.get("department", ""),
        facts.get("adjusted", ""),
        facts.get("paid", ""),
        facts.get("rate", ""),
        item.total,
        facts.get("computed", ""),
        stake_text(item),
        str(item.hard),
        str(item.doubts),
        "、".join(c.label for c in item.checks),
        item.label,
        item.stage,
        item.path,
        "；".join(said.sentence for said in item.problems),
    ]


def stake_text(item: Item) -> str:
    """Return by how many 分 the lines claim more than their rules give, with two places."""
    return show(item.stake_points, 2)


def workbook_of(intake: IntakeShown, asked: ItemFilter, items: Iterable[Item]) -> bytes:
    """Return the 汇总表 as .xlsx."""
    title = f"{intake.data.get('year', '')}年度单位自评汇总表"
    return plain_workbook(title, notes_of(intake, asked), COLUMNS, summary_rows(items), numbers=NUMBERS)


def csv_of(items: Iterable[Item]) -> bytes:
    """Return the 汇总表 as CSV."""
    return csv_rows([name for name, _ in COLUMNS], summary_rows(items))


def notes_of(intake: IntakeShown, asked: ItemFilter) -> list[str]:
    """Return what the table is of: the batch, the filter, the draws."""
    when = moment(clock.now())
    words = [f"来源 {intake.name}（SHA-256 {intake.sha256[:16]}…），导出时间 {when}，共 {intake.size} 份"]
    if asked.query():
        words.append(f"筛选：{STATES.get(asked.state, '')} {asked.check} {asked.text}".strip())
    drawn = [f"种子 {each['seed']} 抽 {each['size']} 项" for each in intake.samples]
    return [*words, f"抽查：{'；'.join(drawn)}"] if drawn else words
