"""A unit that assesses itself states the total its own form gives; the process itself refuses another."""

from __future__ import annotations

import pytest

from service.actions import commissioning, scoring
from service.actions import self_assessment as own
from service.errors import ActionRefusedError
from service.extensions import db
from service.models.evaluation import Evaluation
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import FRAMEWORK, CaseBuilder, make_people


@pytest.fixture
def case(database: object) -> CaseBuilder:
    """A 单位自评 under way whose form gives 38 and 58."""
    case = CaseBuilder(make_people(), kind=Kind.UNIT_SELF)
    homes = case.people.organisations
    command = commissioning.CreateEvaluation(
        code="own", title="单位自评", kind=Kind.UNIT_SELF, year="2024", subject_name="更新",
        profile="standard", parties={"evaluated": (homes["unit"],), "organiser": (homes["bureau"],)},
        secrecy="公开", publicity="主动公开", self_due_on=case.people.on, framework=FRAMEWORK,
    )  # fmt: skip
    case.id = commissioning.create_evaluation(case.actor(Role.FO), command)
    commissioning.issue_evaluation(case.actor(Role.FR), case.id)
    results = {"A1": {"value": "95%"}, "B1": {"points": "58", "reason": "两台晚到"}}
    scoring.record_results(case.actor(Role.DF), case.id, results=results)
    return case


def claim(case: CaseBuilder, total: str) -> None:
    lines = (own.ClaimLine("A1", "38"), own.ClaimLine("B1", "58"))
    command = own.EditSelfAssessment(lines, claimed_total=total)
    own.edit_self_assessment(case.actor(Role.DF), case.id, command)


def stage(case: CaseBuilder) -> Stage:
    db.session.rollback()
    return db.session.get_one(Evaluation, case.id, populate_existing=True).stage


def test_a_unit_cannot_submit_a_total_its_own_form_does_not_add_up_to(case: CaseBuilder) -> None:
    claim(case, "97")
    with pytest.raises(ActionRefusedError, match="自评总分 97 与自评表合计 96 不一致"):
        own.submit_self_assessment(case.actor(Role.DH), case.id)
    assert stage(case) is Stage.SELF_ASSESSMENT
    claim(case, "96.00")
    own.submit_self_assessment(case.actor(Role.DH), case.id)
    assert stage(case) is Stage.MATERIAL_REVIEW
