"""The grade follows from the total by the report's own scale, else by the national one; one report, one
total, one grade.

Source: 财预〔2020〕10号 第十八条: 优 [90,100]、良 [80,90)、中 [60,80)、差 [0,60). No tolerance: the
printed total counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import DIGITS, exact
from service.lint.tableview import Kind
from service.report.figures import num

_NAME = r"优秀|良好|中等|一般|较差|优|良|中|差|不合格|合格"
_GRADE = re.compile(
    rf"(?:等级|评级|等次|档次)(?:评定|确定|结果)?(?:为|是|属于|：|:)?[“\"‘「]?(?P<name>{_NAME})(?P<end>[”\"’」]|等?级|(?=[。，；,;、（(）)\s])|$)"
)
_TOTAL = re.compile(
    rf"(?P<label>[\u4e00-\u9fffA-Za-z”\"]{{0,30}}?(?:综合评价得分|综合得分|综合评分|总得分|总体得分|评价总分|最终得分|绩效评价得分|评价得分|得分|总分))(?:为|是|：|:)?(?P<n>{DIGITS})分"
)
_STRONG = re.compile(
    r"(?:综合评价得分|综合得分|综合评分|总得分|总体得分|评价总分|最终得分|(?:^|项目|本次|该项目)绩效评价得分)$"
)
_OTHER = re.compile(
    r"自评|管理绩效|结果绩效|过程|产出|效益|决策|指标|上年|去年|初评|原|每|满分|一级|二级|三级|子项目|单项|平均|应|满意|分项|各|考核"
)
_ALIKE = {"优秀": "优", "良好": "良", "中等": "中", "一般": "中", "较差": "差"}
_BELOW = re.compile(r"以下|低于|不足|小于|＜|<")
_FLOOR = re.compile(r"(?:直接)?(?:评|定|降)为[“\"]?(低|次|劣|不及格)(?:等次|等级|等|档)")
NATIONAL = (("优", Fraction(90)), ("良", Fraction(80)), ("中", Fraction(60)), ("差", Fraction(0)))
_LEAST = 3


@dataclass(frozen=True, slots=True)
class _Band:
    name: str
    low: Fraction
    high: Fraction | None


def alike(name: str) -> str:
    """Return the name of a grade in its short form."""
    return _ALIKE.get(name, name)


def check(material: Material) -> Iterator[Finding]:
    """Yield grades that do not follow from their total, and totals or grades that differ from each other."""
    scale = next((s for _, text in material.prose if (s := scale_of(text))), ())
    grades: list[tuple[Spot, str, str]] = []
    totals: list[tuple[Spot, Fraction, str]] = []
    for spot, text in _texts(material):
        own = [(m.start(), exact(m["n"]), m) for m in _TOTAL.finditer(text) if not _OTHER.search(m["label"])]
        for _, value, found in own:
            if _STRONG.search(found["label"]):
                totals.append((spot, value, found[0]))
        for found in _GRADE.finditer(text):
            if re.search(
                r"标准|划分|以上$|自评", text[max(found.start() - 8, 0) : found.start()]
            ) or scale_of(text):
                continue
            name = alike(found["name"])
            grades.append((spot, name, found[0]))
            before = [(v, m) for at, v, m in own if at < found.start()]
            if before:
                value, total = before[-1]
                yield from _judged(spot, text[total.start() : found.end()], value, name, scale)
    totals += _table_totals(material)
    yield from _agree("cross.total", totals, [(s, num(v), q) for s, v, q in totals])
    yield from _agree("band.differs", grades, grades)
    if scale:
        yield from _strangers(material, {b.name for b in scale})


def _texts(material: Material) -> Iterator[tuple[Spot, str]]:
    """Yield prose, and whole rows of tables that name a grade."""
    yield from ((s, t) for s, t in material.prose if s.row < 0)
    for block, view in material.views:
        for row, cells in enumerate(view.table.rows):
            joined = "".join(c.text for c in cells if not c.covered)
            if row >= view.heads and len(joined) < 120:
                yield Spot(block, row, 0), joined


def _judged(
    spot: Spot, quote: str, total: Fraction, name: str, scale: tuple[_Band, ...]
) -> Iterator[Finding]:
    bands = scale or tuple(_Band(n, low, None) for n, low in NATIONAL)
    if name not in {b.name for b in bands}:
        return
    fits = max((b for b in bands if b.low <= total), key=lambda b: b.low, default=None)
    if fits is None:
        return
    source = "报告所列等级标准" if scale else "财预〔2020〕10号第十八条"
    if fits.high is not None and total > fits.high and fits.name != bands[0].name:
        yield Finding(
            "band.gap",
            Severity.HINT,
            spot,
            quote[:120],
            "",
            name,
            f"{num(total)} 在 {num(fits.high)} 与上一档之间",
            note=f"{source}有空档",
        )
    elif fits.name != name:
        yield Finding(
            "band.grade",
            Severity.ERROR if scale else Severity.REVIEW,
            spot,
            quote[:120],
            fits.name,
            name,
            f"{num(total)} ≥ {num(fits.low)}",
            note=source,
        )


def scale_of(text: str) -> tuple[_Band, ...]:
    """Return the grade scale a text states, highest first; () if it states none."""
    if not re.search("优|良|合格", text) or not re.search(r"\d", text):
        return ()
    plain = re.sub(r"[\[［(（](\d+(?:\.\d+)?)[,，](\d+(?:\.\d+)?)[\]］)）]", r"\1-\2", text)
    found: list[_Band] = []
    for piece in re.split(r"[；;、，,。\n]", plain):
        names = re.findall(_NAME, re.sub(r"[（(]含[）)]", "", piece))
        held = [Fraction(n) for n in re.findall(r"\d+(?:\.\d+)?", piece)]
        if len(names) != 1 or not held or len(held) > 2 or max(held) > 100 or "%" in piece or len(piece) > 40:
            continue
        low, high = min(held), max(held) if len(held) == 2 else None
        if _BELOW.search(piece) and len(held) == 1:
            low, high = Fraction(0), None
        found.append(_Band(alike(names[0]), low, high))
    lows = [b.low for b in found]
    good = (
        len(found) >= _LEAST
        and lows == sorted(set(lows), reverse=True)
        and len({b.name for b in found}) == len(found)
    )
    return tuple(found) if good else ()


def _table_totals(material: Material) -> Iterator[tuple[Spot, Fraction, str]]:
    for sheet in material.sheets:
        title = "" if sheet.score_column is None else sheet.view.titles[sheet.score_column]
        if sheet.score_column is None or "自评" in title:
            continue
        rows = [r for r, k in enumerate(sheet.view.kinds) if k is Kind.TOTAL]
        top = [sheet.view.grid[r][sheet.max_column] for r in rows]
        if len(rows) == 1 and top[0] is not None and top[0].value == 100:
            value = sheet.view.grid[rows[0]][sheet.score_column]
            if value is not None:
                label = f"{sheet.view.raw_label(rows[0])} {value.text}"
                yield Spot(sheet.block, rows[0], sheet.score_column), value.value, label


def _agree(
    rule: str,
    held: list[tuple[Spot, Fraction, str]] | list[tuple[Spot, str, str]],
    shown: list[tuple[Spot, str, str]],
) -> Iterator[Finding]:
    """Yield what differs from the value most places give, the first one where they are even."""
    values = [v for _, v, _ in shown]
    if len(set(values)) != 2 and (len(set(values)) < 2 or len(values) < 4):
        return
    usual = max(dict.fromkeys(values), key=values.count)
    for spot, value, quote in shown:
        if value != usual:
            other = next(q for _, v, q in shown if v == usual)
            yield Finding(rule, Severity.ERROR, spot, quote[:80], usual, value, f"另处为“{other[:40]}”")


def _strangers(material: Material, names: set[str]) -> Iterator[Finding]:
    for spot, text in material.prose:
        for found in _FLOOR.finditer(text):
            yield Finding(
                "band.unknown",
                Severity.REVIEW,
                spot,
                text[max(found.start() - 8, 0) : found.end() + 2],
                "、".join(sorted(names)),
                found[0],
                note="等级标准里没有这一档",
            )
