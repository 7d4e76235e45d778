"""The working days measures count with: the same 节假日 and 调休 the deadlines know."""

from __future__ import annotations

from functools import cache

from service.scoring.arithmetic import Calendar
from service.workflow.deadlines import load_calendar


@cache
def work_calendar() -> Calendar:
    """Return the calendar for ``workdays`` in measures; in a year not listed weekdays count."""
    known = load_calendar()
    return Calendar(known.holidays, known.workdays)
