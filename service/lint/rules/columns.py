"""Columns of a table that are computed from others: rates, differences, sums across a row.

Source: 财预〔2020〕10号 附1（执行率）. Which columns belong together is taken from the headings, or from
most rows agreeing; the rows that then disagree are told. Tolerance: half a unit of the last printed
decimal of the figures involved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import Number
from service.lint.tableview import MAX, RATE, SCORE, Kind, View
from service.report.figures import num, score

_RATES = (
    (
        re.compile("执行率|支出率|支付率|支出进度|支付进度|执行进度"),
        re.compile("支出|执行|支付|使用|付款"),
        re.compile("预算|批复|安排|到位|下达|计划"),
    ),
    (re.compile("到位率"), re.compile("到位"), re.compile("预算|批复|计划|安排")),
    (re.compile("完成率|达成率|实现率"), re.compile("实际|完成"), re.compile("计划|目标|指标值|应")),
)
_LEFT = re.compile("结余|结转|剩余|差额|未支付|未执行|欠款|扣分|失分|减分|丢分")
_ACROSS = re.compile("^(?:合计|小计|总计|总额|金额合计|合计金额)")
_MOST = Fraction(2, 3)
_LEAST, _WIDEST = 3, 14

Way = tuple[str, Callable[[tuple[Number | None, ...]], tuple[Fraction, str, Fraction] | None], bool]


def check(material: Material) -> Iterator[Finding]:
    """Yield cells that are not what the other cells of their row make them."""
    for block, view in material.views:
        for column in view.percents:
            if not RATE.search(view.titles[column]) or not any(s.block == block for s in material.sheets):
                yield from _column(block, view, column, list(_quotients(view, column)))
        for column in view.numeric:
            if _LEFT.search(view.titles[column]):
                yield from _column(block, view, column, list(_differences(view, column)))
            elif _ACROSS.search(view.titles[column]):
                yield from _column(block, view, column, list(_runs(view, column)))


def _quotients(view: View, column: int) -> Iterator[Way]:
    others = [c for c in view.additive if c != column][:_WIDEST]
    for a, b in permutations(others, 2):
        named = any(
            rate.search(view.titles[column])
            and upper.search(view.titles[a])
            and lower.search(view.titles[b])
            and not upper.search(re.sub("到位|下达", "", view.titles[b]))
            for rate, upper, lower in _RATES
        ) or bool(
            RATE.search(view.titles[column]) and SCORE.search(view.titles[a]) and MAX.search(view.titles[b])
        )
        yield f"{a}/{b}", _quotient(a, b), named


def _quotient(a: int, b: int) -> Callable[[tuple[Number | None, ...]], tuple[Fraction, str, Fraction] | None]:
    def make(row: tuple[Number | None, ...]) -> tuple[Fraction, str, Fraction] | None:
        upper, lower = row[a], row[b]
        if upper is None or lower is None or not lower.value:
            return None
        value = upper.value / lower.value * 100
        return value, f"{upper.text} ÷ {lower.text} = {score(value, 4)}%", Fraction(0)

    return make


def _differences(view: View, column: int) -> Iterator[Way]:
    others = [c for c in view.additive if c != column][:_WIDEST]
    for a, b in permutations(others, 2):
        named = bool(
            ("分" in view.titles[column] and MAX.search(view.titles[a]) and SCORE.search(view.titles[b]))
            or (
                re.search("预算|批复|合同|安排|到位|产生", view.titles[a])
                and re.search("支出|支付|执行|使用", view.titles[b])
                and re.search("结|剩|未|欠", view.titles[column])
            )
        )
        yield f"{a}-{b}", _difference(a, b), named and len(others) == 2


def _difference(
    a: int, b: int
) -> Callable[[tuple[Number | None, ...]], tuple[Fraction, str, Fraction] | None]:
    def make(row: tuple[Number | None, ...]) -> tuple[Fraction, str, Fraction] | None:
        upper, lower = row[a], row[b]
        if upper is None or lower is None:
            return None
        value = upper.value - lower.value
        return value, f"{upper.text} − {lower.text} = {num(value)}", upper.half + lower.half

    return make


def _runs(view: View, column: int) -> Iterator[Way]:
    others = [c for c in view.additive if c != column]
    place = [c for c in others if c < column], [c for c in others if c > column]
    for side in place:
        for first in range(len(side)):
            for last in range(first + 2, min(len(side), first + _WIDEST) + 1):
                yield (
                    f"{first}..{last}",
                    _run(tuple(side[first:last])),
                    len(side) == last - first and first == 0,
                )


def _run(
    columns: tuple[int, ...],
) -> Callable[[tuple[Number | None, ...]], tuple[Fraction, str, Fraction] | None]:
    def make(row: tuple[Number | None, ...]) -> tuple[Fraction, str, Fraction] | None:
        held = [n for c in columns if (n := row[c]) is not None]
        if not held:
            return None
        value = sum((n.value for n in held), Fraction(0))
        return (
            value,
            " + ".join(n.text for n in held) + f" = {num(value)}",
            sum((n.half for n in held), Fraction(0)),
        )

    return make


def _column(block: int, view: View, column: int, ways: list[Way]) -> Iterator[Finding]:
    rows = [
        r
        for r in range(view.heads, len(view.kinds))
        if view.kinds[r] is not Kind.NOTE and view.grid[r][column] is not None
    ]
    best: tuple[int, list[int], Way] | None = None
    for way in ways:
        made = {r: m for r in rows if (m := way[1](view.grid[r])) is not None}
        good = [r for r, m in made.items() if _agrees(view.grid[r][column], m)]
        usable = (way[2] and len(made) > 0) or (
            len(made) >= _LEAST and len(good) >= _MOST * len(made) and len(good) > 1
        )
        if usable and (best is None or (len(good), way[2]) > (best[0], best[2][2])):
            best = (len(good), [r for r in made if r not in good], way)
    if best is None or (best[0] == 0 and len(rows) > 1) or len(best[1]) * 2 > len(rows) + 1:
        return
    for row in best[1]:
        made_of = best[2][1](view.grid[row])
        printed = view.grid[row][column]
        if made_of is None or printed is None:
            continue
        value, formula, room = made_of
        rounding = bool(room) and bool(printed.places) and abs(value - printed.value) <= room + printed.half
        family = "ratio" if printed.unit == "%" else "sum"
        yield Finding(
            f"{family}.column" if not rounding else "sum.rounding",
            Severity.HINT if rounding else Severity.ERROR,
            Spot(block, row, column),
            f"{view.raw_label(row)} {view.titles[column]} {printed.text}",
            score(value, max(printed.places, 2)) + ("%" if printed.unit == "%" else ""),
            printed.text,
            formula,
            f"±{num(printed.half + room, 6)}",
        )


def _agrees(printed: Number | None, made: tuple[Fraction, str, Fraction]) -> bool:
    return printed is not None and abs(printed.value - made[0]) <= (
        printed.half if printed.unit == "%" else 0
    )
