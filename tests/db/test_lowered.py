"""A node lowered after the unit saw the draft goes to the unit again, by name, whatever the total does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.actions import consultation, scoring
from service.errors import ActionRefusedError
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.score import Deduction
from service.queries.consultation import latest_issue
from service.queries.drafts import lowered_nodes
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people


@pytest.fixture
def case(database) -> CaseBuilder:
    """A case in 征求意见: A1 has 36 of 40, B1 50 of 60, the draft is out."""
    case = CaseBuilder(make_people()).until(Stage.ON_SITE_VERIFICATION)
    actor, reason = (
        case.actor(Role.EL),
        scoring.Reason("A1", "4", "两笔晚付", clause="支出", no_evidence="访谈"),
    )
    scoring.submit_deduction(actor, case.id, code=scoring.draft_deduction(actor, case.id, reason))
    return case.score()._issue_draft()


def late(node: str, points: str) -> scoring.Reason:
    return scoring.Reason(
        node, points, "复查验收单", clause="验收", no_evidence="验收单",
        origin="复核", asked_by="组织方复核", paper="意见单",
    )  # fmt: skip


def revise(case: CaseBuilder, amount: str) -> None:
    """The one deduction, on A1, takes another amount."""
    actor = case.actor(Role.EL)
    code = db.session.scalars(select(Deduction.code)).one()
    db.session.rollback()
    new = scoring.revise_deduction(actor, case.id, code=code, command=late("A1", amount))
    scoring.submit_deduction(actor, case.id, code=new)


def raise_b1(case: CaseBuilder, awarded: str) -> None:
    actor = case.actor(Role.EL)
    code = scoring.draft_adjustment(actor, case.id, late("B1", awarded))
    scoring.submit_adjustment(actor, case.id, code=code)


def lowered(case: CaseBuilder) -> tuple[str, ...]:
    found = db.session.get(Evaluation, case.id)
    assert found is not None
    names = lowered_nodes(db.session(), found)
    db.session.rollback()
    return names


def test_the_draft_keeps_the_points_of_every_node(case: CaseBuilder) -> None:
    issue = latest_issue(db.session(), case.id)
    assert issue is not None
    assert {"A1", "B1", ""} <= set(issue.awarded[""]) and issue.awarded[""][""] == issue.total
    assert lowered(case) == ()


def test_a_lowered_node_is_named_even_if_another_is_raised_by_as_much(case: CaseBuilder) -> None:
    revise(case, "7")
    raise_b1(case, "53")
    assert [words.split()[0] for words in lowered(case)] == ["A", "A1"]
    with pytest.raises(ActionRefusedError, match="须退回征求意见：A 过程、A1 预算执行率"):
        case._close()


def test_the_total_is_named_too_and_a_new_draft_settles_it(case: CaseBuilder) -> None:
    revise(case, "7")
    assert lowered(case) == ("A 过程", "A1 预算执行率", "总分")
    due = case.people.on + timedelta(days=10)
    consultation.issue_draft(case.actor(Role.FO), case.id, due_on=due, reason="得分下调")
    assert lowered(case) == ()
    case._close()


def test_what_is_raised_lowers_nothing(case: CaseBuilder) -> None:
    revise(case, "3")
    raise_b1(case, "53")
    assert lowered(case) == ()
    case._close()
