"""What an auditor asks of all cases at once: a closed list of questions, and how an answer is narrowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from fractions import Fraction

from service.errors import InvalidError, Problem
from service.scoring.quantities import exact, exact_text, is_exact

PAGE = 40
LONGEST = 80
MOST_POINTS, MOST_PERCENT, MOST_LENGTH = Fraction(1000), Fraction(100), 500


class Question(Enum):
    """One question; its value is public."""

    LATE = "late"
    JUMP = "jump"
    DEVIATION = "deviation"
    REFUSED = "refused"
    IDENTICAL = "identical"
    FULL = "full"
    AHEAD = "ahead"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _TOLD[self][0]

    @property
    def meaning(self) -> str:
        """Return what exactly is found, in one sentence."""
        return _TOLD[self][1]

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """Return value and words of the kinds its answers may be narrowed to."""
        return _KINDS.get(self, ())

    @property
    def of_scores(self) -> bool:
        """Return whether everything it finds is of the team's scores."""
        return self in (Question.JUMP, Question.DEVIATION, Question.IDENTICAL)


_TOLD = {
    Question.LATE: (
        "征求意见后的改动",
        "第一份征求意见稿发出之后，评分、自评数据、资金、核查发现、佐证材料或指标体系又有新增或修改",
    ),
    Question.JUMP: (
        "得分跳变",
        "评价组提交评分（单位自评为报送）之后，一条留痕使某项指标或总分的变动达到所设分数",
    ),
    Question.DEVIATION: (
        "裁量调整偏离规则",
        "评定得分不是规则算出的得分，凭裁量调整另定；并提示理由过短或与他处相同",
    ),
    Question.REFUSED: (
        "被拒绝的操作",
        "系统拒绝了的办理，包括提出人与确认人为同一人、越权和条件不具备；不属于任何案卷的，审计员可查阅指标体系、"
        "模板、立项等业务，账户、授权、令牌和密钥由审计管理员查阅。登录失败不写入留痕，见服务日志",
    ),
    Question.IDENTICAL: ("分表得分雷同", "同一评价的几张评分表，各项指标得分逐项相同"),
    Question.FULL: ("全部满分", "自评各项指标全部满分，或最近一次冻结的总分等于满分"),
    Question.AHEAD: ("完成明显快于执行", "自评指标得分率超过预算执行率，相差超过得分率的所设比例"),
}
_KINDS = {
    Question.LATE: (("scores", "评分"), ("facts", "数据和指标体系"), ("evidence", "佐证材料")),
    Question.DEVIATION: (("weak", "理由过短或雷同"), ("short", "理由过短"), ("same", "理由雷同")),
    Question.REFUSED: (("self", "自提自批"), ("outside", "案卷之外"), ("other", "其他")),
    Question.FULL: (("claimed", "自评"), ("awarded", "评定")),
}
JUMP_POINTS, JUMP_TOTAL = Fraction(2), Fraction(3)
AHEAD_PERCENT, SHORT_REASON = Fraction(5), 15


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What is asked; empty members narrow nothing down.

    Args:
        organisation: id of an organisation that is a party of the case.
        case: part of the number, title or subject.
        since, until: days on which the entry was written, in China.
        points: 分 of one indicator that count as a jump, or that a decision must be off the rule.
        total: 分 of the total that count as a jump; `percent` of the rate reached for AHEAD.
        length: characters below which a reason is short.
    """

    question: Question = Question.LATE
    kind: str = ""
    organisation: str = ""
    year: str = ""
    case: str = ""
    since: date | None = None
    until: date | None = None
    points: Fraction | None = None
    total: Fraction = JUMP_TOTAL
    percent: Fraction = AHEAD_PERCENT
    length: int = SHORT_REASON
    page: int = 1

    @property
    def limit(self) -> Fraction:
        """Return the 分 asked for, those usual for the question if none are."""
        usual = JUMP_POINTS if self.question is Question.JUMP else Fraction(0)
        return usual if self.points is None else self.points

    def asking(self, question: Question) -> AuditSearch:
        """Return the same filter for another question: all kinds, usual points, first page."""
        return replace(self, question=question, kind="", points=None, page=1)

    @property
    def query(self) -> dict[str, str]:
        """Return what differs from the usual as arguments of an address, without the page."""
        plain = {
            "question": self.question.value,
            "kind": self.kind,
            "organisation": self.organisation,
            "year": self.year,
            "case": self.case,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "points": exact_text(self.points) if self.points is not None else "",
            "total": "" if self.total == JUMP_TOTAL else exact_text(self.total),
            "percent": "" if self.percent == AHEAD_PERCENT else exact_text(self.percent),
            "length": "" if self.length == SHORT_REASON else str(self.length),
        }
        return {name: value for name, value in plain.items() if value}


def search_of(typed: dict[str, str]) -> AuditSearch:
    """Return the search that was typed.

    Raises:
        InvalidError: with everything that cannot be read or is out of bounds.
    """
    words = {name: value.strip()[:LONGEST] for name, value in typed.items()}
    reading = _Reading(words)
    question = next((q for q in Question if q.value == words.get("question")), None)
    if words.get("question") and question is None:
        reading.wrong("question", "没有这个问题", "、".join(q.value for q in Question))
    question = question or Question.LATE
    kind = words.get("kind", "")
    if kind and kind not in dict(question.kinds):
        reading.wrong("kind", "没有这一类", "、".join(dict(question.kinds)) or "不填")
    points = reading.number("points", MOST_POINTS) if words.get("points") else None
    made = AuditSearch(
        question, kind, words.get("organisation", ""), words.get("year", ""), words.get("case", ""),
        since=reading.day("since"), until=reading.day("until"), points=points,
        total=reading.number("total", MOST_POINTS, JUMP_TOTAL),
        percent=reading.number("percent", MOST_PERCENT, AHEAD_PERCENT),
        length=int(reading.number("length", Fraction(MOST_LENGTH), Fraction(SHORT_REASON), whole=True)),
        page=int(reading.number("page", Fraction(10**6), Fraction(1), whole=True)),
    )  # fmt: skip
    reading.demand()
    return made


class _Reading:
    """Reads typed values and keeps everything that is wrong with them."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words
        self._problems: list[Problem] = []

    def wrong(self, name: str, message: str, allowed: str) -> None:
        """One more value is wrong."""
        self._problems.append(Problem(message, path=name, value=self._words.get(name, ""), allowed=allowed))

    def number(
        self, name: str, most: Fraction, usual: Fraction = Fraction(0), *, whole: bool = False
    ) -> Fraction:
        """Return the number typed, `usual` if none was."""
        text = self._words.get(name, "")
        if not text:
            return usual
        found = exact(text) if is_exact(text) and len(text) <= 12 else None
        if found is None or not 0 <= found <= most or (whole and found.denominator != 1):
            self.wrong(name, "不是可用的数", f"0 至 {exact_text(most)}{' 的整数' if whole else ''}")
            return usual
        return found

    def day(self, name: str) -> date | None:
        """Return the day typed, None if none was."""
        text = self._words.get(name, "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.wrong(name, "不是日期", "如 2025-03-05")
            return None

    def demand(self) -> None:
        """Accept only if nothing was wrong."""
        if self._problems:
            raise InvalidError(self._problems)
