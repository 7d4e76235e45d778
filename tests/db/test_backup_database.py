"""A dump taken while others write is one moment of the database, and loads into an empty one only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select

from service.audit.merkle import Frontier
from service.audit.signer import SignerState
from service.backup import checks, database
from service.errors import InvalidError
from service.extensions import db
from service.models import migrate
from service.models.organisation import Organisation
from tests.cluster import Cluster

NOTHING_SIGNED = SignerState(Frontier(), 0, "")


def test_a_postgresql_database_comes_back_whole_and_guarded(
    postgresql: Any, cluster: Cluster, tmp_path: Path, make_organisation: Callable[..., str]
) -> None:
    for code in ("U1", "U2"):
        make_organisation(code)
    database.dump(db.engine, tmp_path / "dump")
    make_organisation("U3")
    name = cluster.create()
    target = create_engine(cluster.url(name))
    try:
        database.load(tmp_path / "dump", target)
        with target.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(Organisation)) == 2
        assert checks.check_log(target, NOTHING_SIGNED).size == 2
        migrate.demand_current(target)
        with pytest.raises(InvalidError, match="不是空的"):
            database.load(tmp_path / "dump", target)
    finally:
        target.dispose()
        cluster.drop(name)


def test_a_sqlite_database_comes_back_whole_and_guarded(
    sqlite: Any, tmp_path: Path, make_organisation: Callable[..., str]
) -> None:
    make_organisation("U1")
    database.dump(db.engine, tmp_path / "dump")
    make_organisation("U2")
    target = create_engine(f"sqlite:///{tmp_path / 'target.db'}")
    database.load(tmp_path / "dump", target)
    assert checks.check_log(target, NOTHING_SIGNED).size == 1
    migrate.demand_current(target)
    with pytest.raises(InvalidError, match="已存在"):
        database.load(tmp_path / "dump", target)
    target.dispose()
