"""Facts of the process and findings offered as deductions: counted by the system, taken by a person in one step."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from service.actions import material_review, scoring
from service.actions import site_verification as fieldwork
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.planning import DraftPlan, amend_plan, approve_amendment
from service.actions.workshop import workshop_of
from service.extensions import db
from service.models.evidence import EvidenceLink
from service.models.score import Adjustment, Deduction
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DAY, FRAMEWORK, CaseBuilder
from tests.web.conftest import ORIGIN, Site
from tests.web.test_review import form_of
from tests.web.test_unit import words

GRID = "/cases/offers/grid"
FLAGGED = FRAMEWORK + (
    "  - {code: C, name: 自评工作质量, max: \"10\", flags: [自评工作],"
    " rule: {kind: per_occurrence, per: \"1.5\"}}\n"
)  # fmt: skip


@pytest.fixture
def offers(site: Site) -> Site:
    """A case on site with one late answer, one finding with a photo, and an indicator for 自评 work."""
    with site.app.app_context():
        case = CaseBuilder(site.world.people, code="offers").until(Stage.MATERIAL_REVIEW)
        leader = case.actor(Role.EL)
        amend_plan(
            leader, case.id, DraftPlan(FLAGGED, {"目的": "看"}, reason="增加自评工作", effect="总分 110")
        )
        approve_amendment(case.actor(Role.FR), case.id, panel_opinion="同意")
        asked = material_review.RequestSupplement(("验收单",), DAY + timedelta(days=1))
        code = material_review.request_supplement(leader, case.id, asked)
        later = DAY + timedelta(days=8)
        material_review.answer_supplement(case.actor(Role.DF, on=later), case.id, code=code, answer="补上")
        material_review.confirm_supplement(case.actor(Role.DH, on=later), case.id, code=code)
        case.pass_review()
        seen = fieldwork.OpenVisit(on=DAY, place="大厅", method="访谈", team=(case.people.accounts[Role.EV],))
        visit = fieldwork.open_visit(leader, case.id, seen)
        finding = fieldwork.RecordFinding(text="两台终端没有启用", nodes=("B1",), visit=visit)
        number = fieldwork.record_finding(case.actor(Role.EV), case.id, finding)
        photo = AddEvidence("照片", "a.txt", b"photo", links=(("finding", number),))
        store = workshop_of(site.app.config["PINGJI"]).store
        add_evidence(case.actor(Role.EV), case.id, photo, store=store)
        site.world.cases["offers"] = case.id
        db.session.remove()
    return site


def _taken(client: FlaskClient, page: str, pattern: str) -> tuple[str, str]:
    """The form behind the link of an offer and the words of the page it stands on."""
    links = [unescape(one) for one in re.findall(r'href="([^"]+)"', page)]
    link = next(one for one in links if pattern in unquote(one))
    return link, client.get(link).text


def _row(site: Site, model: Any = Deduction) -> Any:
    with site.app.app_context():
        found = db.session.query(model).filter_by(evaluation_id=site.world.cases["offers"])
        return found.order_by(model.code.desc()).first()


def test_late_answers_and_rounds_are_counted_and_taken_in_one_step(offers: Site) -> None:
    evaluator = offers.as_role(Role.EV)
    page = evaluator.get(GRID).text
    shown = words(page)
    assert "要求补正 1 轮：BZ1" in shown
    assert f"补正答复逾期 1 次：BZ1 期限 {DAY + timedelta(days=1)}" in shown
    assert "自评报送逾期" not in shown, "it was in time"
    _, form = _taken(evaluator, page, "要求补正")
    assert 'name="amount" value="1.5"' in form, "one occurrence at the price of the rule"
    done = evaluator.post("/cases/offers/do/deduction.draft", data=_sent(form), headers=ORIGIN)
    assert done.status_code == 303
    row = _row(offers)
    assert (row.node, row.amount, row.clause) == ("C", "1.5", "C 自评工作质量评分规则")
    assert row.no_evidence == "见本评价的留痕和补正记录"
    after = words(evaluator.get(GRID).text)
    assert f"已记 要求补正 1 轮：BZ1 {row.code}" in after
    with offers.app.app_context():
        actor = offers.world.people.actor(Role.EV)
        scoring.withdraw_deduction(actor, offers.world.cases["offers"], code=row.code, reason="规则已计")
    assert "已记 要求补正" not in words(evaluator.get(GRID).text), "withdrawn, it is offered again"


def _sent(form: str) -> dict[str, Any]:
    """What a browser would send of the form as it was given."""
    part = form[form.index('data-act="deduction.draft"') :]
    part = part[: part.index("</form>")]
    sent: dict[str, Any] = form_of(form, "deduction.draft")
    sent |= dict(re.findall(r'<input class="form-control[^>]*name="(\w+)" value="([^"]*)"', part))
    sent |= {n: unescape(t) for n, t in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)<', part)}
    sent |= dict(re.findall(r'name="(evidence)" value="(\w+)" checked', part))
    chosen = re.findall(r'<option value="(\w+)" selected', part)
    return {k: unescape(str(v)) for k, v in sent.items()} | {"node": chosen[0]}


def test_a_finding_is_offered_with_its_evidence_in_the_grid_and_in_the_summary(offers: Site) -> None:
    evaluator = offers.as_role(Role.EV)
    summary = evaluator.get("/cases/offers/visit/findings").text
    assert "自评与补正的记录" in summary and "要求补正 1 轮" in summary
    _, form = _taken(evaluator, summary, "do/deduction.draft?node=B1")
    sent = _sent(form)
    assert sent["reason"] == "现场核查发现 F1：两台终端没有启用" and sent["evidence"] == "E01"
    refused = evaluator.post("/cases/offers/do/deduction.draft", data=sent, headers=ORIGIN)
    assert refused.status_code == 422 and "来源没有写的，勾选" in refused.text, (
        "no price in the rule: asked for"
    )
    assert refused.text.partition("<title>")[2].startswith("【演示】错误：")
    done = evaluator.post("/cases/offers/do/deduction.draft", data={**sent, "amount": "2"}, headers=ORIGIN)
    assert done.status_code == 303 and done.location == "/cases/offers/visit/findings"
    assert "已记 D001" in words(evaluator.get("/cases/offers/visit/findings").text)
    assert "已记 现场核查发现 F1" in words(evaluator.get(GRID).text)
    with offers.app.app_context():
        link = db.session.query(EvidenceLink).filter_by(target_kind="deduction", target="D001").one()
        assert not link.void
    unit = offers.as_role(Role.DH).get("/cases/offers/visit/findings").text
    assert "自评与补正的记录" not in unit and "记为扣分" not in unit


def test_a_deduction_may_leave_its_points_unstated_and_hang_above_the_leaves(offers: Site) -> None:
    evaluator = offers.as_role(Role.EV)
    form = evaluator.get(f"{GRID}/B/panel?act=deduction.draft").text
    assert '<option value="B" selected>B 产出（一级指标）' in form
    sent = _sent(form) | {"reason": "报告没有写扣几分", "clause": "方案三", "no_evidence": "无"}
    both = {**sent, "amount": "1", "unstated": "1"}
    assert evaluator.post("/cases/offers/do/deduction.draft", data=both, headers=ORIGIN).status_code == 422
    stated = {**sent, "unstated": "1"}
    assert evaluator.post("/cases/offers/do/deduction.draft", data=stated, headers=ORIGIN).status_code == 303
    row = _row(offers)
    assert (row.node, row.amount) == ("B", None)
    page = evaluator.get(GRID).text
    head = words(page[page.index('id="row-B"') : page.index('id="row-B1"')])
    assert "扣分数额来源未载" in head and "得分率" in head and "报告没有写扣几分" in head
    revise = re.findall(r'href="([^"]+deduction.revise[^"]+)"', page)[0]
    assert 'name="unstated" value="1" checked' in evaluator.get(unescape(revise)).text


def test_adjustments_may_be_made_of_a_level_and_of_the_total(offers: Site) -> None:
    evaluator = offers.as_role(Role.EV)
    levels = {"A": "level", "B1": "leaf", "total": "total"}
    for node, target in levels.items():
        form = evaluator.get(f"/cases/offers/do/adjustment.draft?node={node}").text
        sent = form_of(form, "adjustment.draft") | {
            "node": node, "amount": "30", "reason": "统筹考虑", "no_evidence": "无",
        }  # fmt: skip
        done = evaluator.post("/cases/offers/do/adjustment.draft", data=sent, headers=ORIGIN)
        assert done.status_code == 303, done.text
        row = _row(offers, Adjustment)
        assert (row.node, row.target) == (node, target)
    page = evaluator.get(GRID).text
    assert "统筹考虑" in page[page.index('id="g-overall"') :], "what concerns the total is shown"
    assert "对总分的裁量调整" in evaluator.get("/cases/offers/scores").text
    assert "提交全部草稿（3）" in words(page)
