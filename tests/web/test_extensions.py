"""延期: the unit asks for more time on its pages, the organising side grants or refuses, both see what became of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.actions import material_review as review
from service.actions.commissioning import declare_conflict
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DAY, CaseBuilder
from tests.web.conftest import ORIGIN, Site
from tests.web.test_review import form_of
from tests.web.test_unit import words

DUE = DAY + timedelta(days=9)
LATER = DAY + timedelta(days=16)


@pytest.fixture
def waiting(site: Site) -> Site:
    """A case in 材料审核 with one request for correction that the unit has not answered."""
    with site.app.app_context():
        case = CaseBuilder(site.world.people, code="time").until(Stage.MATERIAL_REVIEW)
        review.request_supplement(case.actor(Role.EL), case.id, review.RequestSupplement(("验收单",), DUE))
        declare_conflict(case.actor(Role.FO), case.id, conflict=False, statement="无利害关系")
        site.world.cases["time"] = case.id
        db.session.remove()
    return site


def _ask(client: FlaskClient, page: str, **typed: str) -> TestResponse:
    link = unescape(re.findall(r'href="([^"]+deadline\.request[^"]*)"', client.get(page).text)[0])
    form = client.get(link).text
    chosen = re.findall(r'<option value="(\w+)" selected', form)
    data = form_of(form, "deadline.request") | {"what": chosen[0], **typed}
    return client.post("/cases/time/do/deadline.request", data=data, headers=ORIGIN)


def _answer(client: FlaskClient, act: str, **typed: str) -> TestResponse:
    page = client.get("/cases/time/people").text
    link = unescape(re.findall(rf'href="([^"]+{re.escape(act)}\?[^"]*)"', page)[0])
    form = client.get(link).text
    data = form_of(form, act)
    data |= dict(re.findall(r'<input class="form-control[^>]*name="(\w+)" value="([^"]*)"', form))
    data |= {n: unescape(t) for n, t in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)<', form)}
    for name in ("what", "request", "code"):
        part = form.partition(f'<select class="form-select" id="f-{name}"')[2].partition("</select>")[0]
        chosen = re.findall(r'<option value="(\w+)" selected', part)
        data |= {name: chosen[0]} if chosen else {}
    return client.post(f"/cases/time/do/{act}", data={**data, **typed}, headers=ORIGIN)


def _due(site: Site) -> date:
    with site.app.app_context():
        return db.session.query(Supplement).filter_by(evaluation_id=site.world.cases["time"]).one().due_on


def test_the_unit_asks_and_the_officer_grants_in_two_steps(waiting: Site) -> None:
    unit, officer = waiting.as_role(Role.DF), waiting.as_role(Role.FO)
    supplements = "/cases/time/self/supplements"
    early = _ask(unit, supplements, until=DUE.isoformat(), reason="要补")
    assert early.status_code == 409 and f"晚于原期限 {DUE}" in early.text
    assert early.text.partition("<title>")[2].startswith("【演示】错误：")
    assert _ask(unit, supplements, until=LATER.isoformat(), reason="").status_code == 422
    asked = _ask(unit, supplements, until=LATER.isoformat(), reason="档案室搬迁")
    assert asked.status_code == 303 and asked.location == supplements
    twice = _ask(unit, supplements, until=LATER.isoformat(), reason="再问")
    assert twice.status_code == 409 and "YQ1" in twice.text
    shown = words(unit.get(supplements).text)
    assert "YQ1 填报人" in shown and "补正 BZ1 的答复延到" in shown and "待答复" in shown
    assert "不予延期" not in shown and _due(waiting) == DUE, "asking moves nothing"
    assert unit.get("/cases/time/do/deadline.extend").status_code == 403
    granted = _answer(officer, "deadline.extend")
    assert granted.status_code == 303, granted.text
    assert _due(waiting) == LATER
    after = words(unit.get(supplements).text)
    assert "已准予 准予 YQ1：档案室搬迁" in after and "组织方经办" in after


def test_a_refusal_names_its_reason_and_leaves_the_day(waiting: Site) -> None:
    unit, officer = waiting.as_role(Role.DH), waiting.as_role(Role.FO)
    _ask(unit, "/cases/time/self", until=LATER.isoformat(), reason="档案室搬迁")
    assert "YQ1" in officer.get("/cases/time/people").text
    assert _answer(officer, "deadline.refuse").status_code == 422, "no reason"
    assert _answer(officer, "deadline.refuse", reason="材料应当现成").status_code == 303
    assert _due(waiting) == DUE
    assert "不予延期 材料应当现成" in words(unit.get("/cases/time/self").text)
    assert "deadline.refuse?" not in officer.get("/cases/time/people").text
    assert _ask(unit, "/cases/time/self", until=LATER.isoformat(), reason="再申请一次").status_code == 303
    with waiting.app.app_context():
        held = db.session.get_one(Evaluation, waiting.world.cases["time"]).facts["extensions"]
        assert [(one["code"], one["state"]) for one in held] == [("YQ1", "refused"), ("YQ2", "")]
    assert "YQ2" in words(waiting.as_role(Role.AU).get("/cases/time/history").text)


def test_who_is_not_of_the_unit_is_offered_no_request(waiting: Site) -> None:
    for role in (Role.EL, Role.EV, Role.FO):
        assert "deadline.request" not in waiting.as_role(role).get("/cases/time/self").text
    assert waiting.as_role("stranger").get("/cases/time/do/deadline.request").status_code == 404
