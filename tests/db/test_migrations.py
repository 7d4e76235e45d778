"""From every revision to the newest one the schema is the models' and every guard stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, String, create_engine, text
from sqlalchemy.pool import NullPool

from migrations.regenerate_first import TARGET, write_first
from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.errors import IntegrityFailureError, UnavailableError
from service.models import load_models
from service.models.base import audited_tables
from service.models.guards import install, present, trigger_ddl
from service.models.migrate import begin_log, current, demand_current, head, revisions, upgrade
from service.models.organisation import Organisation
from service.workflow.actions import Action
from tests.db.conftest import ORIGIN, Database


@contextmanager
def _empty(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[Engine]:
    cluster = request.getfixturevalue("cluster") if kind == "postgresql" else None
    name = cluster.create() if cluster else ""
    engine = create_engine(
        cluster.url(name) if cluster else f"sqlite:///{tmp_path / 'empty.db'}", poolclass=NullPool
    )
    yield engine
    engine.dispose()
    if cluster:
        cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    with _empty(request, request.param, tmp_path) as engine:
        yield engine


def _differences(connection: Connection) -> list[object]:
    def ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return not (kind == "index" and str(name).startswith("guard_"))

    context = MigrationContext.configure(connection, opts={"include_object": ours})
    return list(compare_metadata(context, load_models()))


def test_there_is_one_head_and_revisions_are_numbered() -> None:
    assert revisions()[-1] == head()
    assert list(revisions()) == [f"{number:04d}" for number in range(1, len(revisions()) + 1)]


@pytest.mark.parametrize("start", [None, *revisions()])
def test_after_the_upgrade_schema_and_guards_are_those_of_the_models(
    empty: Engine, start: str | None
) -> None:
    if start is not None:
        upgrade(empty, start)
        assert current(empty) == start
    upgrade(empty)
    with empty.connect() as connection:
        assert _differences(connection) == []
        demanded = trigger_ddl(empty.dialect.name, audited_tables(load_models()))
        assert present(connection) == {guard.name: guard.table for guard in demanded}
    demand_current(empty)


def test_an_upgrade_twice_changes_nothing(empty: Engine) -> None:
    upgrade(empty)
    upgrade(empty)
    demand_current(empty)


def test_an_empty_database_is_not_current(empty: Engine) -> None:
    assert current(empty) is None
    with pytest.raises(UnavailableError, match="升级"):
        demand_current(empty)


def test_the_first_revision_is_the_one_the_models_give(tmp_path: Path) -> None:
    written = tmp_path / "0001_first.py"
    write_first(written)
    assert written.read_text() == TARGET.read_text()


def test_a_log_is_begun_once_under_one_name(empty: Engine) -> None:
    upgrade(empty)
    begin_log(empty, ORIGIN)
    begin_log(empty, ORIGIN)
    with pytest.raises(IntegrityFailureError):
        begin_log(empty, "pingji/live/0123456789abcdef")


def test_a_rebuilt_table_has_lost_its_guards_until_they_are_made_again(
    sqlite: Database, actor: Actor, make_organisation: Callable[..., str]
) -> None:
    make_organisation()
    with sqlite.engine() as engine, engine.connect() as connection:
        before = present(connection)
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("organisation", recreate="always") as batch:
            batch.alter_column("name", type_=String(250))
        lost = set(before) - set(present(connection))
        assert {"guard_organisation_update", "guard_organisation_delete"} <= lost
        assert set(install(connection)) == lost
        assert present(connection) == before
        connection.commit()
    with transaction(actor, Action.ACCOUNT_CREATE) as tx:
        tx.add(Organisation(code="U9", name="x"))
    assert len(sqlite.entries()) == 2


def test_a_database_from_outside_is_checked_for_broken_references(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}", poolclass=NullPool)
    upgrade(engine)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        connection.execute(text("INSERT INTO organisation VALUES ('i', 1, 'never', 'c', 'n')"))
        connection.commit()
    with pytest.raises(IntegrityFailureError, match="organisation"):
        upgrade(engine)
    engine.dispose()
