"""Score sheets found among the tables: indicators with full marks, awarded points, rules and opinions.
Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.lint.marks import plain_name
from service.lint.numbers import Number, is_blank
from service.lint.tableview import MAX, RATE, SCORE, Kind, View

_POINTS = re.compile(r"得?\s?\d+(?:\.\d+)?\s?分|不得分")
_GROUP = re.compile(r"[（(]\s?(-?\d+(?:\.\d+)?)\s?分?\s?[）)]$")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of a score sheet, with the names of the groups above it, outermost first."""

    row: int
    name: str
    groups: tuple[str, ...]
    max: Number | None
    score: Number | None
    rate: Number | None
    criteria: str
    opinion: str


@dataclass(frozen=True, slots=True)
class Group:
    """A label over several lines with points of its own such as 决策（16）; `rows` are its lines."""

    row: int
    column: int
    name: str
    points: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of points."""

    block: int
    view: View
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    max_column: int
    score_column: int | None
    rate_column: int | None


def sheet_of(block: int, view: View) -> Sheet | None:
    """Return the score sheet a table is, None if it is none."""
    top = _only(view, MAX)
    got = _only(view, SCORE)
    if top is None and got is None:
        return None
    if top is None or got is None:
        top, got = _by_content(view, top, got)
    if top is None:
        return None
    rate = next((c for c in view.percents if RATE.search(view.titles[c])), None)
    names = [c for c in range(top) if c not in view.numeric and _names(view, c)]
    if not names:
        return None
    criteria = _criteria(view, top)
    texts = [c for c in range(top + 1, view.table.width) if c not in view.numeric and c != criteria]
    opinion = texts[-1] if texts and got is not None and texts[-1] > got else None
    lines = _lines(view, names, top, got, rate, criteria, opinion)
    return Sheet(block, view, lines, _groups(view, names[:-1], lines), top, got, rate) if lines else None


def _only(view: View, pattern: re.Pattern[str]) -> int | None:
    found = [
        c
        for c in view.additive
        if pattern.search(view.titles[c]) and not (pattern is MAX and SCORE.search(view.titles[c]))
    ]
    return found[-1] if found and (pattern is MAX or len(found) == 1) else None


def _by_content(view: View, top: int | None, got: int | None) -> tuple[int | None, int | None]:
    """Where one heading is lost, the only other column of points takes its part if no line exceeds its
    maximum."""
    known = top if top is not None else got
    others = [
        c for c in view.additive if c != known and not re.search("预算|金额|支出|资金|元", view.titles[c])
    ]
    if len(others) != 1:
        return top, got
    left, right = (top, others[0]) if got is None else (others[0], got)
    if left is None or right is None or left > right:
        return top, got
    pairs = [(a, b) for r in view.body if (a := view.grid[r][left]) and (b := view.grid[r][right])]
    if pairs and all(abs(b.value) <= abs(a.value) for a, b in pairs):
        return left, right
    return top, got


def _names(view: View, column: int) -> bool:
    texts = [view.table.rows[r][column].text for r in view.body]
    return any(not is_blank(t) for t in texts) and all(len(t) <= _LONGEST_NAME for t in texts)


def _criteria(view: View, top: int) -> int | None:
    best, most = None, 1
    for column in range(top + 1, view.table.width):
        if column in view.numeric:
            continue
        hits = sum(bool(_POINTS.search(view.table.rows[r][column].text)) for r in view.body)
        if hits > most or (hits == most == 1 and best is None):
            best, most = column, hits
    return best


def _lines(
    view: View,
    names: list[int],
    top: int,
    got: int | None,
    rate: int | None,
    criteria: int | None,
    opinion: int | None,
) -> tuple[Line, ...]:
    found = []
    held = dict.fromkeys(names[:-1], "")
    for row in view.body:
        cells = view.table.rows[row]
        for column in names[:-1]:
            if cells[column].text.strip():
                held[column] = cells[column].text
        name = cells[names[-1]].text
        if is_blank(name) or cells[names[-1]].covered or view.grid[row][top] is None:
            continue
        found.append(
            Line(
                row,
                plain_name(name),
                tuple(plain_name(held[c]) for c in names[:-1]),
                view.grid[row][top],
                None if got is None else view.grid[row][got],
                None if rate is None else view.grid[row][rate],
                "" if criteria is None else cells[criteria].text,
                "" if opinion is None else cells[opinion].text,
            )
        )
    return tuple(found)


def _groups(view: View, columns: list[int], lines: tuple[Line, ...]) -> tuple[Group, ...]:
    found = []
    rows = {line.row for line in lines}
    for column in columns:
        starts = [
            r
            for r in range(view.heads, len(view.table.rows))
            if view.kinds[r] in (Kind.TOTAL, Kind.SUBTOTAL, Kind.NOTE)
            or (view.table.rows[r][column].text.strip() and not view.table.rows[r][column].covered)
        ]
        for number, start in enumerate(starts):
            points = _GROUP.search(re.sub(r"\s", "", view.table.rows[start][column].text))
            end = starts[number + 1] if number + 1 < len(starts) else len(view.table.rows)
            inside = tuple(r for r in range(start, end) if r in rows)
            if view.kinds[start] is Kind.ITEM and inside:
                name = plain_name(view.table.rows[start][column].text)
                found.append(Group(start, column, name, points[1] if points else "", inside))
    return tuple(found)
