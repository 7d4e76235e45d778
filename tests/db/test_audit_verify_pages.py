"""A long log is verified page by page: nothing is read twice, and what lies at a page's edge is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit import stored
from service.audit.findings import Anchor, Report
from service.audit.online import verify
from service.audit.signer import Signer
from service.audit.stored import anchor
from service.extensions import WRITING, db
from service.workflow.actions import Action
from tests.db.conftest import ORIGIN, Database

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ENTRIES = 12


@pytest.fixture(params=[1, 5, 500])
def signer(
    request: pytest.FixtureRequest,
    database: Database,
    actor: Actor,
    make_evaluation: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Signer:
    """The signer of a log of twelve entries, read in pages of various sizes."""
    monkeypatch.setattr(stored, "BATCH", request.param)
    key = make_evaluation()
    for number in range(ENTRIES - 1):
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, reason="更正") as tx:
            tx.case.title = f"第{number}名"
            tx.case.subject_name = f"项目{number}"
    made = Signer.create(tmp_path / "signer", ORIGIN)
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        anchor(connection, made, at=AT)
    return made


def checked(signer: Signer) -> Report:
    db.session.rollback()
    return verify(db.session(), Anchor.of(signer))


def tampered(database: Database, statement: str) -> None:
    """Run a statement as somebody whom no guard stops."""
    with database.engine() as engine, engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in found.scalars().all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        assert connection.exec_driver_sql(statement).rowcount == 1


@pytest.fixture
def sent(database: Database) -> Iterator[list[str]]:
    """Every statement sent to the database."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_true_log_is_found_true_and_its_field_index_is_read_once(signer: Signer, sent: list[str]) -> None:
    report = checked(signer)
    assert (report.ok, report.entries) == (True, ENTRIES)
    reads = [each for each in sent if "audit_field" in each and "count(" not in each]
    assert len(reads) == 1


@pytest.mark.parametrize("index", [0, 4, 5, ENTRIES - 1])
def test_a_missing_field_row_is_named_with_its_entry(signer: Signer, database: Database, index: int) -> None:
    entry = database.entries()[index]["id"]
    name = "*" if index == 0 else "title"
    tampered(database, f"DELETE FROM audit_field WHERE entry_id = '{entry}' AND field = '{name}'")
    report = checked(signer)
    assert not report.ok
    assert report.first_bad is not None
    assert (report.first_bad.entry, report.first_bad.index) == (entry, index)


def test_a_field_row_too_many_is_named_with_its_entry(signer: Signer, database: Database) -> None:
    entry = database.entries()[4]["id"]
    tampered(
        database,
        f"UPDATE audit_field SET field = 'code' WHERE entry_id = '{entry}' AND field = 'subject_name'",
    )
    report = checked(signer)
    told = [each for each in report.findings if "字段索引" in each.message]
    assert {(each.index, each.message.split(" ")[0]) for each in told} == {
        (4, "字段索引缺少"),
        (4, "字段索引多出"),
    }
