"""What the pages of a 自评 send, read into commands: every problem at once, each with its place.

- A line or row left as it was shown is not sent on, so two people may fill in one table side by side.
- Names of inputs are ``<indicator>.<field>`` and ``s<number>.<field>``; a problem's path is the input's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import marshmallow as mm

from service.actions.self_assessment import ClaimLine
from service.errors import Problem
from service.queries.selfparts import COLUMNS, STATES, SubProject, Survey, digest
from service.queries.unitpage import ClaimRow
from service.scoring.quantities import exact, exact_text
from service.web.forms.fields import FEN, Form, Points, Wan, Words, plain_number, shown

Sent = Mapping[str, str]
LINE_FIELDS = ("target", "actual", "points", "deviation")
LINE_LABELS = {"target": "年度目标值", "actual": "实际完成值", "points": "自评分", "deviation": "偏差原因"}
_READERS: dict[str, Any] = {
    "target": Words(limit=300),
    "actual": Words(limit=300),
    "points": Points(),
    "deviation": Words(limit=2000),
}
SPARE = 3
"""Empty rows shown below the sub-projects."""


@dataclass
class Typed:
    """What was typed: the lines that differ from what was shown, as text by input, and what is wrong."""

    lines: list[ClaimLine] = field(default_factory=list)
    mine: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def line_digest(row: ClaimRow) -> str:
    """Return the name of a line's content as the page shows it."""
    return digest([row.target, row.actual, row.points or "", row.deviation])


def read_lines(sent: Sent, rows: Sequence[ClaimRow], only: str = "") -> Typed:
    """Return what was typed in the lines that may be edited; `only` reads one of them."""
    typed = Typed()
    for row in rows:
        if row.open and f"{row.code}.version" in sent and only in ("", row.code):
            _read_line(sent, row, typed)
    return typed


def _read_line(sent: Sent, row: ClaimRow, typed: Typed) -> None:
    raw = {name: sent.get(f"{row.code}.{name}", "").strip() for name in LINE_FIELDS}
    read: dict[str, str] = {}
    found: list[Problem] = []
    for name, text in raw.items():
        value = _value(row, name, text, found)
        read[name] = value
    if not found and digest([read[name] for name in LINE_FIELDS]) == sent.get(f"{row.code}.seen"):
        return
    typed.mine[row.code] = raw
    typed.problems += found
    if not found:
        version = plain_number(sent.get(f"{row.code}.version", "")) or "0"
        points = read["points"] or None
        line = ClaimLine(row.code, points, read["target"], read["actual"], read["deviation"], int(version))
        typed.lines.append(line)


def _value(row: ClaimRow, name: str, text: str, found: list[Problem]) -> str:
    """Return the value of one input; what is wrong with it is added to `found`."""
    if not text:
        return ""
    path = f"{row.code}-{name}"
    label = f"{row.code} {row.name} 的{LINE_LABELS[name]}"
    try:
        value: str = _READERS[name].deserialize(text)
    except mm.ValidationError as error:
        found.append(Problem(f"{label}：{'；'.join(error.messages)}", path=path, value=text))
        return text
    if name == "points" and not _fits(value, row.max):
        found.append(Problem(f"{label}超出范围", path=path, value=text, allowed=f"0 至 {row.max} 分"))
    return value


def _fits(points: str, full: str | None) -> bool:
    if full is None or exact(full) < 0:
        return True
    return 0 <= exact(points) <= exact(full)


def read_total(sent: Sent) -> tuple[str | None, list[Problem]]:
    """Return the total stated, None if none was."""
    text = sent.get("total", "").strip()
    number = plain_number(text) if text else None
    if text and number is None:
        return None, [Problem("自评总分不是分数；例：96.5", path="total", value=text)]
    return number, []


