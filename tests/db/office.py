"""A small office for random walks: people with one or several parts, and cases of every kind.

`found` fills an empty database once; every walk works on a copy of it. What a person may do in a case is
worked out here from who was given what, apart from the code under test.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Executable, Row, Table, event, select

from service.actions.accounts import (
    NewAccount,
    confirm_grant,
    create_account,
    create_organisation,
    propose_grant,
)
from service.actions.actor import Actor
from service.actions.commissioning import CreateEvaluation, create_evaluation
from service.evidence.store import EvidenceStore
from service.extensions import db, init_app
from service.workflow.certifier import PAPERS
from service.workflow.kinds import KINDS, Firm, Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status
from tests.builders import DAY, FRAMEWORK, PASSWORD, make_people

PART = {
    Role.DF: "evaluated",
    Role.DH: "evaluated",
    Role.SD: "supervisor",
    Role.FO: "organiser",
    Role.FR: "organiser",
    Role.FA: "organiser",
}
MORE: dict[str, tuple[str, tuple[tuple[Role, str], ...]]] = {
    "sd": ("department", ((Role.SD, "department"),)),
    "df2": ("unit", ((Role.DF, "unit"),)),
    "fo2": ("bureau", ((Role.FO, "bureau"),)),
    "fa2": ("bureau", ((Role.FA, "bureau"),)),
    "desk": ("bureau", ((Role.FO, "bureau"), (Role.FR, "bureau"))),
    "both": ("unit", ((Role.DF, "unit"), (Role.SD, "department"))),
    "ev2": ("bureau", ()),
    "ex": ("bureau", ()),
    "two": ("firm", ()),
    "stranger": ("firm", ()),
}
"""Home and duties of each more person; `desk` and `both` hold duties whose acts exclude each other."""
_reader: ContextVar[Connection] = ContextVar("reader")
CASE_ROLES = {Role.EL, Role.EV, Role.EX, Role.IR, Role.AS}


@dataclass
class Office:
    """Who works here: account by login, the organisations by code, and the parts of each person."""

    accounts: dict[str, str]
    organisations: dict[str, str]
    homes: dict[str, tuple[tuple[Role, str], ...]]

    @property
    def names(self) -> dict[str, str]:
        """Logins by account id."""
        return {key: login for login, key in self.accounts.items()}


def found() -> Office:
    """Let everybody in by the real acts."""
    people = make_people()
    admin, security = people.actor(Role.SA), people.actor(Role.SE)
    people.organisations["department"] = create_organisation(admin, code="department", name="某主管局")
    office = Office({}, people.organisations, {})
    for role, account in people.accounts.items():
        home = "unit" if role in (Role.DF, Role.DH) else "bureau"
        office.accounts[role.value.lower()] = account
        office.homes[role.value.lower()] = () if role in CASE_ROLES else ((role, home),)
    for login, (home, duties) in MORE.items():
        account = create_account(admin, NewAccount(login, login, PASSWORD, people.organisations[home]))
        office.accounts[login], office.homes[login] = account, duties
        for role, place in duties:
            organisation = people.organisations[place]
            grant = propose_grant(admin, account=account, role=role, organisation=organisation)
            confirm_grant(security, grant=grant, fresh=True)
    return office


def hurry(connection: Any, record: Any) -> None:
    """Let SQLite not wait for the disk: no plug is pulled here."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF").close()


@contextmanager
def opened(url: str) -> Iterator[None]:
    """Push an application context on the database at `url`, which no crash will have to survive."""
    app = Flask("service")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_app(app)
    with app.app_context():
        event.listen(db.engine, "connect", hurry)
        try:
            with db.engine.connect() as connection:
                token = _reader.set(connection)
                yield
                _reader.reset(token)
        finally:
            db.session.remove()
            db.engine.dispose()


def read(query: Executable) -> list[Row[Any]]:
    """Return what is committed now, read past the session through the one connection kept for it."""
    connection = _reader.get()
    found = list(connection.execute(query))
    connection.rollback()
    return found


