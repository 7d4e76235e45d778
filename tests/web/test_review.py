"""The team reviews the material item by item, asks for corrections in one letter and proposes to pass."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import clock
from service.actions.commissioning import declare_conflict
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.workshop import workshop_of
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder
from tests.web.conftest import ORIGIN, Site
from tests.web.test_unit import fields_of, words

URL = "/cases/papers/review"


@pytest.fixture
def papers(site: Site) -> Site:
    """A case in 材料审核 that demands two documents."""
    with site.app.app_context():
        builder = CaseBuilder(site.world.people, code="papers", facts={"documents": ["验收单", "合同"]})
        site.world.cases["papers"] = builder.until(Stage.MATERIAL_REVIEW).id
    return site


def form_of(page: str, act: str) -> dict[str, str]:
    """The hidden fields of one act's form on a page."""
    start = page.index(f'data-act="{act}"')
    return fields_of(page[start : page.index("</form>", start)])


def do(client: FlaskClient, page: str, act: str, **more: str) -> TestResponse:
    case = re.findall(r'action="(/cases/[^"/]+)/do/', page)[0]
    return client.post(f"{case}/do/{act}", data={**form_of(page, act), **more}, headers=ORIGIN)


def test_items_are_judged_one_after_the_other_and_the_next_open_one_follows(papers: Site) -> None:
    ev = papers.as_role(Role.EV)
    page = ev.get(URL).text
    assert "已认定 0/4" in page
    assert "验收单</h2>" in page
    after = do(ev, page, "review.verdict", verdict="missing", note="没有验收日期")
    assert after.status_code == 303
    assert "%E5%90%88%E5%90%8C" in after.location
    page = ev.get(URL + "?item=A1 预算执行率").text
    assert "自评分" in page
    assert "40.00" in words(page)
    do(ev, page, "review.verdict", verdict="complete")
    page = ev.get(URL + "?state=missing").text
    assert "验收单：缺，没有验收日期" in page
    assert "现场核查 带到现场核查" in words(page)
    assert "合同</span>" not in page.partition('class="item"')[0]


def test_a_verdict_given_meanwhile_by_another_is_not_overwritten(papers: Site) -> None:
    ev, el = papers.as_role(Role.EV), papers.as_role(Role.EL)
    mine, theirs = ev.get(URL).text, el.get(URL).text
    assert do(el, theirs, "review.verdict", verdict="complete", note="组长看过").status_code == 303
    answer = do(ev, mine, "review.verdict", verdict="missing", note="我的说明")
    assert answer.status_code == 412
    assert "组长看过" in answer.text
    assert "我的说明" in answer.text


def test_drafts_go_out_as_one_letter_of_one_round_and_close_the_circle(papers: Site) -> None:
    ev, el = papers.as_role(Role.EV), papers.as_role(Role.EL)
    do(ev, ev.get(URL).text, "review.verdict", verdict="missing", note="没有验收日期")
    link = re.findall(r'href="(/cases/papers/do/supplement.draft[^"]+)"', ev.get(f"{URL}?item=验收单").text)
    page = ev.get(unescape(link[0])).text
    assert "验收单：没有验收日期" in page
    due = (clock.local_date(clock.now()) + timedelta(days=10)).isoformat()
    assert do(ev, page, "supplement.draft", due_on=due, mandatory="1").status_code == 303
    page = ev.get("/cases/papers/do/supplement.draft").text
    do(ev, page, "supplement.draft", items="合同缺盖章页", due_on=due, mandatory="1", nodes="A1")
    tray = el.get(URL).text
    assert set(re.findall(r'name="codes" value="(BZ\d)" checked', tray)) == {"BZ1", "BZ2"}
    dh = papers.as_role(Role.DH)
    assert "没有验收日期" not in dh.get("/cases/papers/self/supplements").text
    assert "待发的补正要求" not in dh.get(URL).text
    form = form_of(tray, "supplement.request") | {"codes": ["BZ1", "BZ2"]}
    assert el.post("/cases/papers/do/supplement.request", data=form, headers=ORIGIN).status_code == 303
    page = words(el.get(URL).text)
    assert page.count("第 1 轮 ·") == 2
    assert "第 2 轮" not in page.partition("已发出的补正")[2].partition("问题清单")[0]
    assert "验收单：缺，没有验收日期" in page
    assert "补正 BZ1 待答复" in page
    assert "尚有未办结的补正" in page


def test_material_that_comes_after_a_verdict_is_marked_until_judged_again(papers: Site) -> None:
    ev = papers.as_role(Role.EV)
    do(ev, ev.get(URL).text, "review.verdict", verdict="missing", note="没有")
    with papers.app.app_context():
        store = workshop_of(papers.app.config["PINGJI"]).store
        new = AddEvidence(name="验收单（补）", filename="a.txt", content="验收".encode())
        add_evidence(papers.world.people.actor(Role.EV), papers.world.cases["papers"], new, store=store)
    page = ev.get(f"{URL}?state=updated&item=验收单").text
    assert "认定后材料已更新" in page
    assert "材料已更新 1" in words(page)
    do(ev, page, "review.verdict", verdict="complete")
    assert "材料已更新 0" in words(ev.get(URL).text)
    assert "没有问题" in ev.get(URL).text


def test_the_leader_sees_what_is_missing_to_pass(papers: Site) -> None:
    el = papers.as_role(Role.EL)
    page = words(el.get(URL).text)
    assert "尚未认定的材料：验收单、合同" in page or "尚未认定的材料" in page
    for subject in ("验收单", "合同"):
        do(el, el.get(f"{URL}?item={subject}").text, "review.verdict", verdict="complete")
    assert do(el, el.get(URL).text, "review.propose_pass").status_code == 303
    with papers.app.app_context():
        organiser = papers.world.people.actor(Role.FO)
        declare_conflict(organiser, papers.world.cases["papers"], conflict=False, statement="无")
    fo = papers.as_role(Role.FO)
    assert do(fo, fo.get(URL).text, "review.pass").status_code == 303
    assert "当前" in fo.get("/cases/papers").text


@pytest.mark.parametrize("role", [Role.DF, Role.EL, Role.FO, Role.AU])
def test_the_review_opens_in_every_later_stage(shared: Site, visitor, role: Role) -> None:
    for code in ("review", "visit", "asked", "final"):
        assert visitor(role).get(f"/cases/{code}/review").status_code == 200
    assert visitor("stranger").get("/cases/review/review").status_code == 404