def read_subprojects(sent: Sent) -> tuple[tuple[SubProject, ...], list[Problem]]:
    """Return the sub-projects typed; a row left empty is no sub-project."""
    rows, problems = [], []
    for number in range(rows_sent(sent)):
        typed = {name: sent.get(f"s{number}.{name}", "").strip() for name in _SUB_FIELDS}
        if not any(typed.values()):
            continue
        if not typed["name"]:
            problems.append(Problem(f"第 {number + 1} 行没有填写子项目名称", path=f"s{number}-name"))
        rows.append(_subproject(typed, number, problems))
    return tuple(rows), problems


_MONEY = tuple(name for name, _, _ in COLUMNS)
_SUB_FIELDS = ("group", "name", *_MONEY, "state", "reason")
MOST_ROWS = 500


def rows_sent(sent: Sent) -> int:
    """Return how many rows of sub-projects a page says it sends, never more than may be."""
    asked = plain_number(sent.get("rows", "0")) or "0"
    return min(int(Fraction(asked)), MOST_ROWS)


def _subproject(typed: Mapping[str, str], number: int, problems: list[Problem]) -> SubProject:
    def read(reader: Any, name: str, label: str) -> Any:
        return _checked(reader, typed[name], f"第 {number + 1} 行{label}", f"s{number}-{name}", problems)

    values: dict[str, Any] = {name: read(Wan(), name, label) for name, label, _ in COLUMNS}
    for name, label, limit in (("name", "名称", 200), ("group", "类别", 120), ("reason", "原因", 1000)):
        values[name] = read(Words(limit=limit), name, label) or ""
    values["state"] = typed["state"]
    if typed["state"] and typed["state"] not in STATES:
        place = f"s{number}-state"
        problems.append(Problem(f"第 {number + 1} 行状态不对", path=place, allowed="、".join(STATES)))
    return SubProject(**values)


def _checked(field_: Any, text: str, label: str, path: str, problems: list[Problem]) -> Any:
    if not text:
        return None
    try:
        return field_.deserialize(text)
    except mm.ValidationError as error:
        problems.append(Problem(f"{label}：{'；'.join(error.messages)}", path=path, value=text))
        return None


def wan_text(fen: int | None) -> str:
    """Return 分 of yuan as the plain number of 万元 that is typed, empty for None."""
    return "" if fen is None else exact_text(Fraction(fen, FEN))


class Count(mm.fields.Field[int]):
    """A whole number of people or forms."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        text = plain_number(value)
        if text is None or "." in text or int(text) < 0:
            raise mm.ValidationError("应为不小于 0 的整数")
        return int(text)


class SurveyForm(Form):
    """A satisfaction survey."""

    population = Count(
        load_default=None, metadata=shown("服务对象总数", "能被调查的人或单位有多少", widget="points")
    )
    invited = Count(load_default=None, metadata=shown("发出问卷", widget="points"))
    answered = Count(load_default=None, metadata=shown("收回问卷", widget="points"))
    excluded = Count(load_default=None, metadata=shown("剔除的无效问卷", "没有的填 0", widget="points"))
    rate = Words(limit=60, load_default="", metadata=shown("满意率", "例：93.5%", widget="points"))
    weights = Words(
        limit=300, load_default="", metadata=shown("各档权重", "例：满意 100、较满意 80、一般 60、不满意 0")
    )
    note = Words(
        limit=3000,
        load_default="",
        metadata=shown("调查说明", "怎样抽样、问了哪些问题、无效问卷为什么剔除", widget="area", rows=5),
    )


def survey_of_page(data: Mapping[str, Any]) -> tuple[Survey, list[Problem]]:
    """Return the survey of a form already read, with what cannot be."""
    survey = Survey(**data)
    order: tuple[tuple[str, str, Callable[[Survey], bool]], ...] = (
        ("invited", "发出的问卷不能多于服务对象总数", lambda s: _more(s.invited, s.population)),
        ("answered", "收回的问卷不能多于发出的", lambda s: _more(s.answered, s.invited)),
        ("excluded", "剔除的问卷不能多于收回的", lambda s: _more(s.excluded, s.answered)),
    )
    return survey, [Problem(text, path=name) for name, text, wrong in order if wrong(survey)]


def _more(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one > other