@dataclass
class Look:
    """What stands in the database now, read past the session; every table at most once."""

    case_id: str
    _rows: dict[str, list[Row[Any]]] = field(default_factory=dict)
    roles: dict[str, frozenset[Role]] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    """What follows from the rows and is dear to work out, kept as long as the look."""

    def rows(self, name: str) -> list[Row[Any]]:
        """Return the rows of the case in the table, in the order they were made."""
        if name not in self._rows:
            table: Table = db.metadata.tables[name]
            column = table.c.id if name == "evaluation" else table.c.evaluation_id
            query = select(table).where(column == self.case_id).order_by(table.c.id)
            self._rows[name] = read(query)
        return self._rows[name]

    def dispositions(self) -> dict[str, Row[Any]]:
        """Return the dispositions by id of the opinion."""
        if "disposition" not in self._rows:
            table: Table = db.metadata.tables["disposition"]
            mine = [opinion.id for opinion in self.rows("opinion")]
            self._rows["disposition"] = read(select(table).where(table.c.opinion_id.in_(mine)))
        return {row.opinion_id: row for row in self._rows["disposition"]}

    @property
    def case(self) -> Row[Any]:
        """The case itself."""
        return self.rows("evaluation")[0]

    @property
    def stage(self) -> Stage:
        """Where the case stands."""
        return Stage(self.case.stage)

    @property
    def status(self) -> Status:
        """Whether it is active."""
        return Status(self.case.status)

    @property
    def kind(self) -> Kind:
        """Its kind."""
        return Kind(self.case.kind)

    @property
    def firm(self) -> bool:
        """Whether a firm works on it."""
        possible = KINDS[self.kind].firm
        return possible is Firm.ALWAYS or (possible is Firm.POSSIBLE and bool(self.case.facts.get("firm")))

    def report(self) -> Row[Any] | None:
        """Return the newest version of the report."""
        return max(self.rows("report_version"), key=lambda row: row.number, default=None)


@dataclass
class Walk:
    """One case on its way, with everybody around it."""

    office: Office
    random: Random
    store: EvidenceStore
    case_id: str = ""
    on: date = DAY

    def look(self) -> Look:
        """Return a fresh look."""
        return Look(self.case_id)

    def roles(self, login: str, look: Look) -> frozenset[Role]:
        """Return the parts this person has in the case."""
        if login not in look.roles:
            look.roles[login] = self._roles(login, look)
        return look.roles[login]

    def _roles(self, login: str, look: Look) -> frozenset[Role]:
        parts = {(row.part, row.organisation_id) for row in look.rows("party")}
        account = self.office.accounts[login]
        held = {
            role
            for role, home in self.office.homes[login]
            if role in (Role.AU, Role.SA, Role.SE)
            or (PART.get(role, ""), self.office.organisations[home]) in parts
        }
        given = {Role(row.role) for row in look.rows("role_grant") if row.account_id == account}
        return frozenset(held | given)

    def actor(self, login: str) -> Actor:
        """Return the person, acting today."""
        return Actor(account=self.office.accounts[login], name=login, roles=frozenset(), on=self.on)

    def create(self, kind: Kind, number: int) -> None:
        """拟下达 a case of `kind` with chance settings."""
        random, homes = self.random, self.office.organisations
        parties = {"evaluated": (homes["unit"],), "organiser": (homes["bureau"],), "agency": (homes["firm"],)}
        if random.random() < 0.4:
            parties["supervisor"] = (homes["department"],)
        command = CreateEvaluation(
            code=f"walk-{number}",
            title="窗口设备更新项目绩效评价报告",
            kind=kind,
            year="2024",
            subject_name="窗口设备更新",
            profile="standard",
            policy=random.choice(("city", "county")),
            parties=parties,
            secrecy="公开",
            publicity="主动公开",
            self_due_on=self.on + timedelta(days=random.randint(0, 20)),
            facts={
                "not_stated": [PAPERS],
                "firm": random.random() < 0.5,
                "silence_is_consent": random.random() < 0.2,
            },
            framework=FRAMEWORK if kind is Kind.UNIT_SELF else "",
        )
        self.case_id = create_evaluation(self.actor("fo"), command)
