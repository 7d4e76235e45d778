"""定稿, signature and 更正 on real databases: bound to bytes, in order, by different people."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from service.actions import correction, evidence, finalisation, scoring
from service.errors import ActionRefusedError, InvalidError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceVersion
from service.models.operational import Job
from service.models.report import Approval, ReportState, ReportVersion, SignatureState
from service.queries.content import content_digest, present_snapshot
from service.report.noted import Noted, keyed
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people

FRESH = {"reauth_fresh": True}


@pytest.fixture
def case(database) -> CaseBuilder:
    return CaseBuilder(make_people()).until(Stage.FINALISATION).write()


def stored(case: CaseBuilder) -> Evaluation:
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id)


def present(case: CaseBuilder) -> str:
    digest = content_digest(present_snapshot(db.session(), stored(case)))
    db.session.rollback()
    return digest


def frozen(case: CaseBuilder, name: str = "first") -> finalisation.Frozen:
    """What a rendering of the present content would hand over; the bytes themselves are not needed here."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return finalisation.Frozen("standard", present(case), digest, digest, "pdf", 9, ((digest, 5, "pdf"),))


def freeze(case: CaseBuilder, name: str = "first") -> str:
    command = frozen(case, name)
    finalisation.freeze_report(case.actor(Role.EL), case.id, command)
    return command.frozen_sha256


def sign(case: CaseBuilder) -> str:
    seen = freeze(case)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=present(case), given={})
    finalisation.sign_report(case.actor(Role.FA), case.id, seen=seen, given=FRESH)
    return seen


def test_signing_is_bound_to_the_frozen_bytes_and_starts_the_stamp(case: CaseBuilder) -> None:
    sign(case)
    assert stored(case).stage is Stage.SIGNED
    report = db.session.scalars(select(ReportVersion)).one()
    assert report.state is ReportState.SIGNED and report.total == "88" and report.total_scaled == 88_000_000
    approval = db.session.scalars(select(Approval).where(Approval.part == "report.sign")).one()
    assert approval.signature is SignatureState.ELECTRONIC and approval.seen_sha256 == report.frozen_sha256
    assert "report.stamp" in db.session.scalars(select(Job.kind)).all()


def test_another_file_than_the_frozen_one_cannot_be_signed(case: CaseBuilder) -> None:
    freeze(case)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=present(case), given={})
    with pytest.raises(ActionRefusedError, match="所见文件与冻结文件不一致"):
        finalisation.sign_report(case.actor(Role.FA), case.id, seen="0" * 64, given=FRESH)
    assert stored(case).stage is Stage.FINALISATION


def test_a_word_changed_after_the_freeze_voids_it_and_the_reviews(case: CaseBuilder) -> None:
    seen = freeze(case)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=present(case), given={})
    words = (finalisation.Words("section", "background", "另一句话。"),)
    finalisation.write_report(case.actor(Role.EL), case.id, words=words)
    with pytest.raises(ActionRefusedError) as caught:
        finalisation.sign_report(case.actor(Role.FA), case.id, seen=seen, given=FRESH)
    assert "冻结后内容有变动" in str(caught.value) and "组织方复核尚未通过" in str(caught.value)


def test_signing_needs_a_fresh_login_and_a_second_review(case: CaseBuilder) -> None:
    seen = freeze(case)
    with pytest.raises(ActionRefusedError) as caught:
        finalisation.sign_report(case.actor(Role.FA), case.id, seen=seen, given={})
    assert "重新验证身份" in str(caught.value) and "组织方复核尚未通过" in str(caught.value)


def test_findings_of_the_selfcheck_bar_the_freeze_unless_signed_off(case: CaseBuilder) -> None:
    wrong, odd, idle = keyed(
        Noted("", f"sum.{severity}", "合计", severity, "第3段", text, expected="9", actual="8")
        for severity, text in (("error", "共8项"), ("review", "约8项"), ("hint", "8项"))
    )
    command = replace(frozen(case), findings=(wrong, odd, idle))
    with pytest.raises(ActionRefusedError) as refused:
        finalisation.freeze_report(case.actor(Role.EL), case.id, command)
    assert [str(p) for p in refused.value.problems] == [
        "核对发现尚未改正或签认：错误 第3段：共8项（应为9，现为8）",
        "核对发现尚未改正或签认：待核 第3段：约8项（应为9，现为8）",
    ]
    finalisation.freeze_report(case.actor(Role.EL), case.id, replace(command, findings=(idle,)))
    assert db.session.scalars(select(ReportVersion)).one().findings == ["提示 第3段：8项（应为9，现为8）"]


def test_a_second_freeze_supersedes_the_first(case: CaseBuilder) -> None:
    freeze(case)
    freeze(case, "second")
    states = [r.state for r in db.session.scalars(select(ReportVersion).order_by(ReportVersion.number))]
    assert states == [ReportState.SUPERSEDED, ReportState.FROZEN]


