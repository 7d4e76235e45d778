"""Every fact a guard of an act looks at is gathered for that act, and little else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries import facts_consultation, facts_field, facts_plan, facts_report, facts_score
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy
from service.workflow.rule import Rule
from service.workflow.rules import RULES
from service.workflow.stages import Stage
from tests.builders import DAY, CaseBuilder, make_people
from tests.unit.workflow.good_facts import GOOD


class Tracing:
    """Answers as the facts do and notes what was asked."""

    def __init__(self, facts: Facts, asked: set[str]) -> None:
        self._facts, self._asked = facts, asked

    def __getattr__(self, name: str) -> Any:
        self._asked.add(name)
        return getattr(self._facts, name)


def asked_by(rule: Rule) -> set[str]:
    """Return every fact a guard of the rule looks at, when all is well and when nothing is."""
    asked: set[str] = set()
    for facts in (Facts(), GOOD, replace(GOOD, stage_waived=True), replace(GOOD, policy=Policy.COUNTY)):
        for roles in (rule.roles, *(frozenset({role}) for role in rule.roles)):
            known = replace(facts, kind=rule.kind, stage=rule.stage, status=rule.at, acting_roles=roles)
            for guard in rule.guards:
                guard.check(Tracing(known, asked))  # type: ignore[arg-type]
    return asked


@pytest.fixture
def fields(sqlite: object) -> dict[str, tuple[frozenset[str], Any]]:
    """The fields of every group that is gathered on demand, and who says when."""
    made = CaseBuilder(make_people()).until(Stage.CONSULTATION)
    session, person = db.session(), made.people.accounts[next(iter(made.people.accounts))]
    case = session.get_one(Evaluation, made.id)
    report = facts_report.gather(session, case, person=person, today=DAY)
    cheap = facts_report.gather(session, case, person=person, today=DAY, content=False)
    plan = facts_plan.gather(session, case, person=person, today=DAY)
    groups = {
        "plan": (plan, facts_plan.needed),
        "field": (facts_field.gather(session, case, person=person), facts_field.needed),
        "consultation": (facts_consultation.gather(session, case, today=DAY), facts_consultation.needed),
        "score": (facts_score.gather(session, case), facts_score.needed),
        "report": (cheap, facts_report.needed),
        "content": (report.keys() - cheap.keys(), facts_report.content_needed),
    }
    return {name: (frozenset(found), needed) for name, (found, needed) in groups.items()}


def test_what_a_guard_asks_is_gathered(fields: dict[str, tuple[frozenset[str], Any]]) -> None:
    assert all(names for names, _ in fields.values())
    missed = [
        (rule.action.value, group, sorted(wanted))
        for rule in RULES
        if rule.kind is not None
        for group, (names, needed) in fields.items()
        if (wanted := names & asked_by(rule)) and not needed(rule.action)
    ]
    assert missed == []


def test_acts_whose_guards_ask_nothing_of_it_tell_no_content(
    fields: dict[str, tuple[frozenset[str], Any]],
) -> None:
    _, content = fields["content"]
    asking = {action for action in Action if content(action)}
    assert Action.REPORT_SIGN in asking and Action.CORRECTION_FREEZE in asking
    assert not asking & {Action.REPORT_WRITE, Action.CORRECTION_REQUEST, Action.PAPER_REGISTER}
    _, plan = fields["plan"]
    assert plan(Action.PLAN_APPROVE) and not plan(Action.DISPOSITION_CONFIRM)
