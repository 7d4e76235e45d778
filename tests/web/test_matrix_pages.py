"""The hand-written matrix, asked over HTTP: every kind, stage, state, act and role, through the act's own address.

- A case of each kind with everybody in it is put into every stage and state by hand (its guards in the
  database are taken off for that); what is asked then is asked of the real pages by the real people.
- Refused: the page of an error. Let in: the act's own page or answer, whatever still stands in its way.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.actions.accounts import (
    NewAccount,
    confirm_grant,
    create_account,
    create_organisation,
    propose_grant,
)
from service.actions.commissioning import assign_member, declare_conflict, issue_evaluation
from service.extensions import db
from service.workflow.actions import Action
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import FIRM_ROLES, TEAM_ROLES, Role
from service.workflow.stages import Stage, Status
from tests.builders import FRAMEWORK, PASSWORD, CaseBuilder, People
from tests.conftest import Depth
from tests.contract.test_matrix import Matrix, matrix
from tests.web.conftest import ORIGIN, Site, World, csrf_of, running_copy
from tests.web.tables import Kept

__all__ = ["matrix"]
FEW = 250
DECLARING = (Role.EV, Role.EX, Role.EL, Role.FO, Role.FR, Role.FA, Role.IR, Role.AS)
LOGINS = {Role.SA: "admin", Role.SE: "security"}
ANSWERS = {
    "adjustment.reconfirm": Action.DEDUCTION_RECONFIRM,
    "awarded.type": Action.DEDUCTION_DRAFT,
}
"""Acts that stand for a row of another name."""
PAGES = {
    "edit": Action.EVALUATION_EDIT,
    "evidence": Action.EVIDENCE_ADD,
    "grid/A1": Action.SCORE_INPUT,
    "paste-scores": Action.SCORE_INPUT,
    "plan/amend": Action.PLAN_AMEND,
    "plan/draft": Action.PLAN_DRAFT,
    "self/funds": Action.SELF_EDIT,
    "self/survey": Action.SELF_EDIT,
    "self/table": Action.SELF_EDIT,
    "self/texts": Action.SELF_EDIT,
    "submit-drafts": Action.DEDUCTION_SUBMIT,
    "uploads": Action.EVIDENCE_ADD,
    "uploads/x/0": Action.EVIDENCE_ADD,
    "uploads/x/finish": Action.EVIDENCE_ADD,
    "visit/photos": Action.EVIDENCE_ADD,
    "visit/record": Action.FINDING_RECORD,
    "report/1/public": Action.PUBLIC_TAKE,
    "history/extract": Action.HISTORY_EXTRACT,
    "writing": Action.REPORT_WRITE,
    "writing-copy": Action.REPORT_WRITE,
    "writing-draft": Action.REPORT_WRITE,
    "writing-trip": Action.REPORT_WRITE,
    "writing-back": Action.REPORT_WRITE,
    "writing-back/x": Action.REPORT_WRITE,
    "writing-remarks": Action.REPORT_WRITE,
}
"""Addresses below a case that are worked on without a form of one act."""
WORKBOOKS = {
    "self": Action.SELF_EDIT,
    "subprojects": Action.SELF_EDIT,
    "survey": Action.SELF_EDIT,
    "money": Action.EVALUATION_EDIT,
    "issues": Action.FINDING_RECORD,
    "scores": Action.SCORE_INPUT,
    "deductions": Action.DEDUCTION_DRAFT,
    "opinions": Action.OPINION_RECORD,
}
"""Tables that are taken back from a workbook."""
READ = {"": Action.EVALUATION_READ, "scores": Action.SCORES_READ, "history": Action.HISTORY_READ}
NAMED = (
    "report/1/public", "grid/", "paste-scores", "uploads/", "writing-back/", "writing-remarks", "workbooks/",
)  # fmt: skip
"""Addresses, and forms, that name something that need not be there."""
PIECE = {"kind": "section", "section": "basics.overview", "body": "甲"}
SENT = {"writing": PIECE, "writing-draft": PIECE}
"""What forms must say to be understood at all."""


@dataclass
class Office:
    """One case of every kind with somebody in every role."""

    site: Site
    kept: Kept
    cases: dict[Kind, str]
    clients: dict[Role, FlaskClient] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)
    state: tuple[Kind, Stage, Status] | None = None

    def put(self, kind: Kind, stage: Stage, status: Status) -> None:
        """The case of this kind is in this stage and state."""
        self.state = kind, stage, status
        with closing(sqlite3.connect(self.site.instance.database)) as connection:
            set_to = (stage.value, status.value, self.cases[kind])
            connection.execute("UPDATE evaluation SET stage = ?, status = ? WHERE id = ?", set_to)
            connection.commit()

    def ask(self, role: Role, method: str, path: str) -> TestResponse:
        """The answer to a person; what was done is undone."""
        client = self.clients[role]
        if method == "GET":
            return client.get(path)
        answer = client.post(
            path,
            data={"csrf_token": self.tokens[role], **SENT.get(path.rpartition("/")[2], {})},
            headers=ORIGIN,
        )
        if answer.status_code < 400:
            self.kept.restore()
            if self.state:
                self.put(*self.state)
        return answer


@pytest.fixture(scope="module")
def office(long_logins: None, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_copy(world, folder / "instance") as site:
        with site.app.app_context():
            people = _people(world.people)
            cases = {kind: _case(people, kind) for kind in Kind}
            db.session.remove()
            db.engine.dispose()
        _unguarded(site.instance.database)
        clients = {role: site.as_role(LOGINS.get(role, role.value.lower())) for role in Role}
        tokens = {role: csrf_of(client.get("/account").text) for role, client in clients.items()}
        yield Office(site, Kept(site, folder), cases, clients, tokens)


def _people(known: People) -> People:
    """Besides those of the world a supervising department, an expert, an audit administrator."""
    people = People(dict(known.accounts), dict(known.organisations), known.on)
    admin, security = people.actor(Role.SA), people.actor(Role.SE)
    people.organisations["above"] = create_organisation(admin, code="above", name="某主管部门")
    for role, home in ((Role.SD, "above"), (Role.EX, "bureau"), (Role.AA, "")):
        new = NewAccount(role.value.lower(), role.label, PASSWORD, people.organisations.get(home))
        people.accounts[role] = create_account(admin, new)
    for role, home in ((Role.SD, "above"), (Role.AA, "")):
        place = people.organisations.get(home)
        grant = propose_grant(admin, account=people.accounts[role], role=role, organisation=place)
        confirm_grant(security, grant=grant, fresh=True)
    return people


def _case(people: People, kind: Kind) -> str:
    homes = people.organisations
    parties = {
        "evaluated": (homes["unit"],),
        "organiser": (homes["bureau"],),
        "supervisor": (homes["above"],),
    }
    more: dict[str, Any] = {"parties": parties}
    if Role.IR in KINDS[kind].roles:
        parties["agency"] = (homes["firm"],)
        more["facts"] = {"firm": True}
    if kind is Kind.UNIT_SELF:
        more["framework"] = FRAMEWORK
    made = CaseBuilder(people, kind=kind, code=f"m-{kind.value}", more=more).create()
    issue_evaluation(people.actor(Role.FR), made.id)
    for role in [role for role in Role if role in (TEAM_ROLES | FIRM_ROLES) & KINDS[kind].roles]:
        assign_member(people.actor(Role.FO), made.id, account=people.accounts[role], roles=(role,))
    for role in DECLARING if kind is not Kind.UNIT_SELF else ():
        if role in KINDS[kind].roles:
            declare_conflict(people.actor(role), made.id, conflict=False, statement="无利害关系")
    return made.id


def _unguarded(database: Path) -> None:
    """Cases can be put anywhere by hand, and scores count as submitted so that reading is the matrix's matter."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'evaluation'"
        for (name,) in connection.execute(query).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for key, facts in connection.execute("SELECT id, facts FROM evaluation").fetchall():
            told = json.dumps({**json.loads(facts), "scores_ever_submitted": True}, ensure_ascii=False)
            connection.execute("UPDATE evaluation SET facts = ? WHERE id = ?", (told, key))
        connection.commit()


