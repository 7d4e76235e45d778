"""Tables add up: totals, sub-totals, rows with parts below them, columns that are sums or differences of
others.

Source: 财预〔2020〕10号 附1、附3 评分表. A total is compared with every way its table may mean it (all
rows, rows since the last total, rows of the highest level, positive rows); it is wrong only if none fits.
Tolerance: half a unit of the last printed decimal of every figure together, told as rounding where it is
used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import plain_name
from service.lint.material import Material
from service.lint.numbers import Number
from service.lint.sheets import Group, Sheet
from service.lint.tableview import MAX, SCORE, Kind, View
from service.report.figures import num

_DEEPEST = 99
_NAME = re.compile(r"(?:评价)?(?:得分)?(?:合计|小计|总计|共计)$")


def check(material: Material) -> Iterator[Finding]:
    """Yield totals and parents that are not the sum of their rows."""
    for block, view in material.views:
        for column in view.additive:
            for row, kind in enumerate(view.kinds):
                if kind in (Kind.TOTAL, Kind.SUBTOTAL):
                    yield from _total(block, view, row, column)
            yield from _parents(block, view, column)
        yield from _lone(block, view)
    for sheet in material.sheets:
        for group in sheet.groups:
            yield from _group(sheet, group)


def _group(sheet: Sheet, group: Group) -> Iterator[Finding]:
    """决策（16） is what its indicators make together."""
    held = [n for r in group.rows if (n := sheet.view.grid[r][sheet.max_column]) is not None]
    made = sum((n.value for n in held), Fraction(0))
    if group.points and made != Fraction(group.points):
        yield Finding(
            "sum.group",
            Severity.ERROR,
            Spot(sheet.block, group.row, group.column),
            sheet.view.table.rows[group.row][group.column].text,
            num(made),
            group.points,
            " + ".join(num(n.value) for n in held) + f" = {num(made)}",
        )


Addends = list[tuple[int, Number]]


def _total(block: int, view: View, row: int, column: int) -> Iterator[Finding]:
    printed = view.grid[row][column]
    if printed is None:
        return
    every = list(_ways(view, row, column))
    ways = [way for way in every if len(way) > 1]
    # A part of one row has a sub-total of one row.
    if not ways or any(_sum(way) == printed.value for way in every if way):
        return
    best = min(ways, key=lambda way: abs(_sum(way) - printed.value))
    yield _finding("sum.total", block, view, row, column, printed, best)


def _ways(view: View, row: int, column: int) -> Iterator[Addends]:
    """Yield every set of rows the total may be meant to add up."""
    held = [
        (r, n)
        for r in range(view.heads, len(view.kinds))
        if view.kinds[r] is Kind.ITEM and not view.is_part(r) and (n := view.grid[r][column]) is not None
    ]
    named = _NAME.sub("", plain_name(view.raw_label(row)))
    if named:
        yield [x for x in held if any(plain_name(c.text) == named for c in view.table.rows[x[0]])]
    totals = [r for r, kind in enumerate(view.kinds) if kind in (Kind.TOTAL, Kind.SUBTOTAL)]
    above = max((r for r in totals if r < row), default=-1)
    below = min((r for r in totals if r > row), default=len(view.kinds))
    for chosen in (
        held,
        [x for x in held if x[0] < row],
        [x for x in held if above < x[0] < row],
        [x for x in held if row < x[0] < below],
    ):
        yield chosen
        yield [x for x in chosen if x[1].value >= 0]
        if any(view.is_extra(r) for r, _ in chosen):
            within = [x for x in chosen if not view.is_extra(x[0])]
            yield within
            yield [x for x in within if x[1].value >= 0]
        levels = sorted({view.depths[r] for r, _ in chosen})
        for level in levels[:-1] if len(levels) > 1 else ():
            yield [x for x in chosen if view.depths[x[0]] <= level]
        if len(levels) > 1:
            yield [x for x in chosen if view.depths[x[0]] == levels[-1]]
    others = [r for r in totals if r != row]
    for chosen_rows in (
        others,
        [r for r in others if r < row],
        [r for r in others if view.kinds[r] is Kind.SUBTOTAL],
    ):
        yield [(r, n) for r in chosen_rows if (n := view.grid[r][column]) is not None]


def _parents(block: int, view: View, column: int) -> Iterator[Finding]:
    """A row above deeper rows is their sum, where the table shows levels by marks or codes."""
    rows = [r for r in view.body if view.grid[r][column] is not None and not view.is_part(r)]
    depths = {view.depths[r] for r in rows} - {_DEEPEST}
    if len(depths) < 2 or any(view.depths[r] == _DEEPEST for r in rows):
        return
    families = [(parent, children) for parent in rows if (children := _children(view, rows, parent))]
    wrong = []
    for parent, children in families:
        addends = [(r, n) for r in children if (n := view.grid[r][column]) is not None]
        printed = view.grid[parent][column]
        if printed is not None and _sum(addends) != printed.value:
            wrong.append((parent, printed, addends))
    worse = [w for w in wrong if not _rounding(w[1], w[2])]
    for parent, printed, addends in wrong:
        near = abs(_sum(addends) - printed.value) * 10 <= abs(printed.value)
        if near or len(worse) * 2 <= len(families):
            yield _finding("sum.level", block, view, parent, column, printed, addends)


def _children(view: View, rows: Sequence[int], parent: int) -> list[int]:
    own = view.depths[parent]
    below: list[int] = []
    for row in rows:
        if row <= parent:
            continue
        if view.depths[row] <= own or any(
            view.kinds[r] in (Kind.TOTAL, Kind.SUBTOTAL) for r in range(parent + 1, row)
        ):
            break
        below.append(row)
    level = min((view.depths[r] for r in below), default=0)
    return [r for r in below if view.depths[r] == level]


def _sum(addends: Addends) -> Fraction:
    return sum((n.value for _, n in addends), Fraction(0))


def _room(printed: Number, addends: Addends) -> Fraction:
    return printed.half + sum((n.half for _, n in addends), Fraction(0))


def _rounding(printed: Number, addends: Addends) -> bool:
    """Return whether rounding before printing may explain the difference, and it is a small one."""
    apart = abs(_sum(addends) - printed.value)
    return bool(printed.places) and apart <= _room(printed, addends) and apart * 1000 <= abs(printed.value)


def _finding(
    rule: str, block: int, view: View, row: int, column: int, printed: Number, addends: Addends
) -> Finding:
    made = _sum(addends)
    apart = abs(made - printed.value)
    rounding = _rounding(printed, addends)
    shown = " + ".join(num(n.value) for _, n in addends[:30]) + (" + …" if len(addends) > 30 else "")
    label = f"{view.raw_label(row)} {view.titles[column]} {printed.text}"
    return Finding(
        "sum.rounding" if rounding else rule,
        Severity.HINT if rounding else Severity.ERROR,
        Spot(block, row, column),
        label,
        num(made),
        num(printed.value),
        f"{shown} = {num(made)}，相差{num(apart)}",
        f"±{num(_room(printed, addends))}",
        "在四舍五入的误差之内" if rounding else "",
    )


def _lone(block: int, view: View) -> Iterator[Finding]:
    """A total of awarded points that stands alone in its row must not be the total of full marks."""
    top = [c for c in view.additive if MAX.search(view.titles[c]) and not SCORE.search(view.titles[c])]
    for row, kind in enumerate(view.kinds):
        label = view.raw_label(row)
        held = [(c, n) for c, n in enumerate(view.grid[row]) if n is not None]
        if (
            kind is not Kind.TOTAL
            or "得分" not in label
            or len(held) != 1
            or not top
            or held[0][0] != top[-1]
        ):
            continue
        negative = "负" in label or "逆" in label or "扣" in label
        others = [c for c in view.additive if c > top[-1]]
        if not others:
            continue
        scores = [(r, n) for r in view.body if r < row and (n := view.grid[r][others[0]]) is not None]
        tops = {r: n.value for r in view.body if (n := view.grid[r][top[-1]]) is not None}
        chosen = [(r, n) for r, n in scores if (tops.get(r, Fraction(0)) < 0) is negative]
        if chosen and _sum(chosen) != held[0][1].value:
            yield Finding(
                "sum.wrong-column",
                Severity.ERROR,
                Spot(block, row, held[0][0]),
                f"{label} {held[0][1].text}",
                num(_sum(chosen)),
                num(held[0][1].value),
                " + ".join(num(n.value) for _, n in chosen) + f" = {num(_sum(chosen))}",
                note="写的可能是分值合计",
            )
