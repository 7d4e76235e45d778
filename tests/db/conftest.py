"""A fresh, upgraded database per test: `database` on both kinds, `sqlite` and `postgresql` on one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.pool import NullPool

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit.canonical import decode_strict
from service.extensions import db, init_app
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.models.migrate import begin_log, upgrade
from service.models.organisation import Account, Organisation
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from tests.cluster import Cluster, running_cluster

ORIGIN = "pingji/demo/0123456789abcdef"


@dataclass
class Database:
    """One database with its log begun, and the application that uses it."""

    url: str
    app: Flask

    @contextmanager
    def engine(self, url: str | None = None) -> Iterator[Engine]:
        """A second door, past the session: what a person with SQL would use."""
        made = create_engine(url or self.url, poolclass=NullPool)
        try:
            yield made
        finally:
            made.dispose()

    def entries(self) -> list[dict[str, Any]]:
        """Every leaf of the log, decoded, in order; read through a connection of its own."""
        with self.engine() as engine, engine.connect() as connection:
            rows = connection.execute(select(AuditEntry.leaf).order_by(AuditEntry.id))
            return [decode_strict(row.leaf) for row in rows]

    def count(self, model: type[Any]) -> int:
        """Rows of `model`, committed."""
        with self.engine() as engine, engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(model)).scalar_one())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for all tests that pull no plugs."""
    with running_cluster("fsync=off", "full_page_writes=off", "autovacuum=off") as running:
        yield running


@pytest.fixture(scope="session")
def template_postgresql(cluster: Cluster) -> str:
    """Name of an upgraded database with its log begun, to copy from."""
    name = cluster.create()
    _prepare(cluster.url(name))
    return name


@pytest.fixture(scope="session")
def template_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of an upgraded database with its log begun, to copy from."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    _prepare(f"sqlite:///{file}")
    return file


def _prepare(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    upgrade(engine)
    begin_log(engine, ORIGIN)
    engine.dispose()


@contextmanager
def _application(url: str) -> Iterator[Database]:
    app = Flask("service")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_app(app)
    with app.app_context():
        try:
            yield Database(url, app)
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path, template_sqlite: Path) -> Iterator[Database]:
    """A database in a file of its own; its app context is pushed."""
    file = tmp_path / "case.db"
    shutil.copy(template_sqlite, file)
    with _application(f"sqlite:///{file}") as database:
        yield database


@pytest.fixture
def postgresql(cluster: Cluster, template_postgresql: str) -> Iterator[Database]:
    """A database of its own on the test server; its app context is pushed."""
    name = cluster.create(template_postgresql)
    with _application(cluster.url(name)) as database:
        yield database
    cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both databases."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def actor() -> Actor:
    """A member of the team."""
    return Actor(account="account-ev", name="评价员", roles=frozenset({Role.EV}), organisation="firm")


@pytest.fixture
def make_organisation(actor: Actor) -> Callable[..., str]:
    """Stores an organisation and returns its id."""

    def make(code: str = "U1", name: str = "某单位") -> str:
        with transaction(actor, Action.ACCOUNT_CREATE, reason="设立") as tx:
            row = Organisation(code=code, name=name)
            tx.add(row)
            return row.id

    return make


@pytest.fixture
def make_evaluation(actor: Actor) -> Callable[..., str]:
    """Stores an evaluation and returns its id."""

    def make(code: str = "E1") -> str:
        with transaction(actor, Action.EVALUATION_CREATE) as tx:
            row = Evaluation(
                code=code,
                title="某项目",
                kind=Kind.DEPARTMENT,
                year="2026",
                subject_name="某项目",
                profile="p",
            )
            tx.add(row)
            return row.id

    return make


@pytest.fixture
def make_account(actor: Actor) -> Callable[..., str]:
    """Stores an account and returns its id."""

    def make(login: str = "ev") -> str:
        with transaction(actor, Action.ACCOUNT_CREATE) as tx:
            row = Account(login=login, duty="评价员", password_hash="x")
            tx.add(row)
            return row.id

    return make
