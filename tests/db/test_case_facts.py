"""Papers, money and local settings are put right with a reason, until somebody relies on them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import Money
from service.actions.finalisation import certify_report
from service.errors import ActionRefusedError, InvalidError, NotPermittedError, StaleError
from service.extensions import db
from service.models.evaluation import Evaluation, MoneyFact
from service.queries.facts import gather
from service.workflow.actions import Action
from service.workflow.certifier import Papers
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people

PAPERS = Papers("注册会计师", 8, 4, clean_record=True, valid_until=date(2025, 6, 30))
PAID = Money("paid", "实际支出", "paid", 11_340_00)


@pytest.fixture
def case(database: object) -> CaseBuilder:
    """A case of a firm, drafted."""
    return CaseBuilder(make_people(), kind=Kind.FISCAL_FIRM).create()


def edit(case: CaseBuilder, reason: str = "补登", **command: Any) -> None:
    edit_facts(case.actor(Role.FO), case.id, EditFacts(**command), reason=reason)


def stored(case: CaseBuilder) -> Evaluation:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id)


def lacks(case: CaseBuilder, on: date) -> tuple[str, ...]:
    account = case.people.accounts[Role.EL]
    facts = gather(
        db.session(), stored(case), person=account, action=Action.REPORT_CERTIFY, today=on, given={}
    )
    return facts.certifier_lacks


def test_who_certifies_needs_papers_in_force(case: CaseBuilder) -> None:
    assert lacks(case, date(2025, 1, 6)) == ("没有登记本人的主评人资格材料",)
    edit(case, papers={case.people.accounts[Role.EL]: PAPERS})
    assert lacks(case, date(2025, 6, 30)) == ()
    assert lacks(case, date(2025, 7, 1)) == ("执业资格已于2025-06-30到期",)


def test_without_papers_the_certificate_is_refused_with_the_cure(case: CaseBuilder) -> None:
    case.people.on += timedelta(days=1)
    carried = CaseBuilder(case.people, kind=Kind.FISCAL_FIRM, code="case-2").until(Stage.FINALISATION)
    with pytest.raises(ActionRefusedError, match=r"没有登记本人的主评人资格材料；请经办在评价基本信息中登记"):
        certify_report(carried.actor(Role.EL), carried.id, seen="", given={"reauth_fresh": True})
    edit(carried, papers={case.people.accounts[Role.EL]: PAPERS})
    with pytest.raises(ActionRefusedError) as caught:
        certify_report(carried.actor(Role.EL), carried.id, seen="", given={"reauth_fresh": True})
    assert "主评人资格" not in str(caught.value)


def test_settings_change_until_the_case_is_issued(case: CaseBuilder) -> None:
    edit(case, changes={"round_limit": 3, "documents": ["验收单"], "subject_kind": "policy"})
    assert (stored(case).facts["round_limit"], stored(case).subject_kind) == (3, "policy")
    case.issue()
    with pytest.raises(ActionRefusedError, match="下达后不得修改：补正轮数上限"):
        edit(case, changes={"round_limit": 4})
    edit(case, changes={"round_limit": 3, "report_on": date(2025, 5, 6)})
    assert stored(case).facts["report_on"] == "2025-05-06"


def test_money_is_completed_until_the_team_submits_its_scores(case: CaseBuilder) -> None:
    case.issue()
    edit(case, money=(PAID,))
    edit(case, money=(Money("paid", "实际支出", "paid", 11_000_00),))
    row = db.session.query(MoneyFact).one()
    assert (row.fen, row.version) == (11_000_00, 2)
    case.submit().pass_review().score()
    with pytest.raises(ActionRefusedError, match="下达后不得修改：资金（评分已提交）"):
        edit(case, money=(PAID,))


def test_every_unknown_field_and_wrong_value_is_named_at_once(case: CaseBuilder) -> None:
    with pytest.raises(InvalidError) as caught:
        edit(case, changes={"code": "x", "kind": "fiscal", "round_limit": 0, "silence_is_consent": "是"})
    assert [p.path for p in caught.value.problems] == ["code", "kind", "round_limit", "silence_is_consent"]
    assert all(p.allowed and p.cure for p in caught.value.problems)


def test_an_edit_names_its_reason_changes_something_and_knows_what_it_changes(case: CaseBuilder) -> None:
    with pytest.raises(ActionRefusedError, match="内容不齐：修改的理由"):
        edit(case, " ", changes={"round_limit": 3})
    with pytest.raises(ActionRefusedError, match="要修改的内容"):
        edit(case)
    seen = stored(case).version
    edit(case, changes={"round_limit": 3}, version=seen)
    with pytest.raises(StaleError):
        edit(case, changes={"round_limit": 4}, version=seen)
    with pytest.raises(NotPermittedError):
        edit_facts(case.actor(Role.FR), case.id, EditFacts(changes={"round_limit": 5}), reason="改")
