"""What a person with SQL tries is refused by the database itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.errors import IntegrityFailureError, InvalidError, UnavailableError
from service.extensions import db
from service.models import load_models
from service.models.base import Log, audited_tables, kind_of
from service.models.evaluation import Evaluation
from service.models.guards import LOG_KEYS, check, existing_audited, present, trigger_ddl
from service.models.migrate import grant
from service.models.privileges import planned
from service.workflow.actions import Action
from tests.cluster import Cluster
from tests.db.conftest import Database

Make = Callable[..., str]
ORGANISATION = (
    "INSERT INTO organisation (id, version, last_audit, code, name) VALUES ('n', 1, {cited}, 'n', 'n')"
)
ENTRY = (
    "INSERT INTO audit_entry (id, leaf_index, entry_id, actor_id, role, action, outcome, at, leaf, leaf_hash) "
    "SELECT {id}, {id} - 1, 'forged', 'a', 'EV', 'x', 'done', at, leaf, leaf_hash FROM audit_entry LIMIT 1"
)
RAW = {
    "update": "UPDATE organisation SET name = 'x'",
    "update citing the same entry": "UPDATE organisation SET name = 'x', last_audit = last_audit",
    "update citing an old entry": "UPDATE organisation SET last_audit = (SELECT min(entry_id) FROM audit_entry)",
    "update citing no entry": "UPDATE organisation SET name = 'x', last_audit = 'never'",
    "update without citation": "UPDATE organisation SET last_audit = NULL",
    "delete": "DELETE FROM organisation",
    "insert citing an old entry": ORGANISATION.format(cited="(SELECT min(entry_id) FROM audit_entry)"),
    "insert citing no entry": ORGANISATION.format(cited="'never'"),
    "insert without citation": ORGANISATION.format(cited="NULL"),
    "upsert": ORGANISATION.format(cited="'never'").replace("'n', 1", "(SELECT min(id) FROM organisation), 1")
    + " ON CONFLICT (id) DO UPDATE SET name = 'x'",
    "upsert on the code": ORGANISATION.format(cited="'never'").replace("'n', 'n')", "'U1', 'n')")
    + " ON CONFLICT (code) DO UPDATE SET name = 'x'",
    "entry changed": "UPDATE audit_entry SET action = 'x'",
    "leaf changed": "UPDATE audit_entry SET leaf = leaf_hash",
    "entry deleted": "DELETE FROM audit_entry",
    "entry beyond the head": ENTRY.format(id=3),
    "entry with a gap": ENTRY.format(id=7),
    "entry in place of another": ENTRY.format(id=1),
    "head moved back": "UPDATE audit_head SET size = 0",
    "head kept": "UPDATE audit_head SET frontier = frontier",
    "head renamed": "UPDATE audit_head SET origin = 'x', size = size + 1",
    "head deleted": "DELETE FROM audit_head",
    "second head": "INSERT INTO audit_head (id, origin, size, frontier) SELECT 2, origin, size, frontier FROM audit_head",
    "disclosure changed": "UPDATE audit_disclosure SET body = 'x'",
    "disclosure half withheld": "UPDATE audit_disclosure SET body = NULL",
    "disclosure renamed with nothing left": "UPDATE audit_disclosure SET body = NULL, salt = NULL, digest = 'x'",
    "disclosure deleted": "DELETE FROM audit_disclosure",
    "blame changed": "UPDATE audit_field SET field = 'x'",
    "blame deleted": "DELETE FROM audit_field",
    "checkpoint changed": "UPDATE audit_checkpoint SET size = 9",
    "checkpoint deleted": "DELETE FROM audit_checkpoint",
    "attestation changed": "UPDATE audit_attestation SET size = 9",
    "attestation deleted": "DELETE FROM audit_attestation",
}
REPLACE = {
    "row": ORGANISATION.format(cited="'never'").replace("'n', 1", "(SELECT min(id) FROM organisation), 1"),
    "row by its code": ORGANISATION.format(cited="'never'").replace("'n', 'n')", "'U1', 'n')"),
    "entry": ENTRY.format(id=1),
    "entry by its id": ENTRY.format(id=3).replace("'forged'", "entry_id"),
    "head": "INSERT INTO audit_head (id, origin, size, frontier) SELECT id, 'x', size, frontier FROM audit_head",
    "disclosure": "INSERT INTO audit_disclosure SELECT entry_id, path, digest, salt, 'x' FROM audit_disclosure",
    "checkpoint": "INSERT INTO audit_checkpoint SELECT id, 9, root, note, at FROM audit_checkpoint",
    "attestation": "INSERT INTO audit_attestation SELECT id, 'mail', name, size, note_sha256, body, at FROM audit_attestation",
}


@pytest.fixture
def filled(database: Database, make_organisation: Make) -> Database:
    """Two entries with their disclosures, one checkpoint and one attestation."""
    _fill(make_organisation)
    return database


def _fill(make_organisation: Make) -> None:
    make_organisation("U1")
    make_organisation("U2")
    db.session.execute(
        text("INSERT INTO audit_checkpoint (id, size, root, note, at) SELECT 'c', 1, leaf_hash, 'n', at FROM audit_entry LIMIT 1")
    )  # fmt: skip
    db.session.execute(
        text("INSERT INTO audit_attestation (id, way, name, size, note_sha256, body, at) SELECT 'a', 'file', 'f', 1, 'n', leaf_hash, at FROM audit_entry LIMIT 1")
    )  # fmt: skip
    db.session.commit()


def _state(connection: Connection) -> list[object]:
    return [
        connection.execute(text(f"SELECT * FROM {t} ORDER BY 1, 2")).all()
        for t in ("organisation", *LOG_KEYS)
    ]


@pytest.mark.parametrize("name", RAW)
def test_raw_sql_is_refused(filled: Database, name: str) -> None:
    with filled.engine() as engine:
        with engine.connect() as connection:
            before = _state(connection)
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.exec_driver_sql(RAW[name])
        with engine.connect() as connection:
            assert _state(connection) == before


@pytest.mark.parametrize("name", REPLACE)
@pytest.mark.parametrize("recursive", ["on", "off"])
def test_replace_is_refused_on_sqlite_even_without_recursive_triggers(
    sqlite: Database, make_organisation: Make, name: str, recursive: str
) -> None:
    _fill(make_organisation)
    statement = REPLACE[name].replace("INSERT", "INSERT OR REPLACE", 1)
    with sqlite.engine() as engine, engine.connect() as connection:
        before = _state(connection)
    raw = sqlite3.connect(sqlite.url.removeprefix("sqlite:///"), isolation_level=None)
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute(f"PRAGMA recursive_triggers = {recursive}")
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)
    raw.close()
    with sqlite.engine() as engine, engine.connect() as connection:
        assert _state(connection) == before


@pytest.mark.parametrize("table", ["organisation", *LOG_KEYS])
def test_truncate_is_refused_on_postgresql(postgresql: Database, make_organisation: Make, table: str) -> None:
    _fill(make_organisation)
    with postgresql.engine() as engine:
        with pytest.raises(DBAPIError, match="audit guard"), engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
        with engine.connect() as connection:
            assert all(_state(connection))


def test_withholding_a_disclosure_wholly_is_possible(filled: Database) -> None:
    with filled.engine() as engine, engine.begin() as connection:
        connection.execute(text("UPDATE audit_disclosure SET salt = NULL, body = NULL"))


def test_a_temporary_table_does_not_deceive_the_guard(postgresql: Database, make_organisation: Make) -> None:
    make_organisation()
    with postgresql.engine() as engine, engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE audit_entry (entry_id text)"))
        with pytest.raises(IntegrityError):
            connection.execute(text("UPDATE organisation SET name = 'x'"))


@pytest.fixture
def application_role(cluster: Cluster, postgresql: Database, make_organisation: Make) -> Iterator[str]:
    """Address of the same database for the role the service runs as; not the owner."""
    _fill(make_organisation)
    role = "app_role"
    with postgresql.engine() as engine, engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    with postgresql.engine() as engine:
        grant(engine, planned(engine, role, load_models()))
    yield cluster.url(postgresql.url.split("@/")[1].split("?")[0], user=role)
    with postgresql.engine() as engine, engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def _mappers() -> list[object]:
    from service.models.base import Base  # noqa: PLC0415 - after load_models

    return list(Base.registry.mappers)


FORBIDDEN = [
    "UPDATE audit_entry SET action = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry CASCADE",
    "UPDATE audit_disclosure SET salt = NULL, body = NULL",
    "UPDATE audit_head SET origin = 'x'",
    "DELETE FROM audit_head",
    "DELETE FROM organisation",
    "TRUNCATE organisation CASCADE",
    "ALTER TABLE organisation DISABLE TRIGGER ALL",
    "DROP TRIGGER guard_organisation_write ON organisation",
    "DROP TABLE organisation CASCADE",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION audit_guard_cite() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "UPDATE alembic_version SET version_num = 'x'",
]


def test_the_application_role_may_do_nothing_to_the_log_but_append(
    postgresql: Database, application_role: str
) -> None:
    with postgresql.engine(application_role) as engine:
        for statement in FORBIDDEN:
            with pytest.raises(ProgrammingError, match=r"(?i)permission|owner"), engine.begin() as connection:
                connection.execute(text(statement))
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text("UPDATE organisation SET name = 'x'"))


def test_the_application_role_can_do_its_work(
    postgresql: Database, application_role: str, actor: Actor, make_organisation: Make, make_evaluation: Make
) -> None:
    own = db.engines[None]
    with postgresql.engine(application_role) as engine:
        db.session.remove()
        db.engines[None] = engine
        key = make_evaluation()
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, idempotency_key="k") as tx:
            tx.case.title = "改过"
            tx.job("report.render")
            tx.result = {"ok": True}
        db.session.remove()
        db.engines[None] = own
    assert len(postgresql.entries()) == 4


@pytest.mark.parametrize("table", ["audit_entry", "audit_disclosure", "audit_field"])
def test_where_the_log_cannot_be_written_nothing_is(
    postgresql: Database, application_role: str, actor: Actor, make_evaluation: Make, table: str
) -> None:
    own = db.engines[None]
    with postgresql.engine() as engine, engine.begin() as connection:
        connection.execute(text(f"REVOKE INSERT ON {table} FROM app_role"))
    with postgresql.engine(application_role) as engine:
        db.session.remove()
        db.engines[None] = engine
        with pytest.raises(UnavailableError, match="权限"):
            make_evaluation()
        db.session.remove()
        db.engines[None] = own
    assert postgresql.count(Evaluation) == 0
    assert len(postgresql.entries()) == 2


def test_every_model_is_exactly_one_of_audited_operational_and_log() -> None:
    metadata = load_models()
    tables = {mapper.local_table.name: kind_of(mapper.class_) for mapper in _mappers()}  # type: ignore[attr-defined]
    assert set(tables) == set(metadata.tables)
    assert {name for name, kind in tables.items() if kind is Log} == set(LOG_KEYS)


def test_every_guard_demanded_is_present(database: Database) -> None:
    metadata = load_models()
    with database.engine() as engine, engine.connect() as connection:
        demanded = trigger_ddl(engine.dialect.name, audited_tables(metadata))
        assert present(connection) == {guard.name: guard.table for guard in demanded}
        assert existing_audited(connection) == audited_tables(metadata)
        assert len(audited_tables(metadata)) > 20


def test_a_missing_guard_is_named(database: Database) -> None:
    with database.engine() as engine, engine.begin() as connection:
        on = " ON organisation" if engine.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER guard_organisation_delete{on}"))
        with pytest.raises(IntegrityFailureError, match="guard_organisation_delete"):
            check(connection, load_models())


def test_a_disabled_guard_counts_as_missing(postgresql: Database) -> None:
    with postgresql.engine() as engine, engine.begin() as connection:
        connection.execute(text("ALTER TABLE organisation DISABLE TRIGGER guard_organisation_write"))
        with pytest.raises(IntegrityFailureError, match="guard_organisation_write"):
            check(connection, load_models())


def test_another_database_is_refused() -> None:
    with pytest.raises(InvalidError):
        trigger_ddl("mysql", ["organisation"])
