"""One door: change, entry, jobs and idempotency record commit together or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from service.actions.actor import Actor
from service.actions.transaction import StoredFile, transaction
from service.audit.merkle import leaf_hash
from service.errors import (
    ActionRefusedError,
    InvalidError,
    NotFoundError,
    NotPermittedError,
    RepeatedError,
    StaleError,
    UnauditedWriteError,
    VersionMissingError,
)
from service.extensions import db
from service.models.audit import AuditDisclosure, AuditEntry, AuditField, AuditHead
from service.models.evaluation import Evaluation
from service.models.operational import IdempotencyRecord, Job
from service.models.organisation import Account, Organisation
from service.workflow.actions import Action
from tests.db.conftest import ORIGIN, Database

Make = Callable[..., str]


def _change_and_raise(actor: Actor, key: str, error: BaseException) -> None:
    with transaction(actor, Action.SCORE_INPUT, evaluation=key) as tx:
        tx.case.title = "不应留下"
        tx.job("report.render")
        tx.session.flush()
        raise error


def test_a_change_and_its_entry_are_committed_together(
    database: Database, actor: Actor, make_organisation: Make
) -> None:
    key = make_organisation()
    with transaction(actor, Action.ACCOUNT_CREATE, reason="更名") as tx:
        tx.get(Organisation, key).name = "新名称"
    entry = database.entries()[1]
    assert entry["log"] == ORIGIN
    assert entry["outcome"] == "done"
    assert entry["changes"] == [
        {"t": "organisation", "pk": key, "op": "update", "rev": 2, "f": {"name": ["某单位", "新名称"]}}
    ]
    stored = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert stored is not None
    assert (stored.leaf_index, stored.entry_id, stored.leaf_hash) == (
        1,
        tx.receipt.entry_id,
        leaf_hash(stored.leaf),
    )
    row = db.session.get(Organisation, key)
    assert row is not None
    assert (row.version, row.last_audit) == (2, tx.receipt.entry_id)
    head = db.session.scalars(select(AuditHead)).one()
    assert head.size == 2


def test_an_insert_names_every_field_that_is_not_null(
    database: Database, actor: Actor, make_account: Make
) -> None:
    make_account()
    change = database.entries()[0]["changes"][0]
    assert (change["op"], change["rev"]) == ("insert", 1)
    assert change["f"]["login"] == [None, "ev"]
    assert change["f"]["active"] == [None, True]
    assert "password_hash" not in change["f"]
    assert "organisation_id" not in change["f"]


def test_blame_rows_name_the_fields_of_an_update_and_a_star_for_an_insert(
    database: Database, actor: Actor, make_organisation: Make
) -> None:
    key = make_organisation()
    with transaction(actor, Action.ACCOUNT_CREATE) as tx:
        tx.get(Organisation, key).name = "新名称"
    rows = db.session.execute(select(AuditField.field, AuditField.entry_id).where(AuditField.pk == key)).all()
    assert {field for field, _ in rows} == {"*", "name"}


def test_free_text_stands_beside_the_log_and_not_in_it(
    database: Database, actor: Actor, make_organisation: Make
) -> None:
    make_organisation()
    entry = database.entries()[0]
    hidden = db.session.scalars(select(AuditDisclosure).where(AuditDisclosure.path == "/reason")).one()
    assert entry["reason"] == {"#": hidden.digest}
    assert hidden.body == '"设立"'


@pytest.mark.parametrize("error", [ActionRefusedError, NotPermittedError])
def test_a_refusal_changes_nothing_and_leaves_one_refused_entry(
    database: Database, actor: Actor, make_evaluation: Make, error: type[ActionRefusedError]
) -> None:
    key = make_evaluation()
    with pytest.raises(error):
        _change_and_raise(actor, key, error(("缺少依据", "异议未答复")))
    entries = database.entries()
    assert len(entries) == 2
    assert (entries[1]["outcome"], entries[1]["changes"], entries[1]["action"]) == (
        "refused",
        [],
        "score.input",
    )
    assert entries[1]["evaluation"] == key
    row = db.session.get(Evaluation, key)
    assert row is not None
    assert (row.title, row.version) == ("某项目", 1)


@pytest.mark.parametrize("error", [InvalidError("不合规"), RuntimeError("坏了"), KeyboardInterrupt()])
def test_any_other_exception_leaves_nothing_behind(
    database: Database, actor: Actor, make_evaluation: Make, error: BaseException
) -> None:
    key = make_evaluation()
    with pytest.raises(type(error)):
        _change_and_raise(actor, key, error)
    assert len(database.entries()) == 1
    assert database.count(Job) == 0
    row = db.session.get(Evaluation, key)
    assert row is not None
    assert row.title == "某项目"


def test_an_act_that_changes_no_row_still_has_its_entry(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EXPORT_BULK, evaluation=key) as tx:
        tx.case.title = tx.case.title
    assert database.entries()[1]["changes"] == []
    assert tx.case.version == 1


def test_the_business_date_stage_source_and_part_played_enter_the_entry(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    replayed = Actor(
        account="operator",
        name="操作员",
        roles=actor.roles,
        played="account-ev",
        source="a" * 64,
        on=date(2023, 5, 6),
    )
    with transaction(replayed, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.files.append(StoredFile("b" * 64, 12, "application/pdf"))
        assert tx.on.isoformat() == "2023-05-06"
    entry = database.entries()[1]
    assert entry["actor"] == {"id": "operator", "role": "EV", "org": None, "on_behalf": "account-ev"}
    assert (entry["on"], entry["source"], entry["stage"]) == ("2023-05-06", "a" * 64, "self_assessment")
    assert entry["files"] == [{"sha256": "b" * 64, "size": 12, "type": "application/pdf"}]
    assert replayed.person == "account-ev"


def test_a_job_is_stored_in_the_same_commit_and_once_only(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    ids = []
    for _ in range(2):
        with transaction(actor, Action.REPORT_FREEZE, evaluation=key) as tx:
            ids.append(tx.job("report.render", once="render-1", version=1))
    assert ids[0] == ids[1]
    job = db.session.scalars(select(Job)).one()
    assert (job.kind, job.args, job.evaluation_id, job.state) == (
        "report.render",
        {"version": 1},
        key,
        "queued",
    )


def test_the_second_use_of_a_key_finds_the_first_answer(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(
        actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k", request_digest="d"
    ) as tx:
        tx.case.title = "一次"
        tx.result = {"id": key}
    with (
        pytest.raises(RepeatedError) as found,
        transaction(
            actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k", request_digest="d"
        ) as again,
    ):
        again.case.title = "两次"
    assert (found.value.entry_id, found.value.result) == (tx.receipt.entry_id, {"id": key})
    assert len(database.entries()) == 2


def test_a_key_used_for_another_request_is_refused(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k", request_digest="d"):
        pass
    with (
        pytest.raises(InvalidError, match="幂等键"),
        transaction(actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k", request_digest="e"),
    ):
        pass


def test_a_key_of_a_refused_request_may_be_used_again(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with (
        pytest.raises(ActionRefusedError),
        transaction(actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k"),
    ):
        raise ActionRefusedError("尚未下达")
    assert database.count(IdempotencyRecord) == 0
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k"):
        pass


def test_an_unknown_evaluation_is_not_found(database: Database, actor: Actor) -> None:
    with pytest.raises(NotFoundError), transaction(actor, Action.EVALUATION_EDIT, evaluation="none"):
        raise AssertionError("不应进入")
    assert database.entries() == []


def test_an_edit_of_another_version_is_stale(database: Database, actor: Actor, make_evaluation: Make) -> None:
    key = make_evaluation()
    for version, error in ((2, StaleError), (None, VersionMissingError)):
        with pytest.raises(error), transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
            tx.expect(tx.case, version)


def test_a_doubled_code_is_an_invalid_request(
    database: Database, actor: Actor, make_organisation: Make
) -> None:
    make_organisation("U1")
    with pytest.raises(InvalidError, match="冲突"):
        make_organisation("U1")
    assert len(database.entries()) == 1


def test_a_transaction_inside_a_transaction_is_refused_and_the_outer_one_goes_on(
    database: Database, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        tx.case.title = "外层"
        with pytest.raises(UnauditedWriteError), transaction(actor, Action.EVALUATION_EDIT):
            pass
    assert database.entries()[1]["changes"][0]["f"] == {"title": ["某项目", "外层"]}


def test_a_large_act_is_written_in_parts(database: Database, actor: Actor, make_organisation: Make) -> None:
    with transaction(actor, Action.CASE_IMPORT) as tx:
        for number in range(600):
            tx.add(Organisation(code=f"U{number}", name="单位" * 20))
    entries = database.entries()
    assert len(entries) > 1
    assert sum(len(entry["changes"]) for entry in entries) == 600
    assert entries[0]["part"]["n"] == [1, len(entries)]
    assert {e["part"]["of"] for e in entries} == {tx.receipt.entry_id}


def test_pending_changes_from_before_the_transaction_are_refused(
    database: Database, actor: Actor, make_account: Make
) -> None:
    row = db.session.get(Account, make_account())
    assert row is not None
    row.duty = "组长"
    with pytest.raises(UnauditedWriteError), transaction(actor, Action.ACCOUNT_DISABLE):
        pass
    assert len(database.entries()) == 1


def test_an_actor_travels_through_a_job_unchanged(actor: Actor) -> None:
    replayed = replace(
        actor, played="p", source="a" * 64, on=date(2026, 3, 2), request_id="r", ip="127.0.0.1"
    )
    for each in (actor, replayed):
        assert Actor.from_plain(json.loads(json.dumps(each.to_plain()))) == each
    for broken in ({}, {**actor.to_plain(), "roles": ["XX"]}, {**actor.to_plain(), "more": 1}):
        with pytest.raises(InvalidError):
            Actor.from_plain(broken)
