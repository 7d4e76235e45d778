"""Material asked for as one list, what a line said before, and evidence that is linked, shown and unlinked."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.actions import material_review as review
from service.actions import self_assessment as own
from service.actions.evidence import AddEvidence, add_evidence, link_evidence
from service.actions.planning import DraftPlan, amend_plan, approve_amendment
from service.actions.workshop import workshop_of
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.evidence import EvidenceLink
from service.models.fieldwork import Verdict
from service.queries.evidence import linked_evidence
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DAY, FRAMEWORK, CaseBuilder
from tests.web.conftest import ORIGIN, Site
from tests.web.test_review import do, form_of
from tests.web.test_unit import words

ASKED = FRAMEWORK.replace('max: "60", rule', 'max: "60", evidence: [验收单, 发票], rule')


@pytest.fixture
def listed(site: Site) -> Site:
    """A case in 材料审核 that asks for material at 下达, in the plan and at an indicator."""
    with site.app.app_context():
        case = CaseBuilder(site.world.people, code="listed", facts={"documents": ["合同"]})
        case.until(Stage.MATERIAL_REVIEW)
        plan = DraftPlan(ASKED, {"目的": "看", "资料清单": ["验收单", "会议纪要"]}, reason="补", effect="无")
        amend_plan(case.actor(Role.EL), case.id, plan)
        approve_amendment(case.actor(Role.FR), case.id, panel_opinion="同意")
        site.world.cases["listed"] = case.id
        _file(site, Role.EV, "采购合同（盖章）")
        _file(site, Role.EV, "照片", ("node", "B1"))
        db.session.remove()
    return site


def _file(site: Site, role: Role, name: str, *links: tuple[str, str]) -> str:
    store = workshop_of(site.app.config["PINGJI"]).store
    piece = AddEvidence(name, "a.txt", name.encode(), links=links)
    return add_evidence(site.world.people.actor(role), site.world.cases["listed"], piece, store=store)


def _state(page: str, name: str) -> str:
    row = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', page, re.DOTALL)
    assert row, name
    return words(row[1])


def test_what_is_asked_for_is_one_list_with_its_state_for_unit_and_review(listed: Site) -> None:
    for role, path in ((Role.DF, "/cases/listed/self"), (Role.EV, "/cases/listed/review")):
        page = listed.as_role(role).get(path).text
        assert "已交 1/4" in words(page), role
        assert _state(page, "合同").startswith("下达时要求 — 已交 E01")
        assert _state(page, "验收单").startswith("方案资料清单、指标要求 B1 缺 同一指标下有 E02")
        assert "指标要求 B1 缺" in _state(page, "发票")
        assert "方案资料清单 — 缺" in _state(page, "会议纪要")
    evaluator = listed.as_role(Role.EV)
    page = evaluator.get("/cases/listed/review").text
    assert "资料清单缺 3 项" in words(listed.as_role(Role.DF).get("/cases/listed/self").text)
    link = unescape(re.findall(r'href="([^"]+)">要求补正<span class="visually-hidden"> 发票', page)[0])
    form = evaluator.get(link).text
    assert "发票</textarea>" in form and 'value="B1" checked' in form
    with listed.app.app_context():
        actor = listed.world.people.actor(Role.EV)
        review.give_verdict(actor, listed.world.cases["listed"], review.GiveVerdict("发票", Verdict.COMPLETE))
    assert "已交 审核：齐全" in _state(evaluator.get("/cases/listed/review").text, "发票")
    assert "上传" not in _state(evaluator.get("/cases/listed/self").text, "验收单"), "the unit hands in"


def _answer(listed: Site, actual: str) -> None:
    """A round of correction opens line B1, the unit rewrites it."""
    with listed.app.app_context():
        people, case = listed.world.people, listed.world.cases["listed"]
        request = review.RequestSupplement(("数量不符",), DAY + timedelta(days=9), nodes=("B1",))
        review.request_supplement(people.actor(Role.EL), case, request)
        line = own.ClaimLine("B1", "55", target="20 台", actual=actual, deviation="两台返厂")
        command = own.EditSelfAssessment((line,), merge=True)
        own.edit_self_assessment(people.actor(Role.DF), case, command)


def test_a_line_rewritten_after_a_round_shows_both_texts_and_that_it_changed(listed: Site) -> None:
    evaluator = listed.as_role(Role.EV)
    place = "/cases/listed/review?item=B1 更新完成情况"
    do(evaluator, evaluator.get(place).text, "review.verdict", verdict="mismatch", note="数量不符")
    assert "报送以后的改动" not in evaluator.get(place).text
    _answer(listed, "18 台")
    page = evaluator.get(place).text
    assert "认定后自评已改动" in page
    table = words(page[page.index("报送以后的改动") : page.index("<h3>材料</h3>")])
    assert "实际完成值 20 台 18 台" in table and "自评分 58 55" in table
    assert "偏差原因及改进措施 （空） 两台返厂" in table and "年度目标值" not in table
    assert "材料已更新 1" in words(page)
    assert "已更新" in words(evaluator.get("/cases/listed/review?state=updated").text)
    _answer(listed, "20 台")
    assert "实际完成值" not in words(evaluator.get(place).text).partition("报送以后的改动")[2][:60], (
        "back again"
    )
    do(evaluator, evaluator.get(place).text, "review.verdict", verdict="complete")
    assert "材料已更新 0" in words(evaluator.get(place).text)


def _unlink(client: FlaskClient, code: str, target: str, **more: str) -> TestResponse:
    page = client.get(f"/cases/listed/do/evidence.unlink?code={code}&target={target}").text
    data = {**form_of(page, "evidence.unlink"), "code": code, "target": target, **more}
    return client.post("/cases/listed/do/evidence.unlink", data=data, headers=ORIGIN)


def _links(listed: Site) -> set[tuple[str, str]]:
    with listed.app.app_context():
        case = db.session.get_one(Evaluation, listed.world.cases["listed"])
        return {key for key, codes in linked_evidence(db.session(), case).items() if "E02" in codes}


def test_a_piece_shows_where_it_is_used_and_is_unlinked_with_a_reason(listed: Site) -> None:
    evaluator, unit = listed.as_role(Role.EV), listed.as_role(Role.DF)
    page = evaluator.get("/cases/listed/evidence/E02").text
    assert "用在哪里 1 处" in words(page)
    assert 'href="/cases/listed/scores?node=B1#n-B1"' in page
    assert "与 B1 的关联" in page
    assert "与 B1 的关联" not in listed.as_role(Role.AU).get("/cases/listed/evidence/E02").text
    without = _unlink(evaluator, "E02", "node:B1")
    assert without.status_code == 422 and _links(listed) == {("node", "B1")}
    other = _unlink(unit, "E02", "node:B1", reason="不是我们的")
    assert other.status_code == 409 and "只能解除本方建立的关联" in other.text
    assert _links(listed) == {("node", "B1")}
    assert _unlink(evaluator, "E02", "node:B1", reason="拍错了地方").status_code == 303
    assert _links(listed) == set()
    again = _unlink(evaluator, "E02", "node:B1", reason="再一次")
    assert again.status_code in (409, 422)
    history = words(listed.as_role(Role.AU).get("/cases/listed/history?action=evidence.unlink").text)
    assert "拍错了地方" in history and "解除佐证关联" in history
    with listed.app.app_context():
        actor, case = listed.world.people.actor(Role.EV), listed.world.cases["listed"]
        link_evidence(actor, case, code="E02", kind="node", target="B1")
        assert db.session.query(EvidenceLink).filter_by(target="B1", target_kind="node").count() >= 1
    assert _links(listed) == {("node", "B1")}, "linked again, the old row speaks anew"
