"""Dates that exist, ranges that run forward, rows that lie in the stage they stand under, days with a year.

Source: GB/T 9704-2012（成文日期标全年月日）.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material

_DATE = re.compile(r"((?:19|20)\d{2})\s?[年./-]\s?(\d{1,2})(?:\s?[月./-]\s?(\d{1,2})(?:[日号]|(?!\d))|月)")
_RANGE = re.compile(
    r"((?:19|20)\d{2})年(\d{1,2})月(?:(\d{1,2})[日号])?\s?(?:-|—|－|~|～|至|到)+\s?(?:((?:19|20)\d{2})年)?(\d{1,2})月(?:(\d{1,2})[日号])?"
)
_DAY = re.compile(r"(?<![\d年月每])(\d{1,2})月(\d{1,2})日")
_YEAR = re.compile(r"(?:19|20)\d{2}(?:年|\.|/|-|－|度)|当年|本年|同年|次年|每年|今年|去年|年度")
_STAGE = re.compile(r"阶段|期间|时期|工期")


@dataclass(frozen=True, slots=True, order=True)
class _Day:
    year: int
    month: int
    day: int


def check(material: Material) -> Iterator[Finding]:
    """Yield dates that cannot be, run backwards, lie outside their stage, or lack a year."""
    for spot, text in material.prose:
        for found in _DATE.finditer(text):
            year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
            if "年" in found[0] and (not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]):
                yield Finding("date.impossible", Severity.ERROR, spot, found[0], note="没有这一天")
        for found in _RANGE.finditer(text):
            ends = _ends(found)
            if ends and ends[0] > ends[1]:
                yield Finding("date.backwards", Severity.ERROR, spot, found[0], note="起止日期倒置")
        if spot.row < 0:
            days = list(_DAY.finditer(text))
            if days and not _YEAR.search(text[: days[0].end()]):
                yield Finding(
                    "date.no-year",
                    Severity.HINT,
                    spot,
                    text[: days[0].end() + 24][-60:],
                    "写明年份",
                    days[0][0],
                    note="本段没有年份",
                )
    yield from _stages(material)


def _ends(found: re.Match[str]) -> tuple[_Day, _Day] | None:
    year, month, last = int(found[1]), int(found[2]), int(found[5])
    until = int(found[4] or year)
    if not 1 <= month <= 12 or not 1 <= last <= 12:
        return None
    return _Day(year, month, int(found[3] or 1)), _Day(
        until, last, int(found[6] or monthrange(until, last)[1])
    )


def _stages(material: Material) -> Iterator[Finding]:
    """In a table, a row across it names a stage with its dates; the rows below lie in it."""
    for block, view in material.views:
        stage: tuple[_Day, _Day] | None = None
        name = ""
        for row, cells in enumerate(view.table.rows):
            texts = [c.text for c in cells if c.text.strip() and not c.covered]
            if len(texts) == 1:
                found = _RANGE.search(texts[0])
                stage, name = (_ends(found), texts[0]) if found and _STAGE.search(texts[0]) else (None, "")
                continue
            if stage is None:
                continue
            for column, cell in enumerate(cells):
                whole = _DATE.search(cell.text)
                if (
                    whole is None
                    or len(cell.text) > 24
                    or cell.covered
                    or "-" in cell.text
                    or not 1 <= int(whole[2]) <= 12
                ):
                    continue
                year, month = int(whole[1]), int(whole[2])
                first = _Day(year, month, int(whole[3] or 1))
                last = _Day(year, month, int(whole[3] or monthrange(year, month)[1]))
                if last < stage[0] or first > stage[1]:
                    yield Finding(
                        "date.stage",
                        Severity.REVIEW,
                        Spot(block, row, column),
                        cell.text[:40],
                        name[:60],
                        whole[0],
                        note="日期不在所在阶段之内",
                    )
