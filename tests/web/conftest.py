"""One world for all tests of pages: an instance with cases in different stages, made by the real acts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from service import clock, create_app
from service.actions import logins, material_review, scoring
from service.actions.accounts import NewAccount, create_account
from service.actions.commissioning import declare_conflict
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.finalisation import Words, write_report
from service.actions.planning import submit_plan
from service.actions.reporting import freeze_now
from service.actions.workshop import workshop_of
from service.errors import ServiceError
from service.extensions import db
from service.instance import Instance, InstanceKind, create_instance, open_instance
from service.limits import Kind
from service.models.base import Base, audited_tables
from service.models.fieldwork import Verdict
from service.settings import Settings
from service.setup import prepare
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DESK_ROLES, PASSWORD, CaseBuilder, People, make_people

ORIGIN = {"Origin": "http://localhost"}
HOSTILE = (
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(2)>',
    "'; DROP TABLE evaluation; --",
    "{{ 7 * 7 }}{% raw %}",
    "</details></main><h1>乱入</h1>",
    "javascript:alert(3)",
    "&lt;b&gt;&amp;",
    "\u202e倒写\u2066<svg/onload=alert(4)>",
)  # fmt: skip
STRANGER = "stranger"
UNHURRIED = " ".join(f"{kind}=1000000/m" for kind in Kind)


@dataclass
class World:
    """The instance on disk and what is in it."""

    path: Path
    people: People
    cases: dict[str, str] = field(default_factory=dict)
    evidence: str = ""


@dataclass
class Site:
    """A running copy of the world: the application and ways into it."""

    app: Flask
    instance: Instance
    world: World

    def client(self) -> FlaskClient:
        """A visitor."""
        return self.app.test_client()

    def as_role(self, role: Role | str) -> FlaskClient:
        """A client logged in as the person of `role`, or by login name."""
        client = self.client()
        name = role if isinstance(role, str) else _login(role)
        assert log_in(client, name).status_code == 303
        return client

    def rows(self) -> dict[str, int]:
        """Rows and versions of every business table and of the log, read past the session."""
        engine = create_engine(f"sqlite:///{self.instance.database}", poolclass=NullPool)
        tables = Base.metadata.tables
        with engine.connect() as connection:
            found = {
                name: connection.execute(
                    select(func.count() + func.coalesce(func.sum(tables[name].c.version), 0))
                ).scalar_one()
                for name in audited_tables()
            }
            for name in ("audit_entry", "audit_disclosure", "login_session", "login_attempt"):
                found[name] = connection.execute(select(func.count()).select_from(tables[name])).scalar_one()
        engine.dispose()
        return found


def log_in(client: FlaskClient, login: str, password: str = PASSWORD, **form: str) -> TestResponse:
    """Fetch the form and send it as a browser does."""
    token = csrf_of(client.get("/login").get_data(as_text=True))
    data = {"login": login, "password": password, "csrf_token": token, **form}
    return client.post("/login", data=data, headers=ORIGIN)


def page_rules(app: Flask) -> list[Rule]:
    """Every address for people; those for programs are tried with tokens, in ``test_api``."""
    return sorted(
        (r for r in app.url_map.iter_rules() if not r.rule.startswith("/api/v1")), key=lambda r: r.rule
    )


def csrf_of(page: str) -> str:
    """The token hidden in a page's form."""
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def _login(role: Role) -> str:
    return {Role.SA: "admin", Role.SE: "security"}.get(role, role.value.lower())


@pytest.fixture(scope="module")
def long_logins() -> Iterator[None]:
    """Nobody's login ends for idleness: a full count takes longer than anybody may rest."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IDLE", "ADMINISTRATOR_IDLE"):
            patch.setattr(logins, name, timedelta(hours=11))
        yield


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world every test copies: five cases, one evidence file with hostile words, one frozen report."""
    return made_world(tmp_path_factory.mktemp("world") / "instance")


