"""工作方案 in the browser: drafted from the library, put right node by node, approved, amended by number."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import frameworks
from service.actions.commissioning import assign_member, declare_conflict, issue_evaluation
from service.extensions import db
from service.frameworks.form import rule_forms
from service.frameworks.form_values import rule_of, rule_values
from service.frameworks.tree import plain_nodes
from service.web import treeedit, treeview
from service.workflow.roles import Role
from tests.builders import DESK_ROLES, FRAMEWORK, CaseBuilder
from tests.web.conftest import ORIGIN, Site, csrf_of

DRAFT = "/cases/fresh/plan/draft"
AMEND = "/cases/review/plan/amend"


@pytest.fixture
def fresh(site: Site) -> Site:
    """One more case, issued, with its team, without a plan."""
    with site.app.app_context():
        people = site.world.people
        case = CaseBuilder(people, code="fresh").create()
        issue_evaluation(people.actor(Role.FR), case.id)
        for role in (Role.EL, Role.EV):
            account = people.accounts[role]
            assign_member(people.actor(Role.FO), case.id, account=account, roles=(role,))
        for role in (Role.EL, Role.EV, *DESK_ROLES):
            declare_conflict(people.actor(role), case.id, conflict=False, statement="无利害关系")
        db.session.remove()
    return site


def press(client: FlaskClient, path: str, op: str, **data: Any) -> TestResponse:
    """Fetch the page and press one of its buttons."""
    page = client.get(path.partition("?")[0]).text
    hidden = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("stamp", "base")
    }
    form = {"csrf_token": csrf_of(page), "op": op, "key": secrets.token_hex(8), **hidden, **data}
    return client.post(path, data=form, headers=ORIGIN)


def act(client: FlaskClient, case: str, name: str, **data: str) -> int:
    page = client.get(f"/cases/{case}/plan").text
    form = {"csrf_token": csrf_of(page), "key": secrets.token_hex(8), **data}
    return client.post(f"/cases/{case}/do/{name}", data=form, headers=ORIGIN).status_code


def test_a_plan_is_drafted_from_the_library_sent_returned_and_approved(fresh: Site) -> None:
    leader = fresh.as_role(Role.EL)
    assert "还没有工作方案" in leader.get("/cases/fresh/plan").text
    start = leader.get(DRAFT).text
    assert "自带的指标体系" in start
    assert "2024年窗口设备更新项目绩效评价报告" in start
    assert press(leader, DRAFT, "start").status_code == 422
    assert press(leader, DRAFT, "start", source="bundled:national-10-points").status_code == 303
    assert "分值合计 <strong>100</strong>" in leader.get(DRAFT).text
    assert "还没有工作方案" in fresh.as_role(Role.FO).get("/cases/fresh/plan").text
    press(leader, DRAFT, "body", **{"item-0": "看资金是否见效", "item-9": "自评表\n合同"})
    assert press(leader, DRAFT, "save").status_code == 303
    page = leader.get("/cases/fresh/plan").text
    assert "看资金是否见效" in page
    assert "合同" in page
    assert "起草中" in page
    assert "还没有工作方案" in fresh.as_role(Role.DF).get("/cases/fresh/plan").text
    assert act(leader, "fresh", "plan.submit") == 303
    reviewer = fresh.as_role(Role.FR)
    assert 'action="/cases/fresh/do/plan.approve"' in reviewer.get("/cases/fresh/plan").text
    assert act(reviewer, "fresh", "plan.return", reason="补问卷") == 303
    assert "补问卷" in leader.get("/cases/fresh/plan").text
    press(leader, DRAFT, "body", **{"item-8": "向窗口群众发放 60 份"})
    assert press(leader, DRAFT, "save").status_code == 303
    assert act(leader, "fresh", "plan.submit") == 303
    assert act(reviewer, "fresh", "plan.approve", panel_opinion="专家组同意") == 303
    unit = fresh.as_role(Role.DF).get("/cases/fresh/plan").text
    assert "向窗口群众发放 60 份" in unit
    assert "已批准" in unit
    assert "只能<a" in leader.get(DRAFT).text
    with fresh.app.app_context():
        text = frameworks.text_of("national-10-points")
        used = db.session.execute(
            db.text("select count(*) from framework_version where body = :t"), {"t": text}
        )
        assert used.scalar() == 1


def test_weights_rules_and_places_change_node_by_node_and_unsound_trees_wait(fresh: Site) -> None:
    leader = fresh.as_role(Role.EL)
    press(leader, DRAFT, "start", source="case:review")
    at = f"{DRAFT}?node=B1"
    press(leader, at, "details", node="B1", name="更新情况", max="50", nature="quantitative", rest="")
    page = leader.get(at).text
    assert "下级合计 50，与本级 60 不符" in page
    assert "待改" in page
    assert press(leader, DRAFT, "save").status_code == 422
    assert leader.get("/cases/fresh/plan").text.count("还没有工作方案") == 1
    press(leader, at, "add", node="B1", new_code="B2", new_name="及时性", new_max="10", under="B")
    drawn = press(leader, f"{DRAFT}?node=B2", "redraw", node="B2", **{"r.kind": "bands"})
    assert drawn.status_code == 200
    assert 'name="r.bands.0.when"' in drawn.text
    wrong = press(
        leader, f"{DRAFT}?node=B2", "rule", node="B2", **{"r.kind": "bands", "r.bands.0.when": ">=9x"}
    )
    assert wrong.status_code == 422
    assert "&gt;=9x" in wrong.text
    assert 'id="w-r.bands.0.points"' in wrong.text
    bands = {"r.kind": "bands", "r.bands.0.when": ">=90%", "r.bands.0.points": "10", "r.bands.1.when": "<90%",
             "r.bands.1.points": "0"}  # fmt: skip
    assert press(leader, f"{DRAFT}?node=B2", "rule", node="B2", **bands).status_code == 303
    press(leader, f"{DRAFT}?node=B2", "up", node="B2")
    page = leader.get(f"{DRAFT}?node=B2").text
    assert "分值合计 <strong>100</strong>" in page
    assert page.index(">B2<") < page.index(">B1<")
    assert press(leader, DRAFT, "move", node="B2", to="B2").status_code == 422
    assert press(leader, DRAFT, "remove", node="A1").status_code == 303
    assert press(leader, DRAFT, "text", text="nodes: [").status_code == 422
    assert press(leader, DRAFT, "text", text=FRAMEWORK).status_code == 303
    assert press(leader, DRAFT, "save").status_code == 303
    assert "小体系" in leader.get("/cases/fresh/plan").text


def test_two_pages_of_one_person_never_overwrite_each_other(fresh: Site) -> None:
    leader = fresh.as_role(Role.EL)
    press(leader, DRAFT, "start", source="case:review")
    page = leader.get(DRAFT).text
    stamp = page.partition('name="stamp" value="')[2].partition('"')[0]
    fields = {"node": "B1", "max": "60", "rest": ""}
    assert press(leader, DRAFT, "details", name="先改的", **fields, stamp=stamp).status_code == 303
    late = press(leader, DRAFT, "details", name="后改的", **fields, stamp=stamp)
    assert late.status_code == 412
    assert "后改的" in late.text
    assert "先改的" in leader.get(f"{DRAFT}?node=B1").text


def test_an_amendment_is_numbered_compared_and_approved_by_another(site: Site) -> None:
    leader = site.as_role(Role.EL)
    fields = {"node": "B1", "name": "更新完成情况", "max": "60", "criteria": "按台数计", "rest": ""}
    assert press(leader, AMEND, "details", **fields).status_code == 303
    save = leader.get(f"{AMEND}?view=save").text
    assert "<ins>按台数计</ins>" in save
    refused = press(leader, AMEND, "save", reason="标准不清")
    assert refused.status_code == 409
    assert "标准不清" in refused.text
    assert press(leader, AMEND, "remove", node="B1").status_code in (303, 422)
    press(leader, AMEND, "discard")
    press(leader, AMEND, "details", **fields)
    assert press(leader, AMEND, "save", reason="标准不清", effect="不影响已有得分").status_code == 303
    page = leader.get("/cases/review/plan").text
    assert "修订第 1 号" in page or "修订第 2 号" in page
    assert "不影响已有得分" in page
    reviewer = site.as_role(Role.FA)
    assert act(reviewer, "review", "plan.approve_amendment", panel_opinion="同意") == 303
    assert "按台数计" in site.as_role(Role.DF).get("/cases/review/plan").text


def test_every_kind_of_rule_is_drawn_with_the_names_it_is_read_back_by() -> None:
    """Over all bundled leaves: what the drawn form would send makes the same rule again."""
    seen = set()
    for code in frameworks.bundled():
        plain = treeedit.plain_of(frameworks.text_of(code))
        for leaf, node in plain_nodes(plain).items():
            if not isinstance(node.get("rule"), dict):
                continue
            drawn = treeview.rule_drawn(plain, leaf, None, {})
            sent = {name: text for name, text in _sent(drawn) if text}
            assert rule_of(treeedit.rule_texts(sent)) == node["rule"], (code, leaf)
            seen.add(node["rule"]["kind"])
    for form in rule_forms():
        drawn = treeview.rule_drawn(plain, leaf, {"kind": form.kind}, {})
        assert drawn["kind"] == form.kind
        assert len(drawn["fields"]) == len(form.fields)
    assert len(seen) >= 10
    assert rule_values({"kind": "discretionary"}) == {"kind": "discretionary"}


def _sent(control: dict[str, Any]) -> list[tuple[str, str]]:
    """Every name and value the drawn form would send."""
    if control["type"] == "rule":
        inner = [pair for one in control["fields"] for pair in _sent(one)]
        return [(control["name"], control["kind"]), *inner]
    if control["type"] == "group":
        return [pair for one in control["fields"] for pair in _sent(one)]
    if control["type"] == "list":
        return [pair for row in control["rows"] for one in row for pair in _sent(one)]
    return [(control["name"], control["value"])]


def test_only_the_leader_drafts(site: Site) -> None:
    for role in (Role.EV, Role.FO, Role.DF, Role.AU):
        assert site.as_role(role).get("/cases/review/plan/draft").status_code == 403
        assert site.as_role(role).get("/cases/review/plan").status_code == 200
    assert not re.search(r"plan/(draft|amend)", site.as_role(Role.FO).get("/cases/review/plan").text)
