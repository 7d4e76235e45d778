"""A finding is recorded by somebody on the list of the visit, while it lasts; off site the team is the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.actions import commissioning
from service.actions import site_verification as site
from service.actions.evidence import AddEvidence, add_evidence, link_evidence
from service.errors import ActionRefusedError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation, StageMode
from service.models.fieldwork import Finding, FindingState, Visit
from service.queries.history import history_page
from service.queries.historyfilter import HistoryFilter
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people

NOT_LISTED = "不在本次核查名单内"


@pytest.fixture
def case(database) -> CaseBuilder:
    """A case in 现场核查 before its first visit."""
    return CaseBuilder(make_people()).until(Stage.ON_SITE_VERIFICATION)


def visit(case: CaseBuilder, *roles: Role, **more: str) -> str:
    team = tuple(case.people.accounts[role] for role in roles)
    fields = {"place": "大厅", "method": "清点", **more}
    command = site.OpenVisit(on=case.people.on, team=team, **fields)
    return site.open_visit(case.actor(Role.EL), case.id, command)


def record(case: CaseBuilder, code: str = "", text: str = "两台晚到") -> str:
    return site.record_finding(case.actor(Role.EV), case.id, site.RecordFinding(text, ("B1",), code))


def refused(case: CaseBuilder, words: str, code: str = "", text: str = "两台晚到") -> None:
    with pytest.raises(ActionRefusedError, match=words):
        record(case, code, text)
    assert db.session.query(Finding).count() == 0
    db.session.rollback()


def test_who_is_not_on_the_list_of_the_visit_records_nothing_on_it(case: CaseBuilder) -> None:
    led = visit(case, Role.EL)
    refused(case, NOT_LISTED, led)
    refused(case, NOT_LISTED)
    joint = visit(case, Role.EL, Role.EV)
    refused(case, NOT_LISTED, led)
    assert record(case, joint) == "F1"


def test_a_visit_without_a_stated_list_is_made_by_the_team_of_that_day(case: CaseBuilder) -> None:
    code = visit(case)
    accounts = case.people.accounts
    row = db.session.query(Visit).one()
    assert sorted(row.team) == sorted([accounts[Role.EL], accounts[Role.EV]])
    db.session.rollback()
    assert record(case, code) == "F1"


def test_before_any_visit_a_finding_needs_the_stage_held_off_site(case: CaseBuilder) -> None:
    refused(case, NOT_LISTED)
    waiver = commissioning.Waiver(StageMode.OFF_SITE, "材料足以认定", consent=True)
    commissioning.waive_visit(case.actor(Role.FO), case.id, waiver)
    assert record(case) == "F1"


def test_nothing_more_is_recorded_on_a_visit_that_is_over(case: CaseBuilder) -> None:
    code = visit(case)
    site.close_visit(case.actor(Role.EL), case.id, code=code)
    refused(case, f"{code} 已经结束", code)
    assert record(case, visit(case)) == "F1"


def test_a_finding_says_something(case: CaseBuilder) -> None:
    refused(case, "发现内容", visit(case), " ")


def test_only_members_of_the_team_are_listed(case: CaseBuilder) -> None:
    with pytest.raises(ActionRefusedError, match="名单中的人须是评价组成员"):
        visit(case, Role.EV, Role.FO)
    assert db.session.query(Visit).count() == 0


def test_a_visit_says_where_how_and_when(case: CaseBuilder) -> None:
    with pytest.raises(ActionRefusedError, match="地点、方式、日期"):
        site.open_visit(case.actor(Role.EL), case.id, site.OpenVisit(on=None, place="", method=""))
    assert db.session.query(Visit).count() == 0


def test_the_log_names_who_was_listed_by_duty(case: CaseBuilder) -> None:
    visit(case, Role.EL, Role.EV)
    row = db.session().get_one(Evaluation, case.id)
    newest = history_page(db.session(), row, HistoryFilter(), scores=True).entries[0]
    shown = {field.label: field.after for change in newest.changes for field in change.fields}
    assert shown["核查名单"] == f"{Role.EL.label}、{Role.EV.label}"


def test_a_refusal_to_confirm_is_recorded_only_with_evidence_of_it(case: CaseBuilder, tmp_path: Path) -> None:
    code = record(case, visit(case))
    leader = case.actor(Role.EL)
    with pytest.raises(ActionRefusedError, match="佐证（先把说明情况的材料关联到这条发现）"):
        site.lapse_finding(leader, case.id, code=code, reason="拒不签字")
    store = EvidenceStore(f"file://{tmp_path}/store")
    words = AddEvidence("情况说明", "note.txt", "三次送达均拒不签字".encode())
    proof = add_evidence(leader, case.id, words, store=store)
    link_evidence(leader, case.id, code=proof, kind="finding", target=code)
    site.lapse_finding(leader, case.id, code=code, reason="拒不签字")
    assert db.session.query(Finding).one().state is FindingState.LAPSED
