"""任务下达 in the browser: a case is filled in, checked, created once, edited, and given its people."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.actions.commissioning import declare_conflict, issue_evaluation
from service.extensions import db
from service.queries.reader import open_case
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]


def key_of(page: str) -> str:
    return page.rpartition('name="key" value="')[2].partition('"')[0]


def filled(site: Site, **changed: Any) -> dict[str, Any]:
    """What a clerk fills in for a 部门评价."""
    homes = site.world.people.organisations
    return {
        "code": "2026-101", "title": "2026年示范项目绩效评价报告", "kind": "department", "year": "2026",
        "subject_name": "示范项目", "subject_kind": "project", "secrecy": "公开", "publicity": "主动公开",
        "policy": "city", "profile": "standard", "evaluated": [homes["unit"]], "organiser": homes["bureau"],
        "self_due_on": "2099-06-30", "round_limit": "3", "documents": "自评表\n合同", "framework": "",
        "silence_is_consent": "1", **changed,
    }  # fmt: skip


def post(client: FlaskClient, path: str, data: dict[str, Any]) -> TestResponse:
    token = csrf_of(client.get(path).text)
    return client.post(path, data={"csrf_token": token, **data}, headers=ORIGIN)


def wrong(page: str) -> set[str]:
    """The fields that have a problem beside them."""
    return set(re.findall(r'id="w-([a-z_-]+)"', page))


def test_a_case_is_checked_then_created_once_and_waits_for_issue(site: Site) -> None:
    client = site.as_role(Role.FO)
    checked = post(client, "/commission", {"do": "check", **filled(site)})
    assert checked.status_code == 200
    assert "尚未建立" in checked.text
    assert "某中心" in checked.text
    assert site.app.test_client().get("/cases/2026-101").status_code == 302
    assert client.get("/cases/2026-101").status_code == 404
    sure = {"do": "create", "key": key_of(checked.text), **filled(site)}
    for _ in range(2):
        assert post(client, "/commission", sure).headers["Location"] == "/cases/2026-101"
    page = client.get("/cases/2026-101").text
    assert "拟下达" in page
    again = post(client, "/commission", {"do": "check", **filled(site)})
    assert again.status_code == 422
    assert wrong(again.text) == {"code"}
    assert 'value="2026-002"' in client.get("/commission").text
    with site.app.app_context():
        people = site.world.people
        case = client.get("/cases/2026-101/people").text
        assert "组长（主评人）" in case
        issue_evaluation(people.actor(Role.FR), _id(site, "2026-101"))
        db.session.remove()
    assert site.as_role(Role.DF).get("/cases/2026-101").status_code == 200


def _id(site: Site, code: str) -> str:
    account = site.world.people.accounts[Role.FO]
    return open_case(db.session(), account, code, today=site.world.people.on).row.id


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"secrecy": "秘密"}, {"secrecy"}),
        ({"publicity": ""}, {"publicity"}),
        (
            {"title": "", "year": "二〇二六", "code": "a/b", "evaluated": []},
            {"title", "year", "code", "evaluated"},
        ),
        ({"kind": "unit_self"}, {"framework"}),
        ({"kind": "fiscal_firm"}, {"agency"}),
        ({"framework": "bundled:rules-10"}, {"framework"}),
        ({"self_due_on": "2020-01-01", "round_limit": "0"}, {"round_limit"}),
        ({"self_due_on": "2020-01-01"}, {"self_due_on"}),
        ({"evaluated": ["nobody"], "organiser": "nobody"}, {"evaluated", "organiser"}),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_typed_is_lost(
    shared: Site, visitor: Visitor, changed: dict[str, Any], fields: set[str]
) -> None:
    answer = post(visitor(Role.FO), "/commission", {"do": "check", **filled(shared, **changed)})
    assert answer.status_code == 422
    assert wrong(answer.text) == fields
    assert "示范项目" in answer.text
    assert "自评表\n合同" in answer.text
    if "secrecy" in fields:
        assert "涉密项目不得在此办理" in answer.text


def test_a_unit_self_evaluation_takes_its_framework_from_the_library(site: Site) -> None:
    client = site.as_role(Role.FO)
    form = filled(site, kind="unit_self", profile="unit-self", framework="bundled:national-10-points")
    checked = post(client, "/commission", {"do": "check", **form})
    assert "项目支出绩效评价指标体系（带分值示例）" in checked.text
    sure = {"do": "create", "key": key_of(checked.text), **form}
    assert post(client, "/commission", sure).status_code == 303
    page = client.get("/cases/2026-101").text
    assert "national-10-points" in page
    assert "人员与回避" in page


def test_organisations_are_found_by_name_and_stay_ticked(shared: Site, visitor: Visitor) -> None:
    client = visitor(Role.FO)
    homes = shared.world.people.organisations
    asked = {"part": "evaluated", "q_evaluated": "机构", "evaluated": homes["unit"]}
    found = client.get("/commission/parties", query_string=asked).text
    assert re.search(rf'value="{homes["unit"]}" checked', found)
    assert "某机构" in found
    hostile = client.get("/commission/parties", query_string={"part": "agency", "q_agency": HOSTILE[0]}).text
    assert HOSTILE[0] in unescape(hostile)
    assert "<script" not in hostile
    page = post(client, "/commission", {"do": "find", "q_supervisor": "某局", **filled(shared)}).text
    assert f'name="supervisor" value="{homes["bureau"]}"' in page
    assert "示范项目" in page


@pytest.mark.parametrize("role", [Role.FR, Role.EL, Role.DF, Role.AU])
def test_only_a_clerk_of_the_organiser_creates(visitor: Visitor, role: Role) -> None:
    client = visitor(role)
    assert client.get("/commission").status_code == 403
    assert client.get("/commission/parties").status_code == 403
    assert ">新建评价</a>" not in client.get("/cases").text


def test_before_issue_the_particulars_change_and_a_stale_form_keeps_what_was_typed(site: Site) -> None:
    client = site.as_role(Role.FO)
    page = client.get("/cases/draft/edit").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    base = {
        "part": "details", "do": "save", "version": version, "title": "改过的名称", "secrecy": "公开",
        "publicity": "主动公开", "year": "2024", "subject_name": "窗口设备更新", "policy": "county",
        "profile": "standard", "self_due_on": "2099-01-05",
    }  # fmt: skip
    assert post(client, "/cases/draft/edit", base).status_code == 303
    assert "改过的名称" in client.get("/cases/draft").text
    stale = post(client, "/cases/draft/edit", {**base, "title": "另一个名称"})
    assert stale.status_code == 412
    assert "另一个名称" in stale.text
    assert "现存：改过的名称" in stale.text
    settings = {
        "part": "settings",
        "do": "save",
        "subject_kind": "policy",
        "round_limit": "4",
        "reason": "核定",
    }
    version = stale.text.partition('name="version" value="')[2].partition('"')[0]
    assert post(client, "/cases/draft/edit", {**settings, "version": version}).status_code == 303
    assert 'value="4"' in client.get("/cases/draft/edit").text


def test_after_issue_only_what_is_open_is_offered_and_needs_a_reason(site: Site) -> None:
    client = site.as_role(Role.FO)
    page = client.get("/cases/review/edit").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    assert 'name="year"' not in page
    assert 'id="part-settings"' not in page
    base = {"part": "details", "do": "save", "version": version, "title": "改过的名称", "secrecy": "公开"}
    refused = post(client, "/cases/review/edit", {**base, "publicity": "主动公开"})
    assert refused.status_code == 409
    assert "改过的名称" in refused.text
    done = post(client, "/cases/review/edit", {**base, "publicity": "主动公开", "reason": "名称有误"})
    assert done.status_code == 303
    version = client.get("/cases/review/edit").text.partition('name="version" value="')[2].partition('"')[0]
    money = {"part": "money", "do": "save", "version": version, "code": "预算", "name": "批复预算",
             "kind": "budget", "fen": "1,234.56", "source": "预算批复", "reason": "补登"}  # fmt: skip
    assert post(client, "/cases/review/edit", money).status_code == 303
    assert "1,234.56" in client.get("/cases/review").text
    assert site.as_role(Role.EL).get("/cases/review/edit").status_code == 403


def test_the_people_page_shows_duties_declarations_and_settles_an_interest(site: Site) -> None:
    people = site.world.people
    with site.app.app_context():
        actor = people.actor(Role.EV)
        declare_conflict(actor, site.world.cases["review"], conflict=True, statement="在供应商任职")
        db.session.remove()
    assert site.as_role(Role.EV).get("/cases/review").status_code == 403
    leader = site.as_role(Role.EL).get("/cases/review/people").text
    assert "在供应商任职" in leader
    assert "没有利害关系" in leader
    assert "认定不需回避" not in leader
    reviewer = site.as_role(Role.FR)
    page = reviewer.get("/cases/review/people").text
    assert 'action="/cases/review/do/conflict.override"' in page
    data = {"key": "k", "account": people.accounts[Role.EV], "reason": "已离职三年"}
    assert post(reviewer, "/cases/review/do/conflict.override", data).status_code == 303
    assert "已离职三年" in reviewer.get("/cases/review/people").text
    assert site.as_role(Role.EV).get("/cases/review").status_code == 200
    clerk = site.as_role(Role.FO).get("/cases/review/people").text
    assert 'action="/cases/review/do/team.assign"' in clerk
    ids = re.findall(r' id="([^"]+)"', clerk)
    assert len(ids) == len(set(ids))
