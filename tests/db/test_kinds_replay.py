"""Every kind and every detour of the process, from a case file through the right people to a report.

Most cases end as .docx with detached signatures, which takes a second; four are rendered to PDF.
"""

from __future__ import annotations

import shutil
from dataclasses import replace as with_fields
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, text

from service import create_app
from service.actions.workshop import Workshop, workshop_of
from service.cases import reader
from service.cases.export import export_case
from service.cases.replay import Replayed, replay
from service.cases.score import score_case
from service.errors import ActionRefusedError, InvalidError
from service.extensions import db
from service.instance import Instance
from service.models.evaluation import Evaluation, ReturnOrder, StageTrack
from service.models.evidence import Evidence
from service.models.organisation import Account
from service.models.report import Approval, PaperAct, ReportState, ReportVersion, SignatureState
from service.models.score import Adjustment, Deduction
from service.models.selfassessment import SelfAssessment
from service.queries.catalogue import case_named
from service.queries.offers import offered_deductions
from service.queries.reportaudit import inclusion
from service.queries.reportroom import report_file
from service.report.keys import load_roots
from service.report.pdf import Converter
from service.report.signatories import Part
from service.report.verify import VerifyReport, verify
from service.settings import Settings
from service.setup import prepare
from service.workflow.stages import Stage, Status

CASES = Path(__file__).parents[1] / "cases"
NO_OFFICE = "/nonexistent/soffice"


@pytest.fixture
def workshop(app: Flask, instance: Instance, settings: Settings) -> Workshop:
    """The tools of a fresh demo instance with its tables."""
    prepare(instance)
    return workshop_of(settings)


@pytest.fixture
def quick(workshop: Workshop, settings: Settings) -> Workshop:
    """The same without a converter: reports are .docx with detached signatures."""
    return with_fields(workshop, converter=Converter(soffice=NO_OFFICE, fonts=settings.fonts))


def play(name: str, workshop: Workshop, *changes: tuple[str, str]) -> Replayed:
    """Return the case replayed to its end; its figures are those without a database, its report stands."""
    path = CASES / f"{name}.yaml"
    if changes:
        source = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in source
            source = source.replace(old, new)
        path = Path(shutil.copytree(CASES, workshop.reports.parent / "cases")) / path.name
        path.write_text(source, encoding="utf-8")
    file = reader.load(path)
    result = replay(file, workshop)
    assert result.expectations.failed == () and result.ok
    assert result.to_plain()["total"] == score_case(file).to_plain()["total"]
    return result


def stored(result: Replayed) -> Evaluation:
    return case_named(db.session(), result.code)


def checked(result: Replayed, workshop: Workshop) -> VerifyReport:
    """Return what `pingji report verify` says of the report; everything it can ask must hold."""
    path = Path(result.path)
    row = newest(result)
    found = verify(
        path,
        trust_roots=load_roots(sorted((workshop.reports.parent / "keys").glob("*.crt"))),
        expected_sha256=row.final_sha256,
        frozen_sha256=row.frozen_sha256,
        audit=inclusion(db.session()),
    )
    assert found.ok, found.findings
    assert found.empty_fields == ()
    assert {c.name for c in found.checks if c.passed} >= {"成品摘要", "定版摘要", "内嵌数据", "留痕收录"}
    return found


def newest(result: Replayed) -> ReportVersion:
    return versions(result)[-1]


def versions(result: Replayed) -> list[ReportVersion]:
    query = select(ReportVersion).where(ReportVersion.evaluation_id == stored(result).id)
    return list(db.session.scalars(query.order_by(ReportVersion.number)))


def parts(found: VerifyReport) -> list[str]:
    return [signature.part for signature in found.signatures]


def passages(result: Replayed) -> list[tuple[str, int, str]]:
    return [(t.stage, t.round, t.mode) for t in result.snapshot.stages]


def acts(result: Replayed) -> list[dict[str, object]]:
    """The entries of the case, oldest first."""
    query = (
        "SELECT leaf FROM audit_entry WHERE evaluation_id = :case AND outcome = 'done' ORDER BY leaf_index"
    )
    rows = db.session.execute(text(query), {"case": stored(result).id}).scalars().all()
    return [orjson.loads(bytes(row)) for row in rows]


def states(result: Replayed, model: type[Deduction] | type[Adjustment]) -> list[tuple[str, str, str]]:
    rows = db.session.scalars(select(model).where(model.evaluation_id == stored(result).id))
    return sorted((row.node, "revised" if row.revises else "", row.state.value) for row in rows)


