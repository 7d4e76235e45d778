"""Who holds a role and what somebody did before: asked of the database at once, however much is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from service.actions import accounts
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.organisation import Account, GrantState, RoleGrant
from service.queries.facts import earlier_acts
from service.queries.people import holders, roles_in
from service.workflow.actions import Action
from service.workflow.roles import Role
from tests.builders import DAY, PASSWORD, CaseBuilder, make_people
from tests.db.conftest import Database


@pytest.fixture
def case(database: Database) -> CaseBuilder:
    """A case under way; beside it a second one, and people waiting for a grant."""
    people = make_people()
    CaseBuilder(people, code="case-2").create()
    admin, bureau = people.actor(Role.SA), people.organisations["bureau"]
    fresh = accounts.create_account(admin, accounts.NewAccount("fo2", "经办二", PASSWORD, bureau))
    accounts.propose_grant(admin, account=fresh, role=Role.FO, organisation=bureau)
    return CaseBuilder(people).create().issue()


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect every statement sent to the database."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


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


def test_the_holders_are_asked_for_in_one_statement(case: CaseBuilder) -> None:
    evaluation = evaluations()[0]
    with counted() as sent:
        holders(db.session(), evaluation, Role.FO, today=DAY)
    assert len(sent) == 1


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
