from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidError
from service.workflow.deadlines import (
    DEFAULT_WORKING_DAYS,
    TERM_LABELS,
    Deadline,
    Extension,
    Term,
    WorkingCalendar,
    conduct,
    days_late,
    due,
    load_calendar,
    working_days,
)
from service.workflow.facts import Facts

CALENDAR = load_calendar()
PLAIN = WorkingCalendar()


@pytest.mark.parametrize(
    ("start", "days", "expected", "why"),
    [
        ("2024-09-12", 1, "2024-09-13", "the next day"),
        ("2024-09-13", 1, "2024-09-14", "a Saturday worked for 中秋"),
        ("2024-09-14", 1, "2024-09-18", "15 to 17 September are 中秋"),
        ("2024-09-30", 5, "2024-10-12", "国庆 to 7 October, Saturday 12 October worked"),
        ("2026-02-13", 1, "2026-02-14", "a Saturday worked for 春节"),
        ("2026-02-14", 1, "2026-02-24", "春节 to 23 February"),
        ("2023-06-21", 1, "2023-06-25", "端午, then a Sunday worked"),
        ("2025-12-31", 1, "2026-01-04", "元旦 to 3 January, Sunday 4 January worked"),
        ("2024-03-01", 10, "2024-03-15", "two plain weeks"),
    ],
)
def test_a_period_ends_on_the_nth_working_day_after_its_start(
    start: str, days: int, expected: str, why: str
) -> None:
    assert due(date.fromisoformat(start), days, CALENDAR) == date.fromisoformat(expected), why


def test_a_year_without_a_list_counts_weekdays_and_says_so() -> None:
    assert not CALENDAR.knows(date(2040, 10, 1))
    assert CALENDAR.knows(date(2026, 10, 1))
    assert due(date(2040, 9, 30), 1, CALENDAR) == date(2040, 10, 1)


@given(st.dates(date(2017, 6, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_the_end_is_a_working_day_and_counts_back_to_the_length(start: date, days: int) -> None:
    end = due(start, days, CALENDAR)
    assert CALENDAR.works(end)
    assert working_days(start, end, CALENDAR) == days
    assert working_days(start, end - timedelta(days=1), CALENDAR) == days - 1


@pytest.mark.parametrize("days", [0, -1, 1001])
def test_a_length_out_of_range_is_refused(days: int) -> None:
    with pytest.raises(InvalidError, match="工作日数"):
        due(date(2024, 1, 1), days, PLAIN)


def test_an_extension_moves_the_end_and_keeps_its_reason() -> None:
    deadline = Deadline(Term.CONSULTATION, date(2024, 3, 1), 10)
    longer = deadline.extended(Extension(date(2024, 3, 20), "单位来函申请", date(2024, 3, 14)), CALENDAR)
    assert deadline.due_on(CALENDAR) == date(2024, 3, 15)
    assert longer.due_on(CALENDAR) == date(2024, 3, 20)
    assert longer.extensions[0].reason == "单位来函申请"


def test_an_extension_without_reason_or_not_later_names_both() -> None:
    deadline = Deadline(Term.CONSULTATION, date(2024, 3, 1), 10)
    with pytest.raises(InvalidError) as caught:
        deadline.extended(Extension(date(2024, 3, 15), " ", date(2024, 3, 14)), CALENDAR)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("done", "late"), [("2024-09-13", 0), ("2024-09-14", 1), ("2024-09-16", 1), ("2024-09-18", 2)]
)
def test_lateness_counts_working_days_and_any_later_day_is_late(done: str, late: int) -> None:
    assert days_late(date(2024, 9, 13), date.fromisoformat(done), CALENDAR) == late


def test_being_late_on_a_day_off_still_counts_as_late() -> None:
    assert days_late(date(2024, 3, 15), date(2024, 3, 16), CALENDAR) == 1


def test_lateness_and_rounds_are_offered_and_a_clean_record_offers_nothing() -> None:
    assert conduct(Facts()) == ()
    found = conduct(Facts(self_days_late=3, supplement_rounds=2))
    assert [(item.code, item.count, item.unit) for item in found] == [
        ("self_late", 3, "工作日"),
        ("supplement_rounds", 2, "轮"),
    ]


def test_a_broken_calendar_names_every_bad_day(tmp_path: Path) -> None:
    path = tmp_path / "holidays.json"
    years = {"2024": {"holidays": ["2024-02-30", "2024-03-02", "2025-01-01"], "workdays": ["2024-03-04"]}}
    path.write_text(json.dumps({"years": years}), "utf-8")
    with pytest.raises(InvalidError) as caught:
        load_calendar(path)
    assert [problem.value for problem in caught.value.problems] == [
        "2024-02-30",
        "2024-03-02",
        "2025-01-01",
        "2024-03-04",
    ]


def test_every_term_has_a_label_and_a_default_length() -> None:
    assert set(TERM_LABELS) == set(Term) == set(DEFAULT_WORKING_DAYS)
