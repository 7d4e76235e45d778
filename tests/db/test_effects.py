"""An adopted opinion keeps the consultation open until the points follow it, or it is said not to move any."""

from __future__ import annotations

import pytest

from service.actions import consultation, scoring
from service.actions.accounts import create_organisation
from service.errors import ActionRefusedError
from service.extensions import db
from service.models.consultation import DispositionVerdict, Opinion
from service.models.evaluation import Evaluation
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people

UNAPPLIED = "采纳的意见尚未落实到得分"


@pytest.fixture
def case(database) -> CaseBuilder:
    """A case in 现场核查 with one deduction that counts, its draft then sent out."""
    case = CaseBuilder(make_people()).until(Stage.ON_SITE_VERIFICATION)
    reason = scoring.Reason("B1", "4", "两台晚到", clause="验收", no_evidence="访谈得知")
    scoring.submit_deduction(
        case.actor(Role.EL), case.id, code=scoring.draft_deduction(case.actor(Role.EL), case.id, reason)
    )
    return case.score()._issue_draft()


def opinion(case: CaseBuilder) -> str:
    command = consultation.RecordOpinion(case.people.organisations["unit"], "第二台不算晚到", node="B1")
    return consultation.record_opinion(case.actor(Role.DH), case.id, command)


def propose(case: CaseBuilder, code: str, *, effect: str = "少扣两分") -> None:
    answer = consultation.ProposeDisposition(code, DispositionVerdict.PARTIAL, "有证明", effect)
    consultation.propose_disposition(case.actor(Role.EL), case.id, answer)


def confirm(case: CaseBuilder, code: str) -> None:
    consultation.confirm_disposition(case.actor(Role.FO), case.id, opinion=code)


def adopted(case: CaseBuilder, *, effect: str = "少扣两分") -> str:
    code = opinion(case)
    propose(case, code, effect=effect)
    confirm(case, code)
    return code


def revise(case: CaseBuilder, paper: str, *, origin: str = "异议", code: str = "D001") -> str:
    change = scoring.Reason(
        "B1", "2", "一台有证明", clause="验收", no_evidence="证明",
        origin=origin, asked_by="被评价单位", paper=paper,
    )  # fmt: skip
    return scoring.revise_deduction(case.actor(Role.EL), case.id, code=code, command=change)


def close(case: CaseBuilder) -> None:
    consultation.close_consultation(case.actor(Role.FO), case.id)


def refused(case: CaseBuilder, code: str) -> None:
    with pytest.raises(ActionRefusedError, match=f"{UNAPPLIED}：{code}"):
        close(case)
    db.session.expire_all()
    assert db.session.get_one(Evaluation, case.id).stage is Stage.CONSULTATION
    db.session.rollback()


def passed(case: CaseBuilder) -> bool:
    close(case)
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id).stage is Stage.FINALISATION


def test_an_adopted_opinion_waits_for_the_change_that_names_it(case: CaseBuilder) -> None:
    code = adopted(case)
    refused(case, code)
    revise(case, f"反馈意见 {code}")
    assert passed(case)


@pytest.mark.parametrize(
    ("paper", "origin"), [("反馈意见 Y11", "异议"), ("反馈意见 Y1", "复核"), ("函", "异议")]
)
def test_a_change_for_another_ground_is_not_its_effect(case: CaseBuilder, paper: str, origin: str) -> None:
    code = adopted(case)
    revise(case, paper, origin=origin)
    refused(case, code)


def test_a_disposition_may_say_that_no_points_move(case: CaseBuilder) -> None:
    adopted(case, effect="不影响得分，改写第三部分的文字")
    assert passed(case)


def test_words_that_merely_mention_the_phrase_do_not_count(case: CaseBuilder) -> None:
    refused(case, adopted(case, effect="原以为不影响得分，现少扣两分"))


def test_every_adopted_opinion_needs_its_own_effect(case: CaseBuilder) -> None:
    first, second = adopted(case), adopted(case)
    revise(case, f"反馈意见 {first}")
    refused(case, second)
    revise(case, f"反馈意见 {second}", code="D002")
    assert passed(case)


def test_a_withdrawn_deduction_is_an_effect_and_a_withdrawn_effect_is_none(case: CaseBuilder) -> None:
    code = adopted(case)
    new = revise(case, f"反馈意见 {code}")
    scoring.withdraw_deduction(case.actor(Role.EL), case.id, code=new, reason="录错")
    refused(case, code)


def test_taking_a_deduction_away_for_the_opinion_is_its_effect(case: CaseBuilder) -> None:
    code = adopted(case, effect="不再扣分")
    origin = scoring.Origin("异议", "被评价单位", f"反馈意见 {code}")
    scoring.withdraw_deduction(case.actor(Role.EL), case.id, code="D001", reason="证明属实", origin=origin)
    assert passed(case)


def test_a_draft_and_a_change_before_any_disposition_are_no_effect(case: CaseBuilder) -> None:
    code = opinion(case)
    revise(case, f"反馈意见 {code}")
    propose(case, code)
    confirm(case, code)
    refused(case, code)
    raised = scoring.Reason(
        "A1", "39", "年末调剂", clause="执行率", no_evidence="证明",
        origin="异议", asked_by="被评价单位", paper=f"反馈意见 {code}",
    )  # fmt: skip
    drafted = scoring.draft_adjustment(case.actor(Role.EL), case.id, raised)
    refused(case, code)
    scoring.submit_adjustment(case.actor(Role.EL), case.id, code=drafted)
    assert passed(case)


def test_a_returned_disposition_keeps_the_effect_it_already_had(case: CaseBuilder) -> None:
    code = adopted(case)
    revise(case, f"反馈意见 {code}")
    consultation.return_disposition(case.actor(Role.FO), case.id, opinion=code, reason="理由写清")
    propose(case, code)
    confirm(case, code)
    assert passed(case)


def test_an_opinion_says_something_and_comes_from_a_party(case: CaseBuilder) -> None:
    homes = case.people.organisations
    stranger = create_organisation(case.people.actor(Role.SA), code="other", name="别的单位")
    for command, words in (
        (consultation.RecordOpinion(homes["unit"], " "), "内容不齐：意见内容$"),
        (consultation.RecordOpinion(stranger, "有意见"), "内容不齐：反馈单位"),
    ):
        with pytest.raises(ActionRefusedError, match=words):
            consultation.record_opinion(case.actor(Role.DH), case.id, command)
    assert db.session.query(Opinion).count() == 0
    db.session.rollback()
    consultation.record_opinion(
        case.actor(Role.DH), case.id, consultation.RecordOpinion(homes["unit"], "", agrees=True)
    )
    assert passed(case)
