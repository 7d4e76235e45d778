"""报告模板: looked at before anything is kept, approved by another, chosen by a case, kept as signed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from service import clock
from service.actions import templates
from service.actions.actor import Actor
from service.actions.finalisation import freeze_report
from service.actions.rendering import render_report
from service.actions.templatepreview import try_out
from service.actions.transaction import transaction
from service.actions.workshop import Workshop
from service.cases.export import export_case
from service.errors import ActionRefusedError, InvalidError, NotFoundError, NotPermittedError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.library import LibraryState
from service.models.organisation import GrantState, RoleGrant
from service.models.report import ReportVersion
from service.models.template import ReportTemplate
from service.queries.content import content_digest
from service.queries.snapshot import take_snapshot
from service.queries.templates import offered_to, template_lines, template_version
from service.queries.todo import todo_of
from service.report import builder, package, profile
from service.report.embedded import scores_of
from service.report.keys import DemoKeys
from service.report.layoutneeds import lacking
from service.report.pdf import Converter
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DAY, CaseBuilder, People, make_people
from tests.db.conftest import Database
from tests.db.test_library import second_person


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
def people(sqlite: Database) -> People:
    return make_people()


def styled(colour: bytes = b"1F3864", code: str = "standard") -> bytes:
    """The stock template as an office might have restyled it."""
    parts = package.read(builder.path(profile.load(code)).read_bytes())
    parts["word/header1.xml"] = parts["word/header1.xml"].replace(b"7F7F7F", colour)
    return package.write(parts)


def propose(people: People, shop: Workshop, content: bytes | None = None, **more: str) -> str:
    given = {"name": "重点评价版式", "filename": "版式.docx", "note": "换了颜色", **more}
    command = templates.ProposeTemplate(people.organisations["bureau"], content=content or styled(), **given)
    return templates.propose_template(people.actor(Role.FO), command, shop.store)


def approved(people: People, shop: Workshop, content: bytes | None = None) -> str:
    made = propose(people, shop, content)
    templates.approve_template(people.actor(Role.FR), made)
    return made


def row(version: str) -> ReportTemplate:
    db.session.rollback()
    return db.session.get_one(ReportTemplate, version)


@pytest.mark.parametrize("code", profile.bundled())
def test_every_stock_template_has_places_for_all_its_profile_prints(code: str) -> None:
    layout = profile.load(code)
    said = b"".join(package.read(builder.path(layout).read_bytes()).values()).decode("utf-8", "ignore")
    names = [n for n in ("banner", "cover", "abstract", "contents", "body", "appendix") if f" {n}" in said]
    assert lacking(layout, names) == ()
    assert lacking(layout, ["body"]) != ()


def test_a_hostile_file_is_refused_whole_and_nothing_is_kept(
    people: People, sqlite: Database, workshop: Workshop
) -> None:
    parts = package.read(styled())
    old = b"{{ cover.heading }}"
    parts["word/document.xml"] = parts["word/document.xml"].replace(old, b"{{ cover.__class__ }}{{ secret }}")
    before = sqlite.count(ReportTemplate), len(sqlite.entries())
    with pytest.raises(InvalidError) as refused:
        propose(people, workshop, package.write(parts), name=" ")
    assert [p.message for p in refused.value.problems] == ["没有这个字段", "没有这个字段", "模板要有名称"]
    assert all(p.path and (p.cure or p.allowed) for p in refused.value.problems)
    with pytest.raises(InvalidError, match="只收"):
        propose(people, workshop, filename="版式.docm")
    assert (sqlite.count(ReportTemplate), len(sqlite.entries())) == before


def test_versions_are_numbered_and_another_person_approves(
    people: People, sqlite: Database, workshop: Workshop
) -> None:
    first = propose(people, workshop)
    assert (row(first).number, row(first).state) == (1, LibraryState.PROPOSED)
    assert {"cover", "body", "abstract", "contents", "appendix", "banner"} == set(row(first).prints)
    with pytest.raises(InvalidError, match="同一个文件"):
        propose(people, workshop, name="别的名字")
    with pytest.raises(NotPermittedError):
        templates.approve_template(people.actor(Role.FO), first)
    errands = {e.label: e.number for e in todo_of(db.session(), people.accounts[Role.FR], today=DAY).errands}
    assert errands["批准报告模板"] == 1
    templates.approve_template(people.actor(Role.FR), first)
    second = propose(people, workshop, styled(b"C00000"))
    assert row(second).number == 2
    with pytest.raises(ActionRefusedError, match="理由"):
        templates.return_template(people.actor(Role.FR), second, reason=" ")
    templates.return_template(people.actor(Role.FR), second, reason="颜色太艳")
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        templates.approve_template(people.actor(Role.FR), second)
    templates.retire_template(people.actor(Role.FR), first, reason="不再用")
    states = [(row(v).state, row(v).decision) for v in (first, second)]
    assert states == [(LibraryState.RETIRED, "不再用"), (LibraryState.RETURNED, "颜色太艳")]
    acts = [entry["action"] for entry in sqlite.entries() if entry["outcome"] != "refused"]
    assert [a for a in acts if a.startswith("template.")] == [
        "template.propose", "template.approve", "template.propose", "template.return", "template.retire",
    ]  # fmt: skip


def test_who_proposed_does_not_approve_even_with_both_duties(people: People, workshop: Workshop) -> None:
    made = propose(people, workshop)
    mine = _as_proposer(people, made)
    with pytest.raises(ActionRefusedError, match="同一人"):
        templates.approve_template(mine, made)
    assert row(made).state is LibraryState.PROPOSED


def _as_proposer(people: People, version: str) -> Actor:
    admin, account = people.actor(Role.SA), row(version).proposed_by
    db.session.rollback()
    with transaction(admin, Action.GRANT_CONFIRM) as tx:
        tx.add(
            RoleGrant(
                account_id=account, role=Role.FR, organisation_id=people.organisations["bureau"],
                state=GrantState.CONFIRMED, proposed_by=admin.account,
            )
        )  # fmt: skip
    return people.actor(Role.FR, account=account)


def test_strangers_see_none_and_the_team_sees_what_was_approved(people: People, workshop: Workshop) -> None:
    made = approved(people, workshop)
    waiting = propose(people, workshop, styled(b"C00000"))
    assert [line.ref for line in template_lines(db.session(), people.accounts[Role.FO], today=DAY)] == [
        waiting,
        made,
    ]
    other = second_person(people, "fo-unit", Role.FO, "unit")
    assert template_lines(db.session(), other.account, today=DAY) == ()
    with pytest.raises(NotFoundError):
        template_version(db.session(), other.account, made, today=DAY)
    with pytest.raises(NotFoundError):
        templates.approve_template(second_person(people, "fr-unit", Role.FR, "unit"), waiting)


def late(people: People) -> CaseBuilder:
    """A case whose report is being written."""
    return CaseBuilder(people).until(Stage.FINALISATION).qualify().write()


def test_a_case_chooses_among_approved_ones_and_keeps_what_it_was_frozen_with(
    people: People, workshop: Workshop
) -> None:
    case = late(people)
    held = db.session.get_one(Evaluation, case.id)
    plain = content_digest(take_snapshot(db.session(), held, demo=False, today=None))
    waiting = propose(people, workshop, styled(b"C00000"))
    leader = people.actor(Role.EL)
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        templates.choose_template(leader, case.id, version=waiting)
    narrow = approved(people, workshop, styled(b"1F3864", "qingdao-fiscal-2020"))
    with pytest.raises(ActionRefusedError, match="没有摘要的位置"):
        templates.choose_template(leader, case.id, version=narrow)
    templates.approve_template(people.actor(Role.FR), waiting)
    templates.choose_template(leader, case.id, version=waiting)
    templates.retire_template(people.actor(Role.FR), waiting, reason="有新版")
    held = db.session.get_one(Evaluation, case.id)
    assert waiting in {ref for ref, _, _ in offered_to(db.session(), held, profile.load(held.profile))}
    snapshot = take_snapshot(db.session(), held, demo=False, today=None)
    assert snapshot.template is not None and snapshot.template.sha256 == row(waiting).sha256
    assert content_digest(snapshot) != plain
    assert content_digest(replace(snapshot, template=None)) == plain


def test_a_report_is_set_frozen_and_exported_with_the_template_it_names(
    people: People, workshop: Workshop
) -> None:
    case = late(people)
    made = approved(people, workshop, styled(b"C00000"))
    templates.choose_template(people.actor(Role.EL), case.id, version=made)
    held = db.session.get_one(Evaluation, case.id)
    rendered = render_report(db.session(), held, workshop, today=DAY, at=clock.now())
    db.session.rollback()
    assert rendered.frozen.template_sha256 == row(made).sha256
    docx = package.read(workshop.store.read(rendered.frozen.docx_sha256))
    headers = b"".join(data for name, data in docx.items() if name.startswith("word/header"))
    assert b"C00000" in headers
    scores = scores_of(workshop.store.read(rendered.frozen.frozen_sha256))
    assert scores is not None
    assert scores["template"] == {"name": "重点评价版式", "number": 1, "sha256": row(made).sha256}
    frozen = freeze_report(people.actor(Role.EL), case.id, rendered.frozen)
    assert db.session.get_one(ReportVersion, frozen).template_sha256 == row(made).sha256
    text = export_case(db.session(), db.session.get_one(Evaluation, case.id))
    assert "layout:" in text and row(made).sha256 in text
    tried = try_out(db.session(), case.id, made, workshop, today=DAY)
    assert tried["own"]["docx"] != tried["stock"]["docx"] and tried["lacking"] == []
