"""保密承诺 and 回避申报: nobody works on a running case before he has declared, and the act leads back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from service.actions.commissioning import assign_member, issue_evaluation
from service.extensions import db
from service.queries.reader import open_case
from service.workflow.roles import Role
from tests.builders import DAY, CaseBuilder
from tests.web.conftest import ORIGIN, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]
FIRST = "请先签署保密承诺并申报利害关系"


@pytest.fixture
def fresh(site: Site) -> Site:
    """One more case, issued, with a team, in which nobody has declared anything."""
    with site.app.app_context():
        case = CaseBuilder(site.world.people, code="fresh").create()
        people = site.world.people
        issue_evaluation(people.actor(Role.FR), case.id)
        for role in (Role.EL, Role.EV):
            assign_member(people.actor(Role.FO), case.id, account=people.accounts[role], roles=(role,))
        db.session.remove()
    return site


def declare(client: FlaskClient, **data: str) -> int:
    page = client.get("/cases/fresh/do/conflict.declare?back=/cases/fresh/scores").text
    form = {"csrf_token": csrf_of(page), "key": "k", "back": "/cases/fresh/scores", **data}
    return client.post("/cases/fresh/do/conflict.declare", data=form, headers=ORIGIN).status_code


@pytest.mark.parametrize("role", [Role.EL, Role.EV, Role.FO, Role.FR, Role.FA])
def test_work_pages_lead_to_the_declaration_and_the_overview_says_so(fresh: Site, role: Role) -> None:
    client = fresh.as_role(role)
    overview = client.get("/cases/fresh")
    assert overview.status_code == 200
    assert FIRST in overview.text
    answer = client.get("/cases/fresh/evidence?x=1")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(
        "/cases/fresh/do/conflict.declare?back=/cases/fresh/evidence"
    )
    assert FIRST in client.get(answer.headers["Location"]).text
    fragment = client.get("/cases/fresh/evidence", headers={"HX-Request": "true"})
    assert "/do/conflict.declare" in fragment.headers["HX-Redirect"]


def test_after_declaring_everything_opens_and_others_never_had_to(fresh: Site) -> None:
    leader = fresh.as_role(Role.EL)
    assert declare(leader, secrecy="1", conflict="no") == 303
    assert leader.get("/cases/fresh/evidence").status_code == 200
    assert FIRST not in leader.get("/cases/fresh").text
    for free in (Role.DF, Role.DH, Role.AU):
        assert fresh.as_role(free).get("/cases/fresh/evidence").status_code == 200


def test_nothing_is_done_by_who_has_not_declared(fresh: Site) -> None:
    client = fresh.as_role(Role.FO)
    token = csrf_of(client.get("/cases/fresh").text)
    before = fresh.rows()
    data = {"csrf_token": token, "due_on": "2030-01-07", "reason": "延期"}
    answer = client.post("/cases/fresh/do/deadline.extend", data=data, headers=ORIGIN)
    assert (answer.status_code, "/do/conflict.declare" in answer.headers["Location"]) == (303, True)
    assert {**fresh.rows(), "login_session": 0} == {**before, "login_session": 0}


def test_without_the_promise_nothing_is_declared_and_an_interest_closes_the_case(fresh: Site) -> None:
    client = fresh.as_role(Role.EV)
    assert declare(client, conflict="no") == 422
    assert declare(client, secrecy="1", conflict="yes") == 422
    assert client.get("/cases/fresh/evidence").status_code == 302
    assert declare(client, secrecy="1", conflict="yes", statement="在供应商任职") == 303
    assert client.get("/cases/fresh").status_code == 403
    with fresh.app.app_context():
        people = fresh.world.people
        assert open_case(db.session(), people.accounts[Role.FR], "fresh", today=DAY).code == "fresh"
