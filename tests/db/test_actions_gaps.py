"""What random walks through the real acts had found open: each case here once went another way."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.actions import (
    accounts,
    commissioning,
    correction,
    finalisation,
    material_review,
    returns,
    scoring,
)
from service.actions import self_assessment as own
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.paper import RegisterPaper, register_paper
from service.errors import ActionRefusedError, InvalidError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.report import ReportState, ReportVersion
from service.queries.content import content_digest, present_snapshot
from service.queries.facts import earlier_acts
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import FRAMEWORK, CaseBuilder, make_people

FRESH = {"reauth_fresh": True}


@pytest.fixture
def case(sqlite) -> CaseBuilder:
    return CaseBuilder(make_people())


def stored(case: CaseBuilder) -> Evaluation:
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id)


def present(case: CaseBuilder) -> str:
    digest = content_digest(present_snapshot(db.session(), stored(case)))
    db.session.rollback()
    return digest


def rendered(case: CaseBuilder, name: str) -> finalisation.Frozen:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return finalisation.Frozen("standard", present(case), digest, digest, "pdf", 9, ((digest, 5, "pdf"),))


def signed(case: CaseBuilder) -> CaseBuilder:
    case.until(Stage.FINALISATION).write()
    command = rendered(case, "first")
    finalisation.freeze_report(case.actor(Role.EL), case.id, command)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=present(case), given={})
    finalisation.sign_report(case.actor(Role.FA), case.id, seen=command.frozen_sha256, given=FRESH)
    return case


def versions() -> list[ReportState]:
    return list(db.session.scalars(select(ReportVersion.state).order_by(ReportVersion.number)))


def test_a_case_returned_with_straight_back_goes_straight_back(case: CaseBuilder) -> None:
    case.until(Stage.ON_SITE_VERIFICATION).score()
    case._issue_draft()
    order = returns.ReturnStage(Stage.MATERIAL_REVIEW, ("完成值与验收单不一致",), straight_back=True)
    returns.return_stage(case.actor(Role.FO), case.id, order)
    material_review.propose_pass(case.actor(Role.EL), case.id)
    material_review.pass_review(case.actor(Role.FO), case.id)
    assert stored(case).stage is Stage.CONSULTATION


def test_paper_is_registered_only_for_somebody_who_has_the_part(case: CaseBuilder, tmp_path: Path) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    claims = (own.ClaimLine("A1", "40"),)
    own.edit_self_assessment(case.actor(Role.DF), case.id, own.EditSelfAssessment(claims))
    store = EvidenceStore(f"file://{tmp_path}/store")
    command = AddEvidence("扫描件", "scan.txt", "自评表".encode())
    scan = add_evidence(case.actor(Role.FO), case.id, command, store=store)

    def register(role: Role) -> None:
        paper = RegisterPaper(
            act=Action.SELF_SUBMIT,
            for_account=case.people.accounts[role],
            for_role=Role.DH,
            document_on=case.people.on,
            evidence=scan,
            document_no="某函〔2025〕1号",
        )
        register_paper(case.actor(Role.FO), case.id, paper)

    with pytest.raises(ActionRefusedError, match="单位负责人"):
        register(Role.DF)
    register(Role.DH)
    assert stored(case).stage is Stage.MATERIAL_REVIEW
    did = earlier_acts(db.session(), case.id, case.people.accounts[Role.DH])
    assert Action.SELF_SUBMIT in did


def test_a_unit_with_one_clerk_assesses_itself_up_to_the_signature(case: CaseBuilder) -> None:
    homes = case.people.organisations
    parties = {"evaluated": (homes["unit"],), "organiser": (homes["bureau"],)}
    plain = {
        "code": "own", "title": "单位自评", "kind": Kind.UNIT_SELF, "year": "2024", "subject_name": "更新",
        "profile": "standard", "parties": parties, "secrecy": "公开", "publicity": "主动公开",
        "self_due_on": case.people.on,
    }  # fmt: skip
    with pytest.raises(InvalidError, match="缺少指标体系"):
        commissioning.create_evaluation(case.actor(Role.FO), commissioning.CreateEvaluation(**plain))
    other = commissioning.CreateEvaluation(**{**plain, "kind": Kind.FISCAL}, framework=FRAMEWORK)
    with pytest.raises(InvalidError, match="由方案确定"):
        commissioning.create_evaluation(case.actor(Role.FO), other)
    command = commissioning.CreateEvaluation(**plain, framework=FRAMEWORK)
    case.id = commissioning.create_evaluation(case.actor(Role.FO), command)
    commissioning.issue_evaluation(case.actor(Role.FR), case.id)
    results = {"A1": {"value": "95%"}, "B1": {"points": "60"}}
    scoring.record_results(case.actor(Role.DF), case.id, results=results)
    words = (finalisation.Words("section", "background", "更换终端。"),)
    finalisation.write_report(case.actor(Role.DF), case.id, words=words)
    case.submit()
    own.review_self_assessment(case.actor(Role.FO), case.id)
    frozen = rendered(case, "own")
    finalisation.freeze_report(case.actor(Role.FO), case.id, frozen)
    finalisation.sign_report(case.actor(Role.FA), case.id, seen=frozen.frozen_sha256, given=FRESH)
    assert (stored(case).stage, versions()) == (Stage.SIGNED, [ReportState.SIGNED])
    assert db.session.scalar(select(ReportVersion.total)) == "98"


def test_a_part_the_kind_does_not_have_is_not_given(case: CaseBuilder) -> None:
    case.kind = Kind.FISCAL
    case.create()
    account = case.people.accounts[Role.IR]
    with pytest.raises(ActionRefusedError, match="没有机构内部复核"):
        commissioning.assign_member(case.actor(Role.FO), case.id, account=account, roles=(Role.IR,))


def test_a_report_whose_content_moved_on_after_rendering_is_not_frozen(case: CaseBuilder) -> None:
    case.until(Stage.FINALISATION).write()
    command = rendered(case, "first")
    words = (finalisation.Words("section", "background", "另一段。"),)
    finalisation.write_report(case.actor(Role.EL), case.id, words=words)
    with pytest.raises(ActionRefusedError, match="内容有变动"):
        finalisation.freeze_report(case.actor(Role.EL), case.id, command)


def test_a_correction_is_signed_only_as_a_further_version(case: CaseBuilder) -> None:
    signed(case)
    other = case.actor(Role.FA, account=_second_signer(case))
    correction.request_correction(case.actor(Role.FO), case.id, reason="误植")
    first = db.session.scalars(select(ReportVersion.frozen_sha256)).one()
    with pytest.raises(ActionRefusedError, match="尚未冻结"):
        correction.sign_correction(other, case.id, seen=first, given=FRESH)
    refused = rendered(case, "second")
    correction.freeze_correction(case.actor(Role.FO), case.id, refused)
    correction.reject_correction(other, case.id, reason="原文无误")
    case.people.on += timedelta(days=1)
    correction.request_correction(case.actor(Role.FO), case.id, reason="又见误植")
    with pytest.raises(ActionRefusedError, match="尚未冻结"):
        correction.sign_correction(other, case.id, seen=refused.frozen_sha256, given=FRESH)
    third = rendered(case, "third")
    correction.freeze_correction(case.actor(Role.FO), case.id, third)
    correction.sign_correction(other, case.id, seen=third.frozen_sha256, given=FRESH)
    assert versions() == [ReportState.SIGNED, ReportState.SUPERSEDED, ReportState.SIGNED]


def _second_signer(case: CaseBuilder) -> str:
    people = case.people
    admin, security = people.actor(Role.SA), people.actor(Role.SE)
    home = people.organisations["bureau"]
    made = accounts.create_account(admin, accounts.NewAccount("fa2", "签发", "correct horse battery", home))
    grant = accounts.propose_grant(admin, account=made, role=Role.FA, organisation=home)
    accounts.confirm_grant(security, grant=grant, fresh=True)
    return made
