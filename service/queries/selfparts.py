"""The parts of a 自评 that are no indicator lines: sub-projects, survey and texts, as kept in its `body`.

- `SUBPROJECTS` and `SURVEY` are structured; every other key is the title of a text.
- Money is in 分 of yuan; a part nobody filled is empty, never guessed.
- `digest` names what somebody saw of a part, so that a later save notices another person's change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

import orjson

SUBPROJECTS, SURVEY, FINISHED = "subprojects", "survey", "finished"
TEXTS, TOTAL = "texts", "total"
PART_LABELS = {SUBPROJECTS: "资金与子项目", SURVEY: "满意度调查", TEXTS: "自评文字", TOTAL: "自评总分"}
PROBLEMS, REPORT = "存在问题与整改", "自评报告"
TITLES = (PROBLEMS, REPORT)
STATES = ("已完成", "进行中", "未开展", "已取消")
NOT_STARTED = frozenset({"未开展", "已取消"})
TOLERANCE = 10_000
"""0.01 万元 in 分: what sums of rounded figures may be apart by (尾差)."""
LEAST_ANSWERED = Fraction(1, 3)


@dataclass(frozen=True, slots=True)
class SubProject:
    """One sub-project: 批复, 调整后, 到位, 支出, 结余 in 分, how far it is and why not further."""

    name: str
    group: str = ""
    approved: int | None = None
    adjusted: int | None = None
    received: int | None = None
    paid: int | None = None
    balance: int | None = None
    state: str = ""
    reason: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return it as the body keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Survey:
    """A satisfaction survey: who could be asked, who was, who answered, what was left out."""

    population: int | None = None
    invited: int | None = None
    answered: int | None = None
    excluded: int | None = None
    rate: str = ""
    weights: str = ""
    note: str = ""

    @property
    def filled(self) -> bool:
        """Return whether anything is said."""
        return any(value not in (None, "") for value in asdict(self).values())

    @property
    def valid(self) -> int | None:
        """Return the answers that count."""
        return None if self.answered is None else self.answered - (self.excluded or 0)

    def to_plain(self) -> dict[str, Any]:
        """Return it as the body keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Foot:
    """A sum of sub-projects beside the money fact it should make; `gap` in 分, None if one is missing."""

    label: str
    summed: int | None
    stated: int | None = None
    fact: str = ""

    @property
    def gap(self) -> int | None:
        """Return by how much the sum differs."""
        return None if self.stated is None or self.summed is None else self.summed - self.stated

    @property
    def verdict(self) -> str:
        """Return what to make of it."""
        if self.gap is None:
            return "未核对"
        return "相符" if self.gap == 0 else "尾差" if abs(self.gap) <= TOLERANCE else "不符"


COLUMNS = (
    ("approved", "批复", "budget"),
    ("adjusted", "调整后", "adjusted"),
    ("received", "到位", "arrived"),
    ("paid", "支出", "paid"),
    ("balance", "结余", ""),
)
"""Column of a sub-project, its label, and the kind of money fact its sum is checked against."""


def digest(value: Any) -> str:
    """Return a short name of the content of a part; the same content has the same name."""
    if value in (None, "", [], {}, ()):
        return "0"
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def subprojects_of(body: Mapping[str, Any]) -> tuple[SubProject, ...]:
    """Return the sub-projects kept in a body."""
    known = {field.name for field in fields(SubProject)}
    rows = body.get(SUBPROJECTS) or ()
    return tuple(SubProject(**{k: v for k, v in row.items() if k in known}) for row in rows)


def survey_of(body: Mapping[str, Any]) -> Survey:
    """Return the survey kept in a body, an empty one if there is none."""
    known = {field.name for field in fields(Survey)}
    return Survey(**{k: v for k, v in (body.get(SURVEY) or {}).items() if k in known})


def texts_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts kept in a body by title, the usual titles first."""
    kept = {k: v for k, v in body.items() if isinstance(v, str)}
    return {title: kept.get(title, "") for title in TITLES} | kept


def seen_parts(body: Mapping[str, Any], total: str | None) -> dict[str, str]:
    """Return the name of what stands in each part besides the lines."""
    return {
        SUBPROJECTS: digest(body.get(SUBPROJECTS)),
        SURVEY: digest(body.get(SURVEY)),
        TEXTS: digest({k: v for k, v in texts_of(body).items() if v}),
        TOTAL: digest(total),
    }


def parts_touched(before: Mapping[str, Any], change: Mapping[str, Any]) -> set[str]:
    """Return which parts a change of the body really changes."""
    touched = {key for key, value in change.items() if before.get(key) != value}
    return {key if key in (SUBPROJECTS, SURVEY) else TEXTS for key in touched - {FINISHED}}


def cross_foot(rows: Sequence[SubProject], money: Iterable[tuple[str, str, int | None]]) -> tuple[Foot, ...]:
    """Return the sum of each column beside what it should make.

    `money` is kind, name and 分 of the facts of the case; the largest of a kind counts.
    """
    largest: dict[str, tuple[int, str]] = {}
    for kind, name, fen in money:
        if fen is not None and (kind not in largest or fen > largest[kind][0]):
            largest[kind] = (fen, name)
    feet = []
    for column, label, kind in COLUMNS:
        values = [v for v in (getattr(row, column) for row in rows) if v is not None]
        stated, fact = largest.get(kind, (None, ""))
        feet.append(Foot(label, sum(values) if values else None, stated, fact))
    return tuple(feet)


def fund_remarks(rows: Sequence[SubProject], feet: Iterable[Foot]) -> list[str]:
    """Return what a reader of the sub-projects would ask about."""
    found = [f"{row.name}：{row.state}，须写明原因并附证明材料" for row in rows if _unexplained(row)]
    for row in rows:
        if None not in (row.received, row.paid, row.balance) and _left(row) != row.balance:
            found.append(f"{row.name}：结余不等于到位减支出")
    found += [f"{f.label}合计与“{f.fact}”相差超过 0.01 万元" for f in feet if f.verdict == "不符"]
    return found


def _unexplained(row: SubProject) -> bool:
    return row.state in NOT_STARTED and not row.reason.strip()


def _left(row: SubProject) -> int:
    return (row.received or 0) - (row.paid or 0)


def survey_remarks(survey: Survey) -> list[str]:
    """Return what weakens a survey; nothing if none was filled in."""
    found = []
    asked, answered = survey.invited, survey.answered
    if asked and answered is not None and Fraction(answered, asked) < LEAST_ANSWERED:
        found.append(f"发出 {asked} 份、收回 {answered} 份，不足三分之一，满意率的代表性不足")
    if survey.population and asked and Fraction(asked, survey.population) < LEAST_ANSWERED:
        found.append(f"服务对象 {survey.population} 个，只调查了 {asked} 个，不足三分之一，请说明抽样方法")
    if survey.filled and answered is None:
        found.append("没有填写收回的份数")
    if survey.rate and not survey.note:
        found.append("请说明问卷问了什么、满意率怎样计算")
    return found