def test_a_unit_assesses_itself_is_sent_back_and_signed_with_its_own_figure(workshop: Workshop) -> None:
    result = play("unit-self", workshop)
    assert result.stage is Stage.SIGNED and result.signature == "pades"
    assert parts(checked(result, workshop)) == [Part.ORGANISER]
    assert passages(result)[:4] == [
        ("self_assessment", 1, "held"), ("material_review", 1, "held"),
        ("self_assessment", 2, "held"), ("material_review", 2, "held"),
    ]  # fmt: skip
    claimed = {line.code: (line.claimed, line.awarded) for line in result.snapshot.sheet.lines}
    assert claimed["A2"] == ("20", "20") and claimed["B2"] == ("18.5", "18.5")
    assert newest(result).total == "91.5"
    assert not {"team.assign", "plan.draft", "scores.submit", "report.second_review"} & {
        str(entry["action"]) for entry in acts(result)
    }


def test_the_supervising_department_may_sign_the_self_assessment(quick: Workshop) -> None:
    result = play("unit-self", quick, ("on: 2025-02-20, by: signer", "on: 2025-02-20, by: reviewer"))
    assert result.stage is Stage.SIGNED
    assert [a.duty for a in result.snapshot.approvals] == ["主管部门审核"]


def test_a_case_file_whose_total_is_not_that_of_its_form_is_refused_with_place_and_cure(
    quick: Workshop,
) -> None:
    with pytest.raises(InvalidError) as refusal:
        play("unit-self", quick, ('total: "91.5"', 'total: "95"'))
    (problem,) = refusal.value.problems
    lines = (CASES / "unit-self.yaml").read_text(encoding="utf-8").splitlines()
    assert 'total: "91.5"' in lines[(problem.line or 0) - 1]
    assert "自评总分与各行得分之和不一致" in problem.message
    assert (problem.path, problem.value, problem.allowed) == ("self_assessment.total", "95", "91.5")
    assert problem.cure == (
        "核对 results 和 points；来源确实这样印的，记入 published 并写 declared，这里写算出的数"
    )


def test_a_county_desk_of_three_evaluates_off_site_without_a_firm(quick: Workshop) -> None:
    result = play("fiscal", quick)
    assert result.stage is Stage.SIGNED and result.signature == "cms"
    assert parts(checked(result, quick)) == [Part.ORGANISER]
    assert ("on_site_verification", 1, "off_site") in passages(result)
    grounds = {track.stage: track.ground for track in result.snapshot.stages}
    assert [step.total for step in result.snapshot.waterfall][:4] == ["96", None, "87", "89"]
    assert "书面核查" in grounds["on_site_verification"]
    assert [(o.disposition, o.text) for o in result.snapshot.opinions] == [("部分采纳", "其中两笔有验收单")]
    people = {key: login for login, key in db.session.execute(select(Account.login, Account.id)).all()}
    did: dict[str, set[str]] = {}
    for entry in acts(result):
        actor = entry["actor"]
        assert isinstance(actor, dict)
        did.setdefault(people.get(actor["on_behalf"], ""), set()).add(str(entry["action"]))
    desk = {login.removeprefix("fiscal."): set(names) for login, names in did.items()}
    assert {"team.assign", "finding.answer", "scores.submit", "disposition.propose"} <= desk["clerk"]
    assert {"evaluation.suspend", "disposition.confirm", "report.second_review"} <= desk["desk"]
    assert {"evaluation.confirm_suspension", "plan.approve", "report.sign"} <= desk["signer"]
    assert not desk["desk"] & {"report.write", "report.freeze"}


def test_the_same_desk_is_refused_in_a_city(quick: Workshop) -> None:
    with pytest.raises(InvalidError, match="不能由一人兼任"):
        play("fiscal", quick, ("policy: county", "policy: city"))


def test_a_county_signer_signs_the_correction_others_made(quick: Workshop) -> None:
    more = "corrections:\n  - {reason: 概况有误, narrative: {basics.overview: 更新四台设备。}, on: 2025-05-06, by: clerk, signed_on: 2025-05-09, signed_by: signer}\nnarrative:"
    result = play("fiscal", quick, ("narrative:", more))
    assert [v.reason for v in versions(result)] == ["", "概况有误"]


def test_a_department_with_a_firm_needs_its_review_and_its_seal(workshop: Workshop) -> None:
    result = play("department-firm", workshop)
    assert parts(checked(result, workshop)) == [Part.AGENCY_SEAL, Part.ORGANISER]
    assert passages(result)[0] == ("self_assessment", 1, "not_held")
    assert [a.part for a in result.snapshot.approvals] == [
        "机构内部复核", "机构用印", "组织方复核", "签发报告",
    ]  # fmt: skip


