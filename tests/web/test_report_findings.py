"""自检与勾稽核对 on the page of the report: what both checkers find on our own report before 定稿."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.actions import reportcheck
from service.actions.finalisation import Words, write_report
from service.extensions import db
from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, Site
from tests.web.test_report_page import HERE, section
from tests.web.test_templates import bearing

WRONG = "年初预算80万元，实际支出60万元，预算执行率为65.00%。"


def write(site: Site, text: str, *, place: str = "basics.overview") -> None:
    """Change the words of the report."""
    with site.app.app_context():
        people, final = site.world.people, site.world.cases["final"]
        write_report(people.actor(Role.EL), final, words=(Words("section", place, text),))
        db.session.remove()


def test_a_wrong_figure_is_listed_with_its_arithmetic(site: Site) -> None:
    write(site, WRONG)
    listed = section(site.as_role(Role.EL).get(HERE).text, "findings")
    assert "错误" in listed
    assert "65.00%" in listed
    assert re.search(r"应为\">75(\.00)?%<", listed)


def test_a_draft_is_read_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    known = reportcheck.lint_report
    monkeypatch.setattr(reportcheck, "lint_report", lambda *given: read.append(given) or known(*given))
    write(site, WRONG)
    for _ in range(2):
        assert "65.00%" in section(site.as_role(Role.EL).get(HERE).text, "findings")
    assert len(read) == 1
    write(site, WRONG.replace("65.00", "75.00"))
    assert "65.00%" not in section(site.as_role(Role.EL).get(HERE).text, "findings")
    assert len(read) == 2


def test_what_cannot_be_set_is_told(site: Site) -> None:
    write(site, "得分率[[node.none.rate|pct]]。")
    assert "现在核对不了" in site.as_role(Role.EL).get(HERE).text


def send(client: FlaskClient, act: str, reason: str) -> TestResponse:
    """Fill in the first form of `act` as it stands beside its finding and send it."""
    form = client.get(HERE).text.partition(f'data-act="{act}"')[2].partition("</form>")[0]
    assert form, f"no form {act}"
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return client.post(f"/cases/final/do/{act}", data={**hidden, "reason": reason}, headers=ORIGIN)


def test_a_finding_is_signed_off_and_taken_back_beside_it(site: Site) -> None:
    write(site, WRONG)
    leader, reviewer = site.as_role(Role.EL), site.as_role(Role.FR)
    assert "逐处列在" in section(leader.get(HERE).text, "acts")
    assert "report.waive_finding" not in reviewer.get(HERE).text
    assert "签认理由：没有填写" in send(leader, "report.waive_finding", "").text
    while 'data-act="report.waive_finding"' in leader.get(HERE).text:
        assert send(leader, "report.waive_finding", "按到账口径，已核对").location == HERE
    listed = section(reviewer.get(HERE).text, "findings")
    assert "没有待处理的" in listed
    assert "按到账口径，已核对" in listed
    assert 'data-act="report.freeze"' in leader.get(HERE).text
    assert send(leader, "report.withdraw_waiver", "口径不同").location == HERE
    page = leader.get(HERE).text
    assert "逐处列在" in section(page, "acts")
    assert "口径不同" in section(page, "findings")
    write(site, "更换服务大厅的终端。")
    listed = section(leader.get(HERE).text, "findings")
    assert "没有发现问题" in listed
    assert "这一处已经改正，或文字、数字有变动" in listed


def test_a_program_reads_and_signs_off_what_was_found(site: Site) -> None:
    write(site, WRONG)
    program = bearing(site, Role.EL)
    lines = program.get("/cases/final/checks").json["lines"]
    assert {each["noted"]["severity"] for each in lines} == {"error", "review"}
    asked = {"finding": lines[0]["noted"]["key"], "reason": "按到账口径"}
    assert program.act("final", "report.waive_finding", asked).status_code == 200
    assert program.act("final", "report.waive_finding", asked).status_code == 409
    first, *rest = program.get("/cases/final/checks").json["lines"]
    assert first["waived"]["reason"] == "按到账口径"
    assert [each["waived"] for each in rest] == [None] * len(rest)
    assert program.act("final", "report.withdraw_waiver", asked).status_code == 200
