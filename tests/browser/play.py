"""A case file being entered at the pages: the file, whose hands, and what every act shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page

from service import clock
from service.cases.acts import Planned
from service.cases.script import Act
from service.cases.source import CaseFile
from tests.browser.hands import Hands

LEFT_OUT = (
    "原件所印数字的核对清单（quotations）、替身标记、案例文件摘要：由回放登记，人不录入",
    "没有写明分数的扣分（amount: not_stated）：表单要求写分数，这几处的得分由裁量调整给出",
    "资金的分组、方案里没有格子的项目、非末级指标的说明",
    "问题和建议的小项：并入正文",
    "财政部门、委托方、供应商、监理等没有办理事项的单位",
)


@dataclass
class Play:
    """A case file being entered: whose hands, and the numbers the site gave to what it names.

    Args:
        codes: number on the site, or short code on paper, by code of the case file.
        reasons: what a deduction or adjustment says since it was changed, by code of the case file.
    """

    file: CaseFile
    planned: Planned
    hands: Hands
    codes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def now(self, item: Any) -> str:
        """What a deduction or adjustment says now."""
        return self.reasons.get(item.code, str(item.reason))

    @property
    def today(self) -> date:
        """The day on which everything is done."""
        return clock.local_date(clock.now())

    @property
    def later(self) -> date:
        """A day every due date may be set to."""
        return self.today + timedelta(days=30)

    def evidence(self, code: str) -> str:
        """The words by which a piece is found in a list."""
        return next(e.name for e in self.file.case.evidence if e.code == code)


Handler = Callable[[Play, Act], object]


def plain(name: str, at: str = "", **values: Any) -> Handler:
    """An act whose form takes only what is given here."""
    return lambda play, act: do(play, act, name, values, at)


def do(play: Play, act: Act, name: str, values: Mapping[str, Any], at: str = "") -> Page:
    """The act is done by its own person; what is empty is left alone. The page that follows."""
    given = {k: v for k, v in values.items() if v not in ("", (), None)}
    return play.hands.act(act.by, name, given, at=at)


def cut(text: str) -> str:
    """The words of a text a list of choices shows for certain."""
    return " ".join(text.split())[:30]
