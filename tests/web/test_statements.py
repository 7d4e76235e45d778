"""How often each page asks the database: a figure per page, the same for few evaluations and for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from service import clock
from service.actions.commissioning import declare_conflict
from service.actions.tokens import IssueToken, issue_token
from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries.tokens import Scope
from service.web.access import STATIC
from service.web.forms.act import ACTS
from service.workflow.machine import permits
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DESK_ROLES, CaseBuilder
from tests.many import Pattern
from tests.web.conftest import Site, World, running_copy

MANY = 30
PEOPLE = (Role.DF, Role.DH, Role.EV, Role.EL, Role.FO, Role.FR, Role.FA)
MOST_OF_A_FORM = 34
"""The form of an act tells what stands in its way; for a signature that is everything the report says."""
WORKBOOKS = {
    "self": (Role.DF, "self"),
    "subprojects": (Role.DF, "self"),
    "survey": (Role.DF, "self"),
    "money": (Role.FO, "self"),
    "issues": (Role.EV, "visit"),
    "scores": (Role.EV, "visit"),
    "deductions": (Role.EV, "visit"),
    "opinions": (Role.FO, "asked"),
}
"""Who brings back which table, and in which case."""
PAGES: dict[str, tuple[Role, str, int]] = {
    "account.show": (Role.FO, "/account", 5),
    "account.left": (Role.FO, "/account/left", 2),
    "account.stay": (Role.FO, "/account/stay", 2),
    "account.factor": (Role.FO, "/account/factor", 6),
    "account.unlocking": (Role.SE, "/account/unlock", 3),
    "tokens.show": (Role.EL, "/account/tokens", 4),
    "todo.show": (Role.FR, "/todo", 15),
    "portfolio.show": (Role.FO, "/portfolio", 11),
    "cases.index": (Role.FO, "/cases", 9),
    "cases.overview": (Role.EL, "/cases/visit", 31),
    "cases.scores": (Role.EL, "/cases/visit/scores", 15),
    "cases.quotations": (Role.EL, "/cases/final/quotations", 19),
    "cases.evidence": (Role.EV, "/cases/visit/evidence", 20),
    "cases.history": (Role.AU, "/cases/final/history", 15),
    "timetravel.show": (Role.AU, "/cases/final/asof", 24),
    "auditsearch.show": (Role.AU, "/audit/search?question=deviation", 25),
    "extract.show": (Role.AU, "/cases/final/history/extract", 12),
    "timetravel.compare": (Role.AU, "/cases/final/compare", 34),
    "consultation.show": (Role.FO, "/cases/asked/opinions", 25),
    "consultation.table": (Role.FO, "/cases/asked/opinions/table", 17),
    "consultation.table_file": (Role.FO, "/cases/asked/opinions/table.docx", 17),
    "signing.show": (Role.FA, "/cases/final/report", 35),
    "downloads.evidence": (Role.EV, "/cases/visit/evidence/E01/1", 8),
    "downloads.report": (Role.FA, "/cases/final/report/1/frozen", 7),
    "downloads.verifier": (Role.AU, "/offline/verifier.html", 2),
    "downloads.scores": (Role.EL, "/cases/final/scores.json", 27),
    "work.index": (Role.EL, "/jobs", 5),
    "visit.show": (Role.EL, "/cases/visit/visit", 21),
    "visit.points": (Role.EL, "/cases/visit/visit/points", 21),
    "visit.points_file": (Role.EL, "/cases/visit/visit/points.docx", 21),
    "visit.record": (Role.EV, "/cases/visit/visit/record", 21),
    "visit.confirm": (Role.DF, "/cases/visit/visit/confirm", 21),
    "visit.findings": (Role.EL, "/cases/visit/visit/findings", 21),
    "review.show": (Role.EV, "/cases/review/review", 22),
    "evidence.show": (Role.EV, "/cases/visit/evidence/E01", 22),
    "prints.show": (Role.FO, "/cases/final/prints", 26),
    "prints.form": (Role.DF, "/cases/visit/prints/self", 18),
    "prints.scored": (Role.FO, "/cases/final/prints/scored/scores", 21),
    "people.index": (Role.SA, "/people", 13),
    "people.show": (Role.SA, "/people/do/account.create", 10),
    "system.show": (Role.SA, "/system", 9),
    "unit.show": (Role.DF, "/cases/self/self", 16),
    "unit.table": (Role.DF, "/cases/self/self/table", 12),
    "unit.funds": (Role.DF, "/cases/self/self/funds", 12),
    "unit.survey": (Role.DF, "/cases/self/self/survey", 12),
    "unit.texts": (Role.DF, "/cases/self/self/texts", 12),
    "unit.supplements": (Role.DF, "/cases/review/self/supplements", 12),
    "unit.check": (Role.DH, "/cases/self/self/check", 22),
    "unit.reply": (Role.DH, "/cases/asked/self/reply", 17),
    "commission.show": (Role.FO, "/commission", 15),
    "commission.parties": (Role.FO, "/commission/parties?part=evaluated", 4),
    "intake.index": (Role.FO, "/intake", 9),
    "intake.form": (Role.FO, "/intake/new/self", 9),
    "intake.blank": (Role.FO, "/intake/blank/projects.xlsx", 6),
    "particulars.show": (Role.FO, "/cases/visit/edit", 12),
    "team.show": (Role.FO, "/cases/visit/people", 15),
    "grid.show": (Role.EV, "/cases/visit/grid", 17),
    "grid.item": (Role.EV, "/cases/visit/grid/A1", 17),
    "grid.panel": (Role.EV, "/cases/visit/grid/B1/panel?act=deduction.draft", 8),
    "gridpaste.show": (Role.EV, "/cases/visit/paste-scores", 17),
    "planning.show": (Role.FR, "/cases/visit/plan", 16),
    "planning.draft": (Role.EL, "/cases/self/plan/draft", 9),
    "planning.amend": (Role.EL, "/cases/visit/plan/amend", 9),
    "library.index": (Role.FR, "/library", 11),
    "library.show": (Role.FR, "/library/bundled:guangzhou-editorial-2021", 12),
    "linting.index": (Role.FO, "/linting", 10),
    "library.table": (Role.FR, "/library/bundled:guangzhou-editorial-2021/table.xlsx", 12),
    "library.bench": (Role.FR, "/library/bundled:guangzhou-editorial-2021/bench", 6),
    "templates.index": (Role.FR, "/templates", 12),
    "templates.stock": (Role.FR, "/templates/stock/standard.docx", 3),
    "writing.show": (Role.EL, "/cases/final/writing", 29),
    "wordtrip.show": (Role.EL, "/cases/final/writing-trip", 8),
    "api.copy_list": (Role.EL, "/api/v1/cases/final/working-copies", 9),
    "api.opinion_table": (Role.FO, "/api/v1/cases/asked/opinions/table.docx", 18),
    "api.template_list": (Role.FR, "/api/v1/templates", 8),
    "publiccopy.show": (Role.FO, "/cases/final/report/1/public", 12),
    "api.me": (Role.EL, "/api/v1/me", 3),
    "api.cases": (Role.FO, "/api/v1/cases", 5),
    "api.todo": (Role.FR, "/api/v1/todo", 15),
    "api.portfolio": (Role.FO, "/api/v1/portfolio", 10),
    "api.intakes": (Role.FO, "/api/v1/intakes", 7),
    "api.jobs": (Role.EL, "/api/v1/jobs", 4),
    "api.library": (Role.FR, "/api/v1/library", 8),
    "api.framework": (Role.FR, "/api/v1/library/bundled:guangzhou-editorial-2021", 6),
    "api.framework_exported": (Role.FR, "/api/v1/library/bundled:guangzhou-editorial-2021/table", 6),
    "api.framework_drafts": (Role.FO, "/api/v1/library/drafts", 8),
    "api.accounts": (Role.SA, "/api/v1/accounts", 13),
    "api.head": (Role.EL, "/api/v1/cases/visit", 7),
    "api.tasks": (Role.EL, "/api/v1/cases/visit/tasks", 29),
    "api.people": (Role.FO, "/api/v1/cases/visit/people", 11),
    "api.plan": (Role.FR, "/api/v1/cases/visit/plan", 9),
    "api.particulars": (Role.FO, "/api/v1/cases/visit/particulars", 10),
    "api.self-assessment": (Role.DF, "/api/v1/cases/self/self-assessment", 13),
    "api.evidence": (Role.EV, "/api/v1/cases/visit/evidence", 11),
    "api.review": (Role.EV, "/api/v1/cases/review/review", 19),
    "api.visit": (Role.EL, "/api/v1/cases/visit/visit", 22),
    "api.grid": (Role.EV, "/api/v1/cases/visit/grid", 18),
    "api.scores": (Role.EL, "/api/v1/cases/visit/scores", 15),
    "api.opinions": (Role.FO, "/api/v1/cases/asked/opinions", 18),
    "api.checks": (Role.FA, "/api/v1/cases/final/checks", 30),
    "api.reports": (Role.FA, "/api/v1/cases/final/reports", 8),
    "api.snapshot": (Role.EL, "/api/v1/cases/final/snapshot", 28),
    "api.asof": (Role.AU, "/api/v1/cases/final/asof", 24),
    "api.compare": (Role.AU, "/api/v1/cases/final/compare", 34),
    "api.audit_search": (Role.AU, "/api/v1/audit/search", 25),
    "api.history": (Role.AU, "/api/v1/cases/final/history", 12),
    "api.evidence_file": (Role.EV, "/api/v1/cases/visit/evidence/E01/1", 8),
    "api.report_file": (Role.FA, "/api/v1/cases/final/reports/1/frozen", 7),
    "apidocs.show": (Role.EL, "/api", 3),
    "workbooks.show": (Role.DF, "/cases/self/workbooks", 12),
    **{
        f"workbooks.{way}_{name}": (role, f"/cases/{case}/workbooks/{name}{end}", 24)
        for name, (role, case) in WORKBOOKS.items()
        for way, end in (("take", ""), ("preview", "/preview"), ("xlsx", ".xlsx"), ("csv", ".csv"))
    },
    **{
        f"api.workbook_{name}": (role, f"/api/v1/cases/{case}/workbooks/{name}", 24)
        for name, (role, case) in WORKBOOKS.items()
    },
}  # fmt: skip
"""Page: whose it is mainly, address, most statements, BEGIN counted.

