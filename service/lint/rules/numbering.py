"""Numbers that count go up by one: headings, items, serial numbers of tables, lists inside cells.

Source: GB/T 9704-2012 结构层次序数（一、（一）1.（1））. A list may begin anew at 1; under a
higher heading all deeper lists do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from service.lint.document import Paragraph, Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import DEPTH, Mark, mark_of
from service.lint.material import Material
from service.lint.tableview import SERIAL

_INLINE = re.compile(r"(?<![\d.A-Za-z])(\d{1,2})[.、．](?![\d])|[（(](\d{1,2})[）)]|([①-⑳])")
_LETTERS = re.compile(r"(?<![A-Za-z])([a-h])(?=[、.．）)]?[\u4e00-\u9fff])")
_SAID = re.compile(r"([一二三四五六七八九十])是")
_ORDER = "一二三四五六七八九十"
_LEAST = 3


def check(material: Material) -> Iterator[Finding]:
    """Yield gaps and doubles."""
    yield from _headings(material)
    yield from _serials(material)
    for spot, text in material.prose:
        if spot.row >= 0:
            yield from _letters(spot, text)
            yield from _in_cell(spot, text)
        yield from _said(spot, text)


def _headings(material: Material) -> Iterator[Finding]:
    last: dict[str, int] = {}
    before = ""
    for block, held in enumerate(material.document.blocks):
        if not isinstance(held, Paragraph):
            continue
        mark = mark_of(held.text) or _next_point(held.text, last.get("point", 0) + 1)
        if mark is None:
            before = held.text
            continue
        expected = last.get(mark.form, 0) + 1
        if mark.number not in (1, expected) and not _goes_on(before, mark, expected):
            what = (
                "编号重复"
                if mark.number == expected - 1
                else "编号缺号"
                if mark.number > expected
                else "编号次序"
            )
            yield Finding(
                "numbering.order",
                Severity.REVIEW,
                Spot(block),
                held.text[:40],
                _shown(mark, expected),
                _shown(mark, mark.number),
                note=what,
            )
        last = {form: n for form, n in last.items() if DEPTH[form] < DEPTH[mark.form]}
        last[mark.form] = mark.number
        inline = [int(m[1]) for m in re.finditer(r"[；;。，]\s?(\d{1,2})[.、．](?!\d)", held.text)]
        if mark.form == "point":
            for number in inline:
                if number == last["point"] + 1:
                    last["point"] = number
        before = held.text


def _next_point(text: str, expected: int) -> Mark | None:
    """Return the mark of ``4.6月20日`` or ``2.10%``, which only counting tells from a decimal number."""
    found = re.match(rf"{expected}([.．、])(?=\d)", text)
    return Mark("point", expected, found[1], found.end()) if found else None


def _goes_on(before: str, mark: Mark, expected: int) -> bool:
    """Return whether the numbers up to this one stand inside the paragraph before."""
    if expected > 1 and mark.number < expected:
        return False
    found = [int(m[1] or m[2] or ord(m[3]) - 9311) for m in _INLINE.finditer(before)]
    return mark.number - 1 in found


def _shown(mark: Mark, number: int) -> str:
    cn = (
        "十" * (number > 9) + _ORDER[(number - 1) % 10]
        if 0 < number < 20 and number != 10
        else "十"
        if number == 10
        else str(number)
    )
    forms = {
        "chapter": f"第{cn}部分",
        "cn": f"{cn}、",
        "cn-bracket": f"（{cn}）",
        "point": f"{number}.",
        "bracket": f"（{number}）",
        "half": f"{number}）",
        "circle": chr(ord("①") + number - 1) if 0 < number <= 20 else str(number),
    }
    return forms[mark.form]


def _serials(material: Material) -> Iterator[Finding]:
    """Serial numbers in the first column; a table that goes on after a heading row goes on counting."""
    last = 0
    for block, held in enumerate(material.document.blocks):
        if isinstance(held, Paragraph):
            continue
        view = dict(material.views)[block]
        first = [re.sub(r"\s", "", row[0].text) for row in held.rows]
        counted = [
            r
            for r, text in enumerate(first)
            if re.fullmatch(r"\d{1,4}", text) and not held.rows[r][0].covered
        ]
        headed = bool(held.rows) and bool(SERIAL.search(view.titles[0] if view.titles else ""))
        rising = sum(int(first[b]) == int(first[a]) + 1 for a, b in pairwise(counted))
        if not headed and (
            len(counted) < _LEAST
            or rising * 2 < len(counted) - 1
            or int(first[counted[0]]) not in (1, last + 1)
        ):
            continue
        last = 0
        for row in counted:
            number = int(first[row])
            if last and number not in (1, last + 1):
                what = "序号重复" if number == last else "序号缺号" if number > last else "序号次序"
                yield Finding(
                    "numbering.serial",
                    Severity.REVIEW,
                    Spot(block, row, 0),
                    f"{number} {view.raw_label(row)}"[:60],
                    str(last + 1),
                    str(number),
                    note=what,
                )
            last = number


def _letters(spot: Spot, text: str) -> Iterator[Finding]:
    found = [m[1] for m in _LETTERS.finditer(text)]
    if len(found) < _LEAST or found[0] != "a" or found != sorted(found):
        return
    for one, other in pairwise(found):
        if ord(other) != ord(one) + 1:
            yield Finding(
                "numbering.letters",
                Severity.REVIEW,
                spot,
                text[:60],
                chr(ord(one) + 1),
                other,
                note="编号缺号",
            )


def _in_cell(spot: Spot, text: str) -> Iterator[Finding]:
    last: dict[str, int] = {}
    for line in text.split("\n"):
        mark = mark_of(line) or _next_point(line, last.get("point", 0) + 1)
        if mark is None or mark_of(line[mark.end :]) or (mark.number != 1 and mark.form not in last):
            continue
        expected = last.get(mark.form, 0) + 1
        if mark.form in last and mark.number not in (1, expected):
            yield Finding(
                "numbering.cell",
                Severity.REVIEW,
                spot,
                line[:40],
                _shown(mark, expected),
                _shown(mark, mark.number),
                note="编号不连续",
            )
        last[mark.form] = mark.number


def _said(spot: Spot, text: str) -> Iterator[Finding]:
    """一是…三是 leaves 二是 out."""
    for part in re.split("[。]", text) if text.count("一是") > 1 else [text]:
        found = [_ORDER.index(m[1]) + 1 for m in _SAID.finditer(part)]
        if (
            len(found) > 1
            and found[0] == 1
            and found == sorted(set(found))
            and found != list(range(1, len(found) + 1))
        ):
            missing = next(n for n in range(1, 11) if n not in found)
            yield Finding(
                "numbering.said",
                Severity.REVIEW,
                spot,
                part[:60],
                f"{_ORDER[missing - 1]}是",
                "没有",
                note="编号缺号",
            )