def test_the_signed_file_is_recorded_once_and_only_after_signing(case: CaseBuilder) -> None:
    freeze(case)
    report = db.session.scalars(select(ReportVersion)).one().id
    final = ("a" * 64, 10, "pdf")
    with pytest.raises(ActionRefusedError, match="尚未签发"):
        finalisation.finish_report(case.actor(Role.FA), case.id, report=report, final=final)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=present(case), given={})
    seen = hashlib.sha256(b"first").hexdigest()
    finalisation.sign_report(case.actor(Role.FA), case.id, seen=seen, given=FRESH)
    finalisation.finish_report(case.actor(Role.FA), case.id, report=report, final=final)
    with pytest.raises(ActionRefusedError, match="不能替换"):
        finalisation.finish_report(case.actor(Role.FA), case.id, report=report, final=("b" * 64, 1, "pdf"))


def test_after_signing_nothing_but_a_correction_is_possible(case: CaseBuilder) -> None:
    sign(case)
    reason = scoring.Reason(
        "B1", "1", "再扣", clause="x", no_evidence="x", origin="复核", asked_by="x", paper="x"
    )
    with pytest.raises(ActionRefusedError, match="已签发"):
        scoring.draft_deduction(case.actor(Role.EL), case.id, reason)


def test_a_correction_is_a_further_version_signed_by_somebody_else(case: CaseBuilder) -> None:
    sign(case)
    correction.request_correction(case.actor(Role.FO), case.id, reason="附件漏页")
    words = (finalisation.Words("section", "background", "补上漏页。"),)
    correction.edit_correction(case.actor(Role.EL), case.id, words=words)
    command = frozen(case, "corrected")
    correction.freeze_correction(case.actor(Role.FO), case.id, command)
    with pytest.raises(ActionRefusedError, match="上一版签发人"):
        correction.sign_correction(case.actor(Role.FA), case.id, seen=command.frozen_sha256, given=FRESH)
    versions = db.session.scalars(select(ReportVersion).order_by(ReportVersion.number)).all()
    assert [v.state for v in versions] == [ReportState.SIGNED, ReportState.FROZEN]
    assert versions[1].reason == "附件漏页"
    correction.reject_correction(case.actor(Role.FA), case.id, reason="漏页不影响结论")
    assert "correction" not in stored(case).facts


def test_a_firm_reviews_certifies_and_seals_in_this_order(database) -> None:
    case = CaseBuilder(make_people(), kind=Kind.FISCAL_FIRM).until(Stage.FINALISATION).qualify().write()
    with pytest.raises(ActionRefusedError, match="机构内部复核尚未通过"):
        freeze(case)
    finalisation.review_internally(case.actor(Role.IR), case.id, seen=present(case), given={})
    seen = freeze(case)
    with pytest.raises(ActionRefusedError, match="主评人尚未签字"):
        finalisation.seal_report(case.actor(Role.AS), case.id, seen=seen, given=FRESH)
    finalisation.certify_report(case.actor(Role.EL), case.id, seen=seen, given=FRESH)
    finalisation.seal_report(case.actor(Role.AS), case.id, seen=seen, given=FRESH)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=present(case), given={})
    finalisation.sign_report(case.actor(Role.FA), case.id, seen=seen, given=FRESH)
    assert stored(case).stage is Stage.SIGNED


def test_evidence_is_superseded_never_overwritten(database, tmp_path: Path) -> None:
    case = CaseBuilder(make_people()).until(Stage.SELF_ASSESSMENT)
    store = EvidenceStore(f"file://{tmp_path}/store")
    command = evidence.AddEvidence("验收单", "验收单.txt", "到货 20 台".encode(), links=(("node", "B1"),))
    code = evidence.add_evidence(case.actor(Role.DF), case.id, command, store=store)
    with pytest.raises(ActionRefusedError, match="本方提供"):
        evidence.void_evidence(case.actor(Role.FO), case.id, code=code, reason="不是我的")
    evidence.supersede_evidence(
        case.actor(Role.DF),
        case.id,
        code=code,
        filename="验收单.txt",
        content="到货 19 台".encode(),
        reason="写错",
        store=store,
    )
    versions = db.session.scalars(select(EvidenceVersion).order_by(EvidenceVersion.number)).all()
    assert [store.read(v.sha256).decode() for v in versions] == ["到货 20 台", "到货 19 台"]
    assert store.fsck({v.sha256: v.size for v in versions}) == []
    wrong = replace(command, filename="验收单.pdf")
    with pytest.raises(InvalidError):
        evidence.add_evidence(case.actor(Role.DF), case.id, wrong, store=store)
    assert len(db.session.scalars(select(Evidence)).all()) == 1
