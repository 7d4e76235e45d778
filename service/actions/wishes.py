"""How a person wants his own pages: kept beside his account, seen by nobody else, in no history."""

from __future__ import annotations

import re
from datetime import datetime

from service.actions.housekeeping import housekeeping
from service.errors import InvalidError, Problem
from service.models.operational import Preference
from service.queries.logins import KEY_NAMES, Wishes

TAKEN = "DEF"
"""Keys the browsers use with Alt themselves."""
ALLOWED = f"一个字母（{'、'.join(TAKEN)} 由浏览器占用）或 /"


def keep_wishes(account: str, wishes: Wishes, *, at: datetime) -> None:
    """The account's pages listen to these keys from the next one on.

    Raises:
        InvalidError: a key is none, taken by the browser, or given twice.
    """
    problems = [
        Problem(f"“{KEY_NAMES[act]}”的按键不能用", path=act, value=key, allowed=ALLOWED)
        for act, key in wishes.letters.items()
        if not re.fullmatch("[A-Z/]", key) or key in TAKEN
    ]
    twice = {key for key in wishes.letters.values() if list(wishes.letters.values()).count(key) > 1}
    problems += [
        Problem(f"“{KEY_NAMES[act]}”的按键与别的相同", path=act, value=key, allowed="各不相同")
        for act, key in wishes.letters.items()
        if key in twice
    ]
    if problems:
        raise InvalidError(problems)
    data = {"keys": wishes.keys, "letters": dict(wishes.letters)}
    with housekeeping() as session:
        row = session.get(Preference, account)
        if row is None:
            session.add(Preference(account_id=account, data=data, saved_at=at))
        else:
            row.data, row.saved_at = data, at