@dataclass(frozen=True)
class Cell:
    """One question: may `role` do `action` there, asked at `path` below the case."""

    kind: Kind
    stage: Stage
    status: Status
    role: Role
    method: str
    path: str
    action: Action


def addresses(office: Office) -> dict[tuple[str, str], Action]:
    """What every address of a case that may change something stands for; none may be left out."""
    found = {("GET", path): action for path, action in READ.items()}
    given = {"node": "A1", "upload": "x", "offset": 0, "number": 1}
    for rule in office.site.app.url_map.iter_rules():
        if not rule.rule.startswith("/cases/<case>") or "POST" not in (rule.methods or ()):
            continue
        built = rule.build({**{name: given.get(name, "x") for name in rule.arguments}, "case": "c"})
        assert built is not None
        path = built[1].removeprefix("/cases/c/")
        found["POST", path] = stands_for(path)
    return found


def stands_for(path: str) -> Action:
    """The row of the matrix an address below a case stands for; a new address has to be named here."""
    kind, _, name = path.partition("/")
    if kind == "workbooks":
        return WORKBOOKS[name.removesuffix("/preview")]
    if path in PAGES:
        return PAGES[path]
    assert kind == "do", f"地址 {path} 办理矩阵里的哪一项，要写在本文件的 PAGES 里"
    return ANSWERS.get(name) or Action(name)