def test_a_simplified_case_skips_what_it_gives_grounds_for(quick: Workshop) -> None:
    result = play("simplified", quick)
    assert checked(result, quick).form == "cms"
    assert [stage for stage, _, mode in passages(result) if mode == "not_held"] == [
        "material_review", "on_site_verification", "consultation",
    ]  # fmt: skip


def test_only_a_simplified_case_may_skip_the_material_review(quick: Workshop) -> None:
    with pytest.raises(ActionRefusedError, match="登记阶段未开展"):
        play("simplified", quick, ("kind: simplified", "kind: department"))


def test_returns_are_numbered_and_what_lies_behind_is_confirmed_or_taken_back(quick: Workshop) -> None:
    result = play("returns", quick)
    assert checked(result, quick).form == "cms"
    tracks = [(stage, round_) for stage, round_, _ in passages(result)]
    assert tracks == [
        ("self_assessment", 1), ("material_review", 1), ("self_assessment", 2), ("material_review", 2),
        ("on_site_verification", 1), ("consultation", 1), ("finalisation", 1),
        ("on_site_verification", 2), ("finalisation", 2), ("signed", 1),
    ]  # fmt: skip
    orders = db.session.scalars(select(ReturnOrder).order_by(ReturnOrder.number)).all()
    assert [(o.number, len(o.items), o.straight_back) for o in orders] == [(1, 2, False), (2, 1, True)]
    assert all(o.resolved_on for o in orders)
    assert states(result, Deduction) == [
        ("A2", "", "submitted"), ("B2", "", "withdrawn"), ("B2", "", "withdrawn"), ("B2", "revised", "submitted"),
    ]  # fmt: skip
    assert states(result, Adjustment) == [("B1", "", "submitted")]


def test_the_department_returns_before_the_team_begins_and_evidence_is_withdrawn(quick: Workshop) -> None:
    result = play("sentback", quick)
    done = [str(entry["action"]) for entry in acts(result)]
    first = done.index("self.return")
    assert done[first - 1] == "self.submit" and done[first + 1 : first + 3] == ["self.edit", "self.submit"]
    assert done.index("self.review") > first and done.index("review.verdict") > first
    rounds = db.session.scalars(select(SelfAssessment).order_by(SelfAssessment.round)).all()
    assert [(r.round, r.state.value) for r in rounds] == [(1, "returned"), (2, "reviewed")]
    voided = db.session.scalars(select(Evidence).where(Evidence.void).order_by(Evidence.code)).all()
    assert [(e.code, e.void_reason) for e in voided] == [
        ("E2", "交错了，是另一项目的"), ("E3", "记录有误，重新抽查"),
    ]  # fmt: skip
    assert [e.code for e in result.snapshot.evidence] == ["E1"]


def test_a_return_after_the_freeze_leaves_the_frozen_version_without_force(quick: Workshop) -> None:
    result = play("sentback", quick)
    assert checked(result, quick).form == "cms"
    assert [(v.number, v.state) for v in versions(result)] == [
        (1, ReportState.SUPERSEDED), (2, ReportState.SIGNED),
    ]  # fmt: skip
    assert [v.total for v in versions(result)] == ["89", "90"]
    assert [(stage, number) for stage, number, _ in passages(result)][-4:] == [
        ("finalisation", 1), ("on_site_verification", 2), ("finalisation", 2), ("signed", 1),
    ]  # fmt: skip


def test_withdrawn_evidence_survives_the_way_out_and_in_again(quick: Workshop, tmp_path: Path) -> None:
    first = play("sentback", quick)
    text_ = export_case(db.session(), stored(first)).replace("case: sentback", "case: again")
    copy = tmp_path / "again.yaml"
    copy.write_text(text_, encoding="utf-8")
    second = replay(reader.load(copy), quick)
    assert second.to_plain()["total"] == first.to_plain()["total"]
    case = stored(second).id
    voided = db.session.scalars(select(Evidence).where(Evidence.void, Evidence.evaluation_id == case)).all()
    assert {(e.code, e.void_reason) for e in voided} == {
        ("E2", "交错了，是另一项目的"), ("E3", "记录有误，重新抽查"),
    }  # fmt: skip


