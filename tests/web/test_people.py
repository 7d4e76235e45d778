"""Accounts and duties on pages: proposed by one administrator, confirmed by another."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from service.extensions import db
from service.models.organisation import Account, GrantState, Handover, Revocation, RoleGrant
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
    assert "没有待确认的授权、收回或移交" in security.get("/people").text
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


def grant_of(site: Site, role: Role, login: str = "") -> RoleGrant:
    """The instance-wide or organisation's grant of this role, read past the pages."""
    with site.app.app_context():
        wanted = select(RoleGrant).join(Account, Account.id == RoleGrant.account_id)
        wanted = wanted.where(RoleGrant.role == role, RoleGrant.evaluation_id.is_(None))
        wanted = wanted.where(Account.login == login) if login else wanted
        return db.session.scalars(wanted.order_by(RoleGrant.id.desc())).first()  # type: ignore[return-value]


def reasons(site: Site, act: str) -> set[str]:
    """The reasons the log keeps of this act."""
    kept = "select body from audit_disclosure join audit_entry using (entry_id) where path = '/reason' and action = :act"
    with site.app.app_context():
        return {body.strip('"') for body in db.session.scalars(text(kept), {"act": act})}


def test_a_duty_is_taken_back_by_two_and_its_logins_end(site: Site) -> None:
    system, security, clerk = site.as_role(Role.SA), site.as_role(Role.SE), site.as_role(Role.FR)
    held = grant_of(site, Role.FR)
    assert "收回" in system.get("/people?text=fr").text
    assert send(system, "grant.end", grant=held.id).status_code == 422, "without a reason"
    assert send(system, "grant.end", grant=held.id, reason="调到其他处室").status_code == 303
    assert send(system, "grant.end", grant=held.id, reason="再提一次").status_code in (409, 422)
    assert clerk.get("/cases").status_code == 200, "it counts until it is confirmed"
    page = system.get("/people").text
    assert "收回待确认" in page
    assert "调到其他处室" in flat(page)
    found = re.search(r"grant\.revoke\?revocation=([0-9a-f-]+)", security.get("/people").text)
    assert found is not None
    assert "确认收回授权（1 项）" in security.get("/todo").text
    assert system.get("/people/do/grant.revoke").status_code == 403, "the proposer never confirms"
    assert send(security, "grant.revoke", revocation=found[1]).status_code == 303
    assert grant_of(site, Role.FR).state is GrantState.REVOKED
    assert reasons(site, "grant.revoke") == {"调到其他处室"}
    assert clerk.get("/cases").status_code == 302, "the login ended with the duty"
    assert send(security, "grant.revoke", revocation=found[1]).status_code in (409, 422)


def test_a_proposal_is_rejected_by_another_with_a_reason_that_stays(site: Site) -> None:
    system, security = site.as_role(Role.SA), site.as_role(Role.SE)
    form = system.get("/people/do/grant.propose").text
    stranger, home = value_of(form, "外人"), value_of(form, "某局")
    send(system, "grant.propose", account=stranger, role="FO", organisation=home)
    send(system, "grant.end", grant=grant_of(site, Role.FO, "fo").id, reason="轮岗")
    leaver = value_of(form, "组织方经办（fo）")
    send(system, "handover.propose", leaver=leaver, successor=stranger, reason="调离")
    waiting = re.findall(r"proposal\.reject\?proposal=([0-9a-f-]+)", security.get("/people").text)
    assert len(waiting) == 3
    assert system.get("/people/do/proposal.reject").status_code == 403
    for number, proposal in enumerate(waiting):
        assert send(security, "proposal.reject", proposal=proposal).status_code == 422, "without a reason"
        said = send(security, "proposal.reject", proposal=proposal, reason=f"材料不齐 {number}")
        assert said.status_code == 303
        again = send(security, "proposal.reject", proposal=proposal, reason="再驳回")
        assert again.status_code in (409, 422)
    assert "没有待确认的授权、收回或移交" in security.get("/people").text
    assert grant_of(site, Role.FO, "stranger").state is GrantState.REVOKED
    assert grant_of(site, Role.FO, "fo").state is GrantState.CONFIRMED
    with site.app.app_context():
        assert db.session.scalars(select(Revocation.done)).all() == [False]
        assert db.session.scalars(select(Handover.done)).all() == [False]
        acts = db.session.execute(text("select count(*) from audit_entry where action = 'grant.reject'"))
        assert acts.scalar_one() >= 3
    assert {f"材料不齐 {number}" for number in range(3)} <= reasons(site, "grant.reject")


def test_nobody_ends_his_own_duty_nor_the_last_of_the_administrators(site: Site) -> None:
    system = site.as_role(Role.SA)
    own, last = grant_of(site, Role.SA), grant_of(site, Role.SE)
    for grant, said in ((own, "不能办理本人账号"), (last, "另一名安全管理员")):
        answer = send(system, "grant.end", grant=grant.id, reason="不再需要")
        assert (answer.status_code, said in answer.text) == (409, True)
    assert grant_of(site, Role.SE).state is GrantState.CONFIRMED