def cells(office: Office) -> Iterator[Cell]:
    """Every cell there is."""
    asked = addresses(office)
    for kind in Kind:
        for stage in KINDS[kind].stages:
            for status in Status:
                for role in Role:
                    for (method, path), action in asked.items():
                        # The words of a signed report change only as its correction.
                        after = stage is Stage.SIGNED and action is Action.REPORT_WRITE
                        does = Action.CORRECTION_EDIT if after else action
                        yield Cell(kind, stage, status, role, method, path, does)


def held_back(cell: Cell, matrix: Matrix) -> bool:
    """Whether the matrix lets in who may not open the case: he waits for 下达."""
    allowed = (cell.kind, cell.stage, cell.status, cell.action, cell.role) in matrix.cells
    return allowed and not reads(cell, matrix)


def reads(cell: Cell, matrix: Matrix) -> bool:
    """Whether the matrix lets this person read the case."""
    return (cell.kind, cell.stage, cell.status, Action.EVALUATION_READ, cell.role) in matrix.cells


def expected(cell: Cell, matrix: Matrix) -> str:
    """What the matrix says to this question."""
    if not reads(cell, matrix):
        return "unknown"
    allowed = (cell.kind, cell.stage, cell.status, cell.action, cell.role) in matrix.cells
    return "let in" if allowed else "refused"


def said(answer: TestResponse, cell: Cell) -> str:
    """What the pages say to it."""
    error = 'class="error-page"' in answer.text
    if answer.status_code == 404 and cell.path.startswith(NAMED) and answer.request.method == "POST":
        return "unknown or let in"
    if answer.status_code == 404:
        return "unknown"
    return "refused" if error and answer.status_code in (403, 409) else "let in" if not error else "error"


def test_every_cell_of_the_matrix_answers_so_at_the_pages(
    office: Office, matrix: Matrix, deep: Depth
) -> None:
    every = list(cells(office))
    numbers = deep.numbers(0, len(every))
    asked = every[numbers.start : numbers.stop] if deep else every[:: len(every) // FEW]
    wrong: list[tuple[Any, ...]] = []
    let_in = 0
    for cell in asked:
        if office.state != (cell.kind, cell.stage, cell.status):
            office.put(cell.kind, cell.stage, cell.status)
        code = f"m-{cell.kind.value}"
        answer = office.ask(cell.role, cell.method, f"/cases/{code}/{cell.path}".rstrip("/"))
        told, wanted = said(answer, cell), expected(cell, matrix)
        let_in += wanted == "let in"
        if told != wanted and not (told == "unknown or let in" and wanted in ("unknown", "let in")):
            wrong.append((cell, answer.status_code, told, wanted))
    print(f"cells={len(asked)}/{len(every)} let_in={let_in} mismatches={len(wrong)}")  # noqa: T201 - the count is the report
    assert wrong == []
    assert let_in > FEW // 80
    assert len(every) > 120_000


def test_who_may_act_before_he_may_read_only_declares_his_interests(office: Office, matrix: Matrix) -> None:
    hidden = {(c.action, c.status) for c in cells(office) if held_back(c, matrix)}
    assert hidden <= {(Action.CONFLICT_DECLARE, Status.DRAFT)} | {
        (Action.EXPORT_APPROVE, status) for status in Status
    }
