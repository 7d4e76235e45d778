"""As the role the service runs as, everything can be done but to change what is in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service.actions.workshop import Workshop
from service.audit.signer import Signer
from service.cases import reader
from service.cases.replay import replay
from service.cli import entry
from service.errors import InvalidError, NotPermittedError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models import load_models
from service.models.migrate import grant as apply
from service.models.privileges import excess, grants, planned
from service.report.keys import DemoKeys
from service.report.pdf import Converter
from service.workflow.stages import Stage
from tests.cluster import OWNER, Cluster
from tests.db.conftest import ORIGIN, Database

ROLE = 'pingji "app" 100%: 服务'
"""A name that does harm wherever it is not quoted."""
PLAIN = "pingji_app"
CASE = Path(__file__).parents[1] / "cases" / "simplified.yaml"
TAMPERING = [
    "UPDATE audit_entry SET action = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry CASCADE",
    "UPDATE audit_head SET origin = 'x'",
    "UPDATE audit_disclosure SET body = NULL, salt = NULL",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_attestation SET size = 9",
    "DELETE FROM evaluation",
    "CREATE TABLE mine (id int)",
]


@contextmanager
def a_role(database: Database, name: str) -> Iterator[None]:
    quoted = '"' + name.replace('"', '""') + '"'
    with database.engine() as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {quoted} LOGIN".replace("%", "%%"))
    try:
        yield
    finally:
        db.session.remove()
        with database.engine() as engine, engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {quoted}".replace("%", "%%"))
            connection.exec_driver_sql(f"DROP ROLE {quoted}".replace("%", "%%"))


@pytest.fixture
def service_role(postgresql: Database, cluster: Cluster) -> Iterator[str]:
    """Address of the database for a role that was granted its work, twice."""
    with a_role(postgresql, PLAIN):
        grant(postgresql, PLAIN)
        grant(postgresql, PLAIN)
        yield cluster.url(postgresql.url.split("@/")[1].split("?")[0], user=PLAIN)


def grant(database: Database, role: str) -> None:
    with database.engine() as engine:
        apply(engine, planned(engine, role, load_models()))


def told(database: Database, url: str | None = None) -> tuple[str, ...]:
    with database.engine(url) as engine, engine.connect() as connection:
        return excess(connection, load_models())


def test_the_role_carries_a_case_to_its_signature_and_cannot_touch_the_log(
    postgresql: Database, service_role: str, tmp_path: Path
) -> None:
    Signer.create(tmp_path / "signer", ORIGIN)
    workshop = Workshop(
        store=EvidenceStore(f"file://{tmp_path / 'evidence'}"), converter=Converter(soffice="nowhere"),
        keys=DemoKeys(tmp_path / "keys"), signer_dir=tmp_path / "signer", reports=tmp_path,
        checks=tmp_path / "checks", fonts=tmp_path, demo=True,
    )  # fmt: skip
    own = db.engines[None]
    with postgresql.engine(service_role) as engine:
        db.session.remove()
        db.engines[None] = engine
        try:
            result = replay(reader.load(CASE), workshop)
        finally:
            db.session.remove()
            db.engines[None] = own
        assert (result.stage, result.ok, result.signature) == (Stage.SIGNED, True, "cms")
        entries = postgresql.entries()
        for statement in TAMPERING:
            with pytest.raises(ProgrammingError, match=r"permission denied"), engine.begin() as connection:
                connection.execute(text(statement))
    assert postgresql.entries() == entries


def test_granting_gives_neither_more_nor_less(postgresql: Database, service_role: str) -> None:
    assert told(postgresql, service_role) == ()
    assert "属主" in told(postgresql)[0] or "超级用户" in told(postgresql)[0]
    with postgresql.engine() as engine, engine.begin() as connection:
        connection.execute(text(f"GRANT DELETE, UPDATE (action) ON audit_entry TO {PLAIN}"))
        connection.execute(text(f"GRANT UPDATE (origin) ON audit_head TO {PLAIN}"))
        connection.execute(text(f"REVOKE INSERT ON evaluation FROM {PLAIN}"))
    assert told(postgresql, service_role) == (
        "表 audit_entry 多出 UPDATE、DELETE",
        "表 evaluation 缺少 INSERT",
        "表 audit_head 多出 UPDATE origin",
    )
    grant(postgresql, PLAIN)
    assert told(postgresql, service_role) == ()


def test_a_role_is_quoted_whatever_its_name(postgresql: Database) -> None:
    with a_role(postgresql, ROLE):
        grant(postgresql, ROLE)
        with postgresql.engine() as engine, engine.connect() as connection:
            query = text("SELECT has_table_privilege(:role, 'evaluation', 'INSERT')")
            assert connection.scalar(query, {"role": ROLE}) is True
    for name in ("", "a\0b", "名" * 22):
        with pytest.raises(InvalidError, match="角色名不合规"):
            grants(name, "public", load_models())


def test_only_the_owner_grants_and_only_to_somebody_below(postgresql: Database, service_role: str) -> None:
    with postgresql.engine(service_role) as engine, pytest.raises(NotPermittedError, match="属主"):
        planned(engine, PLAIN, load_models())
    with postgresql.engine() as engine:
        with pytest.raises(InvalidError, match=r"没有这个数据库角色.*CREATE ROLE"):
            planned(engine, "nobody_here", load_models())
        with pytest.raises(InvalidError, match="收不回"):
            planned(engine, OWNER, load_models())


def test_there_is_nothing_to_grant_on_sqlite(sqlite: Database) -> None:
    with sqlite.engine() as engine, pytest.raises(InvalidError, match="SQLite 没有数据库角色"):
        planned(engine, PLAIN, load_models())


@pytest.fixture
def site(
    postgresql: Database, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, str]]:
    """A live instance on PostgreSQL: its address for the owner, and for the role of the service."""
    name = cluster.create()
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "site"))
    monkeypatch.setenv("PINGJI_DATABASE", cluster.url(name))
    with a_role(postgresql, PLAIN):
        try:
            yield cluster.url(name), cluster.url(name, user=PLAIN)
        finally:
            cluster.drop(name)


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capfd.readouterr()
    code = entry.run([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def test_the_command_prints_grants_and_lets_the_service_run_below_the_owner(
    site: tuple[str, str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capfd, "init")[0] == 0
    code, shown = run(capfd, "db", "grants", "--role", PLAIN, "--print")
    assert (code, shown["applied"]) == (0, False)
    assert role_line(run(capfd, "doctor")[1])["state"] == "欠缺"
    assert run(capfd, "db", "grants", "--role", PLAIN)[1] == {**shown, "applied": True}
    monkeypatch.setenv("PINGJI_DATABASE", site[1])
    assert role_line(run(capfd, "doctor")[1]) == {"what": "数据库角色", "state": "正常", "words": ""}
    assert run(capfd, "user", "create", "desk", "--duty", "经办", "--as", "admin")[0] == 0
    assert run(capfd, "db", "upgrade")[0] == 0
    code, refused = run(capfd, "db", "grants", "--role", PLAIN)
    assert (code, "属主" in refused["error"]["problems"][0]["message"]) == (1, True)


def role_line(found: list[dict[str, str]]) -> dict[str, str]:
    return next(line for line in found if line["what"] == "数据库角色")
