"""Due dates in working days, with 法定节假日 and 调休 as data.

- A period of n working days ends on the n-th working day after the day it starts on; the start
  itself does not count (民法典 art 201). Business dates, not moments: the end is the whole day.
- `holidays.json` lists the weekdays off and the weekend days worked, per year. In a year it does
  not list, weekdays count and weekends do not, and `knows` says so, so that a page can say it too.
- An extension needs a reason and only ever moves the end later.
- Lateness is counted, never refused: `conduct` lists what a framework may take points for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path

from service.errors import InvalidError, Problem
from service.workflow.facts import Facts

HOLIDAYS = Path(__file__).with_name("holidays.json")
MAX_WORKING_DAYS = 1000


class Term(Enum):
    """What has to be done in time."""

    SELF_ASSESSMENT = "self_assessment"
    SUPPLEMENT = "supplement"
    CONSULTATION = "consultation"
    CORRECTION_OBJECTION = "correction_objection"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return TERM_LABELS[self]


TERM_LABELS: dict[Term, str] = {
    Term.SELF_ASSESSMENT: "报送自评",
    Term.SUPPLEMENT: "答复补正",
    Term.CONSULTATION: "反馈意见",
    Term.CORRECTION_OBJECTION: "对结果提出异议",
}

# Where no local rule speaks; every case may set its own.
DEFAULT_WORKING_DAYS: dict[Term, int] = {
    Term.SELF_ASSESSMENT: 10,
    Term.SUPPLEMENT: 5,
    Term.CONSULTATION: 10,
    Term.CORRECTION_OBJECTION: 5,
}


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Weekdays off, weekend days worked, and the years these are known for."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def works(self, day: date) -> bool:
        """Return whether `day` is a working day."""
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)

    def knows(self, day: date) -> bool:
        """Return whether the holidays of that year are listed, or weekdays stand in for them."""
        return day.year in self.years


@dataclass(frozen=True, slots=True)
class Extension:
    """One 延期: the new last day, why, and when it was granted."""

    until: date
    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class Deadline:
    """One period: what it is for, the day it starts on, its length, and its extensions in order.

    Args:
        days: length in working days, positive.
    """

    term: Term
    start: date
    days: int
    extensions: tuple[Extension, ...] = ()

    def due_on(self, calendar: WorkingCalendar) -> date:
        """Return the last day on which the thing is in time."""
        last = due(self.start, self.days, calendar)
        return max([last, *(extension.until for extension in self.extensions)])

    def extended(self, extension: Extension, calendar: WorkingCalendar) -> Deadline:
        """Return this period with `extension` added.

        Raises:
            InvalidError: without a reason, or if the end would not move later.
        """
        problems = []
        if not extension.reason.strip():
            problems.append(Problem("延期没有写明理由"))
        if extension.until <= (end := self.due_on(calendar)):
            problems.append(
                Problem("延期后的期限须晚于原期限", value=str(extension.until), allowed=f"{end}之后")
            )
        if problems:
            raise InvalidError(problems)
        return Deadline(self.term, self.start, self.days, (*self.extensions, extension))


def load_calendar(path: Path = HOLIDAYS) -> WorkingCalendar:
    """Return the calendar in `path`, JSON: ``years`` → year → ``holidays``, ``workdays`` as ISO dates.

    Raises:
        InvalidError: naming every day that is no date, lies in another year, or needs no entry.
    """
    document = json.loads(path.read_text("utf-8"))
    problems: list[Problem] = []
    holidays: set[date] = set()
    workdays: set[date] = set()
    for year, listed in document["years"].items():
        place = f"years.{year}"
        holidays |= _days(listed["holidays"], year, f"{place}.holidays", weekend=False, problems=problems)
        workdays |= _days(listed["workdays"], year, f"{place}.workdays", weekend=True, problems=problems)
    if problems:
        raise InvalidError(problems)
    return WorkingCalendar(frozenset(holidays), frozenset(workdays), frozenset(map(int, document["years"])))


def _days(
    texts: Iterable[str], year: str, place: str, *, weekend: bool, problems: list[Problem]
) -> set[date]:
    """Return the days of `texts`; add what is wrong with them to `problems`."""
    found: set[date] = set()
    for text in texts:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            problems.append(Problem("不是日期", path=place, value=text, allowed="2026-10-01"))
            continue
        if str(day.year) != year:
            problems.append(Problem("不在该年度内", path=place, value=text))
        if (day.weekday() >= 5) is not weekend:
            allowed = "周六、周日的上班日" if weekend else "周一至周五的放假日"
            problems.append(Problem("不需要列出", path=place, value=text, allowed=allowed))
        found.add(day)
    return found


def due(start: date, days: int, calendar: WorkingCalendar) -> date:
    """Return the `days`-th working day after `start`.

    Raises:
        InvalidError: if `days` is not between 1 and 1000.
    """
    if not 1 <= days <= MAX_WORKING_DAYS:
        raise InvalidError(Problem("工作日数不对", value=str(days), allowed=f"1至{MAX_WORKING_DAYS}"))
    day = start
    while days:
        day += timedelta(days=1)
        days -= calendar.works(day)
    return day


def working_days(after: date, until: date, calendar: WorkingCalendar) -> int:
    """Return how many working days lie after `after` up to and including `until`; 0 if none."""
    length = max((until - after).days, 0)
    return sum(calendar.works(after + timedelta(days=number)) for number in range(1, length + 1))


def days_late(due_on: date, done_on: date, calendar: WorkingCalendar) -> int:
    """Return the lateness in working days, at least 1 on any later day, 0 in time."""
    return max(working_days(due_on, done_on, calendar), 1) if done_on > due_on else 0


@dataclass(frozen=True, slots=True)
class Conduct:
    """One thing about 自评工作质量 that a framework may take points for; `count` in `unit`."""

    code: str
    label: str
    count: int
    unit: str


def conduct(facts: Facts) -> tuple[Conduct, ...]:
    """Return what to offer as deductions: late self-assessment, rounds of 补正; nothing if clean."""
    kinds = (
        Conduct("self_late", "自评报送逾期", facts.self_days_late, "工作日"),
        Conduct("supplement_rounds", "材料补正", facts.supplement_rounds, "轮"),
    )
    return tuple(item for item in kinds if item.count > 0)
