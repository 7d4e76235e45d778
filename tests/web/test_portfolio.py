"""台账统计: figures in their scope, charts that lead to lists, and acts on a frozen selection."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service import clock
from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import Money, ask_suspension
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.operational import Notice
from service.queries.portfolio import portfolio
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of


def post(client: FlaskClient, path: str, page: str, **form: object) -> TestResponse:
    """Send a form of `page` as a browser does."""
    data = {"csrf_token": csrf_of(page), **form}
    return client.post(path, data=data, headers=ORIGIN)


def chosen(client: FlaskClient, act: str, *codes: str, **more: str) -> str:
    """The path of the selection made of these cases."""
    page = client.get("/portfolio?due=").text
    answer = post(client, "/portfolio/select", page, act=act, pick=list(codes), due="", **more)
    assert answer.status_code == 303
    assert "/portfolio/bulk/" in answer.location
    return str(answer.location)


def test_every_chart_has_words_and_a_table_and_its_marks_lead_on(
    visitor: Callable[[Role | str], FlaskClient],
) -> None:
    client = visitor(Role.FO)
    page = client.get("/portfolio").text
    pictures = re.findall(r"<svg class=\"chart figure\".*?</svg>", page, re.S)
    assert len(pictures) == 4
    for picture in pictures:
        assert "<title" in picture
        assert "<desc" in picture
        assert picture.count("<a href=") >= 1
    assert page.count("查看数据表") == 4
    assert "style=" not in page
    links = set(re.findall(r'<a href="(/cases\?[^"]+)"', "".join(pictures)))
    assert {"/cases?stage=consultation", "/cases?grade=%E8%89%AF"} <= links
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_late_cases_come_by_lateness_times_amount(site: Site) -> None:
    with site.app.app_context():
        people = site.world.people
        for code, fen in (("small", 10_000_000), ("large", 5_000_000_000)):
            made = CaseBuilder(people, code=code).create()
            edit = EditFacts(money=(Money("b", "预算", "budget", fen),))
            edit_facts(people.actor(Role.FO), made.id, edit, reason="立项")
            made.issue()
        today = clock.local_date(clock.now())
        found = portfolio(db.session(), people.accounts[Role.FO], year="", kind="", today=today)
    assert [case.code for case in found.late] == ["large", "small", "asked"]
    assert found.late[0].weight == 500 * found.late[1].weight
    page = site.as_role(Role.FO).get("/portfolio").text
    assert page.index("/cases/large") < page.index("/cases/small")


@pytest.mark.parametrize("who", [Role.EV, Role.DH, Role.SA, STRANGER])
def test_who_has_no_business_here_is_told_who_can_let_him_in(
    visitor: Callable[[Role | str], FlaskClient], who: Role | str
) -> None:
    answer = visitor(who).get("/portfolio")
    assert answer.status_code == 403
    assert "系统管理员" in answer.text


def test_the_auditor_reads_and_cannot_act(visitor: Callable[[Role | str], FlaskClient]) -> None:
    client = visitor(Role.AU)
    page = client.get("/portfolio?due=").text
    assert "在办项目" in page
    assert 'name="pick"' not in page
    path = chosen(client, "remind", "asked", "review")
    assert "本人不是该评价的组织方" in client.get(path).text


def test_reminding_is_previewed_confirmed_by_its_number_and_done_once_a_day(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "remind", "asked", "review", "visit")
    page = client.get(path).text
    assert "可办理" in page
    assert post(client, path, page, count="1").status_code == 422
    assert "读到“1”" in post(client, path, page, count="1").text
    able = re.findall(r'id="h-able">可办理<span class="unit">(\d+) 项', page)[0]
    assert able == "3"
    assert post(client, path, page, count=able).status_code == 303
    with site.app.app_context():
        people = site.world.people.accounts
        sent = db.session.scalars(select(Notice).where(Notice.kind == "reminder")).all()
        reached = {(notice.account_id, notice.evaluation_id) for notice in sent}
        assert (people[Role.DH], site.world.cases["asked"]) in reached
        assert people[Role.FO] not in {account for account, _ in reached}
        assert len(sent) == len(reached)
        assert all("分" not in notice.body and "得分" not in notice.title for notice in sent)
    assert "办成 <strong>3</strong> 项" in client.get(path).text
    assert "已经办理过" in client.get(post(client, path, page, count=able).location).text
    again = client.get(chosen(client, "remind", "asked")).text
    assert "今天已经催办过" in again
    assert "没有可以办理的项目" in again


def test_a_return_takes_what_can_be_returned_and_says_why_not_the_rest(site: Site) -> None:
    client = site.as_role(Role.FR)
    path = chosen(client, "return", "final", "asked")
    page = client.get(path).text
    assert "退回到“征求意见”" in page
    assert "本人职责在“征求意见”阶段不能退回" in page
    assert "没有填写" in post(client, path, page, count="1").text
    assert post(client, path, page, count="1", reason="补充测算依据").status_code == 303
    done = client.get(path).text
    assert "办成 <strong>1</strong> 项" in done
    with site.app.app_context():
        stage = db.session.get_one(Evaluation, site.world.cases["final"]).stage
    assert stage is Stage.CONSULTATION


def test_what_changed_after_it_was_chosen_is_left_out(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "return", "visit")
    with site.app.app_context():
        actor = site.world.people.actor(Role.FO)
        ask_suspension(actor, site.world.cases["visit"], reason="等待批复")
    page = client.get(path).text
    assert "选择之后有变动" in page
    assert post(client, path, page, count="1", reason="x").status_code == 422


def test_a_selection_belongs_to_one_person(site: Site) -> None:
    path = chosen(site.as_role(Role.FO), "remind", "asked")
    assert site.as_role(Role.FR).get(path).status_code == 404


def test_all_that_the_filter_finds_can_be_chosen(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "remind", all="1")
    assert "已选定 4 项" in client.get(path).text
