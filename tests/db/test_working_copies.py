"""A person's working copy saved at two desks at once: one is kept, the other is told."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from service.actions.unsaved import keep_unsaved
from service.actions.workingcopies import keep_copy
from service.errors import StaleError
from service.extensions import db
from service.models.operational import Draft
from tests.db.conftest import Database
from tests.db.test_concurrency import together

ROUNDS = 6


def _stamp(database: Database) -> str:
    with database.engine() as engine, engine.connect() as connection:
        found = connection.execute(select(Draft.saved_at)).scalar_one_or_none()
    return found.isoformat() if found else ""


def _saves(stamp: str, words: str) -> Callable[[], None]:
    return lambda: keep_copy("account-el", "plan.amend", "case", {"text": words}, stamp=stamp)


def test_of_two_saves_of_one_state_one_is_kept_and_one_is_told(database: Database) -> None:
    for number in range(ROUNDS):
        stamp = _stamp(database)
        raised = together(database, [_saves(stamp, f"甲{number}"), _saves(stamp, f"乙{number}")])
        assert sorted(type(error).__name__ for error in raised) == ["NoneType", StaleError.__name__]
        winner = ("甲", "乙")[raised.index(None)]
        db.session.rollback()
        assert db.session.scalars(select(Draft.data)).one() == {"text": f"{winner}{number}"}


def test_two_first_drafts_at_once_leave_one(database: Database) -> None:
    def keep(words: str) -> Callable[[], None]:
        return lambda: keep_unsaved(
            "account-el", "writing", "case:section/a", evaluation="case", version=0, data={"body": words}
        )

    assert together(database, [keep("甲"), keep("乙")]) == [None, None]
    assert db.session.scalars(select(Draft.data)).one()["body"] in ("甲", "乙")