def made_world(path: Path, database: str = "") -> World:
    """The same world, in a folder of its own; `database` is another address than the instance's own."""
    instance = create_instance(path, InstanceKind.DEMO, at=clock.now())
    app = create_app(settings_of(path, database))
    with app.app_context():
        prepare(instance)
        made = World(path, make_people())
        create_account(made.people.actor(Role.SA), NewAccount(STRANGER, "外人", PASSWORD))
        _fill(made, app)
        db.session.remove()
        db.engine.dispose()
    return made


def settings_of(path: Path, database: str = "") -> Settings:
    """The settings of an instance without a converter."""
    given = {
        "PINGJI_INSTANCE": str(path),
        "PINGJI_SOFFICE": "/nonexistent/soffice",
        # Tests ask faster than people; how often one may ask has tests of its own.
        "PINGJI_LIMITS": UNHURRIED,
    }
    return Settings.from_env(given | ({"PINGJI_DATABASE": database} if database else {}))


def _fill(world: World, app: Flask) -> None:
    workshop = workshop_of(app.config["PINGJI"])
    stages = {
        "draft": None,
        "review": Stage.MATERIAL_REVIEW,
        "visit": Stage.ON_SITE_VERIFICATION,
        "asked": Stage.CONSULTATION,
        "final": Stage.FINALISATION,
    }
    for code, stage in stages.items():
        builder = CaseBuilder(world.people, code=code)
        builder.until(stage) if stage else builder.create()
        world.cases[code] = builder.id
        for role in DESK_ROLES if stage else ():
            declare_conflict(world.people.actor(role), builder.id, conflict=False, statement="无利害关系")
    world.evidence = add_evidence(
        world.people.actor(Role.EV),
        world.cases["visit"],
        AddEvidence(
            name=HOSTILE[0],
            filename="说明 甲.txt",
            content="核查说明".encode(),
            source=HOSTILE[1],
            proves=" ".join(HOSTILE[2:]),
            links=(("node", "B1"),),
        ),
        store=workshop.store,
    )
    taken = scoring.draft_deduction(
        world.people.actor(Role.EV),
        world.cases["visit"],
        scoring.Reason(node="B1", amount="1.5", reason="".join(HOSTILE), clause=HOSTILE[1]),
    )
    scoring.record_results(
        world.people.actor(Role.EV),
        world.cases["visit"],
        results={"A1": {"value": "95%", "note": HOSTILE[4]}},
    )
    assert taken
    note = material_review.GiveVerdict("合同", Verdict.MISSING, note=HOSTILE[0])
    material_review.give_verdict(world.people.actor(Role.EV), world.cases["review"], note)
    with pytest.raises(ServiceError):
        submit_plan(world.people.actor(Role.EL), world.cases["review"])
    final = world.cases["final"]
    words = (Words("section", "background", "更换服务大厅的终端。"),)
    write_report(world.people.actor(Role.EL), final, words=words)
    freeze_now(world.people.actor(Role.EL), final, workshop)


def unit_writes(world: World, app: Flask) -> str:
    """One more case, in which the unit writes its 自评; its code."""
    with app.app_context():
        CaseBuilder(world.people, code="self").create().issue()
        db.session.remove()
        db.engine.dispose()
    return "self"


@contextmanager
def running_copy(world: World, path: Path) -> Iterator[Site]:
    """A copy of the world under `path` with a running application."""
    shutil.copytree(world.path, path)
    app = create_app(settings_of(path))
    # Its own list of cases: what a test adds is in this copy alone.
    yield Site(app, open_instance(path), replace(world, cases=dict(world.cases)))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def site(world: World, tmp_path: Path) -> Iterator[Site]:
    """A copy for one test that changes something."""
    with running_copy(world, tmp_path / "instance") as running:
        yield running


@pytest.fixture(scope="session")
def shared(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One more copy, for all tests that only look."""
    with running_copy(world, tmp_path_factory.mktemp("shared") / "instance") as running:
        yield running


@pytest.fixture(scope="session")
def visitor(shared: Site) -> Callable[[Role | str], FlaskClient]:
    """Clients of `shared`, one login per person; one that rested too long or was pushed out is made anew."""
    known: dict[Role | str, FlaskClient] = {}

    def client(role: Role | str) -> FlaskClient:
        if role not in known or known[role].get("/account").status_code != 200:
            known[role] = shared.as_role(role)
        return known[role]

    return client
