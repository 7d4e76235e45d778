"""Who holds a role and what somebody did before: asked of the database at once, however much is in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.actions import accounts
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.organisation import Account, GrantState, RoleGrant
from service.queries.caselist import readable
from service.queries.facts import earlier_acts
from service.queries.people import INSTANCE_ROLES, Held, holders, roles_in
from service.workflow.actions import Action
from service.workflow.roles import Role
from tests.builders import DAY, PASSWORD, CaseBuilder, make_people
from tests.db.conftest import Database
from tests.statements import counted


@pytest.fixture
def case(database: Database) -> CaseBuilder:
    """A case under way; beside it a second one, and people waiting for a grant."""
    people = make_people()
    CaseBuilder(people, code="case-2").create()
    admin, bureau = people.actor(Role.SA), people.organisations["bureau"]
    fresh = accounts.create_account(admin, accounts.NewAccount("fo2", "经办二", PASSWORD, bureau))
    accounts.propose_grant(admin, account=fresh, role=Role.FO, organisation=bureau)
    return CaseBuilder(people).create().issue()


def evaluations() -> list[Evaluation]:
    return list(db.session.scalars(select(Evaluation)))


@pytest.mark.parametrize("days", [0, 400])
def test_the_holders_of_every_role_are_those_whose_roles_say_so(case: CaseBuilder, days: int) -> None:
    today = DAY + timedelta(days=days)
    everybody = list(db.session.scalars(select(Account).order_by(Account.login)))
    found = 0
    for evaluation in evaluations():
        for role in Role:
            expected = [a for a in everybody if role in roles_in(db.session(), a.id, evaluation, today=today)]
            assert holders(db.session(), evaluation, role, today=today) == expected, role
            found += len(expected)
    assert found > 15
    assert db.session.scalars(select(RoleGrant).where(RoleGrant.state == GrantState.PROPOSED)).all()


def test_the_holders_of_all_roles_of_a_case_are_asked_for_in_two_statements(case: CaseBuilder) -> None:
    evaluation = evaluations()[0]
    with counted() as sent:
        found = [
            holders(db.session(), evaluation, role, today=DAY) for role in Role if role not in INSTANCE_ROLES
        ]
    assert any(found)
    assert len(sent) == 2


def test_a_disabled_account_holds_nothing(case: CaseBuilder) -> None:
    first = evaluations()[0]
    accounts.disable_account(case.actor(Role.SA), account=case.people.accounts[Role.FR], reason="离任")
    assert holders(db.session(), first, Role.FR, today=DAY) == []


def test_earlier_acts_are_those_the_leaves_name(case: CaseBuilder, database: Database) -> None:
    case.submit()
    lead = case.people.accounts[Role.EL]
    accounts_of = {leaf["actor"]["id"] for leaf in database.entries()}
    for person in accounts_of:
        expected = {
            Action(leaf["action"])
            for leaf in database.entries()
            if leaf["evaluation"] == case.id and (leaf["actor"]["on_behalf"] or leaf["actor"]["id"]) == person
        }
        assert earlier_acts(db.session(), case.id, person) == expected
    assert Action.PLAN_SUBMIT in earlier_acts(db.session(), case.id, lead)


def test_an_act_counts_for_the_person_played_and_not_for_the_operator(case: CaseBuilder) -> None:
    operator, played = case.people.accounts[Role.SA], case.people.accounts[Role.DF]
    before = earlier_acts(db.session(), case.id, played)
    case.people.accounts[Role.DF] = operator
    acting = case.people.actor
    case.people.actor = lambda role, **more: acting(  # type: ignore[method-assign]
        role, **({"played": played} if role is Role.DF else {}), **more
    )
    case.submit()
    assert earlier_acts(db.session(), case.id, played) - before == {Action.SELF_EDIT}
    assert earlier_acts(db.session(), case.id, operator) == frozenset()


def test_who_works_in_more_than_a_thousand_cases_gets_his_list(case: CaseBuilder) -> None:
    grants = [Held(Role.EL, f"case-{number}", None) for number in range(1_200)]
    found = select(Evaluation.id).where(readable(grants, Action.EVALUATION_READ))
    assert db.session.scalars(found).all() == []
    mine = select(Evaluation.id).where(
        readable([*grants, Held(Role.EL, case.id, None)], Action.EVALUATION_READ)
    )
    assert db.session.scalars(mine).all() == [case.id]
