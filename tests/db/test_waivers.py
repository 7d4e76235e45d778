"""签认: what is found on the report bars 定稿 until it is mended or signed off, one by one, by who freezes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from service.actions.finalisation import Words, review_second, sign_report, write_report
from service.actions.reporting import freeze_now
from service.actions.waiving import look, waive_finding, withdraw_waiver
from service.actions.workshop import Workshop
from service.cases.export import export_case
from service.errors import ActionRefusedError, NotFoundError, NotPermittedError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.report import ReportVersion, ReportWaiver
from service.queries.content import content_digest, present_snapshot
from service.report.keys import DemoKeys
from service.report.noted import Noted
from service.report.pdf import Converter
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people
from tests.db.conftest import Database

WRONG = "年初预算80万元，实际支出60万元，预算执行率为65.00%。"
WHY = "单位按到账口径计算，已与来文核对，照印。"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Tools without a converter: the .docx is what is frozen."""
    return Workshop(
        store=EvidenceStore(f"file://{tmp_path / 'evidence'}"),
        converter=Converter(soffice="nowhere"),
        keys=DemoKeys(tmp_path / "keys"),
        signer_dir=tmp_path / "signer",
        reports=tmp_path,
        checks=tmp_path / "checks",
        fonts=tmp_path,
        demo=False,
    )


@pytest.fixture
def case(database: Database) -> CaseBuilder:
    made = CaseBuilder(make_people()).until(Stage.FINALISATION)
    say(made, WRONG)
    return made


def say(case: CaseBuilder, text: str, *, place: str = "basics.overview") -> None:
    write_report(case.actor(Role.EL), case.id, words=(Words("section", place, text),))


def found(case: CaseBuilder, workshop: Workshop) -> dict[str, Noted]:
    """What bars 定稿 by rule."""
    seen = look(case.id, workshop, case.actor(Role.EL)).findings
    return {each.rule: each for each in seen if each.barring}


def waive(case: CaseBuilder, workshop: Workshop, role: Role = Role.EL, reason: str = WHY) -> list[str]:
    """Sign off everything found; the rules."""
    known = found(case, workshop)
    for each in known.values():
        waive_finding(case.actor(role), case.id, workshop, finding=each.key, reason=reason)
    return sorted(known)


def refusal(case: CaseBuilder, workshop: Workshop) -> list[str]:
    with pytest.raises(ActionRefusedError) as refused:
        freeze_now(case.actor(Role.EL), case.id, workshop)
    return [str(problem) for problem in refused.value.problems]


def test_a_wrong_figure_bars_the_freeze_until_each_finding_is_signed_off(
    case: CaseBuilder, workshop: Workshop
) -> None:
    told = refusal(case, workshop)
    known = found(case, workshop)
    assert told == [f"核对发现尚未改正或签认：{each}" for each in known.values()]
    assert any("错误" in text and "65.00" in text and "75" in text for text in told)
    first, *rest = known.values()
    waive_finding(case.actor(Role.EL), case.id, workshop, finding=first.key, reason=WHY)
    assert refusal(case, workshop) == [f"核对发现尚未改正或签认：{each}" for each in rest]
    for each in rest:
        waive_finding(case.actor(Role.FO), case.id, workshop, finding=each.key, reason=WHY)
    frozen = freeze_now(case.actor(Role.EL), case.id, workshop)
    version = db.session.get_one(ReportVersion, frozen.id)
    waived = db.session.scalars(select(ReportWaiver).order_by(ReportWaiver.id)).all()
    assert sorted(version.waivers) == sorted(row.id for row in waived)
    assert {row.reason for row in waived} == {WHY}
    assert waived[0].waived_by == case.people.accounts[Role.EL]


def test_a_corrected_figure_needs_no_signing_off(case: CaseBuilder, workshop: Workshop) -> None:
    say(case, "更换服务大厅的终端。")
    assert found(case, workshop) == {}
    assert freeze_now(case.actor(Role.EL), case.id, workshop).id


