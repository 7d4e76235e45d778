"""得分率 = 得分 ÷ 分值, in sentences and tables; nobody gets more than the full marks.

Source: 财预〔2020〕10号 附3 综合评价情况及结论（附评分表）. Points count as exact; the rate may be off by
half a unit of its last printed decimal. A sentence that repeats a total without its full marks is held to the
table that has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import Number, rounds_to
from service.report.figures import num, score

_TOTAL = re.compile(r"合\s?计|总\s?计|总得?\s?分")


def check(material: Material) -> Iterator[Finding]:
    """Yield rates that do not follow from the points beside them."""
    for stated in material.stated:
        if not stated.hedged:
            top = stated.max or _overall(material, stated.score)
            yield from _compare("stated", stated.spot, stated.quote, top, stated.score, stated.rate)
    for sheet in material.sheets:
        for row in range(sheet.view.heads, len(sheet.view.table.rows)):
            cells = sheet.view.grid[row]
            top = cells[sheet.max_column]
            got = None if sheet.score_column is None else cells[sheet.score_column]
            rate = None if sheet.rate_column is None else cells[sheet.rate_column]
            column = sheet.rate_column if sheet.rate_column is not None else sheet.max_column
            texts = [c.text for c in sheet.view.table.rows[row] if c.text and not c.covered]
            quote = " ".join(t for t in texts if len(t) <= 30)[:80]
            yield from _compare("table", Spot(sheet.block, row, column), quote, top, got, rate)


def _overall(material: Material, got: Number | None) -> Number | None:
    """Return the full marks of a total that a sentence repeats without them, None if no one table says so."""
    tops = {
        top.value: top
        for sheet in material.sheets
        for row in range(sheet.view.heads, len(sheet.view.table.rows))
        if got is not None
        and sheet.score_column is not None
        and any(_TOTAL.search(cell.text) for cell in sheet.view.table.rows[row])
        and (scored := sheet.view.grid[row][sheet.score_column]) is not None
        and scored.value == got.value
        and (top := sheet.view.grid[row][sheet.max_column]) is not None
    }
    return next(iter(tops.values())) if len(tops) == 1 else None


def _compare(
    rule: str, spot: Spot, quote: str, top: Number | None, got: Number | None, rate: Number | None
) -> Iterator[Finding]:
    if top is None or got is None:
        return
    if top.value > 0 and got.value > top.value:
        yield Finding(
            f"rate.{rule}-over",
            Severity.ERROR,
            spot,
            quote,
            f"不超过{top.text}",
            got.text,
            f"{num(got.value)} ＞ {num(top.value)}",
        )
    if rate is None or top.value <= 0:
        return
    value = got.value / top.value * (100 if rate.unit == "%" else 1)
    if rate.unit != "%" and rate.value > 1:
        value *= 100
    if not rounds_to(value, rate):
        sign = "%" if rate.unit == "%" else ""
        yield Finding(
            f"rate.{rule}",
            Severity.ERROR,
            spot,
            quote,
            score(value, max(rate.places, 2)) + sign,
            score(rate.value, rate.places) + sign,
            f"{num(got.value)} ÷ {num(top.value)} = {score(value, 4)}{sign}",
            f"±{num(Fraction(1, 2 * 10**rate.places), rate.places + 1)}{sign}",
        )
