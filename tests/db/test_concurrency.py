"""Two writers: nothing is lost, nothing is written twice, the log has no gap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import select

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit.merkle import Frontier, root_of
from service.errors import RepeatedError, ServiceError, StaleError, UnavailableError
from service.extensions import db
from service.models.audit import AuditEntry, AuditHead
from service.models.evaluation import Evaluation, MoneyFact
from service.models.operational import IdempotencyRecord
from service.models.organisation import Account
from service.workflow.actions import Action
from tests.db.conftest import Database

Make = Callable[..., str]
TRIES = 8


def together(database: Database, bodies: Sequence[Callable[[], None]]) -> list[BaseException | None]:
    """Run the bodies at once, each in a thread and app context of its own; return what each raised."""
    start = threading.Barrier(len(bodies))
    raised: list[BaseException | None] = [None] * len(bodies)

    def run(number: int) -> None:
        with database.app.app_context():
            start.wait(120)
            try:
                bodies[number]()
            except BaseException as error:
                raised[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
        assert not thread.is_alive()
    return raised


def assert_log_is_whole(database: Database) -> None:
    with database.engine() as engine, engine.connect() as connection:
        rows = connection.execute(
            select(AuditEntry.leaf_index, AuditEntry.leaf_hash).order_by(AuditEntry.id)
        ).all()
        head = connection.execute(select(AuditHead.size, AuditHead.frontier)).one()
    assert [row.leaf_index for row in rows] == list(range(head.size))
    assert Frontier.unpack(head.size, bytes(head.frontier)).root() == root_of(
        bytes(row.leaf_hash) for row in rows
    )


def test_of_two_edits_of_one_version_one_wins_and_the_other_is_stale(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    for version in range(1, TRIES + 1):

        def edit(title: str, seen: int = version) -> None:
            with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
                tx.expect(tx.case, seen)
                tx.case.title = title

        raised = together(database, [partial(edit, f"甲{version}"), partial(edit, f"乙{version}")])
        assert sorted(type(error).__name__ for error in raised) == ["NoneType", "StaleError"]
    changes = [entry["changes"][0] for entry in database.entries()[1:]]
    assert [change["rev"] for change in changes] == list(range(2, TRIES + 2))
    assert_log_is_whole(database)


def test_changes_from_many_writers_follow_one_another_without_a_break(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    keys = [make_evaluation(f"E{number}") for number in range(2)]

    def write(name: str) -> None:
        for number in range(TRIES):
            with transaction(actor, Action.EVALUATION_EDIT, evaluation=keys[number % 2]) as tx:
                tx.case.title = f"{name}{number}"
                tx.add(
                    MoneyFact(
                        evaluation_id=tx.case.id, code=f"{name}{number}", name="n", kind="k", fen=number
                    )
                )

    assert together(database, [lambda n=name: write(n) for name in "甲乙丙丁"]) == [None] * 4  # type: ignore[misc]
    entries = database.entries()
    assert len(entries) == 2 + 4 * TRIES
    for key in keys:
        title, rev = "某项目", 1
        for entry in entries[2:]:
            for change in entry["changes"]:
                if change["pk"] == key:
                    assert (change["f"]["title"][0], change["rev"]) == (title, rev + 1)
                    title, rev = change["f"]["title"][1], change["rev"]
        row = db.session.get(Evaluation, key)
        assert row is not None
        assert (row.title, row.version) == (title, rev)
    assert_log_is_whole(database)


def test_a_row_without_an_evaluation_is_not_lost_either(
    database: Database, actor: Actor, make_account: Make
) -> None:
    key = make_account()

    def count() -> None:
        for _ in range(TRIES):
            with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
                row = tx.get(Account, key)
                row.epoch = row.epoch + 1

    assert together(database, [count, count, count]) == [None] * 3
    row = db.session.get(Account, key)
    assert row is not None
    assert (row.epoch, row.version) == (3 * TRIES, 3 * TRIES + 1)


def test_a_row_read_before_another_writer_changed_it_is_stale(
    postgresql: Database, actor: Actor, make_account: Make
) -> None:
    key = make_account()
    read, written = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
            row = tx.session.get(Account, key)
            assert row is not None
            read.set()
            written.wait(120)
            row.duty = "慢"

    def quick() -> None:
        read.wait(120)
        with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
            tx.get(Account, key).duty = "快"
        written.set()

    raised = together(postgresql, [slow, quick])
    assert [type(error) for error in raised] == [StaleError, type(None)]
    assert db.session.get(Account, key).duty == "快"  # type: ignore[union-attr]
    assert len(postgresql.entries()) == 2


def test_of_many_uses_of_one_key_exactly_one_takes_effect(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()

    def ask() -> None:
        with transaction(actor, Action.SCORE_INPUT, idempotency_key="one") as tx:
            tx.add(MoneyFact(evaluation_id=key, code=tx.entry_id, name="n", kind="k", fen=1))
            tx.result = {"entry": tx.entry_id}

    raised = together(database, [ask] * 6)
    answers = [error for error in raised if isinstance(error, RepeatedError)]
    assert raised.count(None) == 1
    assert len(answers) == 5
    assert {(error.entry_id, str(error.result)) for error in answers} == {
        (answers[0].entry_id, f"{{'entry': '{answers[0].entry_id}'}}")
    }
    assert database.count(MoneyFact) == database.count(IdempotencyRecord) == 1
    assert_log_is_whole(database)


def test_a_writer_waits_for_the_other_and_does_not_fail(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    inside, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
            tx.case.title = "先"
            inside.set()
            release.wait(120)

    def wait() -> None:
        inside.wait(120)
        threading.Timer(0.3, release.set).start()
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
            tx.case.title += "后"

    assert together(database, [hold, wait]) == [None, None]
    assert db.session.get(Evaluation, key).title == "先后"  # type: ignore[union-attr]


def test_two_who_wait_for_each_other_end_with_one_unavailable(
    postgresql: Database, actor: Actor, make_account: Make
) -> None:
    keys = [make_account("a"), make_account("b")]
    met = threading.Barrier(2)

    def cross(first: str, second: str) -> None:
        with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
            tx.get(Account, first)
            met.wait(120)
            tx.get(Account, second).duty = first

    raised = together(postgresql, [lambda: cross(*keys), lambda: cross(*reversed(keys))])
    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "UnavailableError"]
    assert all(error is None or isinstance(error, ServiceError) for error in raised)
    assert len(postgresql.entries()) == 3


def test_a_lock_that_is_never_released_is_unavailable(
    postgresql: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with postgresql.engine() as engine, engine.connect() as connection:
        connection.execute(select(AuditHead).with_for_update())
        with pytest.raises(UnavailableError):
            _edit_impatiently(actor, key)
    assert len(postgresql.entries()) == 1


def _edit_impatiently(actor: Actor, key: str) -> None:
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.session.connection().exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        tx.case.title = "x"
