"""The log answers what was the case then, and who made a field what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit.history import WITHHELD, asof, blame
from service.errors import IntegrityFailureError, InvalidError, NotFoundError
from service.extensions import db
from service.models.evaluation import Evaluation, MoneyFact
from service.models.types import json_text
from service.workflow.actions import Action
from tests.conftest import FrozenClock
from tests.db.conftest import Database

Make = Callable[..., str]


@pytest.fixture
def case(actor: Actor, make_evaluation: Make, frozen_clock: FrozenClock) -> str:
    """Created, renamed after a day, given money after two, renamed again after three."""
    key = make_evaluation()
    frozen_clock.advance(days=1)
    edit(actor, key, "第二名", "更正")
    frozen_clock.advance(days=1)
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.add(MoneyFact(evaluation_id=key, code="b", name="预算", kind="budget", fen=12_345))
        tx.case.facts = {"places": ["一"]}
    frozen_clock.advance(days=1)
    edit(
        replace(actor, played="account-el", source="ab" * 32, on=date(2025, 1, 2)), key, "第三名", "组长要求"
    )
    return key


def edit(actor: Actor, key: str, title: str, reason: str) -> None:
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, reason=reason) as tx:
        tx.case.title = title


def test_the_evaluation_reads_as_it_stood_after_each_entry(database: Database, case: str) -> None:
    titles = [
        asof(db.session(), case, index=index).tables["evaluation"][case].fields["title"] for index in range(4)
    ]
    assert titles == ["某项目", "第二名", "第二名", "第三名"]
    versions = [
        asof(db.session(), case, index=index).tables["evaluation"][case].version for index in range(4)
    ]
    assert versions == [1, 2, 3, 4]
    assert [("money_fact" in asof(db.session(), case, index=index).tables) for index in range(4)] == [
        False, False, True, True,
    ]  # fmt: skip


def test_the_newest_state_is_the_live_row(database: Database, case: str) -> None:
    state = asof(db.session(), case, index=10_000)
    live = db.session.get(Evaluation, case)
    assert live is not None
    then = state.tables["evaluation"][case]
    assert (then.version, then.entry) == (live.version, live.last_audit)
    assert then.fields["title"] == live.title
    assert then.fields["stage"] == live.stage.value
    assert then.fields["facts"] == json_text(live.facts)
    assert then.fields["scores_submitted"] is False
    assert "framework_id" not in then.fields
    (money,) = state.tables["money_fact"].values()
    assert money.fields["fen"] == 12_345
    assert (state.index, state.entry) == (3, live.last_audit)


def test_a_moment_is_answered_by_what_was_committed_up_to_it(
    database: Database, case: str, frozen_clock: FrozenClock
) -> None:
    start = frozen_clock.at - timedelta(days=3)
    for days, title in (
        (0, "某项目"),
        (0.9, "某项目"),
        (1, "第二名"),
        (2.5, "第二名"),
        (3, "第三名"),
        (99, "第三名"),
    ):
        state = asof(db.session(), case, moment=start + timedelta(days=days))
        assert state.tables["evaluation"][case].fields["title"] == title
    with pytest.raises(NotFoundError):
        asof(db.session(), case, moment=start - timedelta(seconds=1))


def test_another_evaluation_does_not_appear(database: Database, case: str, make_evaluation: Make) -> None:
    other = make_evaluation("E2")
    assert set(asof(db.session(), case, index=99).tables["evaluation"]) == {case}
    assert asof(db.session(), other, index=99).index == 4


def test_the_question_must_be_one_question(database: Database, case: str, frozen_clock: FrozenClock) -> None:
    with pytest.raises(InvalidError):
        asof(db.session(), case)
    with pytest.raises(InvalidError):
        asof(db.session(), case, index=1, moment=frozen_clock.at)
    with pytest.raises(NotFoundError):
        asof(db.session(), "unknown", index=1)


def test_blame_names_every_entry_that_set_the_field(database: Database, case: str, actor: Actor) -> None:
    touches = blame(db.session(), case, "evaluation", case, "title")
    assert [(each.index, each.before, each.after, each.reason) for each in touches] == [
        (0, None, "某项目", ""),
        (1, "某项目", "第二名", "更正"),
        (3, "第二名", "第三名", "组长要求"),
    ]
    last = touches[-1]
    assert (last.actor, last.role, last.on_behalf) == (actor.account, "EV", "account-el")
    assert (last.action, last.on) == ("evaluation.edit", "2025-01-02")
    assert touches[0].on is None


def test_blame_opens_committed_texts(database: Database, case: str) -> None:
    touches = blame(db.session(), case, "evaluation", case, "facts")
    assert [(each.before, each.after) for each in touches] == [(None, "{}"), ("{}", '{"places":["一"]}')]


def test_a_field_nobody_set_has_no_history(database: Database, case: str) -> None:
    assert blame(db.session(), case, "evaluation", case, "framework_id") == ()
    assert blame(db.session(), "other", "evaluation", case, "title") == ()


def test_rows_without_an_evaluation_have_a_history_too(database: Database, make_account: Make) -> None:
    key = make_account("expert")
    (touch,) = blame(db.session(), None, "account", key, "login")
    assert (touch.before, touch.after) == (None, "expert")


def test_an_erased_text_reads_withheld_and_the_rest_stays_readable(sqlite: Database, case: str) -> None:
    erase(sqlite, "salt = NULL, body = NULL")
    assert blame(db.session(), case, "evaluation", case, "facts")[-1].after == WITHHELD
    assert asof(db.session(), case, index=9).tables["evaluation"][case].fields["facts"] == WITHHELD
    assert blame(db.session(), case, "evaluation", case, "title")[-1].reason == WITHHELD


@pytest.mark.parametrize("change", ["body = '\"别的\"'", "salt = '0'"])
def test_a_forged_text_is_not_shown(sqlite: Database, case: str, change: str) -> None:
    erase(sqlite, change)
    with pytest.raises(IntegrityFailureError):
        blame(db.session(), case, "evaluation", case, "facts")
    with pytest.raises(IntegrityFailureError):
        asof(db.session(), case, index=9)


def erase(database: Database, change: str) -> None:
    """Set every disclosure, as somebody with the file in hand could."""
    db.session.rollback()
    with database.engine() as engine, engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text(f"UPDATE audit_disclosure SET {change}"))


def test_a_split_entry_is_replayed_whole(database: Database, actor: Actor, make_evaluation: Make) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        for number in range(600):
            tx.add(MoneyFact(evaluation_id=key, code=f"c{number}", name="预算", kind="budget", fen=number))
    state = asof(db.session(), key, index=99)
    rows = state.tables["money_fact"]
    assert state.index > 1
    assert sorted(row.fields["fen"] for row in rows.values()) == list(range(600))
    live = db.session.query(MoneyFact).all()
    assert {row.id: row.last_audit for row in live} == {pk: row.entry for pk, row in rows.items()}
