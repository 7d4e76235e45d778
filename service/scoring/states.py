"""Missing values are states of their own, never zero; the framework names how each is treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Why there is no value."""

    NOT_GIVEN = "not_given"
    NOT_SEEN = "not_seen"
    NOT_DUE = "not_due"
    NOT_MEASURABLE = "not_measurable"
    NOT_APPLICABLE = "not_applicable"
    NOT_STATED = "not_stated"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _STATES[self]


class Treat(StrEnum):
    """What a missing value does to the points."""

    WORST = "worst"
    ZERO = "zero"
    MET = "met"
    UNMET = "unmet"
    LEVEL = "level"
    DROPPED = "dropped"
    MOVED = "moved"
    NOT_SCORED = "not_scored"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _TREATS[self]


_STATES = {
    State.NOT_GIVEN: "未提供",
    State.NOT_SEEN: "未见",
    State.NOT_DUE: "未到期",
    State.NOT_MEASURABLE: "无法计量",
    State.NOT_APPLICABLE: "不适用",
    State.NOT_STATED: "来源未载",
}
_TREATS = {
    Treat.WORST: "按最低档",
    Treat.ZERO: "得 0 分",
    Treat.MET: "视同达到",
    Treat.UNMET: "视同未达到",
    Treat.LEVEL: "按指定档",
    Treat.DROPPED: "去掉并按比例分摊",
    Treat.MOVED: "分值移到其他指标",
    Treat.NOT_SCORED: "不评分",
}


@dataclass(frozen=True, slots=True)
class Treatment:
    """One treatment with its ground; `level`, `to`, `within` as the treatment needs them."""

    treat: Treat
    ground: str = ""
    level: str = ""
    to: str = ""
    within: str = ""


Missing = Mapping[State, Treatment]
NOT_SCORED = Treatment(Treat.NOT_SCORED)


class NotComputableError(Exception):
    """Inside the engine: a figure cannot be had; `state` says whether a missing value is the cause.

    Never leaves `service.scoring`: the line carries the reason instead.
    """

    def __init__(self, reason: str, *, state: State | None = None) -> None:
        self.reason = reason
        self.state = state
        super().__init__(reason)


class ZeroDenominatorError(NotComputableError):
    """A ratio's denominator is zero and the framework may say what that gives."""