Pages that tell the whole of a case read each of its tables once: that is what the high figures are.
"""
NEEDS_MORE: dict[str, str] = {
    "api.intake": "a batch that came in",
    "api.intake_items": "a batch that came in",
    "api.intake_summary": "a batch that came in",
    "api.job": "a job",
    "apidocs.openapi": "asks nothing",
    "account.picture": "only while one-time codes are set up",
    "cases.home": "a way to another page",
    "downloads.signature": "a detached signature",
    "evidence.picture": "a drawn preview",
    "entrance.login": "asks nothing",
    "intake.show": "a batch that came in",
    "intakelist.item": "a batch that came in",
    "intakelist.marked": "a batch that came in",
    "intakelist.sample": "a batch that came in",
    "intakelist.summary": "a batch that came in",
    "library.draft": "a framework being drafted",
    "parts.htmx": "a file",
    "portfolio.bulk": "an act on several cases that was begun",
    "archived.show": "a signed report",
    "archived.file": "a package the worker made",
    "api.archive": "a signed report",
    "api.archive_file": "a package the worker made",
    "api.report_redline": "two versions of a report",
    "redline.compare": "two versions of a report",
    "api.copy_file": "a copy that was taken",
    "api.copy_returned": "a file that came back",
    "api.template_version": "a template handed in",
    "api.template_file": "a template handed in",
    "templates.show": "a template handed in",
    "templates.file": "a template handed in",
    "templates.preview": "a trial",
    "templates.preview_file": "a trial",
    "templates.preview_picture": "a trial as PDF",
    "signing.check": "a signed report",
    "timetravel.story": "a field somebody set",
    "auditsearch.proof": "a signed checkpoint",
    "api.proof": "a signed checkpoint",
    "auditsearch.outside_proof": "a signed checkpoint",
    "api.outside_proof": "a signed checkpoint",
    "api.story": "a field somebody set",
    "signing.picture": "a report as PDF",
    "wordtrip.file": "a copy that was taken",
    "wordtrip.preview": "a file that came back",
    "work.job": "a job",
    **{f"workbooks.marked_{name}": "a workbook uploaded" for name in WORKBOOKS},
    "writing.copy_file": "a draft that was printed",
    "writing.printed": "a draft that was printed",
}
"""Pages this world has nothing for, and what they need."""


@dataclass
class Counted:
    """Statements of each page with few and with many evaluations, and how many there were."""

    few: dict[str, int]
    many: dict[str, int]
    evaluations: tuple[int, int]


@pytest.fixture(scope="module")
def counted(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    """Every page asked in a copy of the world, then again after its evaluations were multiplied."""
    with running_copy(world, tmp_path_factory.mktemp("statements") / "instance") as site:
        with site.app.app_context():
            cases = {**world.cases, "self": _assessing(world)}
            addresses = {**_pages(), **_forms(cases)}
        # The full marks of a framework are read once per process.
        site.as_role(Role.FO).get("/portfolio")
        site.as_role(Role.AU).get("/audit/search")
        few = _counts(site, addresses)
        with site.app.app_context():
            patterns = [Pattern(case) for case in cases.values()]
            for number in range(MANY - len(patterns)):
                pattern = patterns[number % len(patterns)]
                pattern.copy(world.people.actor(Role.FO), f"copy-{number}")
        yield Counted(few, _counts(site, addresses), (len(cases), MANY))


def _assessing(world: World) -> str:
    """A case whose 自评 is being written, with the interests of the desk declared."""
    made = CaseBuilder(world.people, code="self").until(Stage.SELF_ASSESSMENT)
    for role in DESK_ROLES:
        declare_conflict(made.actor(role), made.id, conflict=False, statement="无利害关系")
    return made.id


def _pages() -> dict[str, tuple[Role, str]]:
    return {name: (role, path) for name, (role, path, _) in PAGES.items()}


def _forms(cases: dict[str, str]) -> dict[str, tuple[Role, str]]:
    """The form of every act some person may do in some case, in the last such case: as page and to a program."""
    rows = [db.session().get_one(Evaluation, case) for case in cases.values()]
    return {
        f"{way}.show_{act.path.replace('.', '_')}": (role, f"{before}/cases/{row.code}/{between}/{act.path}")
        for way, before, between in (("doing", "", "do"), ("api", "/api/v1", "acts"))
        for act in ACTS.values()
        for row in rows
        for role in PEOPLE
        if permits(row.kind, row.stage, row.status, act.action, frozenset({role}))
    }


def _counts(site: Site, addresses: dict[str, tuple[Role, str]]) -> dict[str, int]:
    sent: list[str] = []
    with site.app.app_context():
        engine = db.engine
    people: dict[Role, FlaskClient] = {}
    programs: dict[Role, FlaskClient] = {}
    found = {}
    for name, (role, path) in addresses.items():
        known, come_in = (programs, _program) if path.startswith("/api/") else (people, Site.as_role)
        client = known.setdefault(role, known.get(role) or come_in(site, role))
        client.get("/api/v1/me" if known is programs else "/account")
        event.listen(engine, "before_cursor_execute", note := _noting(sent))
        answer = client.get(path)
        event.remove(engine, "before_cursor_execute", note)
        assert answer.status_code == 200, (name, path, answer.status_code)
        answer.close()
        found[name], sent[:] = len(sent), []
    return found


def _program(site: Site, role: Role) -> FlaskClient:
    """A program that bears a token of this person."""
    with site.app.app_context():
        until = clock.local_date(clock.now()) + timedelta(days=30)
        asked = IssueToken(f"取数{clock.now()}", tuple(Scope), until)
        token = issue_token(site.world.people.actor(role, on=None), asked, fresh=True)
    client = site.client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def _noting(sent: list[str]) -> Callable[..., None]:
    return lambda *call: sent.append(call[2])


def test_every_page_has_its_figure(counted: Counted, shared: Site) -> None:
    routes = {rule.endpoint for rule in shared.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    acts = {name for name in routes if name.startswith(("doing.show_", "api.show_"))}
    assert routes - acts - STATIC - PAGES.keys() - NEEDS_MORE.keys() == set()
    assert not (PAGES.keys() | NEEDS_MORE.keys()) - routes


def test_no_page_asks_more_often_than_its_figure_says(counted: Counted) -> None:
    most = {name: figure for name, (_, _, figure) in PAGES.items()}
    over = {name: n for name, n in counted.many.items() if n > most.get(name, MOST_OF_A_FORM)}
    assert over == {}, str(over)


def test_the_number_of_statements_does_not_grow_with_the_evaluations(counted: Counted) -> None:
    assert counted.evaluations == (6, MANY)
    assert counted.many == counted.few
    assert len(counted.few) > 80
