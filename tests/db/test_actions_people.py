"""Accounts, grants, conflicts of interest and the hand-over of duties, on real databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from service.actions import accounts, commissioning, material_review
from service.errors import ActionRefusedError, InvalidError, NotPermittedError
from service.extensions import db
from service.models.organisation import Account, GrantState, RoleGrant
from service.passwords import STRICT
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import PASSWORD, CaseBuilder, make_people


@pytest.fixture
def case(database) -> CaseBuilder:
    return CaseBuilder(make_people())


def test_an_instance_is_founded_once(case: CaseBuilder) -> None:
    with pytest.raises(ActionRefusedError, match="已有账号"):
        make_people()


def test_a_short_password_and_a_taken_login_are_refused(case: CaseBuilder) -> None:
    admin = case.actor(Role.SA)
    with pytest.raises(InvalidError, match="新密码长度不合要求"):
        accounts.create_account(admin, accounts.NewAccount("new", "经办", "short"))
    for weak in ("sunshine2026!!", "组织方经办组织方经办26", "P@ssw0rd2024!x"):
        with pytest.raises(InvalidError, match="容易猜到"):
            accounts.create_account(admin, accounts.NewAccount("new", "组织方经办", weak))
    with pytest.raises(InvalidError, match="字符种类不够"):
        accounts.create_account(admin, accounts.NewAccount("new", "经办", PASSWORD), STRICT)
    with pytest.raises(InvalidError, match="登录名已有人使用"):
        accounts.create_account(admin, accounts.NewAccount("df", "填报人", PASSWORD))


def test_passwords_never_enter_the_log(case: CaseBuilder, database) -> None:
    stored = db.session.scalars(select(Account.password_hash)).all()
    leaves = str(database.entries())
    assert all(digest and digest not in leaves for digest in stored)
    account = db.session.scalars(select(Account).where(Account.login == "df")).one()
    assert accounts.password_matches(account, PASSWORD)
    assert not accounts.password_matches(account, PASSWORD + "x")
    assert not accounts.password_matches(None, "no account has this password")


def test_nobody_grants_himself_and_administrators_hold_no_business_role(case: CaseBuilder) -> None:
    admin, security = case.actor(Role.SA), case.actor(Role.SE)
    with pytest.raises(ActionRefusedError):
        accounts.propose_grant(admin, account=admin.account, role=Role.AU)
    with pytest.raises(ActionRefusedError):
        accounts.propose_grant(admin, account=security.account, role=Role.FO)
    with pytest.raises(NotPermittedError):
        accounts.propose_grant(case.actor(Role.FO), account=security.account, role=Role.FO)


def test_a_grant_counts_only_once_another_person_confirmed_it(case: CaseBuilder) -> None:
    admin, security = case.actor(Role.SA), case.actor(Role.SE)
    home = case.people.organisations["bureau"]
    fresh = accounts.create_account(admin, accounts.NewAccount("fo2", "经办二", PASSWORD, home))
    grant = accounts.propose_grant(admin, account=fresh, role=Role.FO, organisation=home)
    with pytest.raises(ActionRefusedError, match="重新验证"):
        accounts.confirm_grant(security, grant=grant, fresh=False)
    accounts.confirm_grant(security, grant=grant, fresh=True)
    with pytest.raises(ActionRefusedError):
        accounts.confirm_grant(security, grant=grant, fresh=True)
    assert db.session.get_one(RoleGrant, grant).state is GrantState.CONFIRMED


def test_all_duties_of_a_leaver_pass_on_in_one_act(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    admin, security = case.actor(Role.SA), case.actor(Role.SE)
    successor = accounts.create_account(
        admin, accounts.NewAccount("el2", "组长二", PASSWORD, case.people.organisations["bureau"])
    )
    leaver = case.people.accounts[Role.EL]
    proposed = accounts.propose_handover(admin, leaver=leaver, successor=successor, reason="调离")
    assert accounts.hand_over(security, handover=proposed, fresh=True) == 1
    assert not db.session.get_one(Account, leaver).active
    case.people.accounts[Role.EL] = successor
    commissioning.declare_conflict(case.actor(Role.EL), case.id, conflict=False, statement="无")
    case.pass_review()


def test_a_declared_interest_bars_work_until_another_disposes_of_it(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    commissioning.declare_conflict(
        case.actor(Role.EV), case.id, conflict=True, statement="曾在被评价单位任职"
    )
    verdict = material_review.GiveVerdict("自评表", material_review.Verdict.COMPLETE)
    with pytest.raises(ActionRefusedError, match="回避事项尚未处置"):
        material_review.give_verdict(case.actor(Role.EV), case.id, verdict)
    commissioning.override_conflict(
        case.actor(Role.FR), case.id, account=case.people.accounts[Role.EV], reason="已离职五年"
    )
    material_review.give_verdict(case.actor(Role.EV), case.id, verdict)


def test_an_evaluator_with_an_open_interest_is_not_assigned(case: CaseBuilder) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    commissioning.declare_conflict(case.actor(Role.EV), case.id, conflict=True, statement="亲属任职")
    with pytest.raises(ActionRefusedError, match="回避事项未经处置"):
        commissioning.assign_member(
            case.actor(Role.FO), case.id, account=case.people.accounts[Role.EV], roles=(Role.EX,)
        )


def test_the_last_administrator_of_a_kind_keeps_his_account(case: CaseBuilder) -> None:
    """Without a security administrator no grant could ever be confirmed again."""
    admin, homes = case.actor(Role.SA), case.people.accounts
    with pytest.raises(ActionRefusedError, match="另一名安全管理员"):
        accounts.disable_account(admin, account=homes[Role.SE], reason="离岗")
    assert db.session.get_one(Account, homes[Role.SE]).active
    second = accounts.create_account(admin, accounts.NewAccount("second", "接任", PASSWORD))
    grant = accounts.propose_grant(admin, account=second, role=Role.SE)
    accounts.confirm_grant(case.actor(Role.SE), grant=grant, fresh=True)
    accounts.disable_account(admin, account=homes[Role.SE], reason="离岗")
    assert not db.session.get_one(Account, homes[Role.SE]).active


def test_nothing_is_granted_where_it_does_not_belong_or_to_whom_it_cannot(case: CaseBuilder) -> None:
    admin, homes = case.actor(Role.SA), case.people.organisations
    fresh = accounts.create_account(admin, accounts.NewAccount("fresh", "新人", PASSWORD))
    gone = accounts.create_account(admin, accounts.NewAccount("gone", "离岗", PASSWORD))
    accounts.disable_account(admin, account=gone, reason="离岗")
    wrong = [
        ({"account": fresh, "role": Role.AU, "organisation": homes["unit"]}, "不限单位"),
        ({"account": fresh, "role": Role.FO}, "所在单位"),
        ({"account": fresh, "role": Role.EL}, "评价里安排"),
        ({"account": fresh, "role": Role.FO, "organisation": "nowhere"}, "已登记的单位"),
        ({"account": gone, "role": Role.FO, "organisation": homes["bureau"]}, "可用的账号"),
    ]
    before = len(db.session.scalars(select(RoleGrant)).all())
    for command, said in wrong:
        with pytest.raises(ActionRefusedError, match=said):
            accounts.propose_grant(admin, **command)
    assert len(db.session.scalars(select(RoleGrant)).all()) == before
    for leaver, successor in ((fresh, gone), (gone, fresh), (fresh, fresh)):
        with pytest.raises(ActionRefusedError, match="内容不齐"):
            accounts.propose_handover(admin, leaver=leaver, successor=successor, reason="调离")
    for login, duty, said in ((" ", "经办", "登录名"), ("someone", "", "职责名称")):
        with pytest.raises(ActionRefusedError, match=said):
            accounts.create_account(admin, accounts.NewAccount(login, duty, PASSWORD))
    with pytest.raises(ActionRefusedError, match="单位名称"):
        accounts.create_organisation(admin, code="empty", name=" ")