def test_the_whole_case_goes_on_paper_and_the_report_stays_bound(workshop: Workshop) -> None:
    result = play("paper", workshop)
    found = checked(result, workshop)
    assert parts(found) == [Part.LEAD_EVALUATOR, Part.AGENCY_SEAL, Part.ORGANISER]
    papers = db.session.scalars(select(PaperAct).order_by(PaperAct.code)).all()
    assert [p.act for p in papers] == [
        "self.submit", "supplement.confirm", "finding.confirm", "finding.object",
        "opinion.record", "report.certify", "report.seal", "report.sign",
    ]  # fmt: skip
    assert all(p.for_account != p.registered_by and p.evidence_id for p in papers)
    approvals = db.session.scalars(select(Approval).where(Approval.signature == SignatureState.PAPER)).all()
    assert {a.part for a in approvals} == {"report.certify", "report.seal", "report.sign"}
    assert {a.seen_sha256 for a in approvals} == {newest(result).frozen_sha256}
    assert {a.state for a in result.snapshot.approvals} == {"none", "paper"}


def test_papers_that_have_expired_stop_the_certificate_and_silence_is_declared(quick: Workshop) -> None:
    with pytest.raises(ActionRefusedError, match="执业资格已于2025-01-31到期"):
        play("paper", quick, ("clean_record: yes", "clean_record: yes, valid_until: 2025-01-31"))
    silent = play("returns", quick)
    assert "主评人资格材料（来源未载）" in silent.stand_ins


def test_paper_is_judged_as_the_act_of_the_person_who_signed_it(quick: Workshop) -> None:
    changes = (
        ("duty: 单位负责人, roles: [DH]", "duty: 单位负责人, roles: [DH, DF]"),
        ("answer: 已补,", "answer: 已补, answered_by: head,"),
    )
    with pytest.raises(InvalidError, match="确认补正答复由 head 办：提出人与确认人不能是同一人"):
        play("paper", quick, *changes)


def test_opinions_move_points_and_each_change_names_its_origin(quick: Workshop) -> None:
    result = play("opinions", quick)
    assert checked(result, quick).form == "cms"
    assert [(o.disposition, o.text) for o in result.snapshot.opinions] == [
        ("采纳", "四笔都有验收单"), ("部分采纳", "晚到是因为疫情"), ("不采纳", "报废制度可以参照上级"),
        ("", "逾期未反馈"), ("", "对再次征求意见稿无意见"), ("", "反馈内容来源未载"),
    ]  # fmt: skip
    moved = [
        (row.node, row.origin, row.paper)
        for model in (Deduction, Adjustment)
        for row in db.session.scalars(select(model).order_by(model.id))
        if row.origin
    ]
    assert moved == [
        ("A2", "异议", "反馈意见 Y1"), ("B2", "异议", "反馈意见 Y2"),
        ("B2", "复核", "复核意见单"), ("B1", "批示", "批示件"),
    ]  # fmt: skip
    totals = [(step.label, step.total) for step in result.snapshot.waterfall][2:7]
    assert totals == [
        ("现场核查", "83"), ("征求意见", "88"), ("定稿", "88"), ("征求意见", "88"), ("定稿", "88"),
    ]  # fmt: skip


def test_a_score_lowered_after_the_consultation_cannot_be_frozen(quick: Workshop) -> None:
    source = (CASES / "opinions.yaml").read_text(encoding="utf-8")
    answer = source[source.index("    - {code: O5") : source.index("  closed_on")]
    returned = source[source.index("returns:") : source.index("approvals:")]
    more = ('amount: "3", reason: 复核安装', 'amount: "12", reason: 复核安装')
    with pytest.raises(ActionRefusedError, match="征求意见后得分下调，须退回征求意见"):
        play("opinions", quick, (answer, ""), (returned, ""), more)


def test_a_lowered_score_does_not_pass_the_unit_by_on_the_straight_way_back(quick: Workshop) -> None:
    again = (
        '      - {on: 2025-04-03, amount: "9", reason: 复查后为两个月, origin: second_review}\nadjustments:'
    )
    with pytest.raises(ActionRefusedError, match="征求意见"):
        play("returns", quick, ("adjustments:", again))
    case = case_named(db.session(), "returns")
    assert case.stage is Stage.CONSULTATION
    rounds = select(StageTrack.round).where(StageTrack.stage == Stage.CONSULTATION)
    assert max(db.session.scalars(rounds)) == 2


def test_a_correction_is_a_new_version_beside_the_old_one(workshop: Workshop) -> None:
    result = play("corrected", workshop)
    first, second = versions(result)
    assert (first.state, second.state) == (ReportState.SIGNED, ReportState.SIGNED)
    assert second.reason == "概况中设备台数写错" and first.final_sha256 != second.final_sha256
    assert parts(checked(result, workshop)) == [Part.ORGANISER]
    for row in (first, second):
        file = report_file(db.session(), stored(result), row.number, "signed")
        path = workshop.reports / f"{result.code}-v{row.number}.pdf"
        assert workshop.store.read(file.sha256) == path.read_bytes()
    signers = [a.duty for a in result.snapshot.approvals if "签发" in a.part]
    assert signers == ["签发人", "另一签发人"]


