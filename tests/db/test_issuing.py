"""下达 names everything still lacking; the particulars may be put right, afterwards only those not fixed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.actions.commissioning import CreateEvaluation, create_evaluation, issue_evaluation
from service.actions.details import EditEvaluation, edit_evaluation
from service.errors import ActionRefusedError
from service.extensions import db
from service.models.evaluation import Evaluation, Party
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Status
from tests.builders import DAY, CaseBuilder, make_people


@pytest.fixture
def case(database) -> CaseBuilder:
    """Nobody's case yet."""
    return CaseBuilder(make_people(), kind=Kind.FISCAL_FIRM)


def drafted(case: CaseBuilder, **more: Any) -> None:
    """Draft a case without anything 下达 asks for beyond the creation."""
    homes = case.people.organisations
    bare = CreateEvaluation(
        code="bare", title="评价", kind=case.kind, year="2024", subject_name="更新", profile="standard",
        parties={"evaluated": (homes["unit"],), "organiser": (homes["bureau"],)},
    )  # fmt: skip
    case.id = create_evaluation(case.actor(Role.FO), replace(bare, **more))


def edit(case: CaseBuilder, reason: str = "", **fields: Any) -> None:
    edit_evaluation(case.actor(Role.FO), case.id, EditEvaluation(**fields), reason=reason)


def stored(case: CaseBuilder) -> Evaluation:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id)


def refused(case: CaseBuilder, words: str) -> None:
    with pytest.raises(ActionRefusedError, match=words):
        issue_evaluation(case.actor(Role.FR), case.id)
    assert stored(case).status is Status.DRAFT


def test_every_lack_is_named_and_each_is_cured(case: CaseBuilder) -> None:
    drafted(case)
    refused(case, "下达资料不齐：评价机构、自评期限、密级、公开方式$")
    edit(case, parties={"agency": (case.people.organisations["firm"],)}, secrecy="公开")
    refused(case, "下达资料不齐：自评期限、公开方式$")
    edit(case, publicity="主动公开")
    refused(case, "下达资料不齐：自评期限$")
    edit(case, self_due_on=DAY + timedelta(days=20))
    issue_evaluation(case.actor(Role.FR), case.id)
    assert stored(case).status is Status.ACTIVE


def test_what_is_not_public_needs_no_way_of_publication(case: CaseBuilder) -> None:
    case.kind = Kind.FISCAL
    drafted(case, secrecy="内部", self_due_on=DAY)
    issue_evaluation(case.actor(Role.FR), case.id)
    assert stored(case).status is Status.ACTIVE


@pytest.mark.parametrize(("firm", "lacking"), [(True, "评价机构、自评期限"), (False, "不齐：自评期限")])
def test_the_agency_is_asked_for_where_a_firm_works(case: CaseBuilder, firm: bool, lacking: str) -> None:
    case.kind = Kind.DEPARTMENT
    drafted(case, facts={"firm": firm})
    refused(case, lacking)


def test_what_a_source_does_not_state_is_declared_but_never_a_party(case: CaseBuilder) -> None:
    drafted(case, facts={"not_stated": ["评价机构", "自评期限", "密级", "公开方式"]})
    refused(case, "下达资料不齐：评价机构$")


def test_once_issued_only_what_is_not_fixed_changes_and_with_a_reason(case: CaseBuilder) -> None:
    case.create()
    issue_evaluation(case.actor(Role.FR), case.id)
    with pytest.raises(ActionRefusedError, match="没有写明理由"):
        edit(case, title="另一名称")
    with pytest.raises(ActionRefusedError, match=r"下达后不得修改：.*、自评截止日期、评价机构") as caught:
        edit(
            case, "写错", year="2023", subject_name="另一项目", self_due_on=DAY,
            parties={"agency": (case.people.organisations["unit"],)},
        )  # fmt: skip
    assert "年度" in str(caught.value)
    before = stored(case)
    assert (before.title, before.year) == ("2024年窗口设备更新项目绩效评价报告", "2024")
    edit(case, "写错", title="另一名称", year="2024", publicity="依申请公开")
    assert (stored(case).title, stored(case).publicity) == ("另一名称", "依申请公开")
    assert db.session.query(Party).count() == 3


def test_a_name_is_not_made_empty(case: CaseBuilder) -> None:
    drafted(case)
    with pytest.raises(ActionRefusedError, match="内容不齐"):
        edit(case, title=" ")
    assert stored(case).title == "评价"
