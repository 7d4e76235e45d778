"""Give the exact value behind a path of our own figures: total, node.…, money.…, table.…, framework.…"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from service.quotations.tableview import Tables, split_path

FIGURE_NAMES = {
    "awarded": "得分",
    "rule": "细则得分",
    "claimed": "自评得分",
    "rate": "得分率",
    "max": "分值",
    "deducted": "扣分",
}
NODE_FIGURES = tuple(FIGURE_NAMES)
ROOTS = ("total", "grade", "rate", "node", "block", "composite", "money", "table", "framework")


@dataclass(frozen=True, slots=True)
class Figures:
    """Every figure of ours that a path may name; None means there is no figure (with its ground).

    Args:
        total, rate: exact; grade: text.
        nodes, blocks: code to figures by name.
        money: code to amount in the unit the case prints.
        framework: counts by path behind ``framework.``.
    """

    total: Fraction | None = None
    rate: Fraction | None = None
    grade: str | None = None
    nodes: Mapping[str, Mapping[str, Fraction | None]] = field(default_factory=dict)
    blocks: Mapping[str, Mapping[str, Fraction | None]] = field(default_factory=dict)
    money: Mapping[str, Fraction | None] = field(default_factory=dict)
    framework: Mapping[str, int] = field(default_factory=dict)
    tables: Tables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a path: numbers or texts (several for a column), or why there is none."""

    numbers: tuple[Fraction, ...] = ()
    texts: tuple[str, ...] = ()
    missing: str = ""


def is_own(path: str) -> bool:
    """Return whether a path names one of our figures rather than another published item."""
    return path.partition(".")[0] in ROOTS and (path in ("total", "grade", "rate") or "." in path)


def look_up(figures: Figures, path: str) -> Found:
    """Return what stands at `path`; never raises: `missing` says why nothing does."""
    root, _, rest = path.partition(".")
    if path == "grade":
        return Found(texts=(figures.grade,)) if figures.grade is not None else Found(missing="没有等级")
    if path in ("total", "rate"):
        return _one(figures.total if path == "total" else figures.rate, "总分不能计算")
    if root in ("node", "block"):
        return _node(figures, root, rest)
    if root == "money":
        if rest not in figures.money:
            return Found(missing=f"没有资金“{rest}”")
        return _one(figures.money[rest], "金额来源未载")
    if root == "framework":
        count = figures.framework.get(rest)
        return Found(numbers=(Fraction(count),)) if count is not None else Found(missing=f"没有路径“{path}”")
    if root == "table":
        return _table(figures.tables, path)
    return Found(missing=f"没有路径“{path}”")


def _one(value: Fraction | None, missing: str) -> Found:
    return Found(numbers=(value,)) if value is not None else Found(missing=missing)


def _node(figures: Figures, root: str, rest: str) -> Found:
    code, _, figure = rest.rpartition(".")
    known = figures.nodes if root == "node" else figures.blocks
    if code not in known:
        return Found(missing=f"没有指标“{code or rest}”")
    if figure not in known[code]:
        return Found(missing=f"没有“{figure}”这一项，允许：{'、'.join(NODE_FIGURES)}")
    return _one(known[code][figure], f"指标 {code} 的{FIGURE_NAMES.get(figure, figure)}来源未载或不能计算")


def _table(tables: Tables, path: str) -> Found:
    name, row_name, column_name = split_path(path)
    table = tables.get(name)
    if table is None:
        return Found(missing=f"没有表“{name}”，现有：{'、'.join(tables) or '无'}")
    if row_name == "*" and not column_name:
        return Found(texts=tuple(table.cell(i, 0) for i in table.found_rows("*")))
    column_name, equals, wanted = column_name.partition("=")
    column = table.column(column_name)
    if column is None:
        return Found(missing=f"表 {name} 没有列“{column_name}”，现有：{'、'.join(table.columns)}")
    found = table.found_rows(row_name)
    if not found:
        return Found(missing=f"表 {name} 没有行“{row_name}”")
    rows = found if len(found) == 1 else [i for i in found if not table.continues(i, column)]
    if equals:
        return Found(texts=tuple(t for i in rows if (t := table.cell(i, column)) == wanted))
    numbers = tuple(n for i in rows if (n := table.number(i, column)) is not None)
    return Found(numbers=numbers, texts=tuple(table.cell(i, column) for i in rows))
