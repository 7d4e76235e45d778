"""Accounts and duties on pages: proposed by one administrator, confirmed by another."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of, log_in

Visitor = Callable[[Role | str], FlaskClient]


def flat(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def send(client: FlaskClient, act: str, **data: str) -> TestResponse:
    page = client.get(f"/people/do/{act}").text
    key = page.partition('name="key" value="')[2].partition('"')[0]
    words = {"csrf_token": csrf_of(page), "key": key, **data}
    return client.post(f"/people/do/{act}", data=words, headers=ORIGIN)


def value_of(page: str, text: str) -> str:
    found = re.search(rf'<option value="([^"]+)"[^>]*>{re.escape(text)}', page)
    assert found is not None, text
    return found[1]


def test_only_administrators_open_the_page_and_each_only_his_acts(visitor: Visitor) -> None:
    for role in (Role.FO, Role.EL, Role.AU, Role.DF):
        assert visitor(role).get("/people").status_code == 403
        assert visitor(role).get("/people/do/account.create").status_code == 403
    system, security = visitor(Role.SA), visitor(Role.SE)
    assert "新建账号" in system.get("/people").text
    assert "新建账号" not in security.get("/people").text
    assert security.get("/people/do/account.create").status_code == 403
    assert system.get("/people/do/grant.confirm").status_code == 403
    assert system.get("/people/do/nothing").status_code == 404
    assert 'href="/people"' in system.get("/cases").text
    assert 'href="/people"' not in visitor(Role.FO).get("/cases").text


def test_an_account_is_made_granted_by_two_and_handed_over(site: Site) -> None:
    system, security = site.as_role(Role.SA), site.as_role(Role.SE)
    made = send(system, "account.create", login="newfo", duty=f"经办{HOSTILE[0]}")
    assert made.status_code == 200
    password = re.search(r"<code>([^<]+)</code>", made.text)
    assert password is not None
    assert log_in(site.client(), "newfo", password[1]).status_code == 303
    assert "<script>alert" not in system.get("/people").text
    form = system.get("/people/do/grant.propose").text
    account, home = value_of(form, "经办"), value_of(form, "某局")
    assert send(system, "grant.propose", account=account, role="FO", organisation=home).status_code == 303
    assert "待安全管理员" in system.get("/people").text
    waiting = security.get("/people").text
    grant = re.search(r"grant\.confirm\?grant=([0-9a-f-]+)", waiting)
    assert grant is not None
    assert send(security, "grant.confirm", grant=grant[1]).status_code == 303
    assert "没有待确认的授权或移交" in security.get("/people").text
    assert "系统管理员（admin）提出，安全管理员（security）确认" in flat(
        system.get("/people?text=newfo").text
    )
    leaver = value_of(form, "组织方经办（fo）")
    assert (
        send(system, "handover.propose", leaver=leaver, successor=account, reason="调离").status_code == 303
    )
    handover = re.search(r"handover\.confirm\?handover=([0-9a-f-]+)", security.get("/people").text)
    assert handover is not None
    assert send(security, "handover.confirm", handover=handover[1]).status_code == 303
    assert "已停用" in system.get("/people?text=fo&state=disabled").text
    assert log_in(site.client(), "fo").status_code == 403


def test_refusals_keep_what_was_typed_and_change_nothing(site: Site) -> None:
    system, security = site.as_role(Role.SA), site.as_role(Role.SE)
    before = site.rows()
    taken = send(system, "account.create", login="fo", duty="重名")
    assert taken.status_code == 422
    assert "登录名已有人使用" in taken.text
    assert 'value="重名"' in taken.text
    form = system.get("/people/do/grant.propose").text
    own = value_of(form, "系统管理员（admin）")
    assert send(system, "grant.propose", account=own, role="SE").status_code == 409, "nobody for himself"
    mixed = value_of(form, "组织方经办（fo）")
    assert send(system, "grant.propose", account=mixed, role="SA").status_code == 409, "三员 exclude business"
    assert send(system, "account.disable", account=mixed).status_code == 422, "without a reason"
    assert send(security, "grant.confirm", grant="nothing").status_code in (404, 409, 422)
    after = site.rows()
    assert {t: after[t] for t in ("account", "role_grant", "handover")} == {
        t: before[t] for t in ("account", "role_grant", "handover")
    }


def test_accounts_are_found_and_organisations_listed(visitor: Visitor) -> None:
    system = visitor(Role.SA)
    page = flat(system.get("/people?text=fo").text)
    assert "组织方经办 fo" in page
    assert "组长（主评人） el" not in page
    assert "没有符合条件的账号" in system.get("/people?text=nobodyhere").text
    assert "某中心" in system.get("/people").text
    whole = flat(system.get("/people").text)
    assert "项评价安排中有职责" in whole
    assert "窗口设备更新" not in whole, "administrators learn nothing of the cases"