def test_it_falls_when_the_text_or_figure_changes_and_not_when_text_comes_in_elsewhere(
    case: CaseBuilder, workshop: Workshop
) -> None:
    rules = waive(case, workshop)
    say(case, "目标是更换终端。", place="basics.goals")
    assert freeze_now(case.actor(Role.EL), case.id, workshop).id
    say(case, WRONG.replace("65.00", "66.00"))
    assert len(refusal(case, workshop)) == len(rules)
    say(case, WRONG.replace("年初预算", "年初批复预算"))
    assert refusal(case, workshop)
    say(case, WRONG)
    assert freeze_now(case.actor(Role.EL), case.id, workshop).id, "the same text is the same finding"


def test_taken_back_it_opens_again_and_what_was_frozen_with_it_cannot_be_signed(
    case: CaseBuilder, workshop: Workshop
) -> None:
    waive(case, workshop)
    frozen = freeze_now(case.actor(Role.EL), case.id, workshop)
    key = next(iter(found(case, workshop).values())).key
    with pytest.raises(ActionRefusedError, match="理由"):
        withdraw_waiver(case.actor(Role.EL), case.id, finding=key, reason=" ")
    withdraw_waiver(case.actor(Role.EL), case.id, finding=key, reason="来文口径不同")
    session = db.session()
    seen = content_digest(present_snapshot(session, session.get_one(Evaluation, case.id)))
    session.rollback()
    for refused in (
        lambda: review_second(case.actor(Role.FR), case.id, seen=seen, given={}),
        lambda: sign_report(case.actor(Role.FA), case.id, seen=frozen.sha256, given={"reauth_fresh": True}),
    ):
        with pytest.raises(ActionRefusedError, match="签认已收回"):
            refused()
    assert refusal(case, workshop)
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        withdraw_waiver(case.actor(Role.EL), case.id, finding=key, reason="再收回")
    row = db.session.scalars(select(ReportWaiver).where(ReportWaiver.finding == key)).one()
    assert (row.withdrawn, row.withdrawn_reason) == (True, "来文口径不同")
    db.session.rollback()
    waive_finding(case.actor(Role.EL), case.id, workshop, finding=key, reason="已与单位核对")
    assert freeze_now(case.actor(Role.EL), case.id, workshop).id


def test_only_who_freezes_may_and_a_reason_and_a_finding_are_needed(
    case: CaseBuilder, workshop: Workshop
) -> None:
    key = next(iter(found(case, workshop).values())).key
    for role in (Role.EV, Role.FR, Role.FA, Role.DF, Role.DH):
        with pytest.raises((NotPermittedError, NotFoundError)):
            waive_finding(case.actor(role), case.id, workshop, finding=key, reason=WHY)
    with pytest.raises(ActionRefusedError, match="理由"):
        waive_finding(case.actor(Role.EL), case.id, workshop, finding=key, reason=" ")
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        waive_finding(case.actor(Role.EL), case.id, workshop, finding="0" * 64, reason=WHY)
    waive_finding(case.actor(Role.EL), case.id, workshop, finding=key, reason=WHY)
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        waive_finding(case.actor(Role.EL), case.id, workshop, finding=key, reason=WHY)


def test_acts_stand_in_the_log_and_in_the_exported_case(
    case: CaseBuilder, workshop: Workshop, database: Database
) -> None:
    rules = waive(case, workshop)
    key = next(iter(found(case, workshop).values())).key
    withdraw_waiver(case.actor(Role.FO), case.id, finding=key, reason="口径不同")
    acts = [
        entry["action"] for entry in database.entries() if entry["action"].endswith(("finding", "waiver"))
    ]
    assert acts == [*["report.waive_finding"] * len(rules), "report.withdraw_waiver"]
    text = export_case(db.session(), db.session.get_one(Evaluation, case.id))
    db.session.rollback()
    assert text.count(f"reason: {WHY}") == len(rules) - 1
