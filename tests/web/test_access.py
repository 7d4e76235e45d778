"""Who sees what: enumerated over every route there is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.errors import InvalidError
from service.settings import Settings
from service.web.access import INSIDE, STATIC, Doing, Entry, Inside, access, declared, demand_declared
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status
from tests.conftest import Depth
from tests.web.conftest import STRANGER, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]
VALUES = {"piece": "E01", "number": 1, "part": "frozen"}
EVERY = 9
"""Of the pages of acts, which are all made by one function, every ninth is opened unless all are asked for."""


def case_paths(app: Flask, case: str, deep: object = True, *, program: bool = False) -> dict[str, str]:
    """The address of every page of a case that can be fetched, by endpoint; of acts some unless `deep`.

    For a `program` those of the API instead, which opens to tokens alone.
    """
    found = {}
    for rule in app.url_map.iter_rules():
        mine = rule.endpoint.startswith("api.") is program
        if mine and "case" in rule.arguments and "GET" in (rule.methods or ()):
            built = rule.build({name: {**VALUES, "case": case}.get(name, 1) for name in rule.arguments})
            assert built is not None
            found[rule.endpoint] = built[1]
    acts = sorted(name for name in found if isinstance(declared(app, name), Doing))
    left_out = set() if deep else set(acts) - set(acts[::EVERY])
    return {name: path for name, path in found.items() if name not in left_out}


def test_every_route_declares_its_access(shared: Site) -> None:
    needs = {rule.endpoint: declared(shared.app, rule.endpoint) for rule in shared.app.url_map.iter_rules()}
    assert None not in needs.values()
    anyone = {endpoint for endpoint, need in needs.items() if need is Entry.ANYONE}
    assert anyone == STATIC | {
        "entrance.login",
        "entrance.enter",
        "entrance.prove",
        "entrance.leave",
        "apidocs.openapi",
    }


def test_a_route_without_a_declaration_stops_the_start(settings: Settings) -> None:
    app = create_app(settings)
    app.add_url_rule("/leak", "leak", lambda: "")
    with pytest.raises(InvalidError, match="leak"):
        demand_declared(app)


@pytest.mark.parametrize(
    ("rule", "need"), [("/cases/<case>/x", Entry.LOGGED_IN), ("/x", Action.EVALUATION_READ)]
)
def test_a_declaration_that_does_not_fit_its_address_stops_the_start(
    settings: Settings, rule: str, need: Entry | Action
) -> None:
    app = create_app(settings)
    app.add_url_rule(rule, "odd", access(need)(lambda **_: ""))
    with pytest.raises(InvalidError, match="不符"):
        demand_declared(app)


@pytest.mark.parametrize("who", [STRANGER, Role.SA, Role.SE])
def test_a_stranger_gets_the_bytes_of_a_missing_case_on_every_route(
    shared: Site, visitor: Visitor, who: Role | str, deep: Depth
) -> None:
    client = visitor(who)
    client.get("/cases")
    missing = case_paths(shared.app, "no-such-case")
    for code, case in shared.world.cases.items():
        for name in (code, case):
            for endpoint, path in case_paths(shared.app, name, deep).items():
                answer, blank = client.get(path), client.get(missing[endpoint])
                assert (answer.status_code, blank.status_code) == (404, 404), path
                tokens = csrf_of(answer.text), csrf_of(blank.text)
                assert answer.text.replace(tokens[0], "") == blank.text.replace(tokens[1], "")
                assert dict(answer.headers) == dict(blank.headers)


@pytest.mark.parametrize("who", [STRANGER, Role.SA, Role.SE])
def test_a_stranger_finds_an_empty_list(visitor: Visitor, who: Role | str) -> None:
    page = visitor(who).get("/cases").text
    assert "还没有可查阅的评价项目" in page
    assert "窗口设备" not in page


STAGES = {
    "draft": (Stage.SELF_ASSESSMENT, Status.DRAFT),
    "review": (Stage.MATERIAL_REVIEW, Status.ACTIVE),
    "visit": (Stage.ON_SITE_VERIFICATION, Status.ACTIVE),
    "asked": (Stage.CONSULTATION, Status.ACTIVE),
    "final": (Stage.FINALISATION, Status.ACTIVE),
}
TEAM = (Role.EL, Role.EV)


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.SD, Role.EX, Role.AA, Role.IR, Role.AS)])
@pytest.mark.parametrize("code", STAGES)
def test_every_route_answers_each_role_as_the_rule_table_says(
    shared: Site, visitor: Visitor, code: str, role: Role, deep: Depth
) -> None:
    for endpoint, path in case_paths(shared.app, code, deep).items():
        expected = expected_of(shared.app, endpoint, code, role)
        assert visitor(role).get(path).status_code in expected, (endpoint, expected)


def expected_of(app: Flask, endpoint: str, code: str, role: Role) -> set[int]:
    """The answers the rule table leaves open when `role` fetches this route of the case `code`."""
    stage, status = STAGES[code]
    # Members of the team are assigned after 下达.
    held = frozenset() if code == "draft" and role in TEAM else frozenset({role})
    need = declared(app, endpoint)
    assert isinstance(need, Action | Doing | Inside)
    seen = permits(Kind.DEPARTMENT, stage, status, Action.EVALUATION_READ, held)
    if isinstance(need, Doing):
        does = permits(Kind.DEPARTMENT, stage, status, need.action, held)
        # What the address names beside the case need not be there.
        named = any(rule.arguments != {"case"} for rule in app.url_map.iter_rules(endpoint))
        return {404} if not seen else ({200, 404} if named else {200}) if does else {403, 409}
    outside = False
    if isinstance(need, Inside):
        outside = not held & INSIDE and not permits(Kind.DEPARTMENT, stage, status, need.act, held)
        need = need.reading
    wanted = permits(Kind.DEPARTMENT, stage, status, need, held) and not outside
    early = stage.before(Stage.CONSULTATION) and role in (Role.FO, Role.FR, Role.FA)
    if need is Action.SCORES_READ and early:
        wanted = False
    return {404} if not seen else {403} if not wanted else {200, 404}


@pytest.mark.parametrize("role", [Role.DF, Role.FO, Role.EL, Role.AU])
def test_the_list_shows_exactly_the_cases_that_open(shared: Site, visitor: Visitor, role: Role) -> None:
    page = visitor(role).get("/cases").text
    for code in shared.world.cases:
        opens = visitor(role).get(f"/cases/{code}").status_code == 200
        assert (f'href="/cases/{code}"' in page) is opens, code


def test_the_unit_does_not_learn_scores_before_the_draft_goes_out(visitor: Visitor) -> None:
    unit, team = visitor(Role.DF), visitor(Role.EL)
    assert "1.50 分" in team.get("/cases/visit/scores").text
    assert unit.get("/cases/visit/scores").status_code == 403
    for page in ("", "/review", "/visit", "/opinions", "/evidence"):
        text = unit.get(f"/cases/visit{page}").text
        assert "总分" not in text, page
        assert "/scores" not in text, page


def test_the_organisers_read_the_log_without_the_draft_scores(visitor: Visitor) -> None:
    organiser = visitor(Role.FO).get("/cases/visit/history").text
    assert "起草扣分" in organiser
    assert "评分内容不予显示" in organiser
    told = re.sub(r"<time[^>]*>[^<]*", "", organiser.partition("起草扣分")[2].partition("</li>")[0])
    assert "1.5" not in told
    leader = visitor(Role.EL).get("/cases/visit/history").text
    assert "评分内容不予显示" not in leader
    assert "扣分数额" in leader


def test_a_child_of_another_case_is_not_handed_out(shared: Site, visitor: Visitor) -> None:
    piece = shared.world.evidence
    assert visitor(Role.EL).get(f"/cases/visit/evidence/{piece}/1").status_code == 200
    for path in (f"/cases/asked/evidence/{piece}/1", f"/cases/visit/evidence/{piece}/2",
                 "/cases/asked/report/1/frozen", "/cases/final/report/1/signed"):  # fmt: skip
        assert visitor(Role.EL).get(path).status_code == 404, path


def test_looking_at_everything_changes_no_business_table(site: Site, deep: Depth) -> None:
    before = {k: v for k, v in site.rows().items() if not k.startswith("login")}
    for role in (Role.EL, Role.FO, Role.DF, Role.AU, STRANGER):
        client = site.as_role(role)
        for code in (*site.world.cases, "no-such-case"):
            for path in case_paths(site.app, code, deep).values():
                client.get(path)
        client.get("/cases?text=x&page=9")
    assert {k: v for k, v in site.rows().items() if not k.startswith("login")} == before
