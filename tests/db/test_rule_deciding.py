"""Deciding on a proposed rule is an act in the log, with words, proposal and decision; refused acts change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from service.actions.ruledeciding import FORM, Decided, DecideRules, decide_rules
from service.actions.workingcopies import keep_copy
from service.errors import NotFoundError, NotPermittedError, StaleError
from service.extensions import db
from service.models.audit import AuditEntry
from service.models.library import RuleDecision, RuleVerdict
from service.queries.workingcopies import copy_of
from service.workflow.roles import Role
from tests.builders import People, make_people
from tests.db.conftest import Database

RULE = {"kind": "proportional", "target": "100%"}


@pytest.fixture
def people(database: Database) -> People:
    return make_people()


def command(people: People, *decided: Decided, stamp: str) -> DecideRules:
    return DecideRules(
        organisation=people.organisations["bureau"], target="new", data={"text": "after"}, stamp=stamp,
        book="指标表.xlsx", book_sha256="0" * 64, decided=decided,
    )  # fmt: skip


def begun(people: People) -> str:
    """The stamp of a draft of the desk officer."""
    account = people.accounts[Role.FO]
    keep_copy(account, FORM, "new", {"text": "before"}, stamp="")
    copy = copy_of(db.session(), account, FORM, "new")
    assert copy is not None
    return copy.stamp


def text_of(people: People) -> str:
    copy = copy_of(db.session(), people.accounts[Role.FO], FORM, "new")
    assert copy is not None
    return str(copy.data["text"])


def decided(adopted: dict[str, Any] | None) -> Decided:
    return Decided("A101", "完成率", "表!F2", "得分=完成率×分值", RULE, adopted)


@pytest.mark.parametrize(
    ("adopted", "verdict"),
    [
        (RULE, RuleVerdict.CONFIRMED),
        ({"kind": "discretionary"}, RuleVerdict.REPLACED),
        (None, RuleVerdict.REOPENED),
    ],
)
def test_a_decision_stands_in_the_log_and_the_draft_changes_with_it(
    people: People, adopted: dict[str, Any] | None, verdict: RuleVerdict
) -> None:
    entry = decide_rules(people.actor(Role.FO), command(people, decided(adopted), stamp=begun(people)))
    assert text_of(people) == "after"
    row = db.session.scalars(select(RuleDecision)).one()
    assert (row.verdict, row.proposed, row.adopted, row.wording) == (
        verdict,
        RULE,
        adopted,
        "得分=完成率×分值",
    )
    assert row.decided_by == people.accounts[Role.FO]
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.entry_id == entry)).one()
    assert logged.action == "framework.rule"


def test_a_stale_page_or_a_stranger_changes_nothing(people: People) -> None:
    stamp = begun(people)
    with pytest.raises(StaleError):
        decide_rules(people.actor(Role.FO), command(people, decided(RULE), stamp="2020-01-01T00:00:00+00:00"))
    for role, refusal in ((Role.FR, NotPermittedError), (Role.AU, NotFoundError)):
        with pytest.raises((refusal, NotFoundError, NotPermittedError)):
            decide_rules(people.actor(role), command(people, decided(RULE), stamp=stamp))
    assert text_of(people) == "before"
    assert db.session.scalars(select(RuleDecision)).all() == []
