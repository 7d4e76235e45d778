"""The evaluated unit fills in, sends, corrects and answers through the pages."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import clock
from service.actions import consultation, material_review
from service.extensions import db
from service.models.evaluation import Evaluation
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder
from tests.web.conftest import ORIGIN, Site, csrf_of

SECTIONS = ("", "/table", "/funds", "/survey", "/texts", "/check", "/supplements", "/reply")


@pytest.fixture
def own(site: Site) -> str:
    """The address of a case in 自评."""
    with site.app.app_context():
        CaseBuilder(site.world.people, code="own").until(Stage.SELF_ASSESSMENT)
    return "/cases/own/self"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the inputs and text areas of a page, as shown."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<input class="form-control[^>]* name="([^"]+)" value="([^"]*)"', page))
    areas = re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page)
    return {name: unescape(value) for name, value in (found | dict(areas)).items()}


def send(client: FlaskClient, path: str, data: dict[str, str], **headers: str) -> TestResponse:
    return client.post(path, data=data, headers={**ORIGIN, **headers})


def test_the_form_is_filled_checked_and_sent_without_a_script(site: Site, own: str) -> None:
    df = site.as_role(Role.DF)
    assert "已完成 0/7" in words(df.get(own).text)
    sent = fields_of(df.get(f"{own}/table").text)
    sent |= {"A1.target": "100%", "A1.actual": "９５％", "A1.points": "38"}
    sent |= {"B1.actual": "20 台", "B1.points": "６０", "total": "97"}
    assert send(df, f"{own}/table", sent).status_code == 303
    page = df.get(f"{own}/table").text
    assert "各行合计 100.00 98.00 与自评总分 97.00 不一致" in words(page)
    assert "没有得满分，须写明原因" in page
    check = words(df.get(f"{own}/check").text)
    assert "填写 97 分，各行合计 98 分，不一致" in check
    assert "不处理不能报送 没有。" in check
    dh = site.as_role(Role.DH)
    shown = dh.get(f"{own}/check").text
    form = {name: value for name, value in fields_of(shown).items() if name in ("csrf_token", "key", "back")}
    assert dh.post("/cases/own/do/self.submit", data=form, headers=ORIGIN).status_code == 303
    assert "已报送" in dh.get(own).text
    assert "A1.points" not in df.get(f"{own}/table").text


def test_every_problem_of_the_table_is_named_with_its_place_and_nothing_is_stored(
    site: Site, own: str
) -> None:
    df = site.as_role(Role.DF)
    before = site.rows()
    sent = fields_of(df.get(f"{own}/table").text)
    sent |= {"A1.points": "41", "A1.actual": "很好", "B1.points": "六十", "total": "约一百"}
    answer = send(df, f"{own}/table", sent)
    assert answer.status_code == 422
    page = answer.text
    assert {"f-A1-points", "f-B1-points", "f-total"} <= set(re.findall(r'href="#([^"]+)"', page))
    assert all(typed in page for typed in ("很好", "六十", "约一百"))
    assert site.rows() == before


def test_a_line_saved_alone_comes_back_as_a_fragment_with_the_sum(site: Site, own: str) -> None:
    df = site.as_role(Role.DF)
    sent = fields_of(df.get(f"{own}/table").text) | {"A1.actual": "100%", "A1.points": "40", "row": "A1"}
    answer = send(df, f"{own}/table", sent | {"B1.actual": "没有存"}, **{"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'hx-swap-oob="true"' in answer.text
    assert "40.00" in answer.text
    assert "<html" not in answer.text
    assert "没有存" not in df.get(f"{own}/table").text
    again = send(df, f"{own}/table", sent, **{"HX-Request": "true"})
    assert again.status_code == 200


def test_two_people_in_one_table_merge_and_meet_only_on_the_same_line(site: Site, own: str) -> None:
    mine, other = site.as_role(Role.DF), site.as_role(Role.DF)
    first = fields_of(mine.get(f"{own}/table").text)
    theirs = fields_of(other.get(f"{own}/table").text) | {"A1.actual": "对方所填", "A1.points": "30"}
    assert send(other, f"{own}/table", theirs).status_code == 303
    assert send(mine, f"{own}/table", first | {"B1.actual": "20 台", "B1.points": "60"}).status_code == 303
    assert "对方所填" in mine.get(f"{own}/table").text
    clash = send(mine, f"{own}/table", first | {"A1.actual": "我所填", "A1.points": "35"})
    assert clash.status_code == 412
    assert "对方所填" in clash.text
    assert "我所填" in clash.text
    assert "他人已保存的内容" in clash.text
    assert send(mine, f"{own}/table", fields_of(clash.text)).status_code == 303
    assert "我所填" in mine.get(f"{own}/table").text


def test_sub_projects_are_summed_against_the_money_and_an_idle_one_is_asked_why(site: Site, own: str) -> None:
    df = site.as_role(Role.DF)
    sent = fields_of(df.get(f"{own}/funds").text)
    sent |= {"s0.name": "窗口", "s0.approved": "1,000.5", "s0.received": "900", "s0.paid": "800"}
    sent |= {
        "s0.balance": "99",
        "s1.name": "终端",
        "s1.state": "未开展",
        "s1.approved": "10",
        "s2.paid": "一万",
    }
    refused = send(df, f"{own}/funds", sent)
    assert refused.status_code == 422
    assert {"f-s2-name", "f-s2-paid"} <= set(re.findall(r'href="#([^"]+)"', refused.text))
    sent |= {"s2.paid": "", "done.funds": "1"}
    assert send(df, f"{own}/funds", sent).status_code == 303
    page = words(df.get(f"{own}/funds").text)
    assert "批复 1,010.50" in page
    assert "终端：未开展，须写明原因并附证明材料" in page
    assert "窗口：结余不等于到位减支出" in page
    assert "有问题" in df.get(own).text


def test_a_small_sample_is_warned_of_and_an_impossible_one_refused(site: Site, own: str) -> None:
    df = site.as_role(Role.DF)
    sent = fields_of(df.get(f"{own}/survey").text)
    sent |= {"population": "176", "invited": "100", "answered": "130", "rate": "93.5%"}
    assert send(df, f"{own}/survey", sent).status_code == 422
    assert send(df, f"{own}/survey", sent | {"answered": "30", "excluded": "2"}).status_code == 303
    page = words(df.get(f"{own}/survey").text)
    assert "不足三分之一" in page
    assert "有效 28" in page


def test_texts_seen_differently_by_two_people_stand_side_by_side(site: Site, own: str) -> None:
    mine, other = site.as_role(Role.DF), site.as_role(Role.DF)
    first = fields_of(mine.get(f"{own}/texts").text)
    theirs = fields_of(other.get(f"{own}/texts").text) | {"text.自评报告": "对方的报告"}
    assert send(other, f"{own}/texts", theirs).status_code == 303
    clash = send(mine, f"{own}/texts", first | {"text.自评报告": "我的报告"})
    assert clash.status_code == 412
    assert "对方的报告" in clash.text
    assert "我的报告" in clash.text


def test_a_correction_opens_only_the_lines_it_names_and_goes_through_two_hands(site: Site) -> None:
    with site.app.app_context():
        asked = material_review.RequestSupplement(
            ("补交验收单",), clock.local_date(clock.now()) - timedelta(days=7), nodes=("A1",)
        )
        material_review.request_supplement(
            site.world.people.actor(Role.EL), site.world.cases["review"], asked
        )
    df, url = site.as_role(Role.DF), "/cases/review/self"
    page = df.get(f"{url}/table").text
    assert 'name="A1.actual"' in page
    assert 'name="B1.actual"' not in page
    forged = fields_of(page) | {"A1.actual": "99%", "B1.version": "1", "B1.actual": "改", "B1.points": "60"}
    assert send(df, f"{url}/table", forged).status_code == 303
    assert "改" not in words(df.get(f"{url}/check").text).split()
    funds = send(df, f"{url}/funds", {"csrf_token": csrf_of(page), "rows": "1", "s0.name": "偷加"})
    assert funds.status_code == 409
    shown = df.get(f"{url}/supplements").text
    assert "已经逾期" in shown
    form = {k: v for k, v in fields_of(shown).items() if k in ("csrf_token", "key", "back", "code")}
    answered = send(df, "/cases/review/do/supplement.answer", form | {"answer": "已补交"})
    assert answered.status_code == 303
    dh = site.as_role(Role.DH)
    form = fields_of(dh.get(f"{url}/supplements").text)
    assert send(dh, "/cases/review/do/supplement.confirm", form).status_code == 303
    assert "已送出" in dh.get(f"{url}/supplements").text


def test_the_unit_answers_the_draft_line_by_line_and_sees_no_score_before_it(site: Site) -> None:
    dh = site.as_role(Role.DH)
    assert "88.00" not in dh.get("/cases/review/self/reply").text
    with site.app.app_context():
        case = site.world.cases["asked"]
        until = clock.local_date(clock.now()) + timedelta(days=5)
        consultation.issue_draft(site.world.people.actor(Role.FO), case, due_on=until, reason="补充")
        assert db.session.get(Evaluation, case)
    page = dh.get("/cases/asked/self/reply?node=B1").text
    assert "所示总分 88.00 分" in words(page)
    assert '<option value="B1" selected' in page
    form = {k: v for k, v in fields_of(page).items() if k in ("csrf_token", "key", "back", "organisation")}
    form |= {"node": "B1", "text": "两台是供货商迟交，请减少扣分"}
    assert send(dh, "/cases/asked/do/opinion.record", form).status_code == 303
    assert "两台是供货商迟交" in dh.get("/cases/asked/self/reply").text


@pytest.mark.parametrize("role", [Role.DF, Role.DH, Role.EL, Role.FO])
def test_every_part_opens_for_everybody_in_the_case_and_for_no_stranger(
    shared: Site, visitor, role: Role
) -> None:
    for code in ("review", "asked", "final"):
        for part in SECTIONS:
            assert visitor(role).get(f"/cases/{code}/self{part}").status_code == 200, (code, part)
    assert visitor("stranger").get("/cases/review/self").status_code == 404
