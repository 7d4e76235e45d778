"""Nothing written to an audited row escapes its entry, whichever way it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, text, update
from sqlalchemy.orm import Session

from service.actions.actor import Actor
from service.actions.housekeeping import housekeeping
from service.actions.transaction import Transaction, transaction
from service.clock import now
from service.errors import InvalidError, UnauditedWriteError, UnavailableError
from service.extensions import db
from service.models.evaluation import Evaluation, MoneyFact
from service.models.operational import Notice
from service.models.organisation import Account, Organisation
from service.workflow.actions import Action
from tests.db.conftest import Database

Make = Callable[..., str]


def changes(database: Database, number: int = -1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = database.entries()[number]["changes"]
    return found


def test_the_earliest_before_and_the_last_after_are_kept_over_several_flushes(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        for title in ("一", "二", "三"):
            tx.case.title = title
            tx.session.flush()
    assert changes(database) == [
        {"t": "evaluation", "pk": key, "op": "update", "rev": 2, "f": {"title": ["某项目", "三"]}}
    ]


def test_an_autoflush_by_a_query_is_captured(database: Database, actor: Actor, make_evaluation: Make) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.title = "改过"
        assert tx.session.query(Evaluation.title).scalar() == "改过"
    assert changes(database)[0]["f"] == {"title": ["某项目", "改过"]}


def test_a_change_taken_back_leaves_the_row_with_its_version_and_without_fields(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.title = "改过"
        tx.session.flush()
        tx.case.title = "某项目"
    assert changes(database) == [{"t": "evaluation", "pk": key, "op": "update", "rev": 2, "f": {}}]
    assert tx.case.version == 2


def test_a_row_inserted_and_then_changed_is_one_insert(database: Database, actor: Actor) -> None:
    with transaction(actor, Action.ACCOUNT_CREATE) as tx:
        row = Organisation(code="U1", name="甲")
        tx.add(row)
        tx.session.flush()
        row.name = "乙"
    assert changes(database) == [
        {
            "t": "organisation",
            "pk": row.id,
            "op": "insert",
            "rev": 1,
            "f": {"code": [None, "U1"], "name": [None, "乙"]},
        }
    ]
    assert row.version == 1


def test_a_value_computed_by_the_database_is_read_back(
    database: Database, actor: Actor, make_account: Make
) -> None:
    key = make_account()
    with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
        row = tx.get(Account, key)
        row.epoch = Account.epoch + 5  # type: ignore[assignment]
    assert changes(database)[0]["f"] == {"epoch": [0, 5]}


def test_the_value_before_is_read_where_it_was_not_loaded(
    database: Database, actor: Actor, make_account: Make
) -> None:
    key = make_account()
    with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
        row = tx.get(Account, key)
        tx.session.expire(row, ["duty"])
        row.duty = "组长"
    assert changes(database)[0]["f"] == {"duty": ["评价员", "组长"]}


def test_a_field_kept_out_of_the_log_still_moves_the_version(
    database: Database, actor: Actor, make_account: Make
) -> None:
    key = make_account()
    with transaction(actor, Action.ACCOUNT_DISABLE) as tx:
        tx.get(Account, key).password_hash = "y"
    assert changes(database) == [{"t": "account", "pk": key, "op": "update", "rev": 2, "f": {}}]


def test_json_that_differs_only_in_type_is_a_change(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    for value in ({"held": 1}, {"held": True}):
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
            tx.case.facts = value
    assert len(changes(database)) == 1
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.facts = {"held": True}
    assert changes(database) == []


def test_version_and_citation_set_by_hand_are_overruled(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.version, tx.case.last_audit = 99, "forged"
    assert (tx.case.version, changes(database)) == (1, [])
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.version, tx.case.title = 99, "改过"
    assert tx.case.version == 2


def _outside(row: Evaluation) -> None:
    row.title = "改过"
    db.session.commit()


def _outside_new(row: Evaluation) -> None:
    db.session.add(Organisation(code="X", name="x"))
    db.session.commit()


def _outside_delete(row: Evaluation) -> None:
    db.session.delete(row)
    db.session.commit()


def _outside_bulk(row: Evaluation) -> None:
    db.session.execute(update(Evaluation).values(title="改过"))
    db.session.commit()


@pytest.mark.parametrize("write", [_outside, _outside_new, _outside_delete, _outside_bulk])
def test_a_write_outside_a_transaction_is_refused(
    database: Database, actor: Actor, make_evaluation: Make, write: Callable[[Evaluation], None]
) -> None:
    key = make_evaluation()
    row = db.session.get(Evaluation, key)
    assert row is not None
    with pytest.raises(UnauditedWriteError):
        write(row)
    db.session.rollback()
    assert len(database.entries()) == 1
    assert database.count(Organisation) == 0
    assert db.session.get(Evaluation, key).title == "某项目"  # type: ignore[union-attr]


def _bulk_update(tx: Transaction) -> None:
    tx.session.execute(update(Evaluation).values(title="x"))


def _bulk_delete(tx: Transaction) -> None:
    tx.session.execute(delete(Evaluation))


def _bulk_insert(tx: Transaction) -> None:
    tx.session.execute(insert(Organisation), [{"id": "x", "code": "x", "name": "x"}])


def _query_update(tx: Transaction) -> None:
    tx.session.query(Evaluation).update({"title": "x"})


def _mappings(tx: Transaction) -> None:
    tx.session.bulk_update_mappings(Evaluation, [{"id": tx.case.id, "title": "x", "version": 1}])  # type: ignore[arg-type]


def _saved_objects(tx: Transaction) -> None:
    tx.session.bulk_save_objects(
        [Organisation(id="x", code="x", name="x", version=1, last_audit=tx.entry_id)]
    )


def _core_with_the_right_citation(tx: Transaction) -> None:
    tx.session.connection().execute(update(Evaluation).values(title="x", last_audit=tx.entry_id))


def _core_table(tx: Transaction) -> None:
    tx.session.execute(Evaluation.__table__.update().values(title="x", last_audit=tx.entry_id))  # type: ignore[attr-defined]


def _row_deleted(tx: Transaction) -> None:
    tx.session.delete(tx.case)


def _savepoint(tx: Transaction) -> None:
    with tx.session.begin_nested():
        tx.case.title = "x"


def _own_commit(tx: Transaction) -> None:
    tx.case.title = "x"
    tx.session.commit()


def _own_rollback(tx: Transaction) -> None:
    tx.session.rollback()


def _other_key(tx: Transaction) -> None:
    tx.case.id = "x"


def _housekeeping(tx: Transaction) -> None:
    with housekeeping():
        pass


@pytest.mark.parametrize(
    "way",
    [
        _bulk_update, _bulk_delete, _bulk_insert, _query_update, _mappings, _saved_objects,
        _core_with_the_right_citation, _core_table, _row_deleted, _savepoint, _own_commit, _own_rollback,
        _other_key, _housekeeping,
    ],
)  # fmt: skip
def test_every_way_past_the_capture_is_refused_inside_a_transaction(
    database: Database, actor: Actor, make_evaluation: Make, way: Callable[[Transaction], None]
) -> None:
    key = make_evaluation()
    with pytest.raises(UnauditedWriteError), transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        way(tx)
    assert len(database.entries()) == 1
    assert database.count(Organisation) == 0
    row = db.session.get(Evaluation, key)
    assert row is not None
    assert (row.title, row.version) == ("某项目", 1)


def test_a_raw_statement_inside_a_transaction_is_refused_by_the_database(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with (
        pytest.raises(UnauditedWriteError, match="留痕"),
        transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx,
    ):
        tx.session.execute(text("UPDATE evaluation SET title = 'x'"))
    assert len(database.entries()) == 1


def test_a_write_after_the_entry_is_refused(
    database: Database, actor: Actor, make_evaluation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_evaluation()

    def write(session: Session) -> None:
        session.add(Notice(account_id="a", kind="k", title="t", created_at=now()))
        session.flush()

    def late(connection: Connection, facts: object) -> None:
        write(db.session())

    monkeypatch.setattr("service.actions.transaction.append", late)
    with (
        pytest.raises(UnauditedWriteError, match="写成之后"),
        transaction(actor, Action.EVALUATION_EDIT, evaluation=key),
    ):
        pass
    assert len(database.entries()) == 1
    assert database.count(Notice) == 0


def test_operational_rows_are_written_and_deleted_without_an_entry(database: Database, actor: Actor) -> None:
    with housekeeping() as session:
        row = Notice(account_id="a", kind="k", title="t", created_at=now())
        session.add(row)
    with housekeeping() as session:
        session.delete(session.get(Notice, row.id))
    assert database.entries() == []
    assert database.count(Notice) == 0


def test_an_audited_row_does_not_pass_through_housekeeping(database: Database, actor: Actor) -> None:
    with pytest.raises(UnauditedWriteError), housekeeping() as session:
        session.add(Organisation(code="x", name="x"))
    assert database.count(Organisation) == 0


def _cite_a_missing_evaluation(actor: Actor, key: str) -> None:
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.title = "不应留下"
        tx.add(MoneyFact(evaluation_id="missing", code="c", name="n", kind="k", fen=1))


def test_a_failing_commit_leaves_nothing_and_the_session_usable(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with pytest.raises(InvalidError):
        _cite_a_missing_evaluation(actor, key)
    assert len(database.entries()) == 1
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.title = "留下"
    assert changes(database)[0]["f"] == {"title": ["某项目", "留下"]}


def test_a_database_that_is_gone_is_unavailable(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    db.session.remove()
    db.engine.dispose()
    engine = db.engine
    broken = engine.url.set(database="/nonexistent/x" if engine.name == "sqlite" else "no_such_database")
    with database.engine(broken.render_as_string(hide_password=False)) as elsewhere:
        db.engines[None] = elsewhere
        with pytest.raises(UnavailableError), transaction(actor, Action.EVALUATION_EDIT, evaluation=key):
            pass
        db.session.remove()
        db.engines[None] = engine


def test_a_text_longer_than_its_column_is_invalid_on_both_databases(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with (
        pytest.raises(InvalidError, match="过长"),
        transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx,
    ):
        tx.case.title = "长" * 301
    assert len(database.entries()) == 1