def test_the_signer_of_the_last_version_cannot_sign_its_correction(quick: Workshop) -> None:
    with pytest.raises(InvalidError, match="上一版签发人"):
        play("corrected", quick, ("signed_by: other", "signed_by: first"))


def test_a_suspended_case_goes_on_and_a_terminated_one_does_not(quick: Workshop) -> None:
    result = play("standstill", quick)
    assert result.stage is Stage.SIGNED and checked(result, quick).form == "cms"
    names = [str(entry["action"]) for entry in acts(result)]
    start = names.index("evaluation.suspend")
    assert names[start : start + 3] == [
        "evaluation.suspend", "evaluation.confirm_suspension", "evaluation.resume",
    ]  # fmt: skip
    ended = play("terminated", quick)
    assert stored(ended).status is Status.TERMINATED
    assert ended.signature == "none" and versions(ended) == []


def test_lateness_and_rounds_are_counted_and_offered(quick: Workshop) -> None:
    result = play("late", quick)
    offers = [(o.node, o.mark, o.count) for o in offered_deductions(db.session(), stored(result))]
    assert offers == [("N1", "自评报送逾期", 1), ("N1", "要求补正", 2), ("N1", "补正答复逾期", 1)]
    assert result.snapshot.sheet.total == "89"


def test_adjustments_at_every_level_keep_the_rule_beside_and_events_come_last(quick: Workshop) -> None:
    result = play("adjusted", quick)
    assert checked(result, quick).form == "cms"
    shown = {a.node: (a.rule, a.awarded) for a in result.snapshot.adjustments}
    assert shown == {"A1/e3": ("15", "3"), "B1": ("38", "39"), "B": ("57", "58")}
    sheet = result.snapshot.sheet
    assert (sheet.total, sheet.grade, sheet.lowered) == ("85", "中", "12")
    assert any("降 1 档" in step for step in sheet.steps)


def test_an_adjusted_total_is_the_total_blocks_included(quick: Workshop) -> None:
    more = '  - {code: J4, node: total, target: total, awarded: "84.5", reason: 综合考虑, clause: 评分说明, no_evidence: 公开理由, on: 2025-03-01}\nevents:'
    changed = (
        ("events:", more), ('total: "85.00"', 'total: "84.50"'),
        ("得分为85.00分，得分率为85.00%", "得分为84.50分，得分率为84.50%"),
        ("评价得分 85.00", "评价得分 84.50"), ("评价得分 85,", "评价得分 84.5,"),
        ("waivers:", "waivers:\n  - {rule: sum.total, text: 总分 评价得分 84.5, reason: 裁量调整清单的一行，不是合计。}"),
    )  # fmt: skip
    assert play("adjusted", quick, *changed).snapshot.sheet.total == "84.5"


def test_several_sheets_are_joined_as_declared_or_stay_apart(quick: Workshop) -> None:
    result = play("sheets", quick)
    assert checked(result, quick).form == "cms"
    assert [(s.name, s.total) for s in result.snapshot.sheets] == [("市级", "91"), ("区级", "84")]
    apart = (
        (', aggregate: {how: weighted, weights: {市级: "3", 区级: "1"}}', ""),
        ('total: "89.25", grade: 良, node.A1.awarded: "16.25", node.B.awarded: "54.25"', "total: none"),
        ("case: sheets", "case: apart"),
    )
    alone = play("sheets", quick, *apart)
    assert alone.stage is Stage.SIGNED and alone.snapshot.sheet.total is None
    assert [s.total for s in alone.snapshot.sheets] == ["91", "84"]


@pytest.mark.parametrize("name", ["returns", "unit-self"])
def test_a_case_ends_the_same_on_postgresql(
    postgresql, name: str, instance: Instance, settings: Settings, tmp_path: Path
) -> None:
    elsewhere = Settings.from_env({"PINGJI_INSTANCE": str(instance.path), "PINGJI_DATABASE": postgresql.url})
    with create_app(elsewhere).app_context():
        tools = with_fields(
            workshop_of(elsewhere), converter=Converter(soffice=NO_OFFICE, fonts=settings.fonts)
        )
        result = play(name, tools)
        assert result.stage is Stage.SIGNED
        assert db.engine.dialect.name == "postgresql"
        assert checked(result, tools).form == "cms"


def test_a_rule_that_reads_the_accounts_alone_needs_no_result(quick: Workshop) -> None:
    done = play("accounts", quick)
    assert done.expectations.failed == ()
    assert not [words for words in done.stand_ins if "评分依据" in words]
