"""The acts of the process on real databases: what they leave, and what a refusal leaves untouched."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from service.actions import (
    commissioning,
    consultation,
    deadline,
    material_review,
    returns,
    scoring,
    self_assessment,
)
from service.actions.actor import Actor
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.paper import RegisterPaper, register_paper
from service.actions.planning import DraftPlan, amend_plan, approve_amendment
from service.errors import ActionRefusedError, InvalidError, NotFoundError, NotPermittedError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.audit import AuditEntry
from service.models.base import audited_tables
from service.models.consultation import DispositionVerdict
from service.models.evaluation import Evaluation, ReturnOrder, StageTrack
from service.models.score import Deduction, ReasonState
from service.queries.offers import offered_deductions
from service.queries.sheet import current_sheet
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status
from tests.builders import FRAMEWORK, CaseBuilder, make_people


@pytest.fixture
def case(database) -> CaseBuilder:
    return CaseBuilder(make_people())


def stored(case: CaseBuilder) -> Evaluation:
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id)


def business_rows() -> dict[str, int]:
    db.session.rollback()
    tables = db.metadata.tables
    return {
        name: db.session.execute(select(func.count()).select_from(tables[name])).scalar_one()
        for name in audited_tables()
    }


def refused(call, *args, kind=ActionRefusedError, **kwargs) -> str:
    """Run an act that must be refused; nothing but one ``refused`` entry may be left."""
    before, entries = business_rows(), db.session.query(AuditEntry).count()
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert business_rows() == before
    newest = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    added = db.session.query(AuditEntry).count() - entries
    if kind in (ActionRefusedError, NotPermittedError):
        assert added == 1 and newest is not None and newest.outcome == "refused"
    else:
        assert added == 0
    return str(caught.value)


def test_a_case_walks_all_stages_and_its_sheet_follows_from_its_reasons(case: CaseBuilder) -> None:
    case.until(Stage.FINALISATION)
    evaluation = stored(case)
    assert evaluation.stage is Stage.FINALISATION
    sheet = current_sheet(db.session(), evaluation)
    assert sheet is not None and sheet.total_text == "88" and sheet.grade == "良"
    tracks = db.session.scalars(select(StageTrack).order_by(StageTrack.id)).all()
    assert [t.stage for t in tracks] == list(Stage)[:5]
    assert [t.total for t in tracks] == [None, None, "88", "88", None]


def test_a_stranger_learns_nothing_of_a_case(case: CaseBuilder) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    message = refused(
        self_assessment.submit_self_assessment, case.actor(Role.IR), case.id, kind=NotFoundError
    )
    other = refused(
        self_assessment.submit_self_assessment, case.actor(Role.DH), "no-such-id", kind=NotFoundError
    )
    assert message and other


def test_every_missing_thing_is_named_when_the_draft_may_not_go_out(case: CaseBuilder) -> None:
    case.until(Stage.ON_SITE_VERIFICATION)
    message = refused(
        consultation.issue_draft, case.actor(Role.FO), case.id, due_on=case.people.on + timedelta(days=10)
    )
    for words in ("没有现场核查", "组长尚未提交评分", "没有录入评分依据的指标：A1、B1"):
        assert words in message


def test_a_role_without_a_row_is_not_permitted(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    refused(material_review.pass_review, case.actor(Role.DF), case.id, kind=NotPermittedError)


def test_the_unit_head_may_not_be_the_only_editor(case: CaseBuilder) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    message = refused(self_assessment.submit_self_assessment, case.actor(Role.DH), case.id)
    assert "自评尚未填报完整" in message


def test_late_submission_is_counted_not_refused(case: CaseBuilder) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    case.people.on += timedelta(days=31)
    case.submit()
    last = self_assessment.latest_round(db.session(), case.id)
    assert last is not None and last.late


def test_a_deadline_is_extended_to_a_later_day_only(case: CaseBuilder) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    due = stored(case).self_due_on
    db.session.rollback()
    assert due is not None
    message = refused(deadline.extend_deadline, case.actor(Role.FO), case.id, due_on=due, reason="通知要求")
    assert f"晚于原期限 {due} 的日期" in message
    later = due + timedelta(days=5)
    deadline.extend_deadline(case.actor(Role.FO), case.id, due_on=later, reason="通知要求")
    assert stored(case).self_due_on == later


def test_a_submitted_round_can_be_withdrawn_until_it_was_opened(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    self_assessment.withdraw_self_assessment(case.actor(Role.DH), case.id, reason="漏填")
    assert stored(case).stage is Stage.SELF_ASSESSMENT
    case.submit()
    material_review.give_verdict(
        case.actor(Role.EV),
        case.id,
        material_review.GiveVerdict("自评表", material_review.Verdict.COMPLETE),
    )
    message = refused(self_assessment.withdraw_self_assessment, case.actor(Role.DH), case.id, reason="再改")
    assert "对方已经打开" in message


def test_after_submission_the_unit_edits_only_lines_a_request_has_opened(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    edit = self_assessment.EditSelfAssessment((self_assessment.ClaimLine("B1", "55"),))
    assert "B1" in refused(self_assessment.edit_self_assessment, case.actor(Role.DF), case.id, edit)
    request = material_review.RequestSupplement(
        ("补验收单",), due_on=case.people.on + timedelta(days=5), nodes=("B1",)
    )
    code = material_review.request_supplement(case.actor(Role.EL), case.id, request)
    self_assessment.edit_self_assessment(case.actor(Role.DF), case.id, edit)
    assert "尚有未办结的补正" in refused(material_review.propose_pass, case.actor(Role.EL), case.id)
    material_review.answer_supplement(case.actor(Role.DF), case.id, code=code, answer="已补")
    material_review.confirm_supplement(case.actor(Role.DH), case.id, code=code)
    case.pass_review()


def test_supplement_rounds_have_a_limit(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    request = material_review.RequestSupplement(("补",), due_on=case.people.on)
    for _ in range(2):
        code = material_review.request_supplement(case.actor(Role.EL), case.id, request)
        material_review.close_supplement(case.actor(Role.EL), case.id, code=code, reason="已补")
    message = refused(material_review.request_supplement, case.actor(Role.EL), case.id, request)
    assert "补正已有2轮" in message


def test_a_return_keeps_reasons_as_pending_until_they_are_confirmed_again(case: CaseBuilder) -> None:
    case.until(Stage.ON_SITE_VERIFICATION)
    reason = scoring.Reason("B1", "10", "两台晚到", clause="验收", no_evidence="访谈得知")
    code = scoring.draft_deduction(case.actor(Role.EV), case.id, reason)
    scoring.submit_deduction(case.actor(Role.EV), case.id, code=code)
    order = returns.ReturnStage(Stage.MATERIAL_REVIEW, ("完成值与验收单不一致",))
    assert returns.return_stage(case.actor(Role.EL), case.id, order) == 1
    assert stored(case).stage is Stage.MATERIAL_REVIEW
    row = db.session.scalars(select(Deduction)).one()
    assert row.state is ReasonState.PENDING
    material_review.propose_pass(case.actor(Role.EL), case.id)
    assert code in refused(material_review.pass_review, case.actor(Role.FO), case.id)
    scoring.reconfirm_deduction(case.actor(Role.EV), case.id, code=code)
    material_review.pass_review(case.actor(Role.FO), case.id)
    assert db.session.scalars(select(ReturnOrder)).one().resolved_on == case.people.on


def test_a_return_without_items_or_forwards_is_refused(case: CaseBuilder) -> None:
    case.until(Stage.ON_SITE_VERIFICATION)
    empty = returns.ReturnStage(Stage.MATERIAL_REVIEW, ())
    assert "没有写明退回事项" in refused(returns.return_stage, case.actor(Role.EL), case.id, empty)
    ahead = returns.ReturnStage(Stage.CONSULTATION, ("往前",))
    assert "只能退回到" in refused(returns.return_stage, case.actor(Role.EL), case.id, ahead)


def test_scores_changed_after_submission_name_their_origin(case: CaseBuilder) -> None:
    case.until(Stage.CONSULTATION)
    plain = scoring.Reason("B1", "11", "重核", clause="验收", no_evidence="无")
    assert "来由" in refused(scoring.draft_deduction, case.actor(Role.EL), case.id, plain)
    stated = scoring.Reason(
        "B1",
        "11",
        "重核",
        clause="验收",
        no_evidence="无",
        origin="复核",
        asked_by="组织方复核",
        paper="复核意见",
    )
    scoring.draft_deduction(case.actor(Role.EL), case.id, stated)


def test_an_opinion_needs_an_answer_that_another_person_confirms(case: CaseBuilder) -> None:
    case.until(Stage.CONSULTATION)
    opinion = consultation.record_opinion(
        case.actor(Role.DH),
        case.id,
        consultation.RecordOpinion(case.people.organisations["unit"], "第二台不算晚到", node="B1"),
    )
    assert "意见尚未处理" in refused(consultation.close_consultation, case.actor(Role.FO), case.id)
    answer = consultation.ProposeDisposition(
        opinion, DispositionVerdict.REJECTED, "合同日期如此", effect="不影响得分"
    )
    consultation.propose_disposition(case.actor(Role.EL), case.id, answer)
    assert "尚未确认" in refused(consultation.close_consultation, case.actor(Role.FO), case.id)
    refused(
        consultation.confirm_disposition,
        case.actor(Role.EL),
        case.id,
        opinion=opinion,
        kind=NotPermittedError,
    )
    consultation.confirm_disposition(case.actor(Role.FO), case.id, opinion=opinion)
    consultation.close_consultation(case.actor(Role.FO), case.id)
    assert stored(case).stage is Stage.FINALISATION


def test_silence_is_recorded_only_after_the_window_and_is_no_consent(case: CaseBuilder) -> None:
    case.until(Stage.CONSULTATION)
    unit = case.people.organisations["unit"]
    assert "期限未过" in refused(consultation.lapse_opinion, case.actor(Role.FO), case.id, organisation=unit)
    later = case.people.on + timedelta(days=30)
    case.people.on = later
    consultation.lapse_opinion(case.actor(Role.FO), case.id, organisation=unit)
    consultation.close_consultation(case.actor(Role.FO), case.id)


def test_a_paper_submission_does_the_act_for_the_person_named(case: CaseBuilder, tmp_path) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    claims = (self_assessment.ClaimLine("A1", "40"),)
    self_assessment.edit_self_assessment(
        case.actor(Role.DF), case.id, self_assessment.EditSelfAssessment(claims)
    )
    store = EvidenceStore(f"file://{tmp_path}/store")
    scan = add_evidence(
        case.actor(Role.FO), case.id, AddEvidence("自评表扫描件", "scan.txt", "自评表".encode()), store=store
    )
    paper = RegisterPaper(
        act=Action.SELF_SUBMIT,
        for_account=case.people.accounts[Role.DH],
        for_role=Role.DH,
        document_on=date(2025, 1, 3),
        evidence=scan,
        document_no="某函〔2025〕1号",
    )
    register_paper(case.actor(Role.FO), case.id, paper)
    assert stored(case).stage is Stage.MATERIAL_REVIEW
    last = self_assessment.latest_round(db.session(), case.id)
    assert last is not None and last.submitted_by == case.people.accounts[Role.DH]


def test_an_amendment_keeps_codes_and_needs_another_person(case: CaseBuilder) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    lost = FRAMEWORK.replace("code: B1", "code: B9")
    refused(amend_plan, case.actor(Role.EL), case.id, DraftPlan(lost, reason="改编号", effect="无"))
    better = FRAMEWORK.replace("更新完成情况", "设备更新完成情况")
    amend_plan(case.actor(Role.EL), case.id, DraftPlan(better, reason="写全名称", effect="不影响分值"))
    approve_amendment(case.actor(Role.FR), case.id)
    sheet = current_sheet(db.session(), stored(case))
    assert sheet is not None and sheet.sheet.line("B1").name == "设备更新完成情况"


def test_suspension_and_termination_take_two_people(case: CaseBuilder) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    commissioning.ask_suspension(case.actor(Role.FO), case.id, reason="项目停工")
    assert stored(case).status is Status.ACTIVE
    commissioning.confirm_suspension(case.actor(Role.FR), case.id)
    assert stored(case).status is Status.SUSPENDED
    refused(material_review.propose_pass, case.actor(Role.EL), case.id)
    commissioning.resume_evaluation(case.actor(Role.FO), case.id, reason="复工")
    commissioning.ask_termination(case.actor(Role.FO), case.id, reason="项目撤销")
    commissioning.confirm_termination(case.actor(Role.FA), case.id, given={"reauth_fresh": True})
    assert stored(case).status is Status.TERMINATED
    refused(material_review.propose_pass, case.actor(Role.EL), case.id)


def test_a_consultation_not_held_is_recorded_with_its_ground(case: CaseBuilder) -> None:
    case.until(Stage.ON_SITE_VERIFICATION).score()
    waiver = commissioning.Waiver(commissioning.StageMode.NOT_HELD, "部门自行组织，未征求意见", consent=True)
    commissioning.waive_consultation(case.actor(Role.FO), case.id, waiver)
    consultation.close_consultation(case.actor(Role.FO), case.id)
    tracks = db.session.scalars(select(StageTrack).order_by(StageTrack.id)).all()
    held = next(t for t in tracks if t.stage is Stage.CONSULTATION)
    assert held.mode is commissioning.StageMode.NOT_HELD and "部门自行组织" in held.ground


def test_faulty_results_are_refused_with_node_and_place(case: CaseBuilder) -> None:
    case.until(Stage.ON_SITE_VERIFICATION)
    with pytest.raises(InvalidError) as caught:
        scoring.record_results(
            case.actor(Role.EV), case.id, results={"Z9": {"value": "1"}, "A1": {"wert": "1"}}
        )
    assert {p.path.split(".")[0] for p in caught.value.problems} == {"Z9", "A1"}


@pytest.mark.parametrize("role", [Role.FO, Role.EL])
def test_the_same_person_cannot_propose_and_confirm(case: CaseBuilder, role: Role) -> None:
    case.until(Stage.MATERIAL_REVIEW)
    actor: Actor = case.actor(role)
    kind = NotPermittedError if role is Role.EL else ActionRefusedError
    refused(material_review.pass_review, actor, case.id, kind=kind)


def test_a_kind_with_a_firm_needs_it_engaged(case: CaseBuilder) -> None:
    case.kind = Kind.FISCAL_FIRM
    case.until(Stage.FINALISATION)
    assert stored(case).stage is Stage.FINALISATION


def test_lateness_and_correction_rounds_are_offered_where_the_framework_asks(case: CaseBuilder) -> None:
    flagged = FRAMEWORK + (
        "blocks:\n  - {code: N, name: 逆向指标, kind: negative, floor: '-20', children: ["
        "{code: N1, name: 自评工作质量, flags: [自评工作], rule: {kind: reverse, floor: '-10'}}]}\n"
    )
    case.create()
    case.issue()
    case.people.on += timedelta(days=31)
    amend_plan(case.actor(Role.EL), case.id, DraftPlan(flagged, reason="加逆向指标", effect="最多减 20 分"))
    approve_amendment(case.actor(Role.FR), case.id)
    case.submit()
    request = material_review.RequestSupplement(("补",), due_on=case.people.on)
    code = material_review.request_supplement(case.actor(Role.EL), case.id, request)
    material_review.close_supplement(case.actor(Role.EL), case.id, code=code, reason="已补")
    offers = offered_deductions(db.session(), stored(case))
    assert [(o.node, o.mark, o.count) for o in offers] == [
        ("N1", "自评报送逾期", 1),
        ("N1", "要求补正", 1),
    ]
    sheet = current_sheet(db.session(), stored(case))
    assert sheet is not None and sheet.total is None, "an offer must not take points by itself"
